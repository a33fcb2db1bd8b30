package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
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
 * plane. It is read where it is, with zeros shifted in at the borders, or it is staged with its
 * padding: the whole plane before the first tile, or before each row of tiles the rows that it
 * reads. A tile of {@code oht} rows by {@code nv} vectors is kept in registers; a vector is loaded
 * once for all the rows that it is added to. The weights are in registers while a plane is
 * computed, or those of one kernel column at a time.
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
  private static final String WEIGHTS = "weights";
  private static final String REGISTERS = "registers";
  private static final String MEMORY = "memory";

  /** Floats of a cache line. */
  private static final int LINE = 64 / Float.BYTES;

  private static final int MOST_BODY_FMAS = 320;
  private static final int MOST_CODE_FMAS = 1200;

  /** Registers that shifting takes: zeros, and lane numbers for the left and the right border. */
  private static final int SHIFTING = 3;

  private final TuningTask task;
  private final DepthwiseConv2d conv;
  private final Plane plane;
  private final StagedPlanes staged;
  private final PlaneRows vectors;
  private final int lanes;
  private final Fused fused;

  private DepthwisePlanar(TuningTask task, DepthwiseConv2d conv) {
    this.task = task;
    this.conv = conv;
    this.plane = Plane.rows(conv.window());
    this.staged = new StagedPlanes(plane, task.lanes());
    this.vectors = new PlaneRows(plane, task.lanes());
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
    List<String> stages = List.of(NOTHING, PLANE, TILE_ROWS);
    if (!vectors.inPlace()) {
      stages = List.of(PLANE, TILE_ROWS);
    } else if (StagedPlanes.needless(plane) && vectors.overrun() == 0 && !vectors.reachOut()) {
      stages = List.of(NOTHING);
    }
    return List.of(
        new Knob.Choice(STAGE, stages),
        new Knob.Choice(WEIGHTS, List.of(REGISTERS, MEMORY)),
        new Knob.Choice(TAPS, List.of(ALL_UNROLLED, ROWS_LOOPED)),
        Choices.upTo(NV, vectors.count(), 1, 2, 3, 4, 5, 6, 7, 8),
        Choices.upTo(OHT, plane.oh(), 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16));
  }

  @Override
  public List<Constraint> constraints() {
    int registers = task.target().vectorRegisters();
    List<Constraint> rules = new ArrayList<>();
    rules.add(
        rule(
            "taps=all_unrolled where there is one row",
            List.of(TAPS),
            v -> plane.r() > 1 || v.is(TAPS, ALL_UNROLLED)));
    rules.add(
        rule(
            "stage!=nothing where rows are looped and vectors reach beyond them",
            List.of(STAGE, TAPS),
            v -> !v.is(STAGE, NOTHING) || v.is(TAPS, ALL_UNROLLED) || !reachOut()));
    rules.add(
        rule(
            "weights=memory where rows are looped or vectors differ",
            List.of(WEIGHTS, TAPS),
            v -> v.is(WEIGHTS, MEMORY) || (v.is(TAPS, ALL_UNROLLED) && vectors.uniform())));
    rules.add(
        rule(
            "sums, weights and two more<=" + registers,
            List.of(STAGE, WEIGHTS, TAPS, NV, OHT),
            v -> registers(v) <= registers));
    rules.add(
        rule(
            "stage=plane where one tile has all rows",
            List.of(STAGE, OHT),
            v -> !v.is(STAGE, TILE_ROWS) || v.number(OHT) < plane.oh()));
    rules.add(
        rule(
            "no remainder under half a tile",
            List.of(OHT),
            v ->
                plane.oh() % v.number(OHT) == 0
                    || 2 * (plane.oh() % v.number(OHT)) >= v.number(OHT)
                    || plane.oh() >= 6 * v.number(OHT)));
    rules.add(most("fmas of a body", MOST_BODY_FMAS, this::bodyFmas, rules, TAPS, NV, OHT));
    rules.add(
        most("fmas in the text", MOST_CODE_FMAS, this::codeFmas, rules, STAGE, TAPS, NV, OHT));
    long few = Math.min(2, Choices.most(knobs(), rules, DepthwisePlanar::outputs));
    rules.add(rule("oht*nv>=" + few, List.of(NV, OHT), v -> outputs(v) >= few));
    return rules;
  }

  /**
   * Returns the rule that a count is not beyond a limit, or beyond the least that any member has.
   */
  private Constraint most(
      String what,
      long usual,
      ToLongFunction<KnobValues> count,
      List<Constraint> rules,
      String... knobs) {
    long limit = Math.max(usual, -Choices.most(knobs(), rules, v -> -count.applyAsLong(v)));
    return rule(what + "<=" + limit, List.of(knobs), v -> count.applyAsLong(v) <= limit);
  }

  @Override
  public Map<String, String> wishes() {
    return Map.of(TAPS, ALL_UNROLLED, WEIGHTS, REGISTERS, NV, "1", OHT, "4");
  }

  @Override
  public double tolerance(KnobValues values) {
    return Templates.DIRECT_TOLERANCE;
  }

  private static long outputs(KnobValues v) {
    return (long) v.number(OHT) * v.number(NV);
  }

  /** Returns whether vectors reach beyond rows of the output, or of the input that is in place. */
  private boolean reachOut() {
    return vectors.reachOut() || vectors.overrun() > 0;
  }

  private long registers(KnobValues v) {
    long weights =
        v.is(WEIGHTS, REGISTERS)
            ? (long) plane.r() * plane.s()
            : v.is(TAPS, ALL_UNROLLED) ? plane.r() : 1;
    boolean shifting = v.is(STAGE, NOTHING) && !StagedPlanes.needless(plane);
    return outputs(v) + weights + 2 + (shifting ? SHIFTING : 0);
  }

  private long bodyFmas(KnobValues v) {
    return outputs(v) * plane.s() * (v.is(TAPS, ALL_UNROLLED) ? plane.r() : 1);
  }

  private long codeFmas(KnobValues v) {
    long columns =
        vectors.groups(v.number(NV), !v.is(STAGE, NOTHING)).stream()
            .mapToLong(PlaneRows.Group::vectors)
            .sum();
    long rows = 0;
    for (RowTile tile : rowTiles(v)) {
      boolean single = v.is(TAPS, ROWS_LOOPED) && !tile.inside();
      rows += single ? 1 : tile.size();
    }
    return rows * columns * plane.s() * (v.is(TAPS, ALL_UNROLLED) ? plane.r() : 1);
  }

  /**
   * Some tiles of rows that the same code serves.
   *
   * @param inside whether all rows of the input that they read are there, with what vectors load
   *     beyond their ends
   */
  private record RowTile(int from, int tiles, int size, boolean inside) {}

  private List<RowTile> rowTiles(KnobValues v) {
    int oht = v.number(OHT);
    List<RowTile> tiles = new ArrayList<>();
    if (v.is(STAGE, NOTHING)) {
      Plane safe =
          new Plane(
              vectors.safeRows(),
              plane.w(),
              plane.oh(),
              plane.ow(),
              plane.r(),
              plane.s(),
              plane.stride(),
              plane.dilation(),
              plane.top(),
              plane.left());
      for (Plane.Segment segment : safe.rowSegments(oht)) {
        tiles.add(new RowTile(segment.from(), segment.tiles(), segment.size(), segment.interior()));
      }
    } else {
      int whole = plane.oh() / oht;
      tiles.add(new RowTile(0, whole, oht, true));
      if (plane.oh() % oht > 0) {
        tiles.add(new RowTile(whole * oht, 1, plane.oh() % oht, true));
      }
    }
    RowTile last = tiles.get(tiles.size() - 1);
    if (vectors.reachOut() && last.tiles() > 1) {
      // the last row is stored in its own way
      int before = last.tiles() - 1;
      tiles.set(tiles.size() - 1, new RowTile(last.from(), before, last.size(), last.inside()));
      tiles.add(new RowTile(last.from() + before * last.size(), 1, last.size(), last.inside()));
    }
    return tiles;
  }

  /** Returns what staged rows are followed by: as much as a vector may read beyond the last. */
  private int slack() {
    return vectors.reachOut() ? vectors.lanes(0) : 0;
  }

  @Override
  public LoopNest lower(KnobValues values) {
    return new Lowering(values).nest();
  }

  /** One member being lowered. */
  private final class Lowering {
    private final KnobValues values;
    private final int nv;
    private final boolean staging;
    private final boolean tileRows;
    private final boolean allUnrolled;
    private final boolean kept;
    private final Buffer input;
    private final Buffer packed;
    private final Buffer scratch;
    private final PlanarOutput output;
    private final List<Buffer> buffers = new ArrayList<>();

    Lowering(KnobValues values) {
      this.values = values;
      int oht = values.number(OHT);
      nv = values.number(NV);
      staging = !values.is(STAGE, NOTHING);
      tileRows = values.is(STAGE, TILE_ROWS);
      allUnrolled = values.is(TAPS, ALL_UNROLLED);
      kept = values.is(WEIGHTS, REGISTERS);
      Operands sizes = task.workload().operands(lanes);
      input = new Buffer("input", Role.INPUT, sizes.input());
      packed = new Buffer("packed", Role.PACKED, sizes.weight());
      scratch =
          new Buffer("staged", Role.SLOT, staged.floats(tileRows ? oht : plane.oh()) + slack());
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
      if (staging && slack() > 0) {
        code.clear(scratch, Index.of(scratch.floats() - slack()), Index.of(slack()));
      }
      if (kept) {
        Local weights = code.declare("kept", vectors.lanes(0), plane.r(), plane.s());
        for (int r = 0; r < plane.r(); r++) {
          for (int s = 0; s < plane.s(); s++) {
            Value weight = weight(b, Index.of(r), s).splat(vectors.lanes(0));
            code.assign(weights.at(Index.of(r), Index.of(s)), weight);
            code.add(new Statement.Keep(weights.at(Index.of(r), Index.of(s))));
          }
        }
      }
      Operand of = new Operand(staging ? scratch : from, b, unit, channel);
      for (RowTile rows : rowTiles(values)) {
        if (rows.tiles() == 1) {
          code.add(Code.block(only -> rows(only, from, of, rows, Index.of(rows.from()))));
        } else {
          code.loop(
              "y",
              Index.of(rows.from()),
              Index.of(rows.from() + (long) rows.tiles() * rows.size()),
              rows.size(),
              (inner, y) -> rows(inner, from, of, rows, y));
        }
      }
    }

    private void rows(Code code, Place from, Operand of, RowTile rows, Index y) {
      if (tileRows) {
        staged.stage(code, scratch, from, y, rows.size());
      }
      if (allUnrolled || rows.inside()) {
        columns(code, of, new Rows(y, rows.size(), false));
      } else {
        code.loop(
            "single",
            y,
            y.plus(rows.size()),
            1,
            (inner, single) -> columns(inner, of, new Rows(single, 1, true)));
      }
    }

    private void columns(Code code, Operand of, Rows rows) {
      for (PlaneRows.Group group : vectors.groups(nv, staging)) {
        int first = vectors.start(group.first());
        long step = (long) group.vectors() * vectors.lanes(0);
        if (group.tiles() == 1) {
          code.add(Code.block(only -> tile(only, of, rows, group, Index.of(first))));
        } else {
          code.loop(
              "x",
              Index.of(first),
              Index.of(first + group.tiles() * step),
              step,
              (inner, x) -> tile(inner, of, rows, group, x));
        }
      }
    }

    private void tile(Code code, Operand of, Rows rows, PlaneRows.Group group, Index x) {
      List<Integer> lengths = new ArrayList<>();
      List<Integer> starts = new ArrayList<>();
      for (int j = group.first(); j < group.end(); j++) {
        lengths.add(vectors.lanes(j));
        starts.add(vectors.start(j) - vectors.start(group.first()));
      }
      RegisterTile sums = new RegisterTile(rows.count(), lengths, starts);
      sums.declare(code);
      Tile tile = new Tile(of, rows, group, x, sums);
      if (rows.single()) {
        code.loop(
            "r",
            plane.firstRow(rows.y()),
            plane.endRow(rows.y()),
            1,
            (inner, r) -> kernelRow(inner, tile, r));
      } else if (allUnrolled) {
        for (int s = 0; s < plane.s(); s++) {
          kernelColumn(code, tile, s);
        }
      } else {
        code.loop("r", plane.r(), (inner, r) -> kernelRow(inner, tile, r));
      }
      if (vectors.reachOut()) {
        boolean last = rows.y().isConstant() && rows.y().constant() + rows.count() == plane.oh();
        output.storeLong(
            code, sums, of.unit(), of.channel(), rows.y(), new PlanarOutput.Rows(plane.ow(), last));
      } else {
        output.store(
            code,
            sums,
            of.unit(),
            row -> of.channel(),
            row -> rows.y().plus(row).times(plane.ow()).plus(x));
      }
    }

    /**
     * Adds to all sums what a column of the kernel gives: each vector of the input is loaded once,
     * and is not kept.
     */
    private void kernelColumn(Code code, Tile tile, int s) {
      List<Statement> steps = new ArrayList<>();
      for (int q = 0; q < staged.rows(tile.sums().rows()); q++) {
        for (int j = 0; j < tile.sums().columns(); j++) {
          List<Statement> taps = taps(tile, q, s, j);
          if (!taps.isEmpty()) {
            steps.add(new Statement.Block(taps));
          }
        }
      }
      if (steps.isEmpty()) {
        return;
      }
      if (kept || !vectors.uniform()) {
        steps.forEach(code::add);
        return;
      }
      code.add(
          Code.block(
              column -> {
                Local weights = column.declare("tap", vectors.lanes(0), plane.r());
                for (int r = 0; r < plane.r(); r++) {
                  Value.Read weight = weights.at(Index.of(r));
                  column.assign(
                      weight, weight(tile.of().weights(), Index.of(r), s).splat(weight.lanes()));
                  column.add(new Statement.Keep(weight));
                }
                steps.forEach(column::add);
              }));
    }

    private List<Statement> taps(Tile tile, int q, int s, int j) {
      RegisterTile sums = tile.sums();
      Value.Read vector = Local.of("vector", sums.lanes(j)).at();
      List<Statement> steps = new ArrayList<>();
      long inputRow = (long) q * staged.rowStep() - plane.top();
      Index row = tile.rows().y().times(plane.stride()).plus(inputRow);
      boolean outside =
          !staging && row.isConstant() && (row.constant() < 0 || row.constant() >= plane.h());
      if (outside || !read(tile, s, j)) {
        return steps;
      }
      for (int i = 0; i < sums.rows(); i++) {
        int distance = q * staged.rowStep() - i * plane.stride();
        int r = distance / plane.dilation();
        if (distance >= 0 && distance % plane.dilation() == 0 && r < plane.r()) {
          Value.Read sum = sums.sum(Index.of(i), j);
          steps.add(
              new Statement.Assign(
                  sum, new Value.Fma(weight(tile, r, s, sums.lanes(j)), vector, sum)));
        }
      }
      if (!steps.isEmpty()) {
        Value load = staging ? load(tile, stagedRow(tile).plus(q), s, j) : load(tile, row, s, j);
        steps.add(0, new Statement.Declare(vector.local()));
        steps.add(1, new Statement.Assign(vector, load));
        steps.add(2, new Statement.Keep(vector));
      }
      return steps;
    }

    /** Adds to all sums what a row of the kernel gives. */
    private void kernelRow(Code code, Tile tile, Index r) {
      for (int s = 0; s < plane.s(); s++) {
        for (int j = 0; j < tile.sums().columns(); j++) {
          if (read(tile, s, j)) {
            int column = s;
            int vector = j;
            code.add(Code.block(step -> tap(step, tile, r, column, vector)));
          }
        }
      }
    }

    private void tap(Code code, Tile tile, Index r, int s, int j) {
      RegisterTile sums = tile.sums();
      Value.Read weight = code.declare("tap", sums.lanes(j)).at();
      code.assign(weight, weight(tile.of().weights(), r, s).splat(sums.lanes(j)));
      code.add(new Statement.Keep(weight));
      for (int i = 0; i < sums.rows(); i++) {
        Index outRow = tile.rows().y().plus(i).times(plane.stride());
        Index row =
            staging
                ? stagedRow(tile)
                    .plus((long) i * staged.rowStride())
                    .plus(r.times(staged.rowDilation()))
                : outRow.plus(r.times(plane.dilation())).plus(-plane.top());
        Value.Read sum = sums.sum(Index.of(i), j);
        Value.Read vector = Local.of("vector", sums.lanes(j)).at();
        code.add(
            new Statement.Block(
                List.of(
                    new Statement.Declare(vector.local()),
                    new Statement.Assign(vector, load(tile, row, s, j)),
                    new Statement.Keep(vector),
                    new Statement.Assign(sum, new Value.Fma(weight, vector, sum)))));
      }
    }

    private Index stagedRow(Tile tile) {
      return tileRows ? Index.ZERO : tile.rows().y().times(staged.rowStride());
    }

    /** Returns whether a vector of a tile reads any column of the input with a kernel column. */
    private boolean read(Tile tile, int s, int j) {
      return staging || vectors.tap(tile.group().first() + j, s).read();
    }

    /**
     * Returns what a vector reads with a kernel column.
     *
     * @param row of those staged, or of the input
     */
    private Value load(Tile tile, Index row, int s, int j) {
      RegisterTile sums = tile.sums();
      if (staging) {
        return new Value.Load(
            tile.of().input(), staged.read(row, tile.x(), s).plus(sums.start(j)), sums.lanes(j));
      }
      int vector = tile.group().first() + j;
      if (tile.x().isConstant()) {
        return row.isConstant()
            ? vectors.loadBeforeEnd(tile.of().input(), (int) row.constant(), vector, s)
            : vectors.load(tile.of().input(), row.times(plane.w()), vector, s);
      }
      Index column =
          tile.x()
              .plus(sums.start(j))
              .times(plane.stride())
              .plus((long) s * plane.dilation() - plane.left());
      return vectors.loaded(tile.of().input(), row.times(plane.w()).plus(column), vector);
    }

    private Value weight(Tile tile, int r, int s, int length) {
      if (kept) {
        return Local.of("kept", length, plane.r(), plane.s()).at(Index.of(r), Index.of(s));
      }
      return vectors.uniform()
          ? Local.of("tap", length, plane.r()).at(Index.of(r))
          : weight(tile.of().weights(), Index.of(r), s).splat(length);
    }

    private Value weight(Place b, Index r, int s) {
      return new Value.Load(b, r.times(plane.s()).plus(s), 1);
    }
  }

  /** What a unit computes, and where its operands lie. */
  private record Operand(Place input, Place weights, Index unit, Index channel) {}

  /**
   * Rows of a tile.
   *
   * @param single whether the kernel rows that lie inside are looped over
   */
  private record Rows(Index y, int count, boolean single) {}

  /** A tile: which rows, which vectors, and the column that the first of them begins at. */
  private record Tile(Operand of, Rows rows, PlaneRows.Group group, Index x, RegisterTile sums) {}

  @Override
  public List<Trait.Reader> traits() {
    Trait.Table traits = new Trait.Table();
    double planes = (double) conv.n() * conv.c();
    double taps = (double) plane.r() * plane.s();
    double inputBytes = (double) Float.BYTES * plane.h() * plane.w();
    Loads inPlace = loadsInPlace();
    Loads fromStage = new Loads((double) vectors.count() * plane.s(), rowLanes() * plane.s(), 0);
    double[] splitsInPlace = splitsInPlace();
    double splitsFromStage = splitsFromStage();
    traits.add(Trait.ACCUMULATORS, DepthwisePlanar::outputs, OHT, NV);
    traits.add(Trait.TILE_ROWS, v -> v.number(OHT), OHT);
    traits.add(Trait.TILE_VECTORS, v -> v.number(NV), NV);
    traits.add(
        Trait.REGISTER_SHARE,
        v -> (double) registers(v) / task.target().vectorRegisters(),
        STAGE,
        WEIGHTS,
        TAPS,
        OHT,
        NV);
    traits.add(
        Trait.FMAS_PER_LOAD,
        v ->
            outputs(v)
                * taps
                / (inputRows(v) * v.number(NV) * plane.s() + (v.is(WEIGHTS, REGISTERS) ? 0 : taps)),
        WEIGHTS,
        TAPS,
        OHT,
        NV);
    traits.add(Trait.BODY_FMAS, this::bodyFmas, TAPS, OHT, NV);
    traits.add(Trait.INNER_TRIPS, v -> v.is(TAPS, ALL_UNROLLED) ? 1 : plane.r(), TAPS);
    traits.add(Trait.REDUCTION_TRIPS, v -> v.is(TAPS, ALL_UNROLLED) ? 1 : plane.r(), TAPS);
    traits.add(Trait.CODE_FMAS, this::codeFmas, STAGE, TAPS, OHT, NV);
    traits.add(
        Trait.EXECUTED_FMAS,
        v ->
            planes
                * (v.is(STAGE, NOTHING)
                    ? kernelRowsInside() * inPlace.vectors()
                    : (double) plane.oh() * plane.r() * fromStage.vectors()),
        STAGE);
    traits.add(Trait.USEFUL_SHARE, v -> plane.ow() / rowLanes());
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
        v ->
            planes
                * rowsLoaded(v)
                * Float.BYTES
                * (v.is(STAGE, NOTHING) ? inPlace.floats() : fromStage.floats()),
        STAGE,
        TAPS,
        OHT);
    traits.add(Trait.OUTER_TRAFFIC, v -> planes * inputBytes);
    traits.add(
        Trait.SCRATCH_TRAFFIC,
        v ->
            v.is(STAGE, NOTHING)
                ? 0
                : 2 * planes * Float.BYTES * (staged(v, staged::written) + slack()),
        STAGE,
        OHT);
    traits.add(Trait.SCRATCH_BYTES, this::scratchBytes, STAGE, OHT);
    traits.add(
        Trait.TRANSFORM_OPS,
        v ->
            planes
                * ((double) plane.oh() * vectors.count()
                    + (v.is(STAGE, NOTHING)
                        ? rowsLoaded(v) * inPlace.shifts()
                        : staged(v, staged::operations))),
        STAGE,
        TAPS,
        OHT);
    traits.add(Trait.SCATTERED_STORES, v -> 0);
    traits.add(Trait.ROW_STRIDE_BYTES, v -> (double) Float.BYTES * plane.w());
    traits.add(Trait.UNITS, v -> planes);
    traits.add(
        Trait.IMBALANCE, v -> Templates.imbalance((long) conv.n() * conv.c(), task.threads()));
    traits.add(
        Trait.SPLIT_LOADS,
        v -> planes * splits(v, splitsInPlace, splitsFromStage),
        STAGE,
        TAPS,
        OHT);
    traits.add(Trait.PASSES, v -> 1);
    traits.add(Trait.PHASES, v -> 1);
    traits.add(Trait.INNER_CUT, v -> 0);
    traits.add(Trait.EMBEDDED, v -> 0);
    return traits.readers();
  }

  /**
   * What the vectors of a row load with all kernel columns.
   *
   * @param vectors how many times one is loaded
   * @param floats loaded
   * @param shifts vectors whose lanes are moved then
   */
  private record Loads(double vectors, double floats, double shifts) {}

  private Loads loadsInPlace() {
    double count = 0;
    double floats = 0;
    double shifts = 0;
    for (int j = 0; vectors.inPlace() && j < vectors.count(); j++) {
      for (int s = 0; s < plane.s(); s++) {
        PlaneRows.Tap tap = vectors.tap(j, s);
        if (tap.read()) {
          count++;
          floats += (double) vectors.lanes(j) * plane.stride();
          shifts += tap.direct() ? 0 : 1;
        }
      }
    }
    return new Loads(count, floats, shifts);
  }

  /** Returns how many vectors of a row straddle two lines, by where in a line the row begins. */
  private double[] splitsInPlace() {
    int length = vectors.lanes(0);
    double[] bases = new double[LINE];
    for (int j = 0; vectors.inPlace() && j < vectors.count(); j++) {
      for (int s = 0; s < plane.s(); s++) {
        PlaneRows.Tap tap = vectors.tap(j, s);
        for (int part = 0; tap.read() && part < plane.stride(); part++) {
          bases[(tap.base() + part * (length - 1)) % LINE]++;
        }
      }
    }
    double[] splits = new double[LINE];
    for (int start = 0; start < LINE; start++) {
      for (int base = 0; base < LINE; base++) {
        splits[start] +=
            bases[base] * CacheLine.splitShare(start + base, (long) plane.h() * plane.w(), length);
      }
    }
    return splits;
  }

  private double splitsFromStage() {
    Index start = staged.read(Index.ZERO, Index.ZERO, 0);
    long pitch = staged.read(Index.of(1), Index.ZERO, 0).minus(start).constant();
    double splits = 0;
    for (int s = 0; s < plane.s(); s++) {
      long offset = staged.read(Index.ZERO, Index.ZERO, s).constant();
      for (int j = 0; j < vectors.count(); j++) {
        splits += CacheLine.splitShare(offset + vectors.start(j), pitch, vectors.lanes(j));
      }
    }
    return splits;
  }

  /** Returns how many vectors straddle two lines when each is loaded for one kernel column. */
  private double splits(KnobValues v, double[] inPlace, double fromStage) {
    if (!v.is(STAGE, NOTHING)) {
      return rowsLoaded(v) * fromStage;
    }
    int[] rows = rowsLoadedInPlace(v);
    double splits = 0;
    for (int row = 0; row < rows.length; row++) {
      splits += rows[row] * inPlace[(int) ((long) row * plane.w() % LINE)];
    }
    return splits;
  }

  private double rowLanes() {
    double sum = 0;
    for (int j = 0; j < vectors.count(); j++) {
      sum += vectors.lanes(j);
    }
    return sum;
  }

  private double scratchBytes(KnobValues v) {
    return v.is(STAGE, NOTHING)
        ? 0
        : (double) Float.BYTES
            * (staged.floats(v.is(STAGE, TILE_ROWS) ? v.number(OHT) : plane.oh()) + slack());
  }

  /** Returns what staging a plane takes, given what staging some rows of the output takes. */
  private double staged(KnobValues v, IntToDoubleFunction rows) {
    return v.is(STAGE, PLANE) ? rows.applyAsDouble(plane.oh()) : ofTiles(v, rows);
  }

  /** Returns the rows that the tiles of one column of a plane load. */
  private double rowsLoaded(KnobValues v) {
    if (v.is(STAGE, NOTHING)) {
      return IntStream.of(rowsLoadedInPlace(v)).sum();
    }
    return v.is(TAPS, ALL_UNROLLED) ? ofTiles(v, plane::rowsRead) : (double) plane.oh() * plane.r();
  }

  /** Returns how often the tiles of one column of a plane load each row of the input in place. */
  private int[] rowsLoadedInPlace(KnobValues v) {
    int[] loaded = new int[plane.h()];
    for (RowTile tile : rowTiles(v)) {
      for (int first = 0; first < tile.tiles() * tile.size(); first += tile.size()) {
        TreeSet<Integer> rows = new TreeSet<>();
        for (int i = 0; i < tile.size(); i++) {
          for (int r = 0; r < plane.r(); r++) {
            int row = (tile.from() + first + i) * plane.stride() + r * plane.dilation();
            boolean again = v.is(TAPS, ALL_UNROLLED) && !rows.add(row);
            if (!again && row >= plane.top() && row - plane.top() < plane.h()) {
              loaded[row - plane.top()]++;
            }
          }
        }
      }
    }
    return loaded;
  }

  /** Returns how many kernel rows lie inside the input, over all rows of the output. */
  private double kernelRowsInside() {
    double inside = 0;
    for (int y = 0; y < plane.oh(); y++) {
      long first = plane.firstRow(Index.of(y)).constant();
      inside += Math.max(0, plane.endRow(Index.of(y)).constant() - first);
    }
    return inside;
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
