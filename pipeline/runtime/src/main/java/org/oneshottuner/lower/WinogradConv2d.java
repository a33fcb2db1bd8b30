package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;
import static org.oneshottuner.lower.Choices.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Operands;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Window;

/**
 * A 3 × 3 convolution of stride one by Winograd's minimal filtering, F(2, 3) or F(4, 3).
 *
 * <p>A unit of work is a block of {@code tb} output tiles. It transforms their inputs for all
 * channels into {@code [element of the transform][tile][channel]}; then, for each tile of output
 * channels, multiplies each element's matrix with its weights, and transforms the products back
 * with bias and epilogue. Weights are transformed when they are packed. The workspace holds one
 * block. A plain input is first reordered to blocked channels, in a phase of its own.
 */
final class WinogradConv2d implements Template {
  static final String NAME = "conv2d.winograd";

  private static final String M = "m";
  private static final String TB = "tb";
  private static final String MR = "mr";
  private static final String NV = "nv";
  private static final String UNROLL = "unroll";
  private static final long MOST_SCRATCH_BYTES = 4L << 20;
  private static final double F2_TOLERANCE = 1e-5;
  private static final double F4_TOLERANCE = 1e-4;

  private final TuningTask task;
  private final Conv2d conv;
  private final Window window;
  private final int lanes;
  private final int inBlocks;
  private final int outBlocks;
  private final boolean blocked;
  private final Fused fused;

  private WinogradConv2d(TuningTask task, Conv2d conv) {
    this.task = task;
    this.conv = conv;
    this.window = conv.window();
    this.lanes = task.lanes();
    this.inBlocks = (int) ceil(conv.c(), lanes);
    this.outBlocks = (int) ceil(conv.k(), lanes);
    this.blocked = conv.layout() == Layout.NCHW16C;
    this.fused = new Fused(conv.epilogue());
  }

