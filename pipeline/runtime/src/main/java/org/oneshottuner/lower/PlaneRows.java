package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.List;

/**
 * How the rows of an output plane are cut into vectors, and where these are read in the input plane
 * as it is.
 *
 * <p>The last vector of a row overlaps the one before it where the row is no multiple of their
 * length. A row that is shorter than a vector is one that reaches into the next row, if there are
 * some; else it is cut into ever shorter vectors.
 */
final class PlaneRows {
  /** With so many rows, there is a vector's length of them before the last. */
  private static final int LEAST_ROWS = 3;

  private final Plane plane;
  private final List<Integer> lanes;
  private final List<Integer> starts;
  private final boolean reachOut;
  private final boolean inPlace;
  private final int overrun;

  PlaneRows(Plane plane, int lanes) {
    this.plane = plane;
    int shortest = Integer.highestOneBit(2 * plane.ow() - 1);
    if (plane.ow() >= lanes) {
      int count = (int) Choices.ceil(plane.ow(), lanes);
      this.lanes = RegisterTile.columns(count, lanes);
      this.starts = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        starts.add(Math.min(i * lanes, plane.ow() - lanes));
      }
    } else if (plane.oh() >= LEAST_ROWS) {
      this.lanes = List.of(shortest);
      this.starts = List.of(0);
    } else {
      this.lanes = RegisterTile.cut(plane.ow(), lanes);
      RegisterTile tile = new RegisterTile(1, this.lanes);
      this.starts = new ArrayList<>();
      for (int j = 0; j < this.lanes.size(); j++) {
        starts.add(tile.start(j));
      }
    }
    this.reachOut = this.lanes.size() == 1 && this.lanes.get(0) > plane.ow();
    int most = 0;
    // where a vector fits into a row, it is moved until it does
    boolean fits = !reachOut && span(0) + plane.stride() - 1 <= plane.w();
    for (int j = 0; j < this.lanes.size() && !fits; j++) {
      for (int s = 0; s < plane.s(); s++) {
        Tap tap = tap(j, s);
        most = Math.max(most, tap.base() + span(j) - plane.w());
      }
    }
    this.overrun = most;
    long least = span(0) + plane.stride() - 1L;
    this.inPlace =
        plane.stride() <= 2 && uniform() && (overrun == 0 || (long) plane.h() * plane.w() >= least);
  }

  /** Returns how many vectors make up a row. */
  int count() {
    return lanes.size();
  }

  /** Returns the lanes of a vector. */
  int lanes(int vector) {
    return lanes.get(vector);
  }

  /** Returns the first column of a vector. */
  int start(int vector) {
    return starts.get(vector);
  }

  /** Returns whether all vectors are of one length. */
  boolean uniform() {
    return lanes.stream().distinct().count() == 1;
  }

  /** Returns whether vectors reach beyond the end of their row. */
  boolean reachOut() {
    return reachOut;
  }

  /** Returns whether the input can be read where it is. */
  boolean inPlace() {
    return inPlace;
  }

  /** Returns how many elements beyond the end of a row of the input are read in place. */
  int overrun() {
    return overrun;
  }

  /** Returns how many rows of the input have as many elements after them in their plane. */
  int safeRows() {
    return overrun == 0
        ? plane.h()
        : (int) Math.floorDiv((long) plane.h() * plane.w() - overrun, (long) plane.w());
  }

  /** Some vectors of a row. */
  record Group(int first, int vectors, int tiles) {
    int end() {
      return first + vectors;
    }
  }

  /**
   * Returns the vectors in groups; those that the same code serves, each as far from the one
   * before, are one group several times.
   *
   * @param size vectors in a group; fewer in the last
   * @param staged whether the input is read from where padding has been added
   */
  List<Group> groups(int size, boolean staged) {
    List<Group> groups = new ArrayList<>();
    int first = 0;
    while (first < count()) {
      int vectors = Math.min(size, count() - first);
      int tiles = 0;
      while (vectors == size
          && first + (tiles + 1) * size <= count()
          && alike(first + tiles * size, size, staged)) {
        tiles++;
      }
      groups.add(new Group(first, vectors, Math.max(1, tiles)));
      first += Math.max(1, tiles) * vectors;
    }
    return groups;
  }

  private boolean alike(int first, int size, boolean staged) {
    for (int j = first; j < first + size; j++) {
      if (start(j) != j * lanes(0) || !uniform()) {
        return false;
      }
      // what lies between the first and the last column lies inside with them
      if (!staged && !(inside(j, 0) && inside(j, plane.s() - 1))) {
        return false;
      }
    }
    return true;
  }

  private boolean inside(int vector, int s) {
    int column = column(vector, s);
    return column >= 0 && column + span(vector) <= plane.w();
  }

  private int column(int vector, int s) {
    return start(vector) * plane.stride() + s * plane.dilation() - plane.left();
  }

  /** Returns the elements from the first to the last that a vector is loaded from. */
  private int span(int vector) {
    return (lanes(vector) - 1) * plane.stride() + 1;
  }

  /**
   * What a vector reads with a kernel column.
   *
   * @param base the first column loaded
   * @param by how far lanes have to be moved up
   * @param from the first lane that lies inside the row
   * @param to where those end; none does if that is not beyond {@code from}
   * @param direct whether what is loaded can be taken as it is
   */
  record Tap(int base, int by, int from, int to, boolean direct) {
    boolean read() {
      return from < to;
    }
  }

  /** Returns what a vector reads with a kernel column. */
  Tap tap(int vector, int s) {
    int stride = plane.stride();
    int length = lanes(vector);
    int needed = Math.min(length, plane.ow() - start(vector));
    int column = column(vector, s);
    int from = Math.max(0, Math.floorDiv(stride - 1 - column, stride));
    int to = Math.min(length, Math.floorDiv(plane.w() - 1 - column, stride) + 1);
    if (from >= needed || to <= from) {
      return new Tap(0, 0, 0, 0, true);
    }
    if (from == 0 && to >= needed) {
      return new Tap(column, 0, 0, length, true);
    }
    int base = column + stride * from;
    int beyond = Math.max(0, base + span(vector) - plane.w());
    int down = Math.min((int) Choices.ceil(beyond, stride), base / stride);
    int by = from - down;
    return new Tap(base - stride * down, by, from, Math.min(to, length + Math.min(by, 0)), false);
  }

  /**
   * Returns what a vector reads of a row with a kernel column.
   *
   * @param start of the row in the place
   */
  Value load(Place place, Index start, int vector, int s) {
    Tap tap = tap(vector, s);
    Value loaded = loaded(place, start.plus(tap.base()), vector);
    return tap.direct() ? loaded : new Value.Shift(loaded, tap.by(), tap.from(), tap.to());
  }

  /**
   * Returns what a vector reads of a row near the end of the plane, of which nothing beyond is
   * loaded.
   */
  Value loadBeforeEnd(Place place, int row, int vector, int s) {
    Tap tap = tap(vector, s);
    long start = (long) row * plane.w() + tap.base();
    long beyond = start + span(vector) - (long) plane.h() * plane.w();
    if (beyond <= 0) {
      return load(place, Index.of((long) row * plane.w()), vector, s);
    }
    int down = (int) Choices.ceil(beyond, plane.stride());
    int by = tap.by() - down;
    int to = Math.min(tap.to(), lanes(vector) + Math.min(by, 0));
    return new Value.Shift(
        loaded(place, Index.of(start - (long) down * plane.stride()), vector), by, tap.from(), to);
  }

  /** Returns a vector of elements as far apart as those that neighbouring outputs read. */
  Value loaded(Place place, Index at, int vector) {
    return plane.stride() == 1
        ? new Value.Load(place, at, lanes(vector))
        : new Value.LoadEveryOther(place, at, lanes(vector));
  }
}
