package org.oneshottuner.workload;

import static java.util.Objects.requireNonNull;

/**
 * How a kernel slides over a plane.
 *
 * @param h input rows
 * @param w input columns
 * @param r kernel rows
 * @param s kernel columns
 * @param stride distance between kernel positions, in both axes
 * @param pad zero padding
 * @param dilation distance between kernel elements, in both axes
 */
public record Window(int h, int w, int r, int s, int stride, Padding pad, int dilation) {

  /** Checks that the kernel fits the padded plane at least once. */
  public Window {
    requireNonNull(pad, "pad");
    WorkloadText.positive("h", h);
    WorkloadText.positive("w", w);
    WorkloadText.positive("r", r);
    WorkloadText.positive("s", s);
    WorkloadText.positive("stride", stride);
    WorkloadText.positive("dilation", dilation);
    fits("r", r, dilation, (long) h + pad.top() + pad.bottom());
    fits("s", s, dilation, (long) w + pad.left() + pad.right());
  }

  /** Returns the rows of the output. */
  public int outHeight() {
    return (int) ((h + (long) pad.top() + pad.bottom() - (long) dilation * (r - 1) - 1) / stride)
        + 1;
  }

  /** Returns the columns of the output. */
  public int outWidth() {
    return (int) ((w + (long) pad.left() + pad.right() - (long) dilation * (s - 1) - 1) / stride)
        + 1;
  }

  /**
   * Returns whether every output element depends on one input element alone, at the same place of
   * the plane.
   */
  public boolean pointwise() {
    return r == 1 && s == 1 && stride == 1 && pad.equals(Padding.NONE);
  }

  static Window read(WorkloadText fields) {
    return new Window(
        fields.number("h"),
        fields.number("w"),
        fields.number("r"),
        fields.number("s"),
        fields.number("stride", 1),
        fields.padding(),
        fields.number("dilation", 1));
  }

  private static void fits(String name, int kernel, int dilation, long padded) {
    if (padded > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a padded input has "
              + padded
              + " elements in a row or column, most is "
              + Integer.MAX_VALUE);
    }
    long reach = Math.addExact(Math.multiplyExact((long) dilation, kernel - 1L), 1L);
    if (reach > padded) {
      throw new IllegalArgumentException(
          name
              + " is "
              + kernel
              + " at dilation "
              + dilation
              + ", reaching over "
              + reach
              + " elements of a padded input of "
              + padded);
    }
  }
}
