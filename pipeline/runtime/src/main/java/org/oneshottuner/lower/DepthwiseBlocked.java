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
 * A depthwise convolution with channels in vectors, for blocked layouts. A tile of {@code oht} rows
 * by {@code owt} columns is kept in registers; the compiler shares the input vectors between
 * neighbouring outputs. Kernel columns that would read beyond the input are left out when the tiles
 * at the borders are written down; tiles at the upper and lower border go row by row.
 */
final class DepthwiseBlocked implements Template {
  static final String NAME = "depthwise_conv2d.blocked";

  private static final String OHT = "oht";
  private static final String OWT = "owt";
  private static final String BAND = "band";
  private static final String TAPS = "taps";
  private static final String ALL_UNROLLED = "all_unrolled";
  private static final String ROWS_LOOPED = "rows_looped";

  /**
   * Stands for the height of a tile at the upper or lower border: one row, with a loop over the
   * kernel rows inside.
   */
  private static final int BORDER = 0;

  private static final int MOST_BODY_FMAS = 400;
  private static final int MOST_CODE_FMAS = 1600;

  /** How many times these limits kernels may take that are so wide that no tile keeps them. */
  private static final int WIDE = 4;

  /** Where even that is too little, no limit is more than so many times the usual. */
  private static final int WIDEST = 64;

  private final TuningTask task;
  private final DepthwiseConv2d conv;
  private final Plane plane;
  private final int lanes;
  private final int blocks;
  private final Fused fused;

  private DepthwiseBlocked(TuningTask task, DepthwiseConv2d conv) {
    this.task = task;
    this.conv = conv;
    this.plane = Plane.rows(conv.window());
    this.lanes = task.lanes();
    this.blocks = (int) ceil(conv.c(), lanes);
    this.fused = new Fused(conv.epilogue());
  }

