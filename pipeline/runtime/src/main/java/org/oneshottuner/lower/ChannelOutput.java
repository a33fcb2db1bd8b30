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
 * store in either layout. In the plain layout a tile goes through the stack and is transposed in
 * square blocks, so that consecutive elements of a plane are written at once; the last few that
 * make no block, and channels that do not fill a vector, are written one by one.
 */
final class ChannelOutput {
  /** Rows of the smallest block that is transposed. */
  private static final int LEAST_SQUARE = 4;

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
        code,
        (inner, i, j, sum) ->
            stage(inner, sum, block.plus(j), stage, i.times(width).plus((long) j * lanes)));
    scatter(
        code, new Staged(stage, width, tile.rows(), Index.of(tile.rows())), item, block, position);
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

  /** Stages a vector of channels of one element, finished as far as channels alone decide. */
  void stage(Code code, Value.Read sum, Index block, Place stage, Index index) {
    if (!fused.hasResidual()) {
      fused.apply(
          code,
          sum,
          () -> new Value.Load(shift, block.times(lanes), lanes),
          () -> new Value.Constant(0, lanes));
    }
    code.store(stage, index, sum);
  }

  /**
   * Elements {@code [extent][width]} of consecutive channels that were staged.
   *
   * @param place where they are
   * @param width channels
   * @param extent consecutive elements of the plane that were staged
   * @param columns how many of them there are in the plane
   */
  record Staged(Place place, int width, int extent, Index columns) {}

  /** Returns how many of some consecutive elements are stored one by one. */
  static int oneByOne(int extent, int lanes) {
    return extent - squares(extent, lanes).stream().mapToInt(Integer::intValue).sum();
  }

  /** Returns the sizes of the blocks that some consecutive elements are cut into. */
  static List<Integer> squares(int extent, int lanes) {
    return RegisterTile.cut(extent, lanes).stream().filter(size -> size >= LEAST_SQUARE).toList();
  }

  /**
   * Returns the vector operations for each channel of transposing some consecutive elements in
   * blocks: a block of q by q takes as many loads, as many stores, and as many shuffles as there
   * are doublings to q, each q times.
   */
  static int turns(int extent, int lanes) {
    return squares(extent, lanes).stream()
        .mapToInt(size -> 2 + Integer.numberOfTrailingZeros(size))
        .sum();
  }

  /** Finishes and stores staged elements to a plain output. */
  void scatter(Code code, Staged staged, Index item, Index block, Index position) {
    Index first = block.times(lanes);
    Index place = item.times(channels).plus(first).times(area).plus(position);
    int rest = oneByOne(staged.extent(), lanes);
    if (rest == staged.extent()) {
      elements(code, staged, first, place, Index.ZERO);
      return;
    }
    Condition all = Condition.less(Index.of(staged.extent() - 1L), staged.columns());
    if (channels % staged.width() != 0) {
      all = all.and(Condition.less(first.plus(staged.width() - 1L), Index.of(channels)));
    }
    code.when(
        all,
        whole -> {
          squares(whole, staged, first, place);
          if (rest > 0) {
            elements(whole, staged, first, place, Index.of((long) staged.extent() - rest));
          }
        },
        part -> elements(part, staged, first, place, Index.ZERO));
  }

  /** Writes all channels of the elements that make whole blocks. */
  private void squares(Code code, Staged staged, Index first, Index place) {
    if (!fused.hasResidual()) {
      transpose(code, staged, new Statement.Rows(out, place, area));
      return;
    }
    List<Integer> sizes = squares(staged.extent(), lanes);
    long pitch = sizes.stream().mapToInt(Integer::intValue).sum();
    Buffer turned = code.allocate("turned", pitch * staged.width());
    transpose(code, staged, new Statement.Rows(turned, Index.ZERO, pitch));
    code.loop(
        "lane",
        staged.width(),
        (inner, lane) -> {
          int start = 0;
          for (int size : sizes) {
            finish(
                inner,
                turned,
                lane.times(pitch).plus(start),
                size,
                first.plus(lane),
                place.plus(lane.times(area)).plus(start));
            start += size;
          }
        });
  }

  private void transpose(Code code, Staged staged, Statement.Rows to) {
    int start = 0;
    for (int size : squares(staged.extent(), lanes)) {
      long row = start;
      code.loop(
          "square",
          staged.width() / size,
          (inner, square) -> {
            Index channel = square.times(size);
            inner.transpose(
                new Statement.Rows(
                    to.place(), to.index().plus(channel.times(to.stride())).plus(row), to.stride()),
                new Statement.Rows(
                    staged.place(), channel.plus(row * staged.width()), staged.width()),
                size);
          });
      start += size;
    }
  }

  /** Writes elements from one on, one by one. */
  private void elements(Code code, Staged staged, Index first, Index place, Index from) {
    Index end =
        channels % staged.width() == 0
            ? Index.of(staged.width())
            : first.times(-1).plus(channels).least(Index.of(staged.width()));
    code.loop(
        "lane",
        Index.ZERO,
        end,
        1,
        (inner, lane) ->
            inner.loop(
                "e",
                from,
                staged.columns(),
                1,
                (element, e) ->
                    finish(
                        element,
                        staged.place(),
                        e.times(staged.width()).plus(lane),
                        1,
                        first.plus(lane),
                        place.plus(lane.times(area)).plus(e))));
  }

  /** Writes some consecutive elements of one channel. */
  private void finish(Code code, Place from, Index index, int count, Index channel, Index place) {
    Value staged = new Value.Load(from, index, count);
    if (!fused.hasResidual()) {
      code.store(out, place, staged);
      return;
    }
    code.add(
        Code.block(
            inner -> {
              Local value = inner.declare("value", count);
              inner.assign(value.at(), staged);
              fused.apply(
                  inner,
                  value.at(),
                  () -> new Value.Load(shift, channel, 1).splat(count),
                  () -> new Value.Load(residual, place, count));
              inner.store(out, place, value.at());
            }));
  }
}
