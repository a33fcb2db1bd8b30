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
import org.oneshottuner.workload.DepthwiseConv2d;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Operands;
import org.oneshottuner.workload.TuningTask;

/**
 * A depthwise convolution with columns in vectors, for the plain layout. A unit of work is one
 * plane, which is first staged with its padding unless it can be read where it is; a tile of {@code
 * oht} rows by {@code nv} vectors is kept in registers.
 */
final class DepthwisePlanar implements Template {
  static final String NAME = "depthwise_conv2d.planar";

  private static final String OHT = "oht";
  private static final String NV = "nv";
  private static final String TAPS = "taps";
  private static final String ALL_UNROLLED = "all_unrolled";
  private static final String ROWS_LOOPED = "rows_looped";
  private static final int MOST_BODY_FMAS = 320;

  private final TuningTask task;
  private final DepthwiseConv2d conv;
  private final Plane plane;
  private final StagedPlanes staged;
  private final boolean staging;
  private final int lanes;
  private final Fused fused;

  private DepthwisePlanar(TuningTask task, DepthwiseConv2d conv) {
    this.task = task;
    this.conv = conv;
    this.plane = Plane.rows(conv.window());
    this.staged = new StagedPlanes(plane);
    this.staging = !StagedPlanes.needless(plane);
    this.lanes = task.lanes();
    this.fused = new Fused(conv.epilogue());
  }

