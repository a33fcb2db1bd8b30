package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Operands;

/**
 * The loop nest of one schedule of a direct convolution.
 *
 * <p>Weights are packed in the order in which they are read: {@code [k tile][block of c][r][c in
 * block][s][ocb · lanes]}.
 */
final class DirectLoops {
  private final DirectShape shape;
  private final Conv2d conv;
  private final Plane plane;
  private final int lanes;
  private final int owt;
  private final int oht;
  private final int ocb;
  private final int width;
  private final int span;
  private final int unroll;
  private final boolean embedded;
  private final long blocks;
  private final long blocksOfPass;
  private final long passes;
  private final long channelTiles;
  private final long tilesOfUnit;
  private final long pieces;
  private final boolean channelsOutside;
  private final boolean spaceInside;
  private final boolean rowsInside;
  private final boolean columnsLooped;
  private final Units units;
  private final List<Buffer> buffers = new ArrayList<>();
  private final Buffer input;
  private final Buffer packed;
  private final Buffer weight;
  private final Buffer partial;
  private final ChannelOutput output;

  /** Where a register tile is. */
  private record Spot(
      Index item, Index piece, Index pass, Index tileOfUnit, Index tile, Index y, Index x) {
    Spot of(Index otherTileOfUnit, Index otherTile) {
      return new Spot(item, piece, pass, otherTileOfUnit, otherTile, y, x);
    }

    Spot at(Index otherY, Index otherX) {
      return new Spot(item, piece, pass, tileOfUnit, tile, otherY, otherX);
    }
  }

  /** Which output elements of a plane a register tile holds, row by row. */
  private record Patch(int rows, int columns, boolean interior) {
    Index row(Index i) {
      return rows == 1 ? Index.ZERO : i.dividedBy(columns);
    }

    Index column(Index i) {
      return rows == 1 ? i : i.remainder(columns);
    }
  }

  DirectLoops(DirectShape shape, KnobValues values) {
    this.shape = shape;
    conv = shape.conv();
    plane = shape.plane();
    lanes = shape.lanes();
    owt = values.number(DirectShape.OWT);
    oht = values.number(DirectShape.OHT);
    ocb = values.number(DirectShape.OCB);
    width = ocb * lanes;
    span = values.number(DirectShape.SPAN);
    unroll = values.number(DirectShape.UNROLL);
    embedded = values.is(DirectShape.BROADCAST, DirectShape.EMBEDDED);
    channelsOutside = values.is(DirectShape.ORDER, DirectShape.CHANNELS_OUTSIDE);
    spaceInside = values.is(DirectShape.INNER, DirectShape.SPACE_INSIDE);
    rowsInside = values.is(DirectShape.ROWS, DirectShape.ROWS_INSIDE);
    columnsLooped = values.is(DirectShape.COLUMNS, DirectShape.LOOPED);
    blocks = shape.blocksRead(width);
    passes = shape.passes(values);
    blocksOfPass = passes == 1 ? blocks : values.number(DirectShape.ICB);
    channelTiles = shape.channelTiles(values);
    tilesOfUnit = shape.tilesOfUnit(values);
    pieces = shape.pieces(values);
    units = shape.units(values);
    Operands sizes = conv.operands(lanes);
    input = new Buffer("input", Role.INPUT, sizes.input());
    weight = new Buffer("weight", Role.WEIGHT, sizes.weight());
    packed =
        new Buffer(
            "packed",
            Role.PACKED,
            channelTiles * blocks * plane.r() * shape.depth() * plane.s() * width);
    partial =
        shape.blocked()
            ? new Buffer("out", Role.OUTPUT, sizes.output())
            : new Buffer("partial", Role.SLOT, Math.max(1, shape.partialFloats(values)));
    output =
        new ChannelOutput(
            conv.k(),
            (long) plane.oh() * plane.ow(),
            lanes,
            conv.layout(),
            new Fused(conv.epilogue()),
            sizes);
    buffers.add(input);
    buffers.add(packed);
    buffers.addAll(output.buffers());
    if (passes > 1 && !shape.blocked()) {
      buffers.add(partial);
    }
    buffers.add(weight);
  }

  LoopNest nest() {
    Axis unit = new Axis("unit");
    Statement body =
        Code.block(
            code ->
                units.write(
                    code,
                    unit.index(),
                    (inner, item, first, second) ->
                        unit(
                            inner,
                            item,
                            channelsOutside ? first : second,
                            channelsOutside ? second : first)));
    return new LoopNest(
        buffers,
        Optional.of(Code.block(this::pack)),
        List.of(new LoopNest.Phase(unit, units.count(), body)));
  }

