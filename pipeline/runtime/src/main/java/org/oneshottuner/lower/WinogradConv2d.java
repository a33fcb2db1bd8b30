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
 * <p>The inputs of a block of {@code tb} output tiles are transformed for all channels into {@code
 * [element of the transform][tile][channel]}. For tiles of output channels each element's matrix is
 * multiplied with its weights, and the products are transformed back with bias and epilogue.
 * Weights are transformed when they are packed.
 *
 * <p>A unit of work is a block and one of {@code parts} equal parts of the output channels. Where
 * all is {@code fused} it transforms its inputs itself, and there is one part, or one for each
 * thread; else a phase of its own transforms the inputs of all blocks. Threads share the outer or
 * the inner of the two loops over blocks and parts ({@code order}, {@code parallel}). In a unit the
 * elements are gone through for each tile of channels, or the tiles of channels for each element
 * ({@code elements}); sums may be cut at every {@code kc} input channels. A plain input is first
 * reordered to blocked channels, in another phase.
 */
final class WinogradConv2d implements Template {
  static final String NAME = "conv2d.winograd";

  private static final String M = "m";
  private static final String TB = "tb";
  private static final String MR = "mr";
  private static final String NV = "nv";
  private static final String UNROLL = "unroll";
  private static final String KC = "kc";
  private static final String PARTS = "parts";
  private static final String FUSED = "fused";
  private static final String YES = "yes";
  private static final String NO = "no";
  private static final String ORDER = "order";
  private static final String SPACE = "space";
  private static final String CHANNELS = "channels";
  private static final String ELEMENTS = "elements";
  private static final String INSIDE = "inside";
  private static final String OUTSIDE = "outside";
  private static final long MOST_SCRATCH_BYTES = 4L << 20;
  private static final int ALWAYS_FEW_TILES = 8;
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
        Choices.counts(KC, kc -> kc <= conv.c() && conv.c() % kc == 0, 128, 256, conv.c()),
        Choices.counts(UNROLL, u -> conv.c() % u == 0, 1, 2),
        Choices.counts(NV, b -> outBlocks % b == 0, 1, 2, 3, 4),
        Choices.upTo(MR, tiles, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 16, 20, 24, 25, 28),
        new Knob.Choice(ELEMENTS, List.of(INSIDE, OUTSIDE)),
        Units.knob(task),
        Choices.counts(
            PARTS, p -> outBlocks % p == 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 32),
        new Knob.Choice(ORDER, List.of(SPACE, CHANNELS)),
        new Knob.Choice(FUSED, List.of(YES, NO)),
        Choices.upTo(
            TB, tiles, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 16, 18, 20, 24, 25, 28, 32, 36,
            42, 48, 49, 50, 56, 64, 75, 84, 98, 112),
        Choices.counts(M, m -> true, 2, 4));
  }

  @Override
  public List<Constraint> constraints() {
    List<Constraint> rules = new ArrayList<>(unitRules());
    rules.addAll(tileRules());
    if (task.threads() > 1) {
      double least =
          -Choices.greatest(
              knobs().stream().map(this::atLeast).toList(),
              rules,
              v -> -units(v).imbalance(task.threads()));
      rules.add(
          Units.fair(
              least,
              List.of(Units.PARALLEL, PARTS, ORDER, FUSED, TB, M),
              v -> units(v).imbalance(task.threads())));
    }
    return rules;
  }

  /** Returns a knob with the choice that goes with every unit, where it has one. */
  private Knob atLeast(Knob knob) {
    return switch (knob.name()) {
      case KC -> new Knob.Count(KC, List.of(conv.c()));
      case UNROLL -> new Knob.Count(UNROLL, List.of(1));
      default -> knob;
    };
  }

  /** Returns the rules of how units are made. */
  private List<Constraint> unitRules() {
    int threads = task.threads();
    return List.of(
        rule("tb<=tiles", List.of(TB, M), v -> v.number(TB) <= tiles(v.number(M))),
        rule(
            "at most a quarter of the blocks' tiles are idle",
            List.of(TB, M),
            v -> 4 * tiles(v.number(M)) >= 3 * blocks(v) * v.number(TB)),
        rule(
            "fused, or input of all blocks<=" + MOST_SCRATCH_BYTES,
            List.of(FUSED, TB, M),
            v -> v.is(FUSED, YES) || sharedBytes(v) <= MOST_SCRATCH_BYTES),
        rule(
            "several parts and blocks where channels are outermost",
            List.of(PARTS, ORDER, TB, M),
            v -> v.is(ORDER, SPACE) || (v.number(PARTS) > 1 && blocks(v) > 1)),
        rule(
            "one part, or one a thread where fused, and several where not",
            List.of(PARTS, ORDER, FUSED, TB, M),
            v ->
                v.is(FUSED, NO)
                    ? v.number(PARTS) > 1
                    : v.number(PARTS) == 1
                        || (v.number(PARTS) == threads
                            && (v.is(ORDER, CHANNELS) || blocks(v) == 1))),
        rule(
            "threads share an inner loop of more than one step each",
            List.of(Units.PARALLEL, PARTS, ORDER, FUSED, TB, M),
            v ->
                v.is(Units.PARALLEL, Units.OUTER)
                    || (v.is(FUSED, NO) && blocks(v) > 1 && units(v).inner().extent() > threads)));
  }

  /** Returns the rules of what a unit does. */
  private List<Constraint> tileRules() {
    int registers = task.target().vectorRegisters();
    long l2Bytes = task.target().l2Bytes();
    return List.of(
        rule(
            "several parts a thread where they set the loops",
            List.of(ELEMENTS, PARTS, ORDER),
            v ->
                v.is(ELEMENTS, OUTSIDE)
                    || v.is(ORDER, CHANNELS)
                    || v.number(PARTS) <= task.threads()),
        rule("tb%mr=0", List.of(TB, MR), v -> v.number(TB) % v.number(MR) == 0),
        rule(
            "parts*nv divides " + outBlocks,
            List.of(PARTS, NV),
            v -> outBlocks % (v.number(PARTS) * v.number(NV)) == 0),
        rule(
            "several tiles of channels inside of an element",
            List.of(ELEMENTS, PARTS, NV),
            v -> v.is(ELEMENTS, INSIDE) || channelTiles(v) > 1),
        rule(
            "mr*nv+nv+1<=" + registers,
            List.of(MR, NV),
            v -> v.number(MR) * v.number(NV) + v.number(NV) + 1 <= registers),
        rule(
            "mr*nv>=8, or as many as there are",
            List.of(MR, NV, PARTS, M),
            v ->
                (long) v.number(MR) * v.number(NV)
                    >= Math.min(
                        8,
                        Math.min(tiles(v.number(M)), 4)
                            * Math.min(outBlocks / v.number(PARTS), 2))),
        rule(
            "scratch<=" + Math.min(2 * l2Bytes, MOST_SCRATCH_BYTES) + ", or few tiles",
            List.of(ELEMENTS, PARTS, TB, NV, M),
            v ->
                scratchBytes(v)
                    <= (v.number(TB) <= ALWAYS_FEW_TILES
                        ? MOST_SCRATCH_BYTES
                        : Math.min(2 * l2Bytes, MOST_SCRATCH_BYTES))),
        rule(
            "unroll*mr*nv<=64",
            List.of(UNROLL, MR, NV),
            v -> v.number(UNROLL) * v.number(MR) * v.number(NV) <= 64),
        rule(
            "sums are cut only where their weights are used again",
            List.of(KC, MR, TB),
            v -> v.number(KC) == conv.c() || v.number(TB) > v.number(MR)));
  }

  @Override
  public Map<String, String> wishes() {
    boolean many = task.target().vectorRegisters() >= 32;
    return Map.of(
        KC,
        Integer.toString(conv.c()),
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

  private long blocks(KnobValues v) {
    return ceil(tiles(v.number(M)), v.number(TB));
  }

  private static long elements(KnobValues v) {
    return (v.number(M) + 2L) * (v.number(M) + 2L);
  }

  /** Returns the tiles of channels in a part. */
  private long channelTiles(KnobValues v) {
    return outBlocks / ((long) v.number(PARTS) * v.number(NV));
  }

  /** Returns the bytes of a block's transformed inputs. */
  private long inputBytes(KnobValues v) {
    return elements(v) * v.number(TB) * inBlocks * lanes * Float.BYTES;
  }

  private long sharedBytes(KnobValues v) {
    return blocks(v) * inputBytes(v);
  }

  private long productBytes(KnobValues v) {
    long kept = v.is(ELEMENTS, OUTSIDE) ? channelTiles(v) : 1;
    return elements(v) * v.number(TB) * kept * v.number(NV) * lanes * Float.BYTES;
  }

  /** Returns the bytes of workspace that a unit goes through again and again. */
  private long scratchBytes(KnobValues v) {
    return inputBytes(v) + productBytes(v);
  }

  private Units units(KnobValues v) {
    Code.Digit block = new Code.Digit("block", blocks(v));
    Code.Digit slice = new Code.Digit("slice", v.number(PARTS));
    return v.is(ORDER, SPACE)
        ? Units.of(task, v, 1, block, slice)
        : Units.of(task, v, 1, slice, block);
  }

  @Override
  public LoopNest lower(KnobValues values) {
    return new Lowering(values).nest();
  }

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
    private final int kc;
    private final boolean whole;
    private final boolean spaceOutermost;
    private final boolean elementsOutside;
    private final long blocks;
    private final long channelTiles;
    private final Units units;
    private final long rows;
    private final long columns;
    private final long tiles;
    private final int channels;
    private final Buffer input;
    private final BlockedInput reordered;
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
      kc = values.number(KC);
      whole = values.is(FUSED, YES);
      spaceOutermost = values.is(ORDER, SPACE);
      elementsOutside = values.is(ELEMENTS, OUTSIDE);
      blocks = blocks(values);
      channelTiles = channelTiles(values);
      units = units(values);
      rows = ceil(window.outHeight(), m);
      columns = ceil(window.outWidth(), m);
      tiles = tiles(m);
      channels = inBlocks * lanes;
      Operands sizes = task.workload().operands(lanes);
      input = keep(new Buffer("input", Role.INPUT, sizes.input()));
      reordered = new BlockedInput(conv, lanes, input);
      source = blocked ? input : keep(reordered.buffer());
      packed =
          keep(new Buffer("packed", Role.PACKED, (long) elements * conv.c() * outBlocks * lanes));
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
                transformInput(
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
                        (inner, t) -> transformInput(inner, inputs, tileNumber(block, t), t))));
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
            (inner, tile) -> transformOutputs(inner, block, first.plus(tile), tile.times(floats)));
      } else {
        code.loop(
            "tile",
            channelTiles,
            (inner, tile) -> {
              inner.loop(
                  "e",
                  elements,
                  (element, e) ->
                      matrix(element, inputs, new Sums(first.plus(tile), e, Index.ZERO)));
              transformOutputs(inner, block, first.plus(tile), Index.ZERO);
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

    private void transformInput(Code code, Place inputs, Index number, Index t) {
      List<Index> place =
          code.decode(
              code.define("tile", number),
              new Code.Digit("item", conv.n()),
              new Code.Digit("ty", rows),
              new Code.Digit("tx", columns));
      Index y = code.define("y", place.get(1).times(m).plus(-window.pad().top()));
      Index x = code.define("x", place.get(2).times(m).plus(-window.pad().left()));
      Place to = code.bind("to", inputs, t.times(channels));
      Corner corner = new Corner(place.get(0), y, x);
      if (!someInside()) {
        borderTile(code, to, corner);
        return;
      }
      if (allInside()) {
        insideTile(code, to, corner);
        return;
      }
      code.when(
          Condition.within(0, y, window.h() - size + 1L)
              .and(Condition.within(0, x, window.w() - size + 1L)),
          inside -> insideTile(inside, to, corner),
          border -> borderTile(border, to, corner));
    }

    private boolean someInside() {
      return someInside(rows, window.pad().top(), window.h())
          && someInside(columns, window.pad().left(), window.w());
    }

    private boolean someInside(long count, long pad, long extent) {
      long first = ceil(pad, m);
      return first < count && first * m - pad + size <= extent;
    }

    private boolean allInside() {
      return window.pad().top() == 0
          && window.pad().left() == 0
          && (rows - 1) * m + size <= window.h()
          && (columns - 1) * m + size <= window.w();
    }

    private void insideTile(Code code, Place to, Corner corner) {
      code.loop(
          "layer",
          inBlocks,
          (inner, layer) -> {
            Place from = inner.bind("from", source, corner.at(layer, Index.ZERO, Index.ZERO));
            Place target = inner.bind("line", to, layer.times(lanes));
            transform.input(
                inner,
                task.target(),
                (i, j) ->
                    new Value.Load(from, Index.of(((long) i * window.w() + j) * lanes), lanes),
                (store, i, j, value) -> transformed(store, target, (long) i * size + j, value));
          });
    }

    /** Goes through a patch on the stack, whose elements beyond the plane stay zero. */
    private void borderTile(Code code, Place to, Corner corner) {
      Buffer patch = code.allocate("patch", (long) elements * lanes);
      code.clear(patch, Index.ZERO, Index.of((long) elements * lanes));
      Index top = code.define("top", corner.y().times(-1).greatest(Index.ZERO));
      Index left = code.define("left", corner.x().times(-1).greatest(Index.ZERO));
      Index bottom = corner.y().times(-1).plus(window.h()).least(Index.of(size));
      Index right = corner.x().times(-1).plus(window.w()).least(Index.of(size));
      code.loop(
          "layer",
          inBlocks,
          (inner, layer) -> {
            inner.loop(
                "i",
                top,
                bottom,
                1,
                (row, i) ->
                    row.loop(
                        "j",
                        left,
                        right,
                        1,
                        (one, j) ->
                            one.store(
                                patch,
                                i.times(size).plus(j).times(lanes),
                                new Value.Load(source, corner.at(layer, i, j), lanes))));
            Place target = inner.bind("line", to, layer.times(lanes));
            transform.input(
                inner,
                task.target(),
                (i, j) -> new Value.Load(patch, Index.of(((long) i * size + j) * lanes), lanes),
                (store, i, j, value) -> transformed(store, target, (long) i * size + j, value));
          });
    }

    private void transformed(Code code, Place to, long element, Value value) {
      code.store(to, Index.of(element * tb * channels), value);
    }

    /** Where in the input a tile begins; it may be beyond the plane. */
    private final class Corner {
      private final Index item;
      private final Index y;
      private final Index x;

      Corner(Index item, Index y, Index x) {
        this.item = item;
        this.y = y;
        this.x = x;
      }

      Index y() {
        return y;
      }

      Index x() {
        return x;
      }

      /** Returns where an element of the tile is, in a block of channels. */
      Index at(Index layer, Index row, Index column) {
        Index line = item.times(inBlocks).plus(layer).times(window.h()).plus(y).plus(row);
        return line.times(window.w()).plus(x).plus(column).times(lanes);
      }
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
                              new Value.Load(
                                  b, q.plus(u).times(width).plus((long) j * lanes), lanes),
                          i -> new Value.Load(a, i.times(channels).plus(q).plus(u), 1))));
      sums.each(code, (inner, i, j, sum) -> inner.store(c, product(i, j), sum));
    }

    private Index product(Index row, int column) {
      return row.times(width).plus((long) column * lanes);
    }

    private void transformOutputs(Code code, Index block, Index tile, Index offset) {
      code.loop(
          "t",
          Index.ZERO,
          block.times(-tb).plus(tiles).least(Index.of(tb)),
          1,
          (step, t) -> {
            Place results = step.bind("results", products, offset.plus(t.times(width)));
            transformOutput(step, block.times(tb).plus(t), tile, results);
          });
    }

    private void transformOutput(Code code, Index number, Index tile, Place results) {
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
            Place from = inner.bind("from", results, v.times(lanes));
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
          (store, i, j, value) ->
              store.add(
                  Code.block(
                      inner -> {
                        Local result = inner.declare("result", lanes);
                        inner.assign(result.at(), value);
                        Index at = Index.of(((long) i * m + j) * lanes);
                        output.stage(inner, result.at(), channelBlock, stage, at);
                      })));
      Index last = Index.of(m);
      code.loop(
          "i",
          Index.ZERO,
          window.outHeight() % m == 0 ? last : y.times(-1).plus(window.outHeight()).least(last),
          1,
          (inner, i) -> {
            Place line = inner.bind("line", stage, i.times((long) m * lanes));
            Index there =
                window.outWidth() % m == 0 ? last : x.times(-1).plus(window.outWidth()).least(last);
            output.scatter(
                inner,
                new ChannelOutput.Staged(line, lanes, m, there),
                item,
                channelBlock,
                y.plus(i).times(window.outWidth()).plus(x));
          });
    }

    private void inverse(Code code, Place from, WinogradTransform.Sink sink) {
      transform.output(
          code,
          task.target(),
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
    traits.add(Trait.INNER_TRIPS, v -> (double) v.number(KC) / v.number(UNROLL), KC, UNROLL);
    traits.add(Trait.REDUCTION_TRIPS, v -> (double) v.number(KC) / v.number(UNROLL), KC, UNROLL);
    traits.add(
        Trait.CODE_FMAS,
        v ->
            v.number(UNROLL) * v.number(MR) * v.number(NV)
                + 2.0 * transform(v).inputOperations()
                + transform(v).outputOperations(),
        UNROLL,
        MR,
        NV,
        M);
    traits.add(Trait.EXECUTED_FMAS, this::products, TB, M);
    traits.add(Trait.USEFUL_SHARE, v -> conv.flops() / (2.0 * lanes * products(v)), TB, M);
    traits.add(Trait.ROW_PANEL_BYTES, v -> element * v.number(MR) * v.number(KC), KC, MR);
    traits.add(
        Trait.COLUMN_PANEL_BYTES, v -> element * v.number(NV) * lanes * v.number(KC), KC, NV);
    traits.add(Trait.REUSE_BYTES, this::reuseBytes, NV, ELEMENTS, PARTS, ORDER, TB, M);
    traits.add(
        Trait.INNER_TRAFFIC,
        v -> products(v) * element * (lanes / (double) v.number(MR) + 1.0 / v.number(NV)),
        TB,
        MR,
        NV,
        M);
    traits.add(Trait.OUTER_TRAFFIC, this::outerTraffic, NV, ELEMENTS, PARTS, ORDER, FUSED, TB, M);
    traits.add(Trait.SCRATCH_TRAFFIC, this::scratchTraffic, KC, PARTS, FUSED, TB, M);
    traits.add(Trait.SCRATCH_BYTES, v -> (double) scratchBytes(v), NV, ELEMENTS, PARTS, TB, M);
    traits.add(Trait.TRANSFORM_OPS, this::transformOperations, PARTS, FUSED, TB, M);
    traits.add(Trait.SCATTERED_STORES, this::scatteredStores, M);
    traits.add(Trait.ROW_STRIDE_BYTES, v -> element * inBlocks * lanes);
    traits.add(Trait.UNITS, v -> (double) units(v).count(), Units.PARALLEL, PARTS, ORDER, TB, M);
    traits.add(
        Trait.IMBALANCE,
        v -> units(v).imbalance(task.threads()),
        Units.PARALLEL,
        PARTS,
        ORDER,
        TB,
        M);
    traits.add(Trait.COLUMNS_STAY, v -> v.is(ORDER, CHANNELS) ? 1 : 0, ORDER);
    traits.add(Trait.PASSES, v -> (double) conv.c() / v.number(KC), KC);
    traits.add(Trait.PHASES, v -> (blocked ? 1 : 2) + (v.is(FUSED, NO) ? 1 : 0), FUSED);
    traits.add(Trait.INNER_CUT, v -> v.is(Units.PARALLEL, Units.INNER) ? 1 : 0, Units.PARALLEL);
    // the compiler reads a broadcast in the multiply-add where that is its only use
    traits.add(
        Trait.EMBEDDED,
        v -> RegisterTile.embedsBroadcasts(task.target()) && v.number(NV) == 1 ? 1 : 0,
        NV);
    return traits.readers();
  }

  private static WinogradTransform transform(KnobValues v) {
    return WinogradTransform.of(v.number(M));
  }

  /** Returns the vector multiply-adds of all element matrices, idle tiles included. */
  private double products(KnobValues v) {
    return (double) elements(v) * blocks(v) * v.number(TB) * conv.c() * outBlocks;
  }

  /** Returns how often inputs are transformed. */
  private static int transforms(KnobValues v) {
    return v.is(FUSED, YES) ? v.number(PARTS) : 1;
  }

  private double scratchTraffic(KnobValues v) {
    double tiles = (double) blocks(v) * v.number(TB);
    double passes = (double) conv.c() / v.number(KC);
    return 2.0
        * Float.BYTES
        * lanes
        * elements(v)
        * tiles
        * (inBlocks * transforms(v) + outBlocks * passes);
  }

  private double transformOperations(KnobValues v) {
    double tiles = (double) blocks(v) * v.number(TB);
    return tiles
            * ((double) inBlocks * transforms(v) * transform(v).inputOperations()
                + (double) outBlocks * transform(v).outputOperations())
        + (blocked ? 0 : BlockedInput.operations(conv, lanes) + outputMoves(v));
  }

  private double outputs() {
    return (double) conv.n() * conv.k() * window.outHeight() * window.outWidth();
  }

  /** Returns the elements of a plain output that are not transposed. */
  private double scatteredStores(KnobValues v) {
    if (blocked) {
      return 0;
    }
    int m = v.number(M);
    int columns = window.outWidth() - window.outWidth() % m;
    int channels = conv.k() - conv.k() % lanes;
    double inSquares = m - ChannelOutput.oneByOne(m, lanes);
    return outputs() - inSquares / m * conv.n() * window.outHeight() * columns * channels;
  }

  /** Returns the vector operations of transposing a plain output: rows of a tile in squares. */
  private double outputMoves(KnobValues v) {
    int m = v.number(M);
    return (outputs() - scatteredStores(v)) / m * (2 + Integer.numberOfTrailingZeros(m));
  }

  /** Returns the bytes of the transformed weights of all channels. */
  private double weightBytes(KnobValues v) {
    return (double) Float.BYTES * elements(v) * conv.c() * outBlocks * lanes;
  }

  /**
   * Returns the bytes gone through between two uses of what the outer loop keeps: weights of a part
   * of the channels, or the inputs of a block.
   */
  private double reuseBytes(KnobValues v) {
    return v.is(ORDER, CHANNELS)
        ? scratchBytes(v) + weightBytes(v) / v.number(PARTS)
        : scratchBytes(v);
  }

  /** Returns the bytes from beyond the second-level cache: weights, inputs, spilled products. */
  private double outerTraffic(KnobValues v) {
    double fits = 0.7 * task.target().l2Bytes();
    double blocks = blocks(v);
    double parts = v.number(PARTS);
    boolean outermost = v.is(ORDER, CHANNELS);
    double weights = weightBytes(v);
    double resident = scratchBytes(v) + (outermost ? weights / parts : weights);
    double weightReads = resident <= fits ? 1 : blocks;
    double spills = scratchBytes(v) <= fits ? 0 : 2;
    double inputReads =
        v.is(FUSED, YES) ? spills * parts : 1 + (outermost || spills > 0 ? parts : 1);
    return weights * weightReads
        + inputReads * blocks * inputBytes(v)
        + spills * blocks * parts * productBytes(v)
        + (double) Float.BYTES * transforms(v) * conv.n() * conv.c() * window.h() * window.w();
  }
}