  /**
   * Returns the template for a depthwise convolution in the plain layout, and nothing for other
   * workloads.
   */
  static Optional<Template> of(TuningTask task) {
    return task.workload() instanceof DepthwiseConv2d conv && conv.layout() == Layout.NCHW
        ? Optional.of(new DepthwisePlanar(task, conv))
        : Optional.empty();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Knob> knobs() {
    return List.of(
        new Knob.Choice(TAPS, List.of(ALL_UNROLLED, ROWS_LOOPED)),
        Choices.upTo(NV, (int) ceil(plane.ow(), lanes), 1, 2, 3, 4, 5, 6, 7, 8),
        Choices.upTo(OHT, plane.oh(), 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16));
  }

  @Override
  public List<Constraint> constraints() {
    int most = task.target().vectorRegisters() - 4;
    return List.of(
        rule("oht*nv<=" + most, List.of(OHT, NV), v -> v.number(OHT) * v.number(NV) <= most),
        rule(
            "fmas of a body<=" + MOST_BODY_FMAS,
            List.of(TAPS, OHT, NV),
            v -> bodyFmas(v) <= MOST_BODY_FMAS || v.number(OHT) * v.number(NV) == 1),
        rule(
            "taps=all_unrolled where there is one row",
            List.of(TAPS),
            v -> plane.r() > 1 || v.is(TAPS, ALL_UNROLLED)),
        rule(
            "no remainder under half a tile",
            List.of(OHT),
            v ->
                plane.oh() % v.number(OHT) == 0
                    || 2 * (plane.oh() % v.number(OHT)) >= v.number(OHT)
                    || plane.oh() >= 6 * v.number(OHT)));
  }

  @Override
  public Map<String, String> wishes() {
    return Map.of(TAPS, ALL_UNROLLED, NV, "1", OHT, "4");
  }

  @Override
  public double tolerance(KnobValues values) {
    return Templates.DIRECT_TOLERANCE;
  }

  private long bodyFmas(KnobValues v) {
    return (long) v.number(OHT)
        * v.number(NV)
        * plane.s()
        * (v.is(TAPS, ALL_UNROLLED) ? plane.r() : 1);
  }

  @Override
  public LoopNest lower(KnobValues values) {
    return new Lowering(values).nest();
  }

  /** One member being lowered. */
  private final class Lowering {
    private final int oht;
    private final int nv;
    private final boolean allUnrolled;
    private final Buffer input;
    private final Buffer packed;
    private final Buffer scratch;
    private final PlanarOutput output;
    private final List<Buffer> buffers = new ArrayList<>();

    Lowering(KnobValues values) {
      oht = values.number(OHT);
      nv = values.number(NV);
      allUnrolled = values.is(TAPS, ALL_UNROLLED);
      Operands sizes = task.workload().operands(lanes);
      input = new Buffer("input", Role.INPUT, sizes.input());
      packed = new Buffer("packed", Role.PACKED, sizes.weight());
      scratch = new Buffer("staged", Role.SLOT, staged.floats());
      buffers.add(input);
      buffers.add(packed);
      if (staging) {
        buffers.add(scratch);
      }
      output = new PlanarOutput(conv.c(), (long) plane.oh() * plane.ow(), fused, sizes);
      buffers.addAll(output.buffers());
      buffers.add(new Buffer("weight", Role.WEIGHT, sizes.weight()));
    }

    LoopNest nest() {
      Axis unit = new Axis("unit");
      long taps = (long) conv.c() * plane.r() * plane.s();
      Statement pack =
          Code.block(
              code -> {
                Buffer weight = buffers.get(buffers.size() - 1);
                code.copy(packed, Index.ZERO, weight, Index.ZERO, Index.of(taps));
                output.pack(code);
              });
      return new LoopNest(
          buffers,
          Optional.of(pack),
          List.of(
              new LoopNest.Phase(
                  unit,
                  (long) conv.n() * conv.c(),
                  Code.block(code -> plane(code, unit.index())))));
    }

    private void plane(Code code, Index unit) {
      Index channel = code.define("channel", unit.remainder(conv.c()));
      Place from = code.bind("from", input, unit.times((long) plane.h() * plane.w()));
      Place b = code.bind("b", packed, channel.times((long) plane.r() * plane.s()));
      if (staging) {
        staged.stage(code, scratch, from);
      }
      Place a = staging ? scratch : from;
      int rest = plane.oh() % oht;
      long whole = plane.oh() - (long) rest;
      if (whole > 0) {
        code.loop(
            "y",
            Index.ZERO,
            Index.of(whole),
            oht,
            (inner, y) -> rows(inner, unit, channel, a, b, y, oht));
      }
      if (rest > 0) {
        code.add(Code.block(last -> rows(last, unit, channel, a, b, Index.of(whole), rest)));
      }
    }

    private void rows(Code code, Index unit, Index channel, Place a, Place b, Index y, int height) {
      int width = nv * lanes;
      int rest = plane.ow() % width;
      long whole = plane.ow() - (long) rest;
      if (whole > 0) {
        code.loop(
            "x",
            Index.ZERO,
            Index.of(whole),
            width,
            (inner, x) ->
                tile(
                    inner,
                    unit,
                    channel,
                    a,
                    b,
                    y,
                    x,
                    new RegisterTile(height, RegisterTile.columns(nv, lanes))));
      }
      if (rest > 0) {
        code.add(
            Code.block(
                last ->
                    tile(
                        last,
                        unit,
                        channel,
                        a,
                        b,
                        y,
                        Index.of(whole),
                        new RegisterTile(height, RegisterTile.cut(rest, lanes)))));
      }
    }

    private void tile(
        Code code,
        Index unit,
        Index channel,
        Place a,
        Place b,
        Index y,
        Index x,
        RegisterTile sums) {
      sums.declare(code);
      if (allUnrolled) {
        code.unrolled("r", plane.r(), (inner, r) -> taps(inner, a, b, y, x, r, sums));
      } else {
        code.loop("r", plane.r(), (inner, r) -> taps(inner, a, b, y, x, r, sums));
      }
      output.store(code, sums, unit, row -> channel, row -> y.plus(row).times(plane.ow()).plus(x));
    }

    private void taps(Code code, Place a, Place b, Index y, Index x, Index r, RegisterTile sums) {
      for (int s = 0; s < plane.s(); s++) {
        int column = s;
        sums.set(
            code,
            (i, j) ->
                new Value.Fma(
                    new Value.Splat(
                        new Value.Load(b, r.times(plane.s()).plus(column), 1), sums.lanes(j)),
                    new Value.Load(
                        a, source(y.plus(i), x, r, column).plus(sums.start(j)), sums.lanes(j)),
                    sums.sum(i, j)));
      }
    }

    private Index source(Index y, Index x, Index r, int s) {
      return staging
          ? staged.read(y, x, r, s)
          : y.plus(r.times(plane.dilation()))
              .times(plane.w())
              .plus(x)
              .plus((long) s * plane.dilation());
    }
  }

  @Override
  public List<Trait.Reader> traits() {
    Trait.Table traits = new Trait.Table();
    double planes = (double) conv.n() * conv.c();
    double taps = (double) plane.r() * plane.s();
    double stagedBytes = staging ? (double) staged.floats() * Float.BYTES : 0;
    double inputBytes = (double) Float.BYTES * plane.h() * plane.w();
    traits.add(Trait.ACCUMULATORS, v -> v.number(OHT) * v.number(NV), OHT, NV);
    traits.add(Trait.TILE_ROWS, v -> v.number(OHT), OHT);
    traits.add(Trait.TILE_VECTORS, v -> v.number(NV), NV);
    traits.add(
        Trait.REGISTER_SHARE,
        v -> (double) v.number(OHT) * v.number(NV) / task.target().vectorRegisters(),
        OHT,
        NV);
    traits.add(
        Trait.FMAS_PER_LOAD, v -> v.number(OHT) * taps / (inputRows(v) * plane.s()), TAPS, OHT);
    traits.add(Trait.BODY_FMAS, this::bodyFmas, TAPS, OHT, NV);
    traits.add(Trait.INNER_TRIPS, v -> v.is(TAPS, ALL_UNROLLED) ? 1 : plane.r(), TAPS);
    traits.add(Trait.REDUCTION_TRIPS, v -> v.is(TAPS, ALL_UNROLLED) ? 1 : plane.r(), TAPS);
    traits.add(Trait.CODE_FMAS, v -> 2.0 * bodyFmas(v), TAPS, OHT, NV);
    traits.add(Trait.EXECUTED_FMAS, v -> planes * plane.oh() * rowVectors(v) * taps, NV);
    traits.add(Trait.USEFUL_SHARE, v -> plane.ow() / (lanes * rowVectors(v)), NV);
    traits.add(
        Trait.ROW_PANEL_BYTES,
        v -> Float.BYTES * inputRows(v) * v.number(NV) * lanes,
        TAPS,
        OHT,
        NV);
    traits.add(Trait.COLUMN_PANEL_BYTES, v -> taps * Float.BYTES);
    traits.add(Trait.REUSE_BYTES, v -> inputBytes + stagedBytes);
    traits.add(
        Trait.INNER_TRAFFIC,
        v ->
            planes
                * plane.oh()
                / v.number(OHT)
                * rowVectors(v)
                * inputRows(v)
                * plane.s()
                * lanes
                * Float.BYTES,
        TAPS,
        OHT,
        NV);
    traits.add(Trait.OUTER_TRAFFIC, v -> planes * inputBytes);
    traits.add(Trait.SCRATCH_TRAFFIC, v -> 2 * planes * stagedBytes);
    traits.add(Trait.SCRATCH_BYTES, v -> stagedBytes);
    traits.add(
        Trait.TRANSFORM_OPS,
        v ->
            planes
                * (plane.oh() * rowVectors(v)
                    + (staging ? (double) staged.floats() / (plane.stride() == 1 ? lanes : 1) : 0)),
        NV);
    traits.add(Trait.SCATTERED_STORES, v -> 0);
    traits.add(Trait.ROW_STRIDE_BYTES, v -> (double) Float.BYTES * plane.w());
    traits.add(Trait.UNITS, v -> planes);
    traits.add(
        Trait.IMBALANCE, v -> Templates.imbalance((long) conv.n() * conv.c(), task.threads()));
    return traits.readers();
  }

  private double rowVectors(KnobValues v) {
    int width = v.number(NV) * lanes;
    int whole = plane.ow() / width;
    return (double) whole * v.number(NV) + RegisterTile.cut(plane.ow() % width, lanes).size();
  }

  /** Returns the input rows that one tile loads. */
  private double inputRows(KnobValues v) {
    return v.is(TAPS, ALL_UNROLLED)
        ? (v.number(OHT) - 1.0) * plane.stride() + (plane.r() - 1.0) * plane.dilation() + 1
        : (double) v.number(OHT) * plane.r();
  }
}