  private void pack(Code code) {
    code.loop(
        "tile",
        channelTiles,
        (a, tile) ->
            a.loop(
                "block",
                blocks,
                (b, block) ->
                    b.loop(
                        "r",
                        plane.r(),
                        (c, r) ->
                            c.loop(
                                "lane",
                                shape.depth(),
                                (d, lane) -> packTaps(d, tile, block, r, lane)))));
    output.pack(code);
  }

  /** Packs what the kernel columns of one kernel row have for one input channel. */
  private void packTaps(Code code, Index tile, Index block, Index r, Index lane) {
    int perGroup = conv.k() / conv.groups();
    int channels = conv.c() / conv.groups();
    long taps = (long) plane.r() * plane.s();
    code.loop(
        "s",
        plane.s(),
        (column, s) ->
            column.loop(
                "o",
                width,
                (element, o) -> {
                  Index k = element.define("k", tile.times(width).plus(o));
                  Index channel =
                      element.define(
                          "channel",
                          shape.firstBlock(tile, width).plus(block).times(lanes).plus(lane));
                  Index first = element.define("first", k.dividedBy(perGroup).times(channels));
                  Condition real =
                      Condition.less(k, Index.of(conv.k()))
                          .and(Condition.less(first.plus(-1), channel))
                          .and(Condition.less(channel, first.plus(channels)));
                  element.store(
                      packed,
                      weightIndex(tile, block, r, lane, s).plus(o),
                      new Value.Guarded(
                          real,
                          new Value.Load(
                              weight,
                              k.times(channels * taps)
                                  .plus(channel.minus(first).times(taps))
                                  .plus(r.times(plane.s()))
                                  .plus(s),
                              1)));
                }));
  }

  /** Returns where the weights of a step lie. */
  private Index weightIndex(Index tile, Index block, Index r, Index lane, Index s) {
    return tile.times(blocks)
        .plus(block)
        .times(plane.r())
        .plus(r)
        .times(shape.depth())
        .plus(lane)
        .times(plane.s())
        .plus(s)
        .times(width);
  }

  private void unit(Code code, Index item, Index group, Index piece) {
    code.loop(
        "pass",
        passes,
        (inner, pass) -> {
          Spot spot = new Spot(item, piece, pass, Index.ZERO, group, Index.ZERO, Index.ZERO);
          if (spaceInside) {
            channelTiles(inner, spot, this::places);
          } else {
            places(inner, spot);
          }
        });
  }

  /** Writes what a unit does at all of its places. */
  private void places(Code code, Spot spot) {
    if (plane.flat()) {
      flatRow(code, spot);
    } else {
      rows(code, spot);
    }
  }

  /** Writes what is done for each channel tile of a unit. */
  private void channelTiles(Code code, Spot spot, BiConsumer<Code, Spot> each) {
    code.loop(
        "t",
        tilesOfUnit,
        (inner, t) -> {
          Index tile =
              tilesOfUnit == 1
                  ? spot.tile()
                  : inner.define("tile", spot.tile().times(tilesOfUnit).plus(t));
          each.accept(inner, spot.of(t, tile));
        });
  }

  private void flatRow(Code code, Spot spot) {
    int full = plane.ow() / owt;
    int rest = plane.ow() % owt;
    if (full > 0) {
      code.loop(
          "x",
          spot.piece().times((long) span * owt),
          spot.piece().plus(1).times((long) span * owt).least(Index.of((long) full * owt)),
          owt,
          (inner, x) -> tiles(inner, spot.at(Index.ZERO, x), new Patch(1, owt, true)));
    }
    if (rest > 0) {
      code.when(
          Condition.less(Index.of(pieces - 2), spot.piece()),
          last ->
              tiles(
                  last,
                  spot.at(Index.ZERO, Index.of((long) full * owt)),
                  new Patch(1, rest, true)));
    }
  }

  private void rows(Code code, Spot spot) {
    int full = plane.oh() / oht * oht;
    if (full > 0) {
      code.loop(
          "y",
          spot.piece().times(span),
          spot.piece().plus(1).times(span).least(Index.of(full)),
          oht,
          (row, y) -> row(row, spot.at(y, Index.ZERO), oht));
    }
    if (full < plane.oh()) {
      code.when(
          Condition.less(Index.of(pieces - 2), spot.piece()),
          last -> row(last, spot.at(Index.of(full), Index.ZERO), plane.oh() - full));
    }
  }

  /** Writes the register tiles of some output rows. */
  private void row(Code code, Spot spot, int rows) {
    for (Plane.Segment segment : plane.segments(owt)) {
      Patch patch = new Patch(rows, segment.size(), segment.interior());
      if (segment.tiles() > 1) {
        code.loop(
            "x",
            Index.of(segment.from()),
            Index.of(segment.from() + (long) segment.tiles() * segment.size()),
            segment.size(),
            (inner, x) -> tiles(inner, spot.at(spot.y(), x), patch));
      } else {
        code.add(
            Code.block(inner -> tiles(inner, spot.at(spot.y(), Index.of(segment.from())), patch)));
      }
    }
  }

