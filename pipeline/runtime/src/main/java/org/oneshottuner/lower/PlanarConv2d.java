package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;
import static org.oneshottuner.lower.Choices.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Operands;
import org.oneshottuner.workload.TuningTask;

/**
 * A convolution with columns in vectors, for the plain layout: weights are broadcast, input
 * elements are loaded. Planes are staged with their padding in a phase of their own, unless they
 * can be read where they are; a kernel that looks at one element alone sees the plane as one long
 * row.
 *
 * <p>A register tile is {@code kt} output channels by {@code nv} vectors of columns. The loop over
 * kernel rows is inside or outside of that over input channels ({@code rows}). Weights are packed
 * {@code [k tile][c][r][s][kt]}.
 */
final class PlanarConv2d implements Template {
  static final String NAME = "conv2d.planar";

  private static final String KT = "kt";
  private static final String NV = "nv";
  private static final String SPAN = "span";
  private static final String UNROLL = "unroll";
  private static final String ROWS = "rows";
  private static final String INSIDE = "inside";
  private static final String OUTSIDE = "outside";
  private static final String ORDER = "order";
  private static final String CHANNELS_OUTSIDE = "k_outer";
  private static final String SPACE_OUTSIDE = "space_outer";
  private static final int MOST_BODY_FMAS = 256;
  private static final long MOST_STAGED_BYTES = 1L << 28;

  private final TuningTask task;
  private final Conv2d conv;
  private final Plane plane;
  private final StagedPlanes staged;
  private final boolean staging;
  private final int lanes;
  private final int groupInputs;
  private final int groupOutputs;
  private final Fused fused;
  private final Knob spans;

  private PlanarConv2d(TuningTask task, Conv2d conv) {
    this.task = task;
    this.conv = conv;
    this.plane = Plane.of(conv.window());
    this.staged = new StagedPlanes(plane, task.lanes());
    this.staging = !StagedPlanes.needless(plane);
    this.lanes = task.lanes();
    this.groupInputs = conv.c() / conv.groups();
    this.groupOutputs = conv.k() / conv.groups();
    this.fused = new Fused(conv.epilogue());
    this.spans =
        plane.flat()
            ? Choices.sizes(SPAN, plane.ow(), 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32)
            : Choices.pieces(
                SPAN, plane.oh(), 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 38, 56);
  }

  /**
   * Returns the template for a convolution in the plain layout whose staged planes fit, and nothing
   * for others.
   */
  static Optional<Template> of(TuningTask task) {
    if (task.workload() instanceof Conv2d conv && conv.layout() == Layout.NCHW) {
      PlanarConv2d template = new PlanarConv2d(task, conv);
      return template.stagedBytes() <= MOST_STAGED_BYTES ? Optional.of(template) : Optional.empty();
    }
    return Optional.empty();
  }

  /**
   * Returns whether this template has a schedule for a task. All knobs but the tile's have a choice
   * that goes with every tile, so this is whether there is a tile.
   */
  static boolean computes(TuningTask task) {
    return task.workload() instanceof Conv2d conv
        && of(task).isPresent()
        && new PlanarConv2d(task, conv).hasTile();
  }

