package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Copies of input planes that can be read in vectors along the row: padded with zeros, and with the
 * columns of each phase of the stride side by side, so that neighbouring outputs read neighbouring
 * elements. Phases that no kernel column reads are left out.
 */
final class StagedPlanes {
  private final Plane plane;
  private final List<Integer> phases;
  private final int width;
  private final int rows;

  StagedPlanes(Plane plane) {
    this.plane = plane;
    TreeSet<Integer> read = new TreeSet<>();
    for (int s = 0; s < plane.s(); s++) {
      read.add(s * plane.dilation() % plane.stride());
    }
    this.phases = new ArrayList<>(read);
    this.width = plane.ow() + (plane.s() - 1) * plane.dilation() / plane.stride();
    this.rows = (plane.oh() - 1) * plane.stride() + (plane.r() - 1) * plane.dilation() + 1;
  }

  /** Returns whether the input itself can be read so. */
  static boolean needless(Plane plane) {
    return plane.stride() == 1
        && plane.top() == 0
        && plane.left() == 0
        && plane.oh() + (plane.r() - 1) * plane.dilation() <= plane.h()
        && plane.ow() + (plane.s() - 1) * plane.dilation() <= plane.w();
  }

  /** Returns the floats of one staged plane. */
  long floats() {
    return (long) rows * phases.size() * width;
  }

  /** Returns where the element lies that an output reads with a kernel row and a kernel column. */
  Index read(Index y, Index x, Index r, int s) {
    int phase = phases.indexOf(s * plane.dilation() % plane.stride());
    return y.times(plane.stride())
        .plus(r.times(plane.dilation()))
        .times((long) phases.size() * width)
        .plus((long) phase * width)
        .plus(x)
        .plus((long) s * plane.dilation() / plane.stride());
  }

  /** Writes one staged plane. */
  void stage(Code code, Place to, Place from) {
    code.loop(
        "y",
        rows,
        (row, y) -> {
          Index inputRow = y.plus(-plane.top());
          Index start = y.times((long) phases.size() * width);
          row.when(
              Condition.within(0, inputRow, plane.h()),
              inside -> {
                for (int place = 0; place < phases.size(); place++) {
                  columns(
                      inside,
                      to,
                      start.plus((long) place * width),
                      from,
                      inputRow.times(plane.w()),
                      phases.get(place));
                }
              },
              outside -> outside.clear(to, start, Index.of((long) phases.size() * width)));
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
    } else if (end > first) {
      code.loop(
          "q",
          (long) end - first,
          (element, q) ->
              element.store(
                  to,
                  start.plus(first).plus(q),
                  new Value.Load(from, origin.plus(q.times(stride)), 1)));
    }
    if (end < width) {
      code.clear(to, start.plus(end), Index.of((long) width - end));
    }
  }
}
