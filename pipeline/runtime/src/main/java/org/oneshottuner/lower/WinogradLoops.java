package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Operands;

/**
 * The loop nest of one schedule of a convolution by minimal filtering.
 *
 * <p>Weights are transformed and packed {@code [k tile][element][c][nv · lanes]}.
 */
final class WinogradLoops {
  private final WinogradShape shape;
  private final Conv2d conv;
  private final int lanes;
  private final WinogradTransform transform;
  private final int size;
  private final int elements;
  private final int tb;
  private final int mr;
  private final int nv;
  private final int width;
  private final int unroll;
  private final int kc;
  private final boolean whole;
  private final boolean spaceOutermost;
  private final boolean elementsOutside;
  private final long blocks;
  private final long channelTiles;
  private final Units units;
  private final long tiles;
  private final int channels;
  private final BlockedInput reordered;
  private final Buffer packed;
  private final Buffer transformed;
  private final Buffer products;
  private final Buffer weight;
  private final WinogradInput input;
  private final WinogradOutput output;
  private final List<Buffer> buffers = new ArrayList<>();

  /**
   * The products of an element of the transform and a tile of channels.
   *
   * @param tile of output channels
   * @param element of the transform
   * @param products where the tile's products begin
   */
  private record Sums(Index tile, Index element, Index products) {}

  /**
   * A step of products.
   *
   * @param k the first input channel
   * @param t the first tile
   */
  private record Strip(Index k, Index t) {}

  WinogradLoops(WinogradShape shape, KnobValues values) {
    this.shape = shape;
    conv = shape.conv();
    lanes = shape.lanes();
    int m = values.number(WinogradShape.M);
    transform = WinogradTransform.of(m);
    size = transform.inputs();
    elements = size * size;
    tb = values.number(WinogradShape.TB);
    mr = values.number(WinogradShape.MR);
    nv = values.number(WinogradShape.NV);
    width = nv * lanes;
    unroll = values.number(WinogradShape.UNROLL);
    kc = values.number(WinogradShape.KC);
    whole = values.is(WinogradShape.FUSED, WinogradShape.YES);
    spaceOutermost = values.is(WinogradShape.ORDER, WinogradShape.SPACE);
    elementsOutside = values.is(WinogradShape.ELEMENTS, WinogradShape.OUTSIDE);
    blocks = shape.blocks(values);
    channelTiles = shape.channelTiles(values);
    units = shape.units(values);
    tiles = shape.tiles(m);
    channels = shape.inBlocks() * lanes;
    Operands sizes = conv.operands(lanes);
    Buffer plain = keep(new Buffer("input", Role.INPUT, sizes.input()));
    reordered = new BlockedInput(conv, lanes, plain);
    input = new WinogradInput(shape, values, shape.blocked() ? plain : keep(reordered.buffer()));
    packed =
        keep(
            new Buffer(
                "packed", Role.PACKED, (long) elements * conv.c() * shape.outBlocks() * lanes));
    transformed =
        keep(
            new Buffer(
                "transformed",
                whole ? Role.SLOT : Role.SHARED,
                (whole ? 1 : blocks) * elements * tb * channels));
    products =
        keep(
            new Buffer(
                "products",
                Role.SLOT,
                (elementsOutside ? channelTiles : 1) * elements * tb * width));
    output = new WinogradOutput(shape, values, products);
    buffers.addAll(output.buffers());
    weight = keep(new Buffer("weight", Role.WEIGHT, sizes.weight()));
  }

  private Buffer keep(Buffer buffer) {
    buffers.add(buffer);
    return buffer;
  }

  LoopNest nest() {
    List<LoopNest.Phase> phases = new ArrayList<>();
    if (!shape.blocked()) {
      phases.add(reordered.phase());
    }
    if (!whole) {
      phases.add(transforms());
    }
    Axis unit = new Axis("unit");
    phases.add(
        new LoopNest.Phase(
            unit,
            units.count(),
            Code.block(
                code ->
                    units.write(
                        code,
                        unit.index(),
                        (inner, item, first, second) ->
                            unit(
                                inner,
                                spaceOutermost ? first : second,
                                spaceOutermost ? second : first)))));
    return new LoopNest(buffers, Optional.of(Code.block(this::pack)), phases);
  }

  private void pack(Code code) {
    code.loop(
        "k",
        (long) shape.outBlocks() * lanes,
        (outer, k) ->
            outer.loop(
                "c",
                conv.c(),
                (inner, c) -> {
                  Index tile = k.dividedBy(width);
                  Index lane = k.remainder(width);
                  transform.weight(
                      inner,
                      (r, s) ->
                          new Value.Guarded(
                              Condition.less(k, Index.of(conv.k())),
                              new Value.Load(
                                  weight, k.times(conv.c()).plus(c).times(9).plus(r * 3L + s), 1)),
                      (store, i, j, value) ->
                          store.store(
                              packed,
                              tile.times(elements)
                                  .plus((long) i * size + j)
                                  .times(conv.c())
                                  .plus(c)
                                  .times(width)
                                  .plus(lane),
                              value));
                }));
    output.pack(code);
  }