  /**
   * Returns the template for a depthwise convolution in a blocked layout, and nothing for other
   * workloads.
   */
  static Optional<Template> of(TuningTask task) {
    return task.workload() instanceof DepthwiseConv2d conv && conv.layout() == Layout.NCHW16C
        ? Optional.of(new DepthwiseBlocked(task, conv))
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
        Choices.upTo(BAND, plane.oh(), 1, 2, 4, 8, 16, 32),
        Choices.upTo(OWT, plane.ow(), 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24),
        Choices.upTo(OHT, plane.oh(), 1, 2, 3, 4, 5, 6, 7, 8));
  }

  @Override
  public List<Constraint> constraints() {
    List<Constraint> rules = new ArrayList<>(tileRules());
    rules.add(
        rule(
            "band<=row tiles",
            List.of(BAND, OHT),
            v -> v.number(BAND) == 1 || v.number(BAND) / 2 < ceil(plane.oh(), v.number(OHT))));
    rules.add(
        rule(
            "taps=all_unrolled where there is one row",
            List.of(TAPS),
            v -> plane.r() > 1 || v.is(TAPS, ALL_UNROLLED)));
    return rules;
  }

  /** Returns what must hold of a tile; some tile keeps it, whatever the shape. */
  private List<Constraint> tileRules() {
    List<Knob> tile = knobs().stream().filter(knob -> !knob.name().equals(BAND)).toList();
    int most = task.target().vectorRegisters() - 4;
    Constraint fits = rule("oht*owt<=" + most, List.of(OHT, OWT), v -> outputs(v) <= most);
    Constraint even =
        rule(
            "no remainder under half a tile",
            List.of(OWT),
            v ->
                plane.ow() % v.number(OWT) == 0
                    || 2 * (plane.ow() % v.number(OWT)) >= v.number(OWT)
                    || plane.ow() >= 6 * v.number(OWT));
    long few = Math.min(4, Choices.most(tile, List.of(fits, even), DepthwiseBlocked::outputs));
    List<Constraint> rules = new ArrayList<>();
    rules.add(fits);
    rules.add(rule("oht*owt>=" + few, List.of(OHT, OWT), v -> outputs(v) >= few));
    rules.add(even);
    long body = limit(MOST_BODY_FMAS, -Choices.most(tile, rules, v -> -bodyFmas(v)));
    rules.add(rule("fmas of a body<=" + body, List.of(TAPS, OHT, OWT), v -> bodyFmas(v) <= body));
    long code = limit(MOST_CODE_FMAS, -Choices.most(tile, rules, v -> -codeFmas(v)));
    rules.add(rule("fmas in the text<=" + code, List.of(TAPS, OHT, OWT), v -> codeFmas(v) <= code));
    return rules;
  }

  /**
   * Returns a limit that the least tile keeps: the usual one, where it does. Beyond {@link #WIDEST}
   * times that, none does: no compiler would get to the end of the text.
   */
  private static long limit(long usual, long least) {
    return least <= usual ? usual : Math.max(WIDE * usual, Math.min(least, WIDEST * usual));
  }

  @Override
  public Map<String, String> wishes() {
    return Map.of(TAPS, ALL_UNROLLED, BAND, "4", OWT, "7", OHT, "2");
  }

  @Override
  public double tolerance(KnobValues values) {
    return Templates.DIRECT_TOLERANCE;
  }

  private static long outputs(KnobValues v) {
    return (long) v.number(OHT) * v.number(OWT);
  }

  private long bodyFmas(KnobValues v) {
    return outputs(v) * plane.s() * (v.is(TAPS, ALL_UNROLLED) ? plane.r() : 1);
  }

  private long codeFmas(KnobValues v) {
    long columns = plane.segments(v.number(OWT)).stream().mapToLong(Plane.Segment::size).sum();
    long taps = (long) plane.s() * (v.is(TAPS, ALL_UNROLLED) ? plane.r() : 1);
    return columns * (v.number(OHT) * taps + plane.s());
  }

  /** Returns how many whole row tiles read nothing beyond the top or the bottom. */
  private int interiorTiles(int oht) {
    return plane.rowSegments(oht).stream()
        .filter(segment -> segment.interior() && segment.size() == oht)
        .mapToInt(Plane.Segment::tiles)
        .sum();
  }

  private int firstInteriorTile(int oht) {
    return plane.rowSegments(oht).stream()
        .filter(segment -> segment.interior() && segment.size() == oht)
        .mapToInt(segment -> segment.from() / oht)
        .min()
        .orElse(0);
  }

  @Override
  public LoopNest lower(KnobValues values) {
    return new Lowering(values).nest();
  }

  /** One member being lowered. */
  private final class Lowering {
    private final int oht;
    private final int owt;
    private final int band;
    private final boolean allUnrolled;
    private final Buffer input;
    private final Buffer packed;
    private final ChannelOutput output;
    private final List<Buffer> buffers = new ArrayList<>();

    Lowering(KnobValues values) {
      oht = values.number(OHT);
      owt = values.number(OWT);
      band = values.number(BAND);
      allUnrolled = values.is(TAPS, ALL_UNROLLED);
      Operands sizes = task.workload().operands(lanes);
      input = new Buffer("input", Role.INPUT, sizes.input());
      packed = new Buffer("packed", Role.PACKED, (long) blocks * plane.r() * plane.s() * lanes);
      buffers.add(input);
      buffers.add(packed);
      output =
          new ChannelOutput(
              conv.c(), (long) plane.oh() * plane.ow(), lanes, conv.layout(), fused, sizes);
      buffers.addAll(output.buffers());
      buffers.add(new Buffer("weight", Role.WEIGHT, sizes.weight()));
    }

    LoopNest nest() {
      long rowTiles = ceil(plane.oh(), oht);
      long bands = ceil(rowTiles, band);
      Axis unit = new Axis("unit");
      Statement body =
          Code.block(
              code -> {
                List<Index> place =
                    code.decode(
                        unit.index(),
                        new Code.Digit("item", conv.n()),
                        new Code.Digit("block", blocks),
                        new Code.Digit("piece", bands));
                code.loop(
                    "row",
                    place.get(2).times(band),
                    place.get(2).plus(1).times(band).least(Index.of(rowTiles)),
                    1,
                    (inner, row) -> row(inner, place.get(0), place.get(1), row));
              });
      return new LoopNest(
          buffers,
          Optional.of(Code.block(this::pack)),
          List.of(new LoopNest.Phase(unit, bands * blocks * conv.n(), body)));
    }

    private void pack(Code code) {
      Buffer weight = buffers.get(buffers.size() - 1);
      int taps = plane.r() * plane.s();
      code.loop(
          "block",
          blocks,
          (a, block) ->
              a.loop(
                  "tap",
                  taps,
                  (b, tap) ->
                      b.loop(
                          "lane",
                          lanes,
                          (c, lane) -> {
                            Index channel = block.times(lanes).plus(lane);
                            c.store(
                                packed,
                                block.times(taps).plus(tap).times(lanes).plus(lane),
                                new Value.Guarded(
                                    Condition.less(channel, Index.of(conv.c())),
                                    new Value.Load(weight, channel.times(taps).plus(tap), 1)));
                          })));
      output.pack(code);
    }

    private void row(Code code, Index item, Index block, Index rowTile) {
      int interior = interiorTiles(oht);
      Index y = code.define("y", rowTile.times(oht));
      if (interior == ceil(plane.oh(), oht)) {
        columns(code, item, block, y, oht);
      } else if (interior == 0) {
        borderRows(code, item, block, y);
      } else {
        int first = firstInteriorTile(oht);
        code.when(
            Condition.within(first, rowTile, (long) first + interior),
            inside -> columns(inside, item, block, y, oht),
            border -> borderRows(border, item, block, y));
      }
    }

    /** Computes the rows of a tile one by one, each with those kernel rows that lie inside. */
    private void borderRows(Code code, Index item, Index block, Index y) {
      code.loop(
          "single",
          y,
          y.plus(oht).least(Index.of(plane.oh())),
          1,
          (inner, single) -> columns(inner, item, block, single, BORDER));
    }

    private void columns(Code code, Index item, Index block, Index y, int height) {
      for (Plane.Segment segment : plane.segments(owt)) {
        code.loop(
            "x",
            Index.of(segment.from()),
            Index.of(segment.from() + (long) segment.tiles() * segment.size()),
            segment.size(),
            (inner, x) -> tile(inner, item, block, y, x, segment, height));
      }
    }

    private void tile(
        Code code, Index item, Index block, Index y, Index x, Plane.Segment segment, int height) {
      boolean border = height == BORDER;
      int rows = border ? 1 : height;
      int columns = segment.size();
      Place a =
          code.bind(
              "a",
              input,
              item.times(blocks).plus(block).times((long) plane.h() * plane.w() * lanes));
      Place b = code.bind("b", packed, block.times((long) plane.r() * plane.s() * lanes));
      Local sums = code.declare("sum", lanes, rows, columns);
      each(
          code,
          rows,
          columns,
          (inner, i, j) -> inner.assign(sums.at(i, j), new Value.Constant(0, lanes)));
      if (border) {
        code.loop(
            "r",
            plane.firstRow(y),
            plane.endRow(y),
            1,
            (inner, r) -> taps(inner, sums, a, b, y, x, segment, r));
      } else if (allUnrolled) {
        code.unrolled("r", plane.r(), (inner, r) -> taps(inner, sums, a, b, y, x, segment, r));
      } else {
        code.loop("r", plane.r(), (inner, r) -> taps(inner, sums, a, b, y, x, segment, r));
      }
      each(
          code,
          rows,
          columns,
          (inner, i, j) ->
              output.blocked(
                  inner, sums.at(i, j), item, block, y.plus(i).times(plane.ow()).plus(x).plus(j)));
    }

    private void taps(
        Code code, Local sums, Place a, Place b, Index y, Index x, Plane.Segment segment, Index r) {
      code.unrolled(
          "s",
          plane.s(),
          (tap, s) ->
              each(
                  tap,
                  sums.extents().get(0),
                  segment.size(),
                  (inner, i, j) -> {
                    Index row =
                        y.plus(i)
                            .times(plane.stride())
                            .plus(r.times(plane.dilation()))
                            .plus(-plane.top());
                    Index column = plane.column(x.plus(j), s);
                    inner.when(
                        segment.interior()
                            ? Condition.TRUE
                            : Condition.within(0, column, plane.w()),
                        read ->
                            read.assign(
                                sums.at(i, j),
                                new Value.Fma(
                                    new Value.Load(
                                        a, row.times(plane.w()).plus(column).times(lanes), lanes),
                                    new Value.Load(
                                        b, r.times(plane.s()).plus(s).times(lanes), lanes),
                                    sums.at(i, j))));
                  }));
    }

    private void each(Code code, int rows, int columns, Cell body) {
      code.unrolled(
          "i",
          rows,
          (outer, i) -> outer.unrolled("j", columns, (inner, j) -> body.at(inner, i, j)));
    }
  }

  /** Writes what is done for one output of a tile. */
  private interface Cell {
    void at(Code code, Index row, Index column);
  }

  @Override
  public List<Trait.Reader> traits() {
    Trait.Table traits = new Trait.Table();
    double outputs = (double) conv.n() * plane.oh() * plane.ow() * blocks;
    double taps = (double) plane.r() * plane.s();
    traits.add(Trait.ACCUMULATORS, DepthwiseBlocked::outputs, OHT, OWT);
    traits.add(Trait.TILE_ROWS, v -> v.number(OHT), OHT);
    traits.add(Trait.TILE_VECTORS, v -> v.number(OWT), OWT);
    traits.add(
        Trait.REGISTER_SHARE, v -> (double) outputs(v) / task.target().vectorRegisters(), OHT, OWT);
    traits.add(Trait.FMAS_PER_LOAD, v -> outputs(v) * taps / tileInput(v), TAPS, OHT, OWT);
    traits.add(Trait.BODY_FMAS, this::bodyFmas, TAPS, OHT, OWT);
    traits.add(Trait.INNER_TRIPS, v -> v.is(TAPS, ALL_UNROLLED) ? 1 : plane.r(), TAPS);
    traits.add(Trait.REDUCTION_TRIPS, v -> v.is(TAPS, ALL_UNROLLED) ? 1 : plane.r(), TAPS);
    traits.add(Trait.CODE_FMAS, this::codeFmas, TAPS, OHT, OWT);
    traits.add(Trait.EXECUTED_FMAS, v -> outputs * taps);
    traits.add(Trait.USEFUL_SHARE, v -> (double) conv.c() / (blocks * lanes));
    traits.add(Trait.ROW_PANEL_BYTES, v -> tileInput(v) * lanes * Float.BYTES, TAPS, OHT, OWT);
    traits.add(Trait.COLUMN_PANEL_BYTES, v -> taps * lanes * Float.BYTES);
    traits.add(
        Trait.REUSE_BYTES,
        v -> (double) Float.BYTES * lanes * plane.w() * plane.rowsRead(v.number(OHT)),
        OHT);
    traits.add(
        Trait.INNER_TRAFFIC,
        v -> outputs / outputs(v) * (tileInput(v) + taps) * lanes * Float.BYTES,
        TAPS,
        OHT,
        OWT);
    traits.add(
        Trait.OUTER_TRAFFIC,
        v -> (double) conv.n() * blocks * lanes * plane.h() * plane.w() * Float.BYTES);
    traits.add(Trait.SCRATCH_TRAFFIC, v -> 0);
    traits.add(Trait.TRANSFORM_OPS, v -> outputs);
    traits.add(Trait.SCATTERED_STORES, v -> 0);
    traits.add(Trait.ROW_STRIDE_BYTES, v -> (double) Float.BYTES * plane.w() * lanes);
    traits.add(Trait.UNITS, this::units, BAND, OHT);
    traits.add(Trait.IMBALANCE, v -> Templates.imbalance(units(v), task.threads()), BAND, OHT);
    return traits.readers();
  }

  private long units(KnobValues v) {
    return ceil(ceil(plane.oh(), v.number(OHT)), v.number(BAND)) * blocks * conv.n();
  }

  /** Returns the input vectors that one tile reads. */
  private double tileInput(KnobValues v) {
    double columns = plane.columnsRead(v.number(OWT));
    long rows =
        v.is(TAPS, ALL_UNROLLED) ? plane.rowsRead(v.number(OHT)) : (long) plane.r() * v.number(OHT);
    return rows * columns;
  }
}
