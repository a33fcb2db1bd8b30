package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Copies of rows of input planes that can be read in vectors along the row: padded with zeros, and
 * with the columns of each phase of the stride side by side, so that neighbouring outputs read
 * neighbouring elements. Phases that no kernel column reads are left out. Where rows are a vector
 * long or longer, each begins at a whole vector.
 */
final class StagedPlanes {
  private static final int MOST_UNROLLED = 8;

  private final Plane plane;
  private final int lanes;
  private final List<Integer> phases;
  private final int width;
  private final long pitch;

  StagedPlanes(Plane plane, int lanes) {
    this.plane = plane;
    this.lanes = lanes;
    TreeSet<Integer> read = new TreeSet<>();
    for (int s = 0; s < plane.s(); s++) {
      read.add(s * plane.dilation() % plane.stride());
    }
    this.phases = new ArrayList<>(read);
    this.width = plane.ow() + (plane.s() - 1) * plane.dilation() / plane.stride();
    this.pitch = plane.ow() < lanes ? width : Choices.ceil(width, lanes) * lanes;
  }

  /** Returns whether the input itself can be read so. */
  static boolean needless(Plane plane) {
    return plane.stride() == 1
        && plane.top() == 0
        && plane.left() == 0
        && plane.oh() + (plane.r() - 1) * plane.dilation() <= plane.h()
        && plane.ow() + (plane.s() - 1) * plane.dilation() <= plane.w();
  }

  /** Returns how many rows are staged for some rows of the output. */
  long rows(int outRows) {
    return (outRows - 1L) * plane.stride() + (plane.r() - 1L) * plane.dilation() + 1;
  }

  /** Returns the floats of the rows staged for some rows of the output. */
  long floats(int outRows) {
    return rows(outRows) * phases.size() * pitch;
  }

  /** Returns the vectors that are written to stage the rows for some rows of the output. */
  double vectors(int outRows) {
    return (double) rows(outRows)
        * phases.size()
        * (plane.stride() > 2 ? width : Choices.ceil(width, lanes));
  }

  /**
   * Returns where the element lies that an output reads with a kernel column.
   *
   * @param row of those staged
   */
  Index read(Index row, Index x, int s) {
    int phase = phases.indexOf(s * plane.dilation() % plane.stride());
    return row.times(phases.size() * pitch)
        .plus(phase * pitch)
        .plus(x)
        .plus((long) s * plane.dilation() / plane.stride());
  }

  /** Returns how many kernel columns are not read at whole vectors. */
  long splitColumns() {
    return IntStream.range(0, plane.s())
        .filter(s -> pitch % lanes != 0 || s * plane.dilation() / plane.stride() % lanes != 0)
        .count();
  }

  /**
   * Writes the rows for some rows of the output.
   *
   * @param outRow the first of them
   * @param outRows how many
   */
  void stage(Code code, Place to, Place from, Index outRow, int outRows) {
    code.loop(
        "row",
        rows(outRows),
        (inner, row) -> {
          Index inputRow = outRow.times(plane.stride()).plus(row).plus(-plane.top());
          Index start = row.times(phases.size() * pitch);
          inner.when(
              Condition.within(0, inputRow, plane.h()),
              inside -> {
                for (int place = 0; place < phases.size(); place++) {
                  columns(
                      inside,
                      to,
                      start.plus(place * pitch),
                      from,
                      inputRow.times(plane.w()),
                      phases.get(place));
                }
              },
              outside -> {
                for (int place = 0; place < phases.size(); place++) {
                  outside.clear(to, start.plus(place * pitch), Index.of(width));
                }
              });
        });
  }

  /** Writes the columns of one phase of one row. */
  private void columns(Code code, Place to, Index start, Place from, Index row, int phase) {
    int stride = plane.stride();
    int first =
        Math.min(width, Math.max(0, Math.floorDiv(plane.left() - phase + stride - 1, stride)));
    int end =
        Math.max(
            first,
            Math.min(width, Math.floorDiv(plane.w() + plane.left() - phase + stride - 1, stride)));
    if (first > 0) {
      code.clear(to, start, Index.of(first));
    }
    Index origin = row.plus((long) first * stride + phase - plane.left());
    if (stride == 1) {
      code.copy(to, start.plus(first), from, origin, Index.of((long) end - first));
    } else {
      gather(code, to, start.plus(first), from, origin, end - first);
    }
    if (end < width) {
      code.clear(to, start.plus(end), Index.of((long) width - end));
    }
  }

  /** Writes elements that lie a stride apart, in vectors if the stride is two. */
  private void gather(Code code, Place to, Index start, Place from, Index origin, int count) {
    int vector = plane.stride() == 2 ? lanes : 1;
    int whole = count - count % vector;
    if (whole > MOST_UNROLLED * vector) {
      code.loop(
          "q",
          Index.ZERO,
          Index.of(whole),
          vector,
          (inner, q) -> gatherVector(inner, to, start, from, origin, q, vector));
    } else {
      for (int q = 0; q < whole; q += vector) {
        gatherVector(code, to, start, from, origin, Index.of(q), vector);
      }
    }
    if (whole == 0) {
      int q = 0;
      for (int length : RegisterTile.cut(count, vector)) {
        gatherVector(code, to, start, from, origin, Index.of(q), length);
        q += length;
      }
    } else if (whole < count) {
      // overlaps what is written already
      gatherVector(code, to, start, from, origin, Index.of((long) count - vector), vector);
    }
  }

  private void gatherVector(
      Code code, Place to, Index start, Place from, Index origin, Index q, int length) {
    Index place = origin.plus(q.times(plane.stride()));
    code.store(
        to,
        start.plus(q),
        plane.stride() == 2
            ? new Value.LoadEveryOther(from, place, length)
            : new Value.Load(from, place, 1));
  }
}