  private boolean hasTile() {
    long mostVectors = Math.min(7, ceil(plane.ow(), lanes));
    for (int kt = 1; kt <= task.target().vectorRegisters() - 4; kt++) {
      for (int nv = 1; groupOutputs % kt == 0 && nv <= mostVectors; nv++) {
        if (fitsRegisters(kt, nv) && isLarge(kt, nv) && isShort(kt, nv, 1)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean fitsRegisters(int kt, int nv) {
    return kt * nv + nv + 1 <= task.target().vectorRegisters();
  }

  private boolean isLarge(int kt, int nv) {
    return (long) kt * nv >= Math.min(8, mostChannels() * Math.min(2L, ceil(plane.ow(), lanes)));
  }

  private boolean isShort(int kt, int nv, int unroll) {
    return (long) kt * nv * plane.s() * unroll <= MOST_BODY_FMAS || (unroll == 1 && kt * nv <= 16);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Knob> knobs() {
    return List.of(
        Units.knob(task),
        new Knob.Choice(ORDER, List.of(CHANNELS_OUTSIDE, SPACE_OUTSIDE)),
        spans,
        new Knob.Choice(ROWS, plane.r() > 1 ? List.of(INSIDE, OUTSIDE) : List.of(INSIDE)),
        Choices.counts(UNROLL, u -> groupInputs % u == 0, 1, 2, 3, 4, 5, 6, 7, 8),
        Choices.upTo(NV, (int) ceil(plane.ow(), lanes), 1, 2, 3, 4, 5, 6, 7),
        Choices.counts(
            KT,
            k -> groupOutputs % k == 0,
            IntStream.rangeClosed(1, task.target().vectorRegisters() - 4).toArray()));
  }

  @Override
  public List<Constraint> constraints() {
    List<Constraint> rules = new ArrayList<>(tileRules());
    if (task.threads() > 1) {
      rules.addAll(shareRules(rules));
    }
    return rules;
  }

  /** Returns what must hold of the threads' shares. */
  private List<Constraint> shareRules(List<Constraint> others) {
    List<String> names = List.of(Units.PARALLEL, ORDER, SPAN, NV, KT);
    List<Constraint> rules = new ArrayList<>();
    rules.add(Units.innerOnlyWhereItMatters(task.threads(), names, this::units));
    List<Constraint> all = new ArrayList<>(others);
    all.addAll(rules);
    List<Knob> knobs =
        knobs().stream()
            .map(knob -> knob.name().equals(UNROLL) ? new Knob.Count(UNROLL, List.of(1)) : knob)
            .map(knob -> knob.name().equals(ROWS) ? new Knob.Choice(ROWS, List.of(INSIDE)) : knob)
            .toList();
    double least = -Choices.greatest(knobs, all, v -> -units(v).imbalance(task.threads()));
    rules.add(Units.fair(least, names, v -> units(v).imbalance(task.threads())));
    return rules;
  }

  private List<Constraint> tileRules() {
    int registers = task.target().vectorRegisters();
    return List.of(
        rule(
            "kt*nv+nv+1<=" + registers,
            List.of(KT, NV),
            v -> fitsRegisters(v.number(KT), v.number(NV))),
        rule(
            "kt*nv>=8, or as many as there are",
            List.of(KT, NV),
            v -> isLarge(v.number(KT), v.number(NV))),
        rule(
            "fmas of a body<=" + MOST_BODY_FMAS,
            List.of(UNROLL, KT, NV),
            v -> isShort(v.number(KT), v.number(NV), v.number(UNROLL))),
        rule(
            "span=least where it does not matter",
            List.of(ORDER, SPAN, KT),
            v -> v.number(SPAN) == 1 || (v.is(ORDER, SPACE_OUTSIDE) && conv.k() > v.number(KT))),
        rule(
            "order=k_outer where it does not matter",
            List.of(ORDER, KT),
            v -> v.is(ORDER, CHANNELS_OUTSIDE) || conv.k() > v.number(KT)),
        rule(
            "span is the least for its number of pieces",
            List.of(SPAN, NV),
            v -> {
              int before = spanBefore(v.number(SPAN));
              return !plane.flat()
                  || before == 0
                  || ceil(plane.tiles(v.number(NV) * lanes), before) > pieces(v);
            }),
        rule(
            "rows=inside where the loops are alike",
            List.of(ROWS, UNROLL),
            v -> v.is(ROWS, INSIDE) || (channelTrips(v) > 1 && channelTrips(v) != plane.r())));
  }

  /** Returns the choice of the span that comes before one, or zero. */
  private int spanBefore(int span) {
    int before = 0;
    for (int digit = 0; digit < spans.size() && spans.number(digit) < span; digit++) {
      before = spans.number(digit);
    }
    return before;
  }

  /** Returns the steps of the loop over input channels. */
  private int channelTrips(KnobValues v) {
    return groupInputs / v.number(UNROLL);
  }

  @Override
  public Map<String, String> wishes() {
    boolean many = task.target().vectorRegisters() >= 32;
    return Map.of(
        ORDER,
        CHANNELS_OUTSIDE,
        UNROLL,
        "1",
        SPAN,
        "1",
        NV,
        many ? "3" : "2",
        KT,
        many ? "8" : "4");
  }

  @Override
  public double tolerance(KnobValues values) {
    return Templates.DIRECT_TOLERANCE;
  }

  private double stagedBytes() {
    return staging ? (double) conv.n() * conv.c() * staged.floats(plane.oh()) * Float.BYTES : 0;
  }

  /** Returns the largest choice of channels in a tile, within eight. */
  private int mostChannels() {
    int most = 1;
    for (int k = 2; k <= 8; k++) {
      most = groupOutputs % k == 0 ? k : most;
    }
    return most;
  }

  private long bodyFmas(KnobValues v) {
    return (long) v.number(KT) * v.number(NV) * plane.s() * v.number(UNROLL);
  }

  @Override
  public LoopNest lower(KnobValues values) {
    return new Lowering(values).nest();
  }

  /** One member being lowered. */
  private final class Lowering {
    private final int kt;
    private final int nv;
    private final int width;
    private final int span;
    private final int unroll;
    private final boolean channelsOutside;
    private final boolean rowsOutside;
    private final long pieces;
    private final Units units;
    private final Buffer input;
    private final Buffer packed;
    private final Buffer copies;
    private final PlanarOutput output;
    private final List<Buffer> buffers = new ArrayList<>();

    Lowering(KnobValues values) {
      kt = values.number(KT);
      nv = values.number(NV);
      width = nv * lanes;
      span = values.number(SPAN);
      unroll = values.number(UNROLL);
      channelsOutside = values.is(ORDER, CHANNELS_OUTSIDE);
      rowsOutside = values.is(ROWS, OUTSIDE);
      pieces = pieces(values);
      units = units(values);
      Operands sizes = task.workload().operands(lanes);
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
      output = new PlanarOutput(conv.k(), (long) plane.oh() * plane.ow(), fused, sizes);
      buffers.addAll(output.buffers());
      buffers.add(new Buffer("weight", Role.WEIGHT, sizes.weight()));
    }

    LoopNest nest() {
      List<LoopNest.Phase> phases = new ArrayList<>();
      if (staging) {
        Axis copied = new Axis("unit");
        phases.add(
            new LoopNest.Phase(
                copied,
                (long) conv.n() * conv.c(),
                Code.block(code -> stage(code, copied.index()))));
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
      Buffer weight = buffers.get(buffers.size() - 1);
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
                tile(
                    inner,
                    item,
                    tile,
                    y,
                    x,
                    new RegisterTile(kt, RegisterTile.columns(nv, lanes))));
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
      long perPlane = staging ? staged.floats(plane.oh()) : (long) plane.h() * plane.w();
      Index first = code.define("first", tile.times(kt).dividedBy(groupOutputs).times(groupInputs));
      Place a =
          code.bind(
              "a", staging ? copies : input, item.times(conv.c()).plus(first).times(perPlane));
      Place b = code.bind("b", packed, tile.times((long) groupInputs * plane.r() * plane.s() * kt));
      sums.declare(code);
      if (rowsOutside) {
        code.loop(
            "r",
            plane.r(),
            (row, r) ->
                channels(
                    row, (once, channel) -> taps(once, a, b, channel, r, y, x, sums, perPlane)));
      } else {
        channels(
            code,
            (once, channel) ->
                once.loop(
                    "r", plane.r(), (row, r) -> taps(row, a, b, channel, r, y, x, sums, perPlane)));
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
        Code code,
        Place a,
        Place b,
        Index c,
        Index r,
        Index y,
        Index x,
        RegisterTile sums,
        long perPlane) {
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
            j ->
                new Value.Load(
                    a, c.times(perPlane).plus(source).plus(sums.start(j)), sums.lanes(j)),
            i ->
                new Value.Load(
                    b,
                    c.times(plane.r()).plus(r).times(plane.s()).plus(column).times(kt).plus(i),
                    1));
      }
    }
  }

  @Override
  public List<Trait.Reader> traits() {
    Trait.Table traits = new Trait.Table();
    double registers = task.target().vectorRegisters();
    double element = Float.BYTES;
    double taps = (double) plane.r() * plane.s();
    double rows = (double) conv.n() * plane.oh();
    traits.add(Trait.ACCUMULATORS, v -> v.number(KT) * v.number(NV), KT, NV);
    traits.add(Trait.TILE_ROWS, v -> v.number(KT), KT);
    traits.add(Trait.TILE_VECTORS, v -> v.number(NV), NV);
    traits.add(
        Trait.REGISTER_SHARE,
        v -> (v.number(KT) * v.number(NV) + v.number(NV) + 1) / registers,
        KT,
        NV);
    traits.add(
        Trait.FMAS_PER_LOAD,
        v -> (double) v.number(KT) * v.number(NV) / (v.number(KT) + v.number(NV)),
        KT,
        NV);
    traits.add(Trait.BODY_FMAS, this::bodyFmas, UNROLL, KT, NV);
    traits.add(
        Trait.INNER_TRIPS,
        v -> plane.r() > 1 && v.is(ROWS, INSIDE) ? plane.r() : channelTrips(v),
        ROWS,
        UNROLL);
    traits.add(
        Trait.REDUCTION_TRIPS, v -> (double) groupInputs * plane.r() / v.number(UNROLL), UNROLL);
    traits.add(
        Trait.CODE_FMAS,
        v -> bodyFmas(v) * (plane.ow() % (v.number(NV) * lanes) == 0 ? 1.0 : 2.0),
        UNROLL,
        KT,
        NV);
    traits.add(Trait.EXECUTED_FMAS, v -> rows * rowVectors(v) * conv.k() * groupInputs * taps, NV);
    traits.add(Trait.USEFUL_SHARE, v -> plane.ow() / (lanes * rowVectors(v)), NV);
    traits.add(Trait.ROW_PANEL_BYTES, v -> element * v.number(KT) * groupInputs * taps, KT);
    traits.add(
        Trait.COLUMN_PANEL_BYTES,
        v -> element * v.number(NV) * lanes * groupInputs * plane.r(),
        NV);
    traits.add(Trait.REUSE_BYTES, this::reuseBytes, ORDER, SPAN, KT, NV);
    traits.add(
        Trait.INNER_TRAFFIC,
        v ->
            rows
                * rowVectors(v)
                * conv.k()
                * groupInputs
                * taps
                * element
                * (lanes / (double) v.number(KT) + 1.0 / v.number(NV)),
        KT,
        NV);
    traits.add(Trait.OUTER_TRAFFIC, this::outerTraffic, ORDER, SPAN, KT, NV);
    traits.add(
        Trait.SCRATCH_TRAFFIC,
        v -> staging ? 2 * element * conv.n() * conv.c() * staged.written(plane.oh()) : 0);
    traits.add(Trait.SCRATCH_BYTES, v -> stagedBytes());
    traits.add(
        Trait.TRANSFORM_OPS,
        v ->
            rows * rowVectors(v) * conv.k()
                + (staging ? (double) conv.n() * conv.c() * staged.operations(plane.oh()) : 0),
        NV);
    traits.add(Trait.SCATTERED_STORES, v -> 0);
    traits.add(Trait.ROW_STRIDE_BYTES, v -> element);
    String[] unitKnobs = {Units.PARALLEL, ORDER, SPAN, NV, KT};
    traits.add(Trait.UNITS, v -> (double) units(v).count(), unitKnobs);
    traits.add(Trait.IMBALANCE, v -> units(v).imbalance(task.threads()), unitKnobs);
    traits.add(Trait.INNER_CUT, v -> v.is(Units.PARALLEL, Units.INNER) ? 1 : 0, Units.PARALLEL);
    traits.add(Trait.PASSES, v -> 1);
    traits.add(Trait.PHASES, v -> staging ? 2 : 1);
    traits.add(
        Trait.EMBEDDED,
        v -> RegisterTile.embedsBroadcasts(task.target()) && v.number(NV) == 1 ? 1 : 0,
        NV);
    traits.add(Trait.COLUMNS_STAY, v -> v.is(ORDER, CHANNELS_OUTSIDE) ? 0 : 1, ORDER);
    double splits = staging ? staged.splits() : StagedPlanes.splitsInPlace(plane, lanes);
    traits.add(
        Trait.SPLIT_LOADS,
        v -> rows * (conv.k() / (double) v.number(KT)) * groupInputs * plane.r() * splits,
        KT);
    return traits.readers();
  }

  private double rowVectors(KnobValues v) {
    int columns = v.number(NV) * lanes;
    int whole = plane.ow() / columns;
    return (double) whole * v.number(NV) + RegisterTile.cut(plane.ow() % columns, lanes).size();
  }

  private long pieces(KnobValues v) {
    long extent = plane.flat() ? plane.tiles(v.number(NV) * lanes) : plane.oh();
    return ceil(extent, v.number(SPAN));
  }

  private Units units(KnobValues v) {
    Code.Digit tile = new Code.Digit("tile", conv.k() / v.number(KT));
    Code.Digit piece = new Code.Digit("piece", pieces(v));
    return v.is(ORDER, CHANNELS_OUTSIDE)
        ? Units.of(task, v, conv.n(), tile, piece)
        : Units.of(task, v, conv.n(), piece, tile);
  }

  private double pieceBytes(KnobValues v) {
    double rows = plane.flat() ? 1 : plane.rowsRead(v.number(SPAN));
    double columns =
        plane.flat()
            ? Math.min(plane.ow(), (double) v.number(SPAN) * v.number(NV) * lanes)
            : plane.w();
    return Float.BYTES * (double) groupInputs * rows * columns;
  }

  private double weightBytes() {
    return (double) Float.BYTES * conv.k() * groupInputs * plane.r() * plane.s();
  }

  private double reuseBytes(KnobValues v) {
    double panel = weightBytes() * v.number(KT) / conv.k();
    return v.is(ORDER, CHANNELS_OUTSIDE)
        ? panel + (double) Float.BYTES * groupInputs * plane.h() * plane.w()
        : pieceBytes(v) + weightBytes();
  }

  private double outerTraffic(KnobValues v) {
    double image =
        staging
            ? stagedBytes() / conv.n()
            : (double) Float.BYTES * conv.c() * plane.h() * plane.w();
    double fits = 0.7 * task.target().l2Bytes();
    double tiles = (double) conv.k() / v.number(KT);
    double sweeps = pieces(v);
    return v.is(ORDER, CHANNELS_OUTSIDE)
        ? conv.n() * (weightBytes() + (image <= fits ? image : image * tiles / conv.groups()))
        : conv.n()
            * (image
                + (weightBytes() + pieceBytes(v) <= fits ? weightBytes() : weightBytes() * sweeps));
  }
}
