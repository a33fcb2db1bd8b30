package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Copies of rows of input planes that can be read in vectors along the row: padded with zeros, and
 * with the columns of each phase of the stride side by side, so that neighbouring outputs read
 * neighbouring elements. Phases that no kernel column reads are left out, and so are the rows
 * between those that kernels read where their distances have a common divisor. Where rows are a
 * vector long or longer, each begins at a whole vector.
 */
final class StagedPlanes {
  private static final int MOST_UNROLLED = 8;

  private final Plane plane;
  private final int lanes;
  private final List<Integer> phases;
  private final int rowStep;
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
    this.rowStep =
        plane.r() == 1
            ? plane.stride()
            : CacheLine.greatestCommonDivisor(plane.stride(), plane.dilation());
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

  /** Returns how many rows of the input lie between two that are staged, and one more. */
  int rowStep() {
    return rowStep;
  }

  /** Returns how many staged rows lie between those of two rows of the output, and one more. */
  int rowStride() {
    return plane.stride() / rowStep;
  }

  /** Returns how many staged rows lie between those of two rows of the kernel, and one more. */
  int rowDilation() {
    return plane.r() == 1 ? 1 : plane.dilation() / rowStep;
  }

  /** Returns how many rows are staged for some rows of the output. */
  long rows(int outRows) {
    return (outRows - 1L) * rowStride() + (plane.r() - 1L) * rowDilation() + 1;
  }

  /** Returns the floats of the rows staged for some rows of the output. */
  long floats(int outRows) {
    return rows(outRows) * phases.size() * pitch;
  }

  /** Returns the floats that are written to stage the rows for some rows of the output. */
  double written(int outRows) {
    return (double) rows(outRows) * phases.size() * width;
  }

  /**
   * Returns the instructions that stage the rows for some rows of the output, rows of padding as if
   * they were copied: a vector at a time, of two vectors where the stride is two, and elements one
   * by one where it is larger.
   */
  double operations(int outRows) {
    long ofPhase =
        switch (plane.stride()) {
          case 1 -> Choices.ceil(width, lanes);
          case 2 -> 2 * Choices.ceil(width, lanes);
          default -> width;
        };
    return (double) rows(outRows) * phases.size() * ofPhase;
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

  /**
   * Returns how many vectors straddle two cache lines when all that make up a row of the output are
   * loaded once for each kernel column.
   */
  double splits() {
    double splits = 0;
    for (int s = 0; s < plane.s(); s++) {
      long offset = read(Index.ZERO, Index.ZERO, s).constant();
      splits += CacheLine.splits(offset, phases.size() * pitch, plane.ow(), lanes);
    }
    return splits;
  }

  /** Returns {@link #splits()} where the input itself is read. */
  static double splitsInPlace(Plane plane, int lanes) {
    double splits = 0;
    for (int s = 0; s < plane.s(); s++) {
      splits += CacheLine.splits((long) s * plane.dilation(), plane.w(), plane.ow(), lanes);
    }
    return splits;
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
          Index inputRow = outRow.times(plane.stride()).plus(row.times(rowStep)).plus(-plane.top());
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