  /**
   * Returns the template for a dense 3 × 3 convolution of stride one with enough channels, and
   * nothing for others.
   */
  static Optional<Template> of(TuningTask task) {
    if (task.workload() instanceof Conv2d conv) {
      Window window = conv.window();
      boolean fits =
          window.r() == 3
              && window.s() == 3
              && window.stride() == 1
              && window.dilation() == 1
              && conv.groups() == 1
              && conv.c() >= task.lanes()
              && conv.k() >= task.lanes();
      return fits ? Optional.of(new WinogradConv2d(task, conv)) : Optional.empty();
    }
    return Optional.empty();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Knob> knobs() {
    int tiles = (int) Math.min(tiles(2), 112);
    return List.of(
        Choices.counts(UNROLL, u -> conv.c() % u == 0, 1, 2, 4),
        Choices.counts(NV, b -> outBlocks % b == 0, 1, 2, 3, 4),
        Choices.upTo(MR, tiles, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 16, 20, 24, 25, 28),
        Choices.upTo(
            TB, tiles, 1, 2, 4, 6, 7, 8, 10, 12, 13, 14, 16, 20, 24, 25, 28, 32, 42, 48, 49, 50, 56,
            64, 75, 84, 98, 112),
        Choices.counts(M, m -> true, 2, 4));
  }

  @Override
  public List<Constraint> constraints() {
    int registers = task.target().vectorRegisters();
    return List.of(
        rule("tb%mr=0", List.of(TB, MR), v -> v.number(TB) % v.number(MR) == 0),
        rule("tb<=tiles", List.of(TB, M), v -> v.number(TB) <= tiles(v.number(M))),
        rule(
            "mr*nv+nv+1<=" + registers,
            List.of(MR, NV),
            v -> v.number(MR) * v.number(NV) + v.number(NV) + 1 <= registers),
        rule(
            "mr*nv>=8, or as many as there are",
            List.of(MR, NV, M),
            v ->
                (long) v.number(MR) * v.number(NV)
                    >= Math.min(8, Math.min(tiles(v.number(M)), 4) * Math.min(outBlocks, 2))),
        rule(
            "unroll*mr*nv<=64",
            List.of(UNROLL, MR, NV),
            v -> v.number(UNROLL) * v.number(MR) * v.number(NV) <= 64),
        rule(
            "scratch<=" + MOST_SCRATCH_BYTES,
            List.of(TB, NV, M),
            v -> scratchBytes(v) <= MOST_SCRATCH_BYTES || v.number(TB) == 1),
        rule(
            "at most half the blocks' tiles are idle",
            List.of(TB, M),
            v -> 2 * tiles(v.number(M)) >= ceil(tiles(v.number(M)), v.number(TB)) * v.number(TB)));
  }

  @Override
  public Map<String, String> wishes() {
    boolean many = task.target().vectorRegisters() >= 32;
    return Map.of(
        UNROLL,
        "1",
        NV,
        outBlocks % 2 == 0 ? "2" : "1",
        MR,
        many ? "8" : "6",
        TB,
        many ? "16" : "12",
        M,
        "4");
  }

  @Override
  public double tolerance(KnobValues values) {
    return values.number(M) == 4 ? F4_TOLERANCE : F2_TOLERANCE;
  }

  private long tiles(int m) {
    return conv.n() * ceil(window.outHeight(), m) * ceil(window.outWidth(), m);
  }

  private long scratchBytes(KnobValues v) {
    long elements = (v.number(M) + 2L) * (v.number(M) + 2L);
    long width = (long) inBlocks * lanes + (long) v.number(NV) * lanes;
    return elements * v.number(TB) * width * Float.BYTES;
  }

  @Override
  public LoopNest lower(KnobValues values) {
    return new Lowering(values).nest();
  }

  /** One member being lowered. */
  private final class Lowering {
    private final WinogradTransform transform;
    private final int m;
    private final int size;
    private final int elements;
    private final int tb;
    private final int mr;
    private final int nv;
    private final int width;
    private final int unroll;
    private final long rows;
    private final long columns;
    private final long tiles;
    private final int channels;
    private final Buffer input;
    private final Buffer source;
    private final Buffer packed;
    private final Buffer transformed;
    private final Buffer products;
    private final ChannelOutput output;
    private final List<Buffer> buffers = new ArrayList<>();

    Lowering(KnobValues values) {
      m = values.number(M);
      transform = WinogradTransform.of(m);
      size = transform.inputs();
      elements = size * size;
      tb = values.number(TB);
      mr = values.number(MR);
      nv = values.number(NV);
      width = nv * lanes;
      unroll = values.number(UNROLL);
      rows = ceil(window.outHeight(), m);
      columns = ceil(window.outWidth(), m);
      tiles = tiles(m);
      channels = inBlocks * lanes;
      Operands sizes = task.workload().operands(lanes);
      input = keep(new Buffer("input", Role.INPUT, sizes.input()));
      source =
          blocked
              ? input
              : keep(
                  new Buffer(
                      "reordered",
                      Role.SHARED,
                      (long) conv.n() * channels * window.h() * window.w()));
      packed =
          keep(new Buffer("packed", Role.PACKED, (long) elements * conv.c() * outBlocks * lanes));
      transformed = keep(new Buffer("transformed", Role.SLOT, (long) elements * tb * channels));
      products = keep(new Buffer("products", Role.SLOT, (long) elements * tb * width));
      output =
          new ChannelOutput(
              conv.k(),
              (long) window.outHeight() * window.outWidth(),
              lanes,
              conv.layout(),
              fused,
              sizes);
      buffers.addAll(output.buffers());
      buffers.add(new Buffer("weight", Role.WEIGHT, sizes.weight()));
    }

    private Buffer keep(Buffer buffer) {
      buffers.add(buffer);
      return buffer;
    }

    LoopNest nest() {
      List<LoopNest.Phase> phases = new ArrayList<>();
      if (!blocked) {
        phases.add(reorder());
      }
      Axis unit = new Axis("unit");
      phases.add(
          new LoopNest.Phase(unit, ceil(tiles, tb), Code.block(code -> block(code, unit.index()))));
      return new LoopNest(buffers, Optional.of(Code.block(this::pack)), phases);
    }

    /** Reorders one channel block of one row of the plain input. */
    private LoopNest.Phase reorder() {
      Axis unit = new Axis("unit");
      long area = (long) window.h() * window.w();
      Statement body =
          Code.block(
              code -> {
                List<Index> place =
                    code.decode(
                        unit.index(),
                        new Code.Digit("item", conv.n()),
                        new Code.Digit("block", inBlocks),
                        new Code.Digit("y", window.h()));
                Index row = place.get(2).times(window.w());
                code.loop(
                    "lane",
                    lanes,
                    (a, lane) -> {
                      Index channel = a.define("channel", place.get(1).times(lanes).plus(lane));
                      a.loop(
                          "x",
                          window.w(),
                          (b, x) ->
                              b.store(
                                  source,
                                  place
                                      .get(0)
                                      .times(inBlocks)
                                      .plus(place.get(1))
                                      .times(area)
                                      .plus(row)
                                      .plus(x)
                                      .times(lanes)
                                      .plus(lane),
                                  new Value.Guarded(
                                      Condition.less(channel, Index.of(conv.c())),
                                      new Value.Load(
                                          input,
                                          place
                                              .get(0)
                                              .times(conv.c())
                                              .plus(channel)
                                              .times(area)
                                              .plus(row)
                                              .plus(x),
                                          1))));
                    });
              });
      return new LoopNest.Phase(unit, (long) conv.n() * inBlocks * window.h(), body);
    }

    private void pack(Code code) {
      Buffer weight = new Buffer("weight", Role.WEIGHT, task.workload().operands(lanes).weight());
      code.loop(
          "k",
          (long) outBlocks * lanes,
          (outer, k) ->
              outer.loop(
                  "c",
                  conv.c(),
                  (inner, c) -> {
                    Index tile = k.dividedBy(width);
                    Index lane = k.remainder(width);
                    transform.weight(
                        inner,
                        1,
                        (r, s) ->
                            new Value.Guarded(
                                Condition.less(k, Index.of(conv.k())),
                                new Value.Load(
                                    weight,
                                    k.times(conv.c()).plus(c).times(9).plus(r * 3L + s),
                                    1)),
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

    private void block(Code code, Index block) {
      code.loop(
          "t",
          tb,
          (inner, t) -> {
            // the last block repeats the last tile, so that no product reads undefined numbers
            Index tile = inner.define("tile", block.times(tb).plus(t).least(Index.of(tiles - 1)));
            List<Index> place =
                inner.decode(
                    tile,
                    new Code.Digit("item", conv.n()),
                    new Code.Digit("ty", rows),
                    new Code.Digit("tx", columns));
            transformInput(inner, t, place.get(0), place.get(1), place.get(2));
          });
      code.loop(
          "tile",
          outBlocks / nv,
          (inner, tile) -> {
            inner.loop(
                "e",
                elements,
                (element, e) ->
                    element.loop(
                        "t",
                        Index.ZERO,
                        Index.of(tb),
                        mr,
                        (step, t) -> multiply(step, tile, e, t)));
            inner.loop(
                "t",
                Index.ZERO,
                block.times(-tb).plus(tiles).least(Index.of(tb)),
                1,
                (step, t) -> transformOutput(step, block, tile, t));
          });
    }

    private void transformInput(Code code, Index t, Index item, Index ty, Index tx) {
      Index y = code.define("y", ty.times(m).plus(-window.pad().top()));
      Index x = code.define("x", tx.times(m).plus(-window.pad().left()));
      Condition inside =
          Condition.within(0, y, window.h() - size + 1L)
              .and(Condition.within(0, x, window.w() - size + 1L));
      code.loop(
          "block",
          inBlocks,
          (inner, channelBlock) -> {
            Index plane =
                item.times(inBlocks)
                    .plus(channelBlock)
                    .times((long) window.h() * window.w() * lanes);
            Buffer patch = inner.allocate("patch", (long) elements * lanes);
            inner.when(
                inside,
                whole ->
                    whole.loop(
                        "i",
                        size,
                        (row, i) ->
                            row.copy(
                                patch,
                                i.times((long) size * lanes),
                                source,
                                plane.plus(y.plus(i).times(window.w()).plus(x).times(lanes)),
                                Index.of((long) size * lanes))),
                border ->
                    border.loop(
                        "i",
                        size,
                        (row, i) ->
                            row.loop(
                                "j",
                                size,
                                (one, j) -> borderElement(one, patch, plane, y, x, i, j))));
            Place to =
                inner.bind("to", transformed, t.times(channels).plus(channelBlock.times(lanes)));
            transform.input(
                inner,
                lanes,
                (i, j) -> new Value.Load(patch, Index.of(((long) i * size + j) * lanes), lanes),
                (store, i, j, value) ->
                    store.store(to, Index.of(((long) i * size + j) * tb * channels), value));
          });
    }

    private void borderElement(
        Code code, Buffer patch, Index plane, Index y, Index x, Index i, Index j) {
      Condition inside =
          Condition.within(0, y.plus(i), window.h())
              .and(Condition.within(0, x.plus(j), window.w()));
      Index from = plane.plus(y.plus(i).times(window.w()).plus(x).plus(j).times(lanes));
      code.store(
          patch,
          i.times(size).plus(j).times(lanes),
          new Value.Guarded(inside, new Value.Load(source, from, lanes)));
    }

    private void multiply(Code code, Index tile, Index e, Index t) {
      RegisterTile sums = new RegisterTile(mr, RegisterTile.columns(nv, lanes));
      Place a = code.bind("a", transformed, e.times(tb).plus(t).times(channels));
      Place b = code.bind("b", packed, tile.times(elements).plus(e).times(conv.c()).times(width));
      Place c = code.bind("c", products, e.times(tb).plus(t).times(width));
      sums.declare(code);
      code.loop(
          "q",
          Index.ZERO,
          Index.of(conv.c()),
          unroll,
          (loop, q) ->
              loop.unrolled(
                  "u",
                  unroll,
                  (once, u) ->
                      sums.step(
                          once,
                          j ->
                              new Value.Load(
                                  b, q.plus(u).times(width).plus((long) j * lanes), lanes),
                          i -> new Value.Load(a, i.times(channels).plus(q).plus(u), 1))));
      sums.each(
          code, (inner, i, j, sum) -> inner.store(c, i.times(width).plus((long) j * lanes), sum));
    }

    private void transformOutput(Code code, Index block, Index tile, Index t) {
      Index number = block.times(tb).plus(t);
      List<Index> place =
          code.decode(
              code.define("number", number),
              new Code.Digit("item", conv.n()),
              new Code.Digit("ty", rows),
              new Code.Digit("tx", columns));
      Index y = code.define("y", place.get(1).times(m));
      Index x = code.define("x", place.get(2).times(m));
      code.loop(
          "v",
          nv,
          (inner, v) -> {
            Place from = inner.bind("from", products, t.times(width).plus(v.times(lanes)));
            Index channelBlock = tile.times(nv).plus(v);
            if (blocked) {
              inverse(
                  inner,
                  from,
                  (store, i, j, value) ->
                      store.when(
                          real(y.plus(i), x.plus(j)),
                          kept -> {
                            Local result = kept.declare("result", lanes);
                            kept.assign(result.at(), value);
                            output.blocked(
                                kept,
                                result.at(),
                                place.get(0),
                                channelBlock,
                                y.plus(i).times(window.outWidth()).plus(x).plus(j));
                          }));
            } else {
              plain(inner, from, place.get(0), channelBlock, y, x);
            }
          });
    }

    private void plain(Code code, Place from, Index item, Index channelBlock, Index y, Index x) {
      Buffer stage = code.allocate("stage", (long) m * m * lanes);
      inverse(
          code,
          from,
          (store, i, j, value) -> store.store(stage, Index.of(((long) i * m + j) * lanes), value));
      code.loop(
          "i",
          Index.ZERO,
          y.times(-1).plus(window.outHeight()).least(Index.of(m)),
          1,
          (inner, i) -> {
            Place line = inner.bind("line", stage, i.times((long) m * lanes));
            output.scatter(
                inner,
                line,
                lanes,
                x.times(-1).plus(window.outWidth()).least(Index.of(m)),
                item,
                channelBlock,
                y.plus(i).times(window.outWidth()).plus(x));
          });
    }

    private void inverse(Code code, Place from, WinogradTransform.Sink sink) {
      transform.output(
          code,
          lanes,
          (i, j) -> new Value.Load(from, Index.of(((long) i * size + j) * tb * width), lanes),
          sink);
    }

    /** Returns whether an output position exists; true at once where tiles cut the plane evenly. */
    private Condition real(Index y, Index x) {
      Condition real = Condition.TRUE;
      if (window.outHeight() % m != 0) {
        real = real.and(Condition.less(y, Index.of(window.outHeight())));
      }
      if (window.outWidth() % m != 0) {
        real = real.and(Condition.less(x, Index.of(window.outWidth())));
      }
      return real;
    }
  }

  @Override
  public List<Trait.Reader> traits() {
    Trait.Table traits = new Trait.Table();
    double registers = task.target().vectorRegisters();
    double element = Float.BYTES;
    traits.add(Trait.ACCUMULATORS, v -> v.number(MR) * v.number(NV), MR, NV);
    traits.add(Trait.TILE_ROWS, v -> v.number(MR), MR);
    traits.add(Trait.TILE_VECTORS, v -> v.number(NV), NV);
    traits.add(
        Trait.REGISTER_SHARE,
        v -> (v.number(MR) * v.number(NV) + v.number(NV) + 1) / registers,
        MR,
        NV);
    traits.add(
        Trait.FMAS_PER_LOAD,
        v -> (double) v.number(MR) * v.number(NV) / (v.number(MR) + v.number(NV)),
        MR,
        NV);
    traits.add(
        Trait.BODY_FMAS, v -> v.number(UNROLL) * v.number(MR) * v.number(NV), UNROLL, MR, NV);
    traits.add(Trait.INNER_TRIPS, v -> (double) conv.c() / v.number(UNROLL), UNROLL);
    traits.add(Trait.REDUCTION_TRIPS, v -> (double) conv.c() / v.number(UNROLL), UNROLL);
    traits.add(
        Trait.CODE_FMAS,
        v -> v.number(UNROLL) * v.number(MR) * v.number(NV) + 2.0 * transform(v).inputOperations(),
        UNROLL,
        MR,
        NV,
        M);
    traits.add(Trait.EXECUTED_FMAS, this::products, TB, M);
    traits.add(Trait.USEFUL_SHARE, v -> conv.flops() / (2.0 * lanes * products(v)), TB, M);
    traits.add(Trait.ROW_PANEL_BYTES, v -> element * v.number(MR) * conv.c(), MR);
    traits.add(Trait.COLUMN_PANEL_BYTES, v -> element * v.number(NV) * lanes * conv.c(), NV);
    traits.add(Trait.REUSE_BYTES, v -> (double) scratchBytes(v), TB, NV, M);
    traits.add(
        Trait.INNER_TRAFFIC,
        v -> products(v) * element * (lanes / (double) v.number(MR) + 1.0 / v.number(NV)),
        TB,
        MR,
        NV,
        M);
    traits.add(Trait.OUTER_TRAFFIC, this::outerTraffic, TB, NV, M);
    traits.add(Trait.SCRATCH_TRAFFIC, this::scratchTraffic, TB, M);
    traits.add(Trait.SCRATCH_BYTES, v -> (double) scratchBytes(v), TB, NV, M);
    traits.add(Trait.TRANSFORM_OPS, this::transformOperations, TB, M);
    traits.add(
        Trait.SCATTERED_STORES,
        v -> blocked ? 0 : (double) conv.n() * conv.k() * window.outHeight() * window.outWidth());
    traits.add(Trait.ROW_STRIDE_BYTES, v -> element * inBlocks * lanes);
    traits.add(Trait.UNITS, v -> (double) blocks(v), TB, M);
    traits.add(Trait.IMBALANCE, v -> Templates.imbalance(blocks(v), task.threads()), TB, M);
    traits.add(Trait.COLUMNS_STAY, v -> 0);
    return traits.readers();
  }

  private static WinogradTransform transform(KnobValues v) {
    return WinogradTransform.of(v.number(M));
  }

  private long blocks(KnobValues v) {
    return ceil(tiles(v.number(M)), v.number(TB));
  }

  private static double elements(KnobValues v) {
    return (v.number(M) + 2.0) * (v.number(M) + 2.0);
  }

  /** Returns the vector multiply-adds of all element matrices, idle tiles included. */
  private double products(KnobValues v) {
    return elements(v) * blocks(v) * v.number(TB) * conv.c() * outBlocks;
  }

  private double scratchTraffic(KnobValues v) {
    double tiles = (double) blocks(v) * v.number(TB);
    return 2.0 * Float.BYTES * lanes * elements(v) * tiles * (inBlocks + outBlocks);
  }

  private double transformOperations(KnobValues v) {
    double tiles = (double) blocks(v) * v.number(TB);
    return tiles
            * (inBlocks * transform(v).inputOperations()
                + (double) outBlocks * transform(v).outputOperations())
        + (blocked ? 0 : (double) conv.n() * conv.c() * window.h() * window.w());
  }

  /**
   * Returns the bytes from beyond the second-level cache: the weights once a block, and scratch
   * that does not fit.
   */
  private double outerTraffic(KnobValues v) {
    double weights = Float.BYTES * elements(v) * conv.c() * outBlocks * lanes;
    double fits = 0.7 * task.target().l2Bytes();
    double scratch = scratchBytes(v);
    double resident = weights + scratch <= fits ? weights : weights * blocks(v);
    double spilled = scratch <= fits ? 0 : scratchTraffic(v);
    return resident
        + spilled
        + (double) Float.BYTES * conv.n() * conv.c() * window.h() * window.w();
  }
}
