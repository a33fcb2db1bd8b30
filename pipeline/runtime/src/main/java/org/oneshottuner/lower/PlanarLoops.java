package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Operands;

/**
 * The loop nest of one schedule of a convolution with columns in vectors.
 *
 * <p>Weights are packed {@code [k tile][c][r][s][kt]}.
 */
final class PlanarLoops {
  private final Conv2d conv;
  private final Plane plane;
  private final StagedPlanes staged;
  private final boolean staging;
  private final int lanes;
  private final int groupInputs;
  private final int groupOutputs;
  private final int kt;
  private final int nv;
  private final int width;
  private final int span;
  private final int unroll;
  private final boolean channelsOutside;
  private final boolean rowsOutside;
  private final long pieces;
  private final long perPlane;
  private final Units units;
  private final Buffer input;
  private final Buffer packed;
  private final Buffer copies;
  private final Buffer weight;
  private final PlanarOutput output;
  private final List<Buffer> buffers = new ArrayList<>();

  PlanarLoops(PlanarShape shape, KnobValues values) {
    conv = shape.conv();
    plane = shape.plane();
    staged = shape.staged();
    staging = shape.staging();
    lanes = shape.lanes();
    groupInputs = shape.groupInputs();
    groupOutputs = shape.groupOutputs();
    kt = values.number(PlanarShape.KT);
    nv = values.number(PlanarShape.NV);
    width = nv * lanes;
    span = values.number(PlanarShape.SPAN);
    unroll = values.number(PlanarShape.UNROLL);
    channelsOutside = values.is(PlanarShape.ORDER, PlanarShape.CHANNELS_OUTSIDE);
    rowsOutside = values.is(PlanarShape.ROWS, PlanarShape.ROWS_OUTSIDE);
    pieces = shape.pieces(values);
    perPlane = staging ? staged.floats(plane.oh()) : (long) plane.h() * plane.w();
    units = shape.units(values);
    Operands sizes = conv.operands(lanes);
    input = new Buffer("input", Role.INPUT, sizes.input());
    packed = new Buffer("packed", Role.PACKED, sizes.weight());
    copies =
        new Buffer(
            "staged",
            Role.SHARED,
            Math.multiplyExact((long) conv.n() * conv.c(), staged.floats(plane.oh())));
    buffers.add(input);
    buffers.add(packed);
    if (staging) {
      buffers.add(copies);
    }
    output =
        new PlanarOutput(
            conv.k(), (long) plane.oh() * plane.ow(), new Fused(conv.epilogue()), sizes);
    buffers.addAll(output.buffers());
    weight = new Buffer("weight", Role.WEIGHT, sizes.weight());
    buffers.add(weight);
  }

  LoopNest nest() {
    List<LoopNest.Phase> phases = new ArrayList<>();
    if (staging) {
      Axis copied = new Axis("unit");
      phases.add(
          new LoopNest.Phase(
              copied, (long) conv.n() * conv.c(), Code.block(code -> stage(code, copied.index()))));
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
                                item,
                                channelsOutside ? first : second,
                                channelsOutside ? second : first)))));
    return new LoopNest(buffers, Optional.of(Code.block(this::pack)), phases);
  }

  private void stage(Code code, Index unit) {
    Place to = code.bind("to", copies, unit.times(staged.floats(plane.oh())));
    Place from = code.bind("from", input, unit.times((long) plane.h() * plane.w()));
    staged.stage(code, to, from, Index.ZERO, plane.oh());
  }

  private void pack(Code code) {
    int taps = plane.r() * plane.s();
    code.loop(
        "k",
        conv.k(),
        (outer, k) ->
            outer.loop(
                "q",
                (long) groupInputs * taps,
                (inner, q) ->
                    inner.store(
                        packed,
                        k.dividedBy(kt)
                            .times((long) groupInputs * taps)
                            .plus(q)
                            .times(kt)
                            .plus(k.remainder(kt)),
                        new Value.Load(weight, k.times((long) groupInputs * taps).plus(q), 1))));
    output.pack(code);
  }

  private void unit(Code code, Index item, Index tile, Index piece) {
    if (plane.flat()) {
      columns(
          code,
          item,
          tile,
          Index.ZERO,
          piece.times((long) span * width),
          piece.plus(1).times((long) span * width),
          Condition.less(Index.of(pieces - 2), piece));
    } else {
      code.loop(
          "y",
          piece.times(span),
          piece.plus(1).times(span).least(Index.of(plane.oh())),
          1,
          (row, y) ->
              columns(row, item, tile, y, Index.ZERO, Index.of(plane.ow()), Condition.TRUE));
    }
  }

  private void columns(
      Code code, Index item, Index tile, Index y, Index from, Index to, Condition last) {
    int rest = plane.ow() % width;
    long whole = plane.ow() - (long) rest;
    if (whole > 0) {
      code.loop(
          "x",
          from,
          to.least(Index.of(whole)),
          width,
          (inner, x) ->
              tile(inner, item, tile, y, x, new RegisterTile(kt, RegisterTile.columns(nv, lanes))));
    }
    if (rest > 0) {
      code.when(
          last,
          inner ->
              tile(
                  inner,
                  item,
                  tile,
                  y,
                  Index.of(whole),
                  new RegisterTile(kt, RegisterTile.cut(rest, lanes))));
    }
  }

  private void tile(Code code, Index item, Index tile, Index y, Index x, RegisterTile sums) {
    Index first = code.define("first", tile.times(kt).dividedBy(groupOutputs).times(groupInputs));
    Place a =
        code.bind("a", staging ? copies : input, item.times(conv.c()).plus(first).times(perPlane));
    Place b = code.bind("b", packed, tile.times((long) groupInputs * plane.r() * plane.s() * kt));
    sums.declare(code);
    if (rowsOutside) {
      code.loop(
          "r",
          plane.r(),
          (row, r) -> channels(row, (once, channel) -> taps(once, a, b, channel, r, y, x, sums)));
    } else {
      channels(
          code,
          (once, channel) ->
              once.loop("r", plane.r(), (row, r) -> taps(row, a, b, channel, r, y, x, sums)));
    }
    output.store(
        code,
        sums,
        item.times(conv.k()).plus(tile.times(kt)),
        row -> tile.times(kt).plus(row),
        row -> row.times(plane.oh()).plus(y).times(plane.ow()).plus(x));
  }

  private void channels(Code code, BiConsumer<Code, Index> body) {
    code.loop(
        "c",
        Index.ZERO,
        Index.of(groupInputs),
        unroll,
        (loop, c) -> loop.unrolled("u", unroll, (once, u) -> body.accept(once, c.plus(u))));
  }

  private void taps(
      Code code, Place a, Place b, Index c, Index r, Index y, Index x, RegisterTile sums) {
    for (int s = 0; s < plane.s(); s++) {
      int column = s;
      Index source =
          staging
              ? staged.read(y.times(staged.rowStride()).plus(r.times(staged.rowDilation())), x, s)
              : y.plus(r.times(plane.dilation()))
                  .times(plane.w())
                  .plus(x)
                  .plus((long) s * plane.dilation());
      sums.step(
          code,
          j -> new Value.Load(a, c.times(perPlane).plus(source).plus(sums.start(j)), sums.lanes(j)),
          i ->
              new Value.Load(
                  b,
                  c.times(plane.r()).plus(r).times(plane.s()).plus(column).times(kt).plus(i),
                  1));
    }
  }
}
