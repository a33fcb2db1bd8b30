package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.workload.Operands;

/**
 * Where a kernel whose vectors run along the rows of a plain layout leaves its results: bias,
 * epilogue and store.
 */
final class PlanarOutput {
  private final int channels;
  private final long area;
  private final Fused fused;
  private final Buffer out;
  private final Buffer residual;
  private final Buffer shift;

  PlanarOutput(int channels, long area, Fused fused, Operands sizes) {
    this.channels = channels;
    this.area = area;
    this.fused = fused;
    this.out = new Buffer("out", Role.OUTPUT, sizes.output());
    this.residual = new Buffer("residual", Role.RESIDUAL, Math.max(1, sizes.residual()));
    this.shift = new Buffer("shift", Role.PACKED, channels);
  }

  /** Returns the buffers it uses. */
  List<Buffer> buffers() {
    List<Buffer> buffers = new ArrayList<>(List.of(out));
    if (fused.hasResidual()) {
      buffers.add(residual);
    }
    if (fused.hasBias()) {
      buffers.add(shift);
      buffers.add(new Buffer("bias", Role.BIAS, channels));
    }
    return buffers;
  }

  /** Packs the bias. */
  void pack(Code code) {
    if (fused.hasBias()) {
      code.copy(
          shift,
          Index.ZERO,
          new Buffer("bias", Role.BIAS, channels),
          Index.ZERO,
          Index.of(channels));
    }
  }

  /**
   * Finishes and stores a tile of one column that is longer than the rows: what lies beyond a row
   * is written over by the next one, and the last row is stored together with the end of the one
   * before.
   *
   * @param plane the output plane
   * @param channel of the plane
   * @param y the first row of the tile
   * @param rows what rows they are
   */
  void storeLong(Code code, RegisterTile tile, Index plane, Index channel, Index y, Rows rows) {
    int lanes = tile.lanes(0);
    int beyond = lanes - rows.width();
    Index end = plane.plus(1).times(area).plus(-lanes);
    for (int i = 0; i < tile.rows(); i++) {
      boolean last = rows.last() && i == tile.rows() - 1;
      Value.Read sum = tile.sum(Index.of(i), 0);
      Index place = plane.times(area).plus(y.plus(i).times(rows.width()));
      fused.apply(
          code,
          sum,
          () -> new Value.Splat(new Value.Load(shift, channel, 1), lanes),
          () ->
              last
                  ? new Value.Shift(new Value.Load(residual, end, lanes), -beyond, 0, rows.width())
                  : new Value.Load(residual, place, lanes));
      if (last) {
        Value before =
            i > 0
                ? new Value.Shift(tile.sum(Index.of(i - 1L), 0), beyond - rows.width(), 0, beyond)
                : new Value.Shift(
                    new Value.Load(out, end.plus(beyond - (long) lanes), lanes),
                    -rows.width(),
                    0,
                    beyond);
        code.store(out, end, new Value.Shift(sum, beyond, beyond, lanes).plus(before));
      } else {
        code.store(out, place, sum);
      }
    }
  }

  /** How long rows are, and whether the last one of a tile is the last of its plane. */
  record Rows(int width, boolean last) {}

  /**
   * Finishes and stores a tile.
   *
   * @param plane the first output plane
   * @param channel of a row of the tile
   * @param position of a row's first column, counted from the start of the first plane
   */
  void store(
      Code code,
      RegisterTile tile,
      Index plane,
      UnaryOperator<Index> channel,
      UnaryOperator<Index> position) {
    tile.each(
        code,
        (inner, i, j, sum) -> {
          Index place = plane.times(area).plus(position.apply(i)).plus(tile.start(j));
          fused.apply(
              inner,
              sum,
              () -> new Value.Splat(new Value.Load(shift, channel.apply(i), 1), tile.lanes(j)),
              () -> new Value.Load(residual, place, tile.lanes(j)));
          inner.store(out, place, sum);
        });
  }
}