  /** Transforms the inputs of one tile, in a phase of its own. */
  private LoopNest.Phase transforms() {
    Axis unit = new Axis("unit");
    return new LoopNest.Phase(
        unit,
        blocks * tb,
        Code.block(
            code -> {
              List<Index> place =
                  code.decode(
                      unit.index(), new Code.Digit("block", blocks), new Code.Digit("t", tb));
              input.transform(
                  code,
                  inputs(code, place.get(0)),
                  tileNumber(place.get(0), place.get(1)),
                  place.get(1));
            }));
  }

  private void unit(Code code, Index block, Index slice) {
    Place inputs = inputs(code, block);
    if (whole) {
      code.add(
          Code.block(
              all ->
                  all.loop(
                      "t",
                      tb,
                      (inner, t) -> input.transform(inner, inputs, tileNumber(block, t), t))));
    }
    Index first = slice.times(channelTiles);
    if (elementsOutside) {
      long floats = (long) elements * tb * width;
      code.loop(
          "e",
          elements,
          (element, e) ->
              element.loop(
                  "tile",
                  channelTiles,
                  (inner, tile) ->
                      matrix(inner, inputs, new Sums(first.plus(tile), e, tile.times(floats)))));
      code.loop(
          "tile",
          channelTiles,
          (inner, tile) -> output.transform(inner, block, first.plus(tile), tile.times(floats)));
    } else {
      code.loop(
          "tile",
          channelTiles,
          (inner, tile) -> {
            inner.loop(
                "e",
                elements,
                (element, e) -> matrix(element, inputs, new Sums(first.plus(tile), e, Index.ZERO)));
            output.transform(inner, block, first.plus(tile), Index.ZERO);
          });
    }
  }

  /** Returns where a block's transformed inputs are. */
  private Place inputs(Code code, Index block) {
    return whole
        ? transformed
        : code.bind("inputs", transformed, block.times((long) elements * tb * channels));
  }

  /** Returns a tile of a block; the last block repeats the last tile, so that all is defined. */
  private Index tileNumber(Index block, Index t) {
    return block.times(tb).plus(t).least(Index.of(tiles - 1));
  }

  /** Writes the products of one element and one tile of channels, for all tiles of the block. */
  private void matrix(Code code, Place inputs, Sums sums) {
    if (kc == conv.c()) {
      strip(code, inputs, sums, Index.ZERO);
    } else {
      code.loop(
          "k", Index.ZERO, Index.of(conv.c()), kc, (inner, k) -> strip(inner, inputs, sums, k));
    }
  }

  private void strip(Code code, Place inputs, Sums sums, Index k) {
    if (tb == mr) {
      multiply(code, inputs, sums, new Strip(k, Index.ZERO));
    } else {
      code.loop(
          "t",
          Index.ZERO,
          Index.of(tb),
          mr,
          (inner, t) -> multiply(inner, inputs, sums, new Strip(k, t)));
    }
  }

  private void multiply(Code code, Place inputs, Sums place, Strip strip) {
    RegisterTile sums = new RegisterTile(mr, RegisterTile.columns(nv, lanes));
    Index row = place.element().times(tb).plus(strip.t());
    Place a = code.bind("a", inputs, row.times(channels).plus(strip.k()));
    Place b =
        code.bind(
            "b",
            packed,
            place
                .tile()
                .times(elements)
                .plus(place.element())
                .times(conv.c())
                .plus(strip.k())
                .times(width));
    Place c = code.bind("c", products, place.products().plus(row.times(width)));
    sums.declare(code);
    if (kc < conv.c()) {
      code.when(
          Condition.less(Index.ZERO, strip.k()),
          later -> sums.set(later, (i, j) -> new Value.Load(c, product(i, j), lanes)));
    }
    code.loop(
        "q",
        Index.ZERO,
        Index.of(kc),
        unroll,
        (loop, q) ->
            loop.unrolled(
                "u",
                unroll,
                (once, u) ->
                    sums.step(
                        once,
                        j ->
                            new Value.Load(b, q.plus(u).times(width).plus((long) j * lanes), lanes),
                        i -> new Value.Load(a, i.times(channels).plus(q).plus(u), 1))));
    sums.each(code, (inner, i, j, sum) -> inner.store(c, product(i, j), sum));
  }

  private Index product(Index row, int column) {
    return row.times(width).plus((long) column * lanes);
  }
}
