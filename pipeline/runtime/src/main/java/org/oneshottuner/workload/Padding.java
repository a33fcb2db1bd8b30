package org.oneshottuner.workload;

/**
 * Zero padding around the plane that a convolution reads, in elements.
 *
 * @param top rows above
 * @param left columns to the left
 * @param bottom rows below
 * @param right columns to the right
 */
public record Padding(int top, int left, int bottom, int right) {
  /** No padding. */
  public static final Padding NONE = same(0);

  /** Checks that no side is negative. */
  public Padding {
    if (top < 0 || left < 0 || bottom < 0 || right < 0) {
      throw new IllegalArgumentException(
          "Cannot pad by " + top + "," + left + "," + bottom + "," + right + ": the least is 0");
    }
  }

  /** Returns the same padding on all four sides. */
  public static Padding same(int side) {
    return new Padding(side, side, side, side);
  }

  /** Returns whether all four sides are equal. */
  public boolean symmetric() {
    return top == left && top == bottom && top == right;
  }

  /**
   * Returns the form used in workload text: one number where all sides agree, else {@code
   * top,left,bottom,right}.
   */
  public String text() {
    return symmetric() ? Integer.toString(top) : top + "," + left + "," + bottom + "," + right;
  }
}
