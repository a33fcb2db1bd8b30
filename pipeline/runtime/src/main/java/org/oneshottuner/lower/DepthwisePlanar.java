package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;
import static org.oneshottuner.lower.Choices.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
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
 * plane, which is staged with its padding unless it can be read where it is: the whole plane before
 * the first tile, or before each row of tiles the rows that it reads. A tile of {@code oht} rows by
 * {@code nv} vectors is kept in registers.
 */
final class DepthwisePlanar implements Template {
  static final String NAME = "depthwise_conv2d.planar";

  private static final String OHT = "oht";
  private static final String NV = "nv";
  private static final String STAGE = "stage";
  private static final String NOTHING = "nothing";
  private static final String PLANE = "plane";
  private static final String TILE_ROWS = "tile_rows";
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
    this.staged = new StagedPlanes(plane, task.lanes());
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
        new Knob.Choice(STAGE, staging ? List.of(PLANE, TILE_ROWS) : List.of(NOTHING)),
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
            "stage=plane where one tile has all rows",
            List.of(STAGE, OHT),
            v -> !v.is(STAGE, TILE_ROWS) || v.number(OHT) < plane.oh()),
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
    private final boolean tileRows;
    private final boolean allUnrolled;
    private final Buffer input;
    private final Buffer packed;
    private final Buffer scratch;
    private final PlanarOutput output;
    private final List<Buffer> buffers = new ArrayList<>();

    Lowering(KnobValues values) {
      oht = values.number(OHT);
      nv = values.number(NV);
      tileRows = values.is(STAGE, TILE_ROWS);
      allUnrolled = values.is(TAPS, ALL_UNROLLED);
      Operands sizes = task.workload().operands(lanes);
      input = new Buffer("input", Role.INPUT, sizes.input());
      packed = new Buffer("packed", Role.PACKED, sizes.weight());
      scratch = new Buffer("staged", Role.SLOT, staged.floats(tileRows ? oht : plane.oh()));
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
      if (staging && !tileRows) {
        staged.stage(code, scratch, from, Index.ZERO, plane.oh());
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
            (inner, y) -> {
              if (tileRows) {
                staged.stage(inner, scratch, from, y, oht);
              }
              rows(inner, unit, channel, a, b, y, oht);
            });
      }
      if (rest > 0) {
        code.add(
            Code.block(
                last -> {
                  if (tileRows) {
                    staged.stage(last, scratch, from, Index.of(whole), rest);
                  }
                  rows(last, unit, channel, a, b, Index.of(whole), rest);
                }));
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
      Index top = tileRows ? Index.ZERO : y.times(staged.rowStride());
      if (allUnrolled) {
        for (int q = 0; q < staged.rows(sums.rows()); q++) {
          inputRow(code, a, b, top.plus(q), q, x, sums);
        }
      } else {
        code.loop(
            "r",
            plane.r(),
            (inner, r) ->
                kernelRow(inner, a, b, top.plus(r.times(staged.rowDilation())), r, x, sums));
      }
      output.store(code, sums, unit, row -> channel, row -> y.plus(row).times(plane.ow()).plus(x));
    }

    /**
     * Adds to all sums what a row of the input gives: each of its vectors is loaded once, and is
     * not kept.
     */
    private void inputRow(
        Code code, Place a, Place b, Index row, int q, Index x, RegisterTile sums) {
      for (int s = 0; s < plane.s(); s++) {
        for (int j = 0; j < sums.columns(); j++) {
          Value.Read vector = Local.of("vector", sums.lanes(j)).at();
          Value load = new Value.Load(a, source(row, x, s).plus(sums.start(j)), sums.lanes(j));
          code.add(new Statement.Block(taps(vector, load, b, q, s, sums, j)));
        }
      }
    }

    private List<Statement> taps(
        Value.Read vector, Value load, Place b, int q, int s, RegisterTile sums, int j) {
      List<Statement> steps = new ArrayList<>();
      for (int i = 0; i < sums.rows(); i++) {
        int distance = q * staged.rowStep() - i * plane.stride();
        int r = distance / plane.dilation();
        if (distance >= 0 && distance % plane.dilation() == 0 && r < plane.r()) {
          Value weight = new Value.Load(b, Index.of((long) r * plane.s() + s), 1);
          Value.Read sum = sums.sum(Index.of(i), j);
          steps.add(
              new Statement.Assign(sum, new Value.Fma(weight.splat(sums.lanes(j)), vector, sum)));
        }
      }
      if (!steps.isEmpty()) {
        steps.add(0, new Statement.Declare(vector.local()));
        steps.add(1, new Statement.Assign(vector, load));
        steps.add(2, new Statement.Keep(vector));
      }
      return steps;
    }

    /** Adds to all sums what a row of the kernel gives. */
    private void kernelRow(
        Code code, Place a, Place b, Index row, Index r, Index x, RegisterTile sums) {
      for (int s = 0; s < plane.s(); s++) {
        int column = s;
        sums.set(
            code,
            (i, j) ->
                new Value.Fma(
                    new Value.Splat(
                        new Value.Load(b, r.times(plane.s()).plus(column), 1), sums.lanes(j)),
                    new Value.Load(
                        a,
                        source(row.plus(i.times(staged.rowStride())), x, column)
                            .plus(sums.start(j)),
                        sums.lanes(j)),
                    sums.sum(i, j)));
      }
    }

    private Index source(Index row, Index x, int s) {
      return staging
          ? staged.read(row, x, s)
          : row.times(plane.w()).plus(x).plus((long) s * plane.dilation());
    }
  }

  @Override
  public List<Trait.Reader> traits() {
    Trait.Table traits = new Trait.Table();
    double planes = (double) conv.n() * conv.c();
    double taps = (double) plane.r() * plane.s();
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
    traits.add(
        Trait.REUSE_BYTES,
        v -> scratchBytes(v) + (v.is(STAGE, TILE_ROWS) ? scratchBytes(v) : inputBytes),
        STAGE,
        OHT);
    traits.add(
        Trait.INNER_TRAFFIC,
        v -> planes * rowsLoaded(v) * rowVectors(v) * plane.s() * lanes * Float.BYTES,
        TAPS,
        OHT,
        NV);
    traits.add(Trait.OUTER_TRAFFIC, v -> planes * inputBytes);
    traits.add(
        Trait.SCRATCH_TRAFFIC,
        v -> 2 * planes * Float.BYTES * staged(v, staged::written),
        STAGE,
        OHT);
    traits.add(Trait.SCRATCH_BYTES, this::scratchBytes, STAGE, OHT);
    traits.add(
        Trait.TRANSFORM_OPS,
        v -> planes * (plane.oh() * rowVectors(v) + staged(v, staged::operations)),
        STAGE,
        OHT,
        NV);
    traits.add(Trait.SCATTERED_STORES, v -> 0);
    traits.add(Trait.ROW_STRIDE_BYTES, v -> (double) Float.BYTES * plane.w());
    traits.add(Trait.UNITS, v -> planes);
    traits.add(
        Trait.IMBALANCE, v -> Templates.imbalance((long) conv.n() * conv.c(), task.threads()));
    double splits = staging ? staged.splits() : StagedPlanes.splitsInPlace(plane, lanes);
    traits.add(Trait.SPLIT_LOADS, v -> planes * rowsLoaded(v) * splits, TAPS, OHT);
    return traits.readers();
  }

  private double rowVectors(KnobValues v) {
    int width = v.number(NV) * lanes;
    int whole = plane.ow() / width;
    return (double) whole * v.number(NV) + RegisterTile.cut(plane.ow() % width, lanes).size();
  }

  private double scratchBytes(KnobValues v) {
    return staging
        ? (double) Float.BYTES * staged.floats(v.is(STAGE, TILE_ROWS) ? v.number(OHT) : plane.oh())
        : 0;
  }

  /** Returns what staging a plane takes, given what staging some rows of the output takes. */
  private double staged(KnobValues v, IntToDoubleFunction rows) {
    if (!staging) {
      return 0;
    }
    return v.is(STAGE, PLANE) ? rows.applyAsDouble(plane.oh()) : ofTiles(v, rows);
  }

  /** Returns the rows that the tiles of one column of a plane load. */
  private double rowsLoaded(KnobValues v) {
    return v.is(TAPS, ALL_UNROLLED) ? ofTiles(v, plane::rowsRead) : (double) plane.oh() * plane.r();
  }

  /** Returns what all tiles of one column of a plane take, given what one of some rows takes. */
  private double ofTiles(KnobValues v, IntToDoubleFunction rows) {
    int whole = plane.oh() / v.number(OHT);
    int rest = plane.oh() % v.number(OHT);
    return whole * rows.applyAsDouble(v.number(OHT)) + (rest > 0 ? rows.applyAsDouble(rest) : 0);
  }

  /**
   * Returns the input rows that one tile loads; those of a loop over the kernel's rows, each time.
   */
  private double inputRows(KnobValues v) {
    return v.is(TAPS, ALL_UNROLLED)
        ? plane.rowsRead(v.number(OHT))
        : (double) v.number(OHT) * plane.r();
  }
}
