package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.oneshottuner.workload.Window;

/**
 * The plane that a convolution walks over, and how its rows are cut into tiles.
 *
 * <p>A kernel that looks at one element alone sees the whole plane as a single row.
 *
 * @param h input rows
 * @param w input columns
 * @param oh output rows
 * @param ow output columns
 * @param r kernel rows
 * @param s kernel columns
 * @param stride distance between kernel positions
 * @param dilation distance between kernel elements
 * @param top padding above
 * @param left padding to the left
 */
record Plane(
    int h, int w, int oh, int ow, int r, int s, int stride, int dilation, int top, int left) {

  /** Some tiles of one row that the same code serves. */
  record Segment(int from, int tiles, int size, boolean interior) {}

  static Plane of(Window window) {
    if (window.pointwise()) {
      int elements = Math.multiplyExact(window.h(), window.w());
      return new Plane(1, elements, 1, elements, 1, 1, 1, 1, 0, 0);
    }
    return rows(window);
  }

  /** Returns the plane as it is, row by row. */
  static Plane rows(Window window) {
    return new Plane(
        window.h(),
        window.w(),
        window.outHeight(),
        window.outWidth(),
        window.r(),
        window.s(),
        window.stride(),
        window.dilation(),
        window.pad().top(),
        window.pad().left());
  }

  /** Returns whether some kernel position reaches beyond the top or the bottom. */
  boolean rowsReachOut() {
    return top > 0 || (oh - 1) * stride + (r - 1) * dilation - top >= h;
  }

  /**
   * Returns whether the output is one row of which no kernel position reaches beyond the left or
   * the right.
   */
  boolean flat() {
    return oh == 1 && left == 0 && (ow - 1) * stride + (s - 1) * dilation < w;
  }

  /** Returns how many rows of the input, padding included, some rows of the output read. */
  long rowsRead(int outRows) {
    return read(outRows, r);
  }

  /** Returns how many columns of the input, padding included, some columns of the output read. */
  long columnsRead(int outColumns) {
    return read(outColumns, s);
  }

  /**
   * Returns where the columns lie that some columns of the output read with some of the kernel, as
   * distances from the first column that the first kernel column reads; rising.
   *
   * @param from the first kernel column
   * @param to where they end
   */
  SortedSet<Integer> offsets(int outColumns, int from, int to) {
    TreeSet<Integer> offsets = new TreeSet<>();
    for (int j = 0; j < outColumns; j++) {
      for (int column = from; column < to; column++) {
        offsets.add(j * stride + column * dilation);
      }
    }
    return offsets;
  }

  /**
   * Returns how many places {@code stride · i + dilation · k} there are, for i below {@code
   * positions} and k below {@code elements}: all pairs, less those whose place another pair with a
   * smaller i has.
   */
  private long read(int positions, int elements) {
    int common = CacheLine.greatestCommonDivisor(stride, dilation);
    long repeated =
        Math.max(0L, positions - dilation / common) * Math.max(0L, elements - stride / common);
    return (long) positions * elements - repeated;
  }

  /** Returns the first kernel row that lies inside the input at an output row. */
  Index firstRow(Index outRow) {
    return outRow
        .times(-stride)
        .plus(top)
        .greatest(Index.ZERO)
        .plus(dilation - 1L)
        .dividedBy(dilation);
  }

  /** Returns where the kernel rows end that lie inside the input at an output row. */
  Index endRow(Index outRow) {
    return outRow
        .times(-stride)
        .plus(h + (long) top)
        .greatest(Index.ZERO)
        .plus(dilation - 1L)
        .dividedBy(dilation)
        .least(Index.of(r));
  }

  /** Returns the input column of a kernel column at an output column. */
  Index column(Index outColumn, Index kernelColumn) {
    return outColumn.times(stride).plus(kernelColumn.times(dilation)).plus(-left);
  }

  /**
   * Returns the rows cut into tiles: whole ones, and a remainder last; those at the borders stand
   * alone.
   */
  List<Segment> segments(int size) {
    return segments(ow, size, w, s, left);
  }

  /** Returns the columns of rows cut into tiles of rows. */
  List<Segment> rowSegments(int size) {
    return segments(oh, size, h, r, top);
  }

  private List<Segment> segments(int extent, int size, int input, int kernel, int before) {
    long reach = (kernel - 1L) * dilation;
    // outputs from here on reach beyond the end
    long inside = Math.floorDiv(input + (long) before - reach - 1, (long) stride) + 1;
    List<Segment> segments = new ArrayList<>();
    long from = 0;
    while (from < extent) {
      int length = (int) Math.min(size, extent - from);
      boolean interior = from * stride >= before && from + length <= inside;
      long tiles = interior && length == size ? (Math.min(extent, inside) - from) / size : 1;
      segments.add(new Segment((int) from, (int) tiles, length, interior));
      from += tiles * length;
    }
    return segments;
  }

  /** Returns how many tiles of a size a row of the output is cut into, the last perhaps in part. */
  long tiles(int size) {
    return ceil(ow, size);
  }
}
