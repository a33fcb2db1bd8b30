package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;

import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.TuningTask;

/**
 * The extents of the loops of a convolution with columns in vectors and the bytes that they touch,
 * as the knobs set them.
 */
final class PlanarShape {
  /** Output channels of a register tile. */
  static final String KT = "kt";

  /** Column vectors of a register tile. */
  static final String NV = "nv";

  /** Output rows of a unit, or register tiles where there is one row. */
  static final String SPAN = DirectShape.SPAN;

  /** Input channels in the text of the innermost loop. */
  static final String UNROLL = DirectShape.UNROLL;

  /** Where the loop over kernel rows is, seen from the one over input channels. */
  static final String ROWS = DirectShape.ROWS;

  static final String ROWS_INSIDE = DirectShape.ROWS_INSIDE;
  static final String ROWS_OUTSIDE = DirectShape.ROWS_OUTSIDE;

  /** Which of channels and space is the outer loop. */
  static final String ORDER = DirectShape.ORDER;

  static final String CHANNELS_OUTSIDE = DirectShape.CHANNELS_OUTSIDE;
  static final String SPACE_OUTSIDE = DirectShape.SPACE_OUTSIDE;

  private final TuningTask task;
  private final Conv2d conv;
  private final Plane plane;
  private final TileKnobs tile;
  private final StagedPlanes staged;
  private final boolean staging;
  private final int lanes;
  private final int groupInputs;
  private final int groupOutputs;

  PlanarShape(TuningTask task, Conv2d conv) {
    this.task = task;
    this.conv = conv;
    this.plane = Plane.of(conv.window());
    this.tile = new TileKnobs(KT, NV, task.target());
    this.lanes = task.lanes();
    this.staged = new StagedPlanes(plane, lanes);
    this.staging = !StagedPlanes.needless(plane);
    this.groupInputs = conv.c() / conv.groups();
    this.groupOutputs = conv.k() / conv.groups();
  }

  TuningTask task() {
    return task;
  }

  Conv2d conv() {
    return conv;
  }

  Plane plane() {
    return plane;
  }

  /** Returns the register tile: output channels by vectors of columns. */
  TileKnobs tile() {
    return tile;
  }

  /** Returns how planes are staged, where they are. */
  StagedPlanes staged() {
    return staged;
  }

  /** Returns whether planes are staged, not read where they are. */
  boolean staging() {
    return staging;
  }

  int lanes() {
    return lanes;
  }

  /** Returns the input channels of a group. */
  int groupInputs() {
    return groupInputs;
  }

  /** Returns the output channels of a group. */
  int groupOutputs() {
    return groupOutputs;
  }

  /** Returns the bytes of all staged planes. */
  double stagedBytes() {
    return staging ? (double) conv.n() * conv.c() * staged.floats(plane.oh()) * Float.BYTES : 0;
  }

  /** Returns the steps of the loop over input channels. */
  int channelTrips(KnobValues v) {
    return groupInputs / v.number(UNROLL);
  }

  /** Returns the multiply-adds in the text of the innermost loop. */
  long bodyFmas(KnobValues v) {
    return tile.sums(v) * plane.s() * v.number(UNROLL);
  }

  /** Returns the vectors that make up one row of the output, the shorter ones at its end too. */
  double rowVectors(KnobValues v) {
    int columns = v.number(NV) * lanes;
    int whole = plane.ow() / columns;
    return (double) whole * v.number(NV) + RegisterTile.cut(plane.ow() % columns, lanes).size();
  }

  /** Returns the steps of the loop over space. */
  long pieces(KnobValues v) {
    long extent = plane.flat() ? plane.tiles(v.number(NV) * lanes) : plane.oh();
    return ceil(extent, v.number(SPAN));
  }

  Units units(KnobValues v) {
    Code.Digit tiles = new Code.Digit("tile", conv.k() / v.number(KT));
    Code.Digit piece = new Code.Digit("piece", pieces(v));
    return v.is(ORDER, CHANNELS_OUTSIDE)
        ? Units.of(task, v, conv.n(), tiles, piece)
        : Units.of(task, v, conv.n(), piece, tiles);
  }

  /** Returns the bytes of input that a unit reads. */
  double pieceBytes(KnobValues v) {
    double rows = plane.flat() ? 1 : plane.rowsRead(v.number(SPAN));
    double columns =
        plane.flat()
            ? Math.min(plane.ow(), (double) v.number(SPAN) * v.number(NV) * lanes)
            : plane.w();
    return Float.BYTES * (double) groupInputs * rows * columns;
  }

  /** Returns the bytes of the weights of all channels. */
  double weightBytes() {
    return (double) Float.BYTES * conv.k() * groupInputs * plane.r() * plane.s();
  }
}