  /** Writes the register tiles at one place. */
  private void tiles(Code code, Spot spot, Patch patch) {
    if (spaceInside) {
      tile(code, spot, patch);
    } else {
      channelTiles(code, spot, (inner, own) -> tile(inner, own, patch));
    }
  }

  private void tile(Code code, Spot spot, Patch patch) {
    RegisterTile sums =
        new RegisterTile(patch.rows() * patch.columns(), RegisterTile.columns(ocb, lanes));
    begin(code, sums, spot, patch);
    Index first = code.define("first", shape.firstBlock(spot.tile(), width));
    if (passes == 1) {
      code.loop("block", blocks, (inner, b) -> block(inner, sums, spot, patch, first, b));
    } else {
      Index from = spot.pass().times(blocksOfPass);
      Index to = from.plus(blocksOfPass);
      code.loop(
          "block",
          from,
          blocks % blocksOfPass == 0 ? to : to.least(Index.of(blocks)),
          1,
          (inner, b) -> block(inner, sums, spot, patch, first, b));
    }
    if (passes == 1) {
      finish(code, sums, spot, patch);
    } else {
      code.when(
          Condition.less(spot.pass(), Index.of(passes - 1)),
          more ->
              sums.each(
                  more,
                  (inner, i, j, sum) -> inner.store(partial, partialIndex(spot, patch, i, j), sum)),
          last -> finish(last, sums, spot, patch));
    }
  }

  /** Sets the sums to zero, or to what the pass before has left. */
  private void begin(Code code, RegisterTile sums, Spot spot, Patch patch) {
    if (passes == 1) {
      sums.declare(code);
      return;
    }
    sums.declareUnset(code);
    code.when(
        Condition.less(spot.pass(), Index.of(1)),
        sums::clear,
        later ->
            sums.set(
                later, (i, j) -> new Value.Load(partial, partialIndex(spot, patch, i, j), lanes)));
  }

  /** Returns where a partial sum is: where the result will be, or in an array of the unit. */
  private Index partialIndex(Spot spot, Patch patch, Index i, int column) {
    Index position = position(spot, patch, i);
    if (shape.blocked()) {
      return spot.item()
          .times(shape.outBlocks())
          .plus(spot.tile().times(ocb))
          .plus(column)
          .times((long) plane.oh() * plane.ow())
          .plus(position)
          .times(lanes);
    }
    long start = plane.flat() ? (long) span * owt : (long) span * plane.ow();
    return position
        .minus(spot.piece().times(start))
        .times(tilesOfUnit)
        .plus(spot.tileOfUnit())
        .times(ocb)
        .plus(column)
        .times(lanes);
  }

  /** Returns the place of a row of the register tile in the output plane. */
  private Index position(Spot spot, Patch patch, Index i) {
    return spot.y().plus(patch.row(i)).times(plane.ow()).plus(spot.x()).plus(patch.column(i));
  }

  private void finish(Code code, RegisterTile sums, Spot spot, Patch patch) {
    Index block = spot.tile().times(ocb);
    if (shape.blocked()) {
      sums.each(
          code,
          (inner, i, j, sum) ->
              output.blocked(inner, sum, spot.item(), block.plus(j), position(spot, patch, i)));
    } else {
      // tiles of several rows are as wide as the plane, so that their elements are consecutive
      output.store(code, sums, spot.item(), block, position(spot, patch, Index.ZERO));
    }
  }

  /** Adds what a block of input channels gives. */
  private void block(
      Code code, RegisterTile sums, Spot spot, Patch patch, Index first, Index block) {
    Step all = new Step(sums, spot, patch, first, block, 0, patch.rows());
    Index channelBlock = first.plus(block);
    Index end =
        conv.c() % lanes == 0
            ? Index.of(lanes)
            : channelBlock.times(-lanes).plus(conv.c()).least(Index.of(lanes));
    if (rowsInside) {
      code.loop(
          "c",
          Index.ZERO,
          end,
          unroll,
          (loop, c) ->
              kernelRows(loop, all, (row, step, r) -> taps(row, operands(row, step, r), c)));
    } else {
      kernelRows(
          code,
          all,
          (row, step, r) -> {
            RowOperands operands = operands(row, step, r);
            row.loop("c", Index.ZERO, end, unroll, (loop, c) -> taps(loop, operands, c));
          });
    }
  }

  /** What some kernel rows add to those rows of a patch that they meet inside the input. */
  private record Step(
      RegisterTile sums, Spot spot, Patch patch, Index first, Index block, int from, int to) {
    Condition meets(Index row) {
      return from == 0 && to == patch.rows() ? Condition.TRUE : Condition.within(from, row, to);
    }

    Step of(int otherFrom, int otherTo) {
      return new Step(sums, spot, patch, first, block, otherFrom, otherTo);
    }
  }

