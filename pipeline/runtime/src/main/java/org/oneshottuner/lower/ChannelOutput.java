package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;

import java.util.ArrayList;
import java.util.List;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Operands;

/**
 * Where a kernel whose vectors run over channels leaves its results: bias and epilogue, then a
 * store in either layout. In the plain layout a tile goes through the stack, so that consecutive
 * columns are written one after another.
 */
final class ChannelOutput {
  private final int channels;
  private final long area;
  private final int lanes;
  private final Layout layout;
  private final Fused fused;
  private final int blocks;
  private final Buffer out;
  private final Buffer residual;
  private final Buffer shift;
  private final Buffer live;

  /**
   * Describes the output.
   *
   * @param channels of the output
   * @param area elements of one output plane
   */
  ChannelOutput(int channels, long area, int lanes, Layout layout, Fused fused, Operands sizes) {
    this.channels = channels;
    this.area = area;
    this.lanes = lanes;
    this.layout = layout;
    this.fused = fused;
    this.blocks = (int) ceil(channels, lanes);
    this.out = new Buffer("out", Role.OUTPUT, sizes.output());
    this.residual = new Buffer("residual", Role.RESIDUAL, Math.max(1, sizes.residual()));
    this.shift = new Buffer("shift", Role.PACKED, (long) blocks * lanes);
    this.live = new Buffer("live", Role.PACKED, (long) blocks * lanes);
  }

  /**
   * Returns the buffers it uses, those of the packed constants and those only for packing among
   * them.
   */
  List<Buffer> buffers() {
    List<Buffer> buffers = new ArrayList<>(List.of(out));
    if (fused.hasResidual()) {
      buffers.add(residual);
    }
    if (fused.hasBias()) {
      buffers.add(shift);
      buffers.add(bias());
    }
    if (clearsLanes()) {
      buffers.add(live);
    }
    return buffers;
  }

  private Buffer bias() {
    return new Buffer("bias", Role.BIAS, channels);
  }

  /** Returns whether lanes beyond the last channel would not stay zero by themselves. */
  private boolean clearsLanes() {
    return layout == Layout.NCHW16C && channels % lanes != 0 && fused.movesZero();
  }

  /** Packs the bias, and which lanes hold a channel. */
  void pack(Code code) {
    if (fused.hasBias()) {
      code.copy(shift, Index.ZERO, bias(), Index.ZERO, Index.of(channels));
      code.clear(shift, Index.of(channels), Index.of((long) blocks * lanes - channels));
    }
    if (clearsLanes()) {
      code.loop(
          "lane",
          (long) blocks * lanes,
          (inner, lane) ->
              inner.store(
                  live,
                  lane,
                  new Value.Guarded(
                      Condition.less(lane, Index.of(channels)), new Value.Constant(1, 1))));
    }
  }

  /**
   * Finishes and stores a tile whose rows are consecutive elements of the plane and whose columns
   * are channel blocks.
   *
   * @param block the first channel block
   * @param position of the tile's first row in the output plane
   */
  void store(Code code, RegisterTile tile, Index item, Index block, Index position) {
    if (layout == Layout.NCHW16C) {
      tile.each(
          code, (inner, i, j, sum) -> blocked(inner, sum, item, block.plus(j), position.plus(i)));
      return;
    }
    int width = tile.columns() * lanes;
    Buffer stage = code.allocate("stage", (long) tile.rows() * width);
    tile.each(
        code, (inner, i, j, sum) -> inner.store(stage, i.times(width).plus((long) j * lanes), sum));
    scatter(code, stage, width, Index.of(tile.rows()), item, block, position);
  }

  /** Finishes and stores one vector of a blocked output. */
  void blocked(Code code, Value.Read sum, Index item, Index block, Index position) {
    Index place = item.times(blocks).plus(block).times(area).plus(position).times(lanes);
    fused.apply(
        code,
        sum,
        () -> new Value.Load(shift, block.times(lanes), lanes),
        () -> new Value.Load(residual, place, lanes));
    if (clearsLanes()) {
      code.assign(sum, sum.times(new Value.Load(live, block.times(lanes), lanes)));
    }
    code.store(out, place, sum);
  }

  /**
   * Finishes and stores staged elements {@code [columns][width]} of consecutive channels to a plain
   * output.
   *
   * @param width channels staged
   * @param columns consecutive elements of the plane
   */
  void scatter(
      Code code, Place stage, int width, Index columns, Index item, Index block, Index position) {
    Index first = block.times(lanes);
    Index end =
        channels % width == 0
            ? Index.of(width)
            : first.times(-1).plus(channels).least(Index.of(width));
    code.loop(
        "lane",
        Index.ZERO,
        end,
        1,
        (inner, lane) -> {
          Index place = item.times(channels).plus(first).plus(lane).times(area).plus(position);
          inner.loop(
              "e",
              Index.ZERO,
              columns,
              1,
              (element, e) -> {
                Local value = element.declare("value", 1);
                element.assign(value.at(), new Value.Load(stage, e.times(width).plus(lane), 1));
                fused.apply(
                    element,
                    value.at(),
                    () -> new Value.Load(shift, first.plus(lane), 1),
                    () -> new Value.Load(residual, place.plus(e), 1));
                element.store(out, place.plus(e), value.at());
              });
        });
  }
}