  /** Where the operands of a step at one kernel row are. */
  private record RowOperands(Step step, Place input, Place weights) {}

  /** Writes what is done for one kernel row. */
  private interface KernelRow {
    void write(Code code, Step step, Index r);
  }

  /** Goes through the kernel rows that lie inside of the input for some row of a patch. */
  private void kernelRows(Code code, Step step, KernelRow body) {
    Index y = step.spot().y();
    Index end = Index.of(plane.r());
    int rows = step.patch().rows();
    if (plane.r() == 1 && !plane.rowsReachOut()) {
      body.write(code, step, Index.ZERO);
    } else if (!plane.rowsReachOut()) {
      kernelRows(code, Index.ZERO, end, step, body);
    } else if (rows == 1) {
      kernelRows(code, plane.firstRow(y), plane.endRow(y), step, body);
    } else {
      // the upper row meets the first kernel rows above the input, the lower one the last below it
      Index lower = y.plus(rows - 1L);
      Index all = code.define("all", plane.firstRow(y));
      Index some = code.define("some", plane.endRow(lower));
      kernelRows(code, plane.firstRow(lower), all.least(some), step.of(1, 2), body);
      kernelRows(code, all, some, step.of(0, 2), body);
      kernelRows(code, all.greatest(some), plane.endRow(y), step.of(0, 1), body);
    }
  }

  private static void kernelRows(Code code, Index from, Index to, Step step, KernelRow body) {
    code.loop("r", from, to, 1, (row, r) -> body.write(row, step, r));
  }

  private RowOperands operands(Code code, Step step, Index r) {
    Spot spot = step.spot();
    boolean blocked = shape.blocked();
    long area = (long) plane.h() * plane.w();
    long column = blocked ? lanes : 1;
    Index channelBlock = step.first().plus(step.block());
    Index row = spot.y().times(plane.stride()).plus(r.times(plane.dilation())).plus(-plane.top());
    Index start =
        blocked
            ? spot.item().times(ceil(conv.c(), lanes)).plus(channelBlock)
            : spot.item().times(conv.c()).plus(channelBlock.times(lanes));
    Place a = code.bind("a", input, start.times(area * column).plus(row.times(plane.w() * column)));
    Place b =
        code.bind("b", packed, weightIndex(spot.tile(), step.block(), r, Index.ZERO, Index.ZERO));
    return new RowOperands(step, a, b);
  }

  /** Adds what the kernel columns of one row give for some input channels. */
  private void taps(Code code, RowOperands of, Index c) {
    if (columnsLooped && of.step().patch().interior()) {
      code.loop(
          "s",
          plane.s(),
          (column, s) -> column.unrolled("u", unroll, (tap, u) -> multiply(tap, of, c.plus(u), s)));
    } else {
      code.unrolled(
          "u",
          unroll,
          (once, u) -> once.unrolled("s", plane.s(), (tap, s) -> multiply(tap, of, c.plus(u), s)));
    }
  }

  private Value weights(Place b, Index channel, Index s, int column) {
    return new Value.Load(
        b, channel.times(plane.s()).plus(s).times(width).plus((long) column * lanes), lanes);
  }

  /** Returns the input column that a kernel column meets at a row of the register tile. */
  private Index column(Step step, Index i, Index s) {
    return plane.column(step.spot().x().plus(step.patch().column(i)), s);
  }

  /** Adds what one kernel element gives for one input channel. */
  private void multiply(Code code, RowOperands of, Index channel, Index s) {
    Step step = of.step();
    Patch patch = step.patch();
    long column = shape.blocked() ? lanes : 1;
    long distance = shape.blocked() ? 1 : (long) plane.h() * plane.w();
    IntFunction<Value> vector = j -> weights(of.weights(), channel, s, j);
    Function<Index, Value> scalar =
        i ->
            new Value.Load(
                of.input(),
                patch
                    .row(i)
                    .times((long) plane.stride() * plane.w() * column)
                    .plus(column(step, i, s).times(column))
                    .plus(channel.times(distance)),
                1);
    Function<Index, Condition> meets =
        i -> {
          Condition row = step.meets(step.patch().row(i));
          return step.patch().interior()
              ? row
              : row.and(Condition.within(0, column(step, i, s), plane.w()));
        };
    if (embedded) {
      step.sums().stepByColumns(code, vector, scalar, meets);
      return;
    }
    if (plane.s() * unroll > 1) {
      // the next kernel column meets most of the same elements
      code.reload();
    }
    step.sums().step(code, vector, scalar, meets);
  }
}
