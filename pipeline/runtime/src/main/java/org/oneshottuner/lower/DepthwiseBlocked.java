package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;
import static org.oneshottuner.lower.Choices.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
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
 * A depthwise convolution with channels in vectors, for blocked layouts. A tile of {@code oht} rows
 * by {@code owt} columns is kept in registers; each input vector is loaded once for all the kernel
 * rows whose weights are in registers then: all of the kernel, or one row after the other. The
 * tiles of a band are gone through row by row or column by column ({@code walk}).
 *
 * <p>Rows whose kernel positions reach beyond the top or the bottom go one by one, with a loop over
 * the kernel rows that lie inside; tiles are cut from the rows between. Kernel columns that would
 * read beyond the left or the right are left out when the tiles at these borders are written down.
 */
final class DepthwiseBlocked implements Template {
  static final String NAME = "depthwise_conv2d.blocked";

  private static final String OHT = "oht";
  private static final String OWT = "owt";
  private static final String BAND = "band";
  private static final String ORDER = "order";
  private static final String BLOCKS = "blocks";
  private static final String BANDS = "bands";
  private static final String TAPS = "taps";
  private static final String ALL_UNROLLED = "all_unrolled";
  private static final String ROWS_LOOPED = "rows_looped";
  private static final String WALK = "walk";
  private static final String ROWS = "rows";
  private static final String COLUMNS = "columns";
  private static final String WEIGHTS = "weights";
  private static final String REGISTERS = "registers";
  private static final String MEMORY = "memory";

  /** Stands for the height of a tile of one row with a loop over the kernel rows inside. */
  private static final int SINGLE = 0;

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
  private final Knob bands;

  /** The kernel columns whose weights are in registers at once where these come from memory. */
  private final int group;

  /** The first row of which no kernel position reaches beyond the top, and the bottom. */
  private final int insideFrom;

  private final int insideTo;

  private DepthwiseBlocked(TuningTask task, DepthwiseConv2d conv) {
    this.task = task;
    this.conv = conv;
    this.plane = Plane.rows(conv.window());
    this.lanes = task.lanes();
    this.blocks = (int) ceil(conv.c(), lanes);
    this.bands =
        Choices.upTo(
            BAND, plane.oh(), 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 38, 56);
    this.fused = new Fused(conv.epilogue());
    long groups = ceil(plane.s(), Math.max(3, task.target().vectorRegisters() / 4));
    this.group = (int) ceil(plane.s(), groups);
    List<Plane.Segment> inside =
        plane.rowSegments(1).stream().filter(Plane.Segment::interior).toList();
    this.insideFrom = inside.stream().mapToInt(Plane.Segment::from).min().orElse(0);
    this.insideTo = insideFrom + inside.stream().mapToInt(Plane.Segment::tiles).sum();
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
    List<Knob> knobs = new ArrayList<>(unitKnobs());
    knobs.add(new Knob.Choice(WALK, List.of(ROWS, COLUMNS)));
    knobs.addAll(tileKnobs());
    return knobs;
  }

  private List<Knob> unitKnobs() {
    return List.of(Units.knob(task), new Knob.Choice(ORDER, List.of(BLOCKS, BANDS)), bands);
  }

  private List<Knob> tileKnobs() {
    return List.of(
        new Knob.Choice(WEIGHTS, List.of(REGISTERS, MEMORY)),
        new Knob.Choice(TAPS, List.of(ALL_UNROLLED, ROWS_LOOPED)),
        Choices.upTo(
            OWT,
            plane.ow(),
            IntStream.rangeClosed(1, task.target().vectorRegisters() - 4).toArray()),
        Choices.upTo(OHT, plane.oh(), 1, 2, 3, 4, 5, 6, 7, 8));
  }

  @Override
  public List<Constraint> constraints() {
    List<Constraint> rules = new ArrayList<>(tileRules());
    TreeSet<Integer> heights = new TreeSet<>();
    Choices.each(tileKnobs(), rules, v -> heights.add(v.number(OHT)));
    List<Knob> knobs = new ArrayList<>(unitKnobs());
    knobs.add(new Knob.Count(OHT, heights.isEmpty() ? List.of(1) : List.copyOf(heights)));
    List<Constraint> unitRules = unitRules();
    rules.add(
        rule(
            "walk=rows where a band has one row of tiles, or tiles are as wide as the plane",
            List.of(BAND, WALK, OWT, OHT),
            v ->
                v.is(WALK, ROWS)
                    || (v.number(BAND) > 1
                        && rowTiles(v.number(OHT)) > 1
                        && v.number(OWT) < plane.ow())));
    rules.addAll(unitRules);
    rules.add(Units.fair(knobs, unitRules, this::imbalance));
    return rules;
  }

  private List<Constraint> unitRules() {
    return List.of(
        rule(
            "band is the least for the number of bands",
            List.of(BAND, OHT),
            v ->
                v.number(BAND) == 1
                    || ceil(rowTiles(v.number(OHT)), bandBefore(v.number(BAND))) > bands(v)),
        rule(
            "order=blocks where there is one block or band",
            List.of(ORDER, BAND, OHT),
            v -> v.is(ORDER, BLOCKS) || (blocks > 1 && bands(v) > 1)),
        Units.innerOnlyWhereItMatters(
            task.threads(), List.of(Units.PARALLEL, ORDER, BAND, OHT), this::units));
  }

  /** Returns the choice of the band that comes before one. */
  private int bandBefore(int band) {
    int before = 1;
    for (int digit = 0; digit < bands.size() && bands.number(digit) < band; digit++) {
      before = bands.number(digit);
    }
    return before;
  }

  /** Returns what must hold of a tile; some tile keeps it, whatever the shape. */
  private List<Constraint> tileRules() {
    List<Knob> tile = tileKnobs();
    int registers = task.target().vectorRegisters();
    Constraint reached =
        rule(
            "oht<=rows that reach beyond neither top nor bottom",
            List.of(OHT),
            v -> v.number(OHT) == 1 || v.number(OHT) <= insideTo - insideFrom);
    Constraint fits =
        rule(
            "sums, weights and two more<=" + registers,
            List.of(WEIGHTS, TAPS, OWT, OHT),
            v -> registers(v) <= registers);
    Constraint wanted =
        rule(
            "weights=registers where all taps are unrolled and some rows inside",
            List.of(WEIGHTS, TAPS),
            v -> v.is(WEIGHTS, MEMORY) || (v.is(TAPS, ALL_UNROLLED) && insideTo > insideFrom));
    Constraint unrolled =
        rule(
            "taps=all_unrolled where there is one row, or none inside",
            List.of(TAPS),
            v -> (plane.r() > 1 && insideTo > insideFrom) || v.is(TAPS, ALL_UNROLLED));
    Constraint even =
        rule(
            "no remainder under half a tile",
            List.of(OWT),
            v ->
                plane.ow() % v.number(OWT) == 0
                    || 2 * (plane.ow() % v.number(OWT)) >= v.number(OWT)
                    || plane.ow() >= 6 * v.number(OWT));
    List<Constraint> rules = new ArrayList<>(List.of(reached, fits, wanted, unrolled, even));
    long few = Math.min(4, Choices.most(tile, rules, DepthwiseBlocked::outputs));
    rules.add(rule("oht*owt>=" + few, List.of(OHT, OWT), v -> outputs(v) >= few));
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
    return Map.of(TAPS, ALL_UNROLLED, WEIGHTS, REGISTERS, BAND, "4", OWT, "7", OHT, "2");
  }

  @Override
  public double tolerance(KnobValues values) {
    return Templates.DIRECT_TOLERANCE;
  }

  private static long outputs(KnobValues v) {
    return (long) v.number(OHT) * v.number(OWT);
  }

  /**
   * Returns the registers of the innermost body: sums, weights, and two for vectors of the input.
   */
  private long registers(KnobValues v) {
    return outputs(v) + (v.is(WEIGHTS, REGISTERS) ? (long) plane.r() * plane.s() : group) + 2;
  }

  private long bodyFmas(KnobValues v) {
    boolean unrolled = v.is(TAPS, ALL_UNROLLED) && insideTo > insideFrom;
    return outputs(v) * plane.s() * (unrolled ? plane.r() : 1);
  }

  private long codeFmas(KnobValues v) {
    long columns = plane.segments(v.number(OWT)).stream().mapToLong(Plane.Segment::size).sum();
    long taps = (long) plane.s() * (v.is(TAPS, ALL_UNROLLED) ? plane.r() : 1);
    long inside = insideTo > insideFrom ? v.number(OHT) * taps : 0;
    return columns
        * (inside + (rowTiles(v.number(OHT)) > tilesInside(v.number(OHT)) ? plane.s() : 0));
  }

  /** Returns how many whole tiles lie inside. */
  private int tilesInside(int oht) {
    return (insideTo - insideFrom) / oht;
  }

  /** Returns 1 where there are rows above those tiles, else 0. */
  private int tilesAbove() {
    return insideFrom > 0 ? 1 : 0;
  }

  /** Returns the tiles inside, with one more for the rows above and one for those below. */
  private int rowTiles(int oht) {
    int end = insideFrom + tilesInside(oht) * oht;
    return tilesAbove() + tilesInside(oht) + (end < plane.oh() ? 1 : 0);
  }

  /** Returns the first row of a tile, and where the last one ends. */
  private long firstRow(long tile, int oht) {
    if (tile < tilesAbove()) {
      return 0;
    }
    return tile >= rowTiles(oht) ? plane.oh() : insideFrom + (tile - tilesAbove()) * oht;
  }

  private long bands(KnobValues v) {
    return ceil(rowTiles(v.number(OHT)), v.number(BAND));
  }

  private Units units(KnobValues v) {
    Code.Digit block = new Code.Digit("block", blocks);
    Code.Digit band = new Code.Digit("band", bands(v));
    return v.is(ORDER, BLOCKS)
        ? Units.of(task, v, conv.n(), block, band)
        : Units.of(task, v, conv.n(), band, block);
  }

  /** Returns the rows that the busiest thread computes over the mean of all threads. */
  private double imbalance(KnobValues v) {
    Units units = units(v);
    int threads = task.threads();
    long most = 0;
    for (int thread = 0; thread < threads; thread++) {
      long rows =
          units.cuts() == 1
              ? rowsBefore(v, units.count() * (thread + 1) / threads)
                  - rowsBefore(v, units.count() * thread / threads)
              : rowsOfRange(v, units, thread);
      most = Math.max(most, rows);
    }
    return (double) most * threads / ((double) conv.n() * blocks * plane.oh());
  }

  /** Returns the rows of all units before one. */
  private long rowsBefore(KnobValues v, long unit) {
    long bands = bands(v);
    long items = unit / (bands * blocks) * blocks * plane.oh();
    long place = unit % (bands * blocks);
    return v.is(ORDER, BLOCKS)
        ? items + place / bands * plane.oh() + firstRowOfBand(v, place % bands)
        : items
            + blocks * firstRowOfBand(v, place / blocks)
            + place
                % blocks
                * (firstRowOfBand(v, place / blocks + 1) - firstRowOfBand(v, place / blocks));
  }

  /** Returns the rows of a thread that has a range of the inner loop. */
  private long rowsOfRange(KnobValues v, Units units, int thread) {
    long inner = units.inner().extent();
    long range = ceil(inner, task.threads());
    long from = Math.min(inner, thread * range);
    long to = Math.min(inner, from + range);
    return conv.n()
        * (v.is(ORDER, BLOCKS)
            ? blocks * (firstRowOfBand(v, to) - firstRowOfBand(v, from))
            : (to - from) * plane.oh());
  }

  private long firstRowOfBand(KnobValues v, long band) {
    return firstRow(band * v.number(BAND), v.number(OHT));
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
    private final boolean kept;
    private final boolean allUnrolled;
    private final boolean blocksOutside;
    private final boolean columnsOutside;
    private final Units units;
    private final Buffer input;
    private final Buffer packed;
    private final ChannelOutput output;
    private final List<Buffer> buffers = new ArrayList<>();

    Lowering(KnobValues values) {
      oht = values.number(OHT);
      owt = values.number(OWT);
      band = values.number(BAND);
      kept = values.is(WEIGHTS, REGISTERS);
      allUnrolled = values.is(TAPS, ALL_UNROLLED);
      blocksOutside = values.is(ORDER, BLOCKS);
      columnsOutside = values.is(WALK, COLUMNS);
      units = units(values);
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
      Axis unit = new Axis("unit");
      Statement body =
          Code.block(
              code ->
                  units.write(
                      code,
                      unit.index(),
                      (inner, item, outside, inside) ->
                          band(
                              inner,
                              item,
                              blocksOutside ? outside : inside,
                              blocksOutside ? inside : outside)));
      return new LoopNest(
          buffers,
          Optional.of(Code.block(this::pack)),
          List.of(new LoopNest.Phase(unit, units.count(), body)));
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

    /** Computes the rows of a band in one channel block. */
    private void band(Code code, Index item, Index block, Index piece) {
      Place a =
          code.bind(
              "a",
              input,
              item.times(blocks).plus(block).times((long) plane.h() * plane.w() * lanes));
      Place b = code.bind("b", packed, block.times((long) plane.r() * plane.s() * lanes));
      Tile tile = new Tile(a, b, item, block);
      if (kept) {
        Local weights = code.declare("kept", lanes, plane.r(), plane.s());
        for (int r = 0; r < plane.r(); r++) {
          for (int s = 0; s < plane.s(); s++) {
            keep(code, weights.at(Index.of(r), Index.of(s)), weight(b, Index.of(r), s));
          }
        }
      }
      if (columnsOutside) {
        columns(
            code,
            (inner, x, segment) ->
                rows(inner, piece, (row, y, height) -> tile(row, tile, y, x, segment, height)));
      } else {
        rows(
            code,
            piece,
            (row, y, height) ->
                columns(row, (inner, x, segment) -> tile(inner, tile, y, x, segment, height)));
      }
    }

    /** Goes through the rows of tiles of a band. */
    private void rows(Code code, Index piece, TileRow body) {
      code.loop(
          "tile",
          piece.times(band),
          piece.plus(1).times(band).least(Index.of(rowTiles(oht))),
          1,
          (inner, row) -> row(inner, row, body));
    }

    private void row(Code code, Index row, TileRow body) {
      int above = tilesAbove();
      int inside = tilesInside(oht);
      Index y = code.define("y", row.plus(-above).times(oht).plus(insideFrom));
      if (inside == rowTiles(oht)) {
        body.write(code, y, oht);
      } else if (inside == 0) {
        // no whole tile lies inside: all rows go one by one, those above in one step
        singles(code, row, body);
      } else {
        code.when(
            Condition.within(above, row, (long) above + inside),
            whole -> body.write(whole, y, oht),
            border -> singles(border, row, body));
      }
    }

    /** Goes through rows one by one, each with those kernel rows that lie inside. */
    private void singles(Code code, Index row, TileRow body) {
      int above = tilesAbove();
      long below = insideFrom + (long) tilesInside(oht) * oht;
      Index from = row.times(below).least(Index.of(below));
      Index to = row.times(plane.oh()).plus(insideFrom).least(Index.of(plane.oh()));
      code.loop(
          "single",
          above == 0 ? Index.of(below) : from,
          above == 0 ? Index.of(plane.oh()) : to,
          1,
          (inner, single) -> body.write(inner, single, SINGLE));
    }

    /** Goes through the tiles of a row. */
    private void columns(Code code, TileColumn body) {
      for (Plane.Segment segment : plane.segments(owt)) {
        code.comment("columns from " + segment.from());
        if (segment.tiles() == 1) {
          Index x = Index.of(segment.from());
          code.add(Code.block(only -> body.write(only, x, segment)));
        } else {
          code.loop(
              "x",
              Index.of(segment.from()),
              Index.of(segment.from() + (long) segment.tiles() * segment.size()),
              segment.size(),
              (inner, x) -> body.write(inner, x, segment));
        }
      }
    }

    private void tile(Code code, Tile tile, Index y, Index x, Plane.Segment segment, int height) {
      boolean single = height == SINGLE;
      int rows = single ? 1 : height;
      Local sums = code.declare("sum", lanes, rows, segment.size());
      each(code, sums, (inner, i, j) -> inner.assign(sums.at(i, j), new Value.Constant(0, lanes)));
      Sums at = new Sums(sums, y, x, segment);
      if (single) {
        code.loop(
            "r",
            plane.firstRow(y),
            plane.endRow(y),
            1,
            (inner, r) -> kernelRow(inner, tile, at, r));
      } else if (kept) {
        allRows(code, tile, at);
      } else if (allUnrolled) {
        for (int r = 0; r < plane.r(); r++) {
          kernelRow(code, tile, at, Index.of(r));
        }
      } else {
        code.loop("r", plane.r(), (inner, r) -> kernelRow(inner, tile, at, r));
      }
      each(
          code,
          sums,
          (inner, i, j) ->
              output.blocked(
                  inner,
                  sums.at(i, j),
                  tile.item(),
                  tile.block(),
                  y.plus(i).times(plane.ow()).plus(x).plus(j)));
    }

    /** Adds what all rows of the input give, with all weights in registers. */
    private void allRows(Code code, Tile tile, Sums at) {
      int rows = at.sums().extents().get(0);
      Local weights = Local.of("kept", lanes, plane.r(), plane.s());
      TreeSet<Integer> read = new TreeSet<>();
      for (int i = 0; i < rows; i++) {
        for (int r = 0; r < plane.r(); r++) {
          read.add(i * plane.stride() + r * plane.dilation());
        }
      }
      for (int q : read) {
        Index row = at.y().times(plane.stride()).plus(q - (long) plane.top());
        inputRow(
            code,
            tile,
            at,
            row,
            new Columns(0, plane.s()),
            (vector, j, s) -> {
              List<Statement> steps = new ArrayList<>();
              for (int i = 0; i < rows; i++) {
                int distance = q - i * plane.stride();
                int r = distance / plane.dilation();
                if (distance >= 0 && distance % plane.dilation() == 0 && r < plane.r()) {
                  steps.add(add(at.sums(), i, j, vector, weights.at(Index.of(r), Index.of(s))));
                }
              }
              return steps;
            });
      }
    }

    /** Adds what a row of the kernel gives, whose weights are loaded now. */
    private void kernelRow(Code code, Tile tile, Sums at, Index r) {
      for (int first = 0; first < plane.s(); first += group) {
        int from = first;
        int to = Math.min(plane.s(), first + group);
        code.add(
            Code.block(
                part -> {
                  Local weights = part.declare("tap", lanes, to - from);
                  for (int s = from; s < to; s++) {
                    keep(part, weights.at(Index.of((long) s - from)), weight(tile.weights(), r, s));
                  }
                  for (int i = 0; i < at.sums().extents().get(0); i++) {
                    int row = i;
                    inputRow(
                        part,
                        tile,
                        at,
                        at.y()
                            .plus(i)
                            .times(plane.stride())
                            .plus(r.times(plane.dilation()))
                            .plus(-plane.top()),
                        new Columns(from, to),
                        (vector, j, s) ->
                            List.of(
                                add(
                                    at.sums(),
                                    row,
                                    j,
                                    vector,
                                    weights.at(Index.of((long) s - from)))));
                  }
                }));
      }
    }

    /**
     * Loads each vector of a row of the input that some kernel columns read, and adds what it
     * gives.
     */
    private void inputRow(Code code, Tile tile, Sums at, Index row, Columns of, Products products) {
      Plane.Segment segment = at.segment();
      Value.Read vector = Local.of("vector", lanes).at();
      for (int offset : plane.offsets(segment.size(), of.from(), of.to())) {
        Index column = at.x().times(plane.stride()).plus(offset - (long) plane.left());
        if (!segment.interior() && (column.constant() < 0 || column.constant() >= plane.w())) {
          continue;
        }
        List<Statement> steps = new ArrayList<>();
        steps.add(new Statement.Declare(vector.local()));
        steps.add(
            new Statement.Assign(
                vector,
                new Value.Load(
                    tile.input(), row.times(plane.w()).plus(column).times(lanes), lanes)));
        steps.add(new Statement.Keep(vector));
        for (int j = 0; j < segment.size(); j++) {
          int distance = offset - j * plane.stride();
          int s = distance / plane.dilation();
          if (distance >= 0 && distance % plane.dilation() == 0 && s >= of.from() && s < of.to()) {
            steps.addAll(products.of(vector, j, s));
          }
        }
        code.add(new Statement.Block(steps));
      }
    }

    private Statement add(Local sums, int i, int j, Value.Read vector, Value.Read weight) {
      Value.Read sum = sums.at(Index.of(i), Index.of(j));
      return new Statement.Assign(sum, new Value.Fma(vector, weight, sum));
    }

    private void keep(Code code, Value.Read register, Value value) {
      code.assign(register, value);
      code.add(new Statement.Keep(register));
    }

    private Value weight(Place b, Index r, int s) {
      return new Value.Load(b, r.times(plane.s()).plus(s).times(lanes), lanes);
    }

    private void each(Code code, Local sums, Cell body) {
      code.unrolled(
          "i",
          sums.extents().get(0),
          (outer, i) ->
              outer.unrolled("j", sums.extents().get(1), (inner, j) -> body.at(inner, i, j)));
    }
  }

  /** Where a unit's operands lie, and which channels it computes. */
  private record Tile(Place input, Place weights, Index item, Index block) {}

  /** The sums of a tile, and the output that is its first. */
  private record Sums(Local sums, Index y, Index x, Plane.Segment segment) {}

  /** Writes what is done for a row of tiles of some height. */
  private interface TileRow {
    void write(Code code, Index y, int height);
  }

  /** Writes what is done for a tile of a row. */
  private interface TileColumn {
    void write(Code code, Index x, Plane.Segment segment);
  }

  /** Some kernel columns. */
  private record Columns(int from, int to) {}

  /** Writes what an input vector gives to the sums of one column through one kernel column. */
  private interface Products {
    List<Statement> of(Value.Read vector, int column, int kernelColumn);
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
        Trait.REGISTER_SHARE,
        v -> (double) registers(v) / task.target().vectorRegisters(),
        WEIGHTS,
        OHT,
        OWT);
    traits.add(Trait.FMAS_PER_LOAD, v -> outputs(v) * taps / tileLoads(v), WEIGHTS, OHT, OWT);
    traits.add(Trait.BODY_FMAS, this::bodyFmas, TAPS, OHT, OWT);
    traits.add(Trait.INNER_TRIPS, v -> v.is(TAPS, ALL_UNROLLED) ? 1 : plane.r(), TAPS);
    traits.add(Trait.REDUCTION_TRIPS, v -> v.is(TAPS, ALL_UNROLLED) ? 1 : plane.r(), TAPS);
    traits.add(Trait.CODE_FMAS, this::codeFmas, TAPS, OHT, OWT);
    traits.add(Trait.EXECUTED_FMAS, v -> outputs * taps);
    traits.add(Trait.USEFUL_SHARE, v -> (double) conv.c() / (blocks * lanes));
    traits.add(
        Trait.ROW_PANEL_BYTES,
        v ->
            (double) Float.BYTES
                * lanes
                * plane.rowsRead(v.number(OHT))
                * plane.columnsRead(v.number(OWT)),
        OHT,
        OWT);
    traits.add(Trait.COLUMN_PANEL_BYTES, v -> taps * lanes * Float.BYTES);
    traits.add(Trait.REUSE_BYTES, this::reuseBytes, ORDER, BAND, WALK, OWT, OHT);
    traits.add(
        Trait.INNER_TRAFFIC,
        v ->
            (outputs / outputs(v) * tileLoads(v)
                    + (v.is(WEIGHTS, REGISTERS) ? units(v).count() * taps : 0))
                * lanes
                * Float.BYTES,
        Units.PARALLEL,
        ORDER,
        BAND,
        WEIGHTS,
        OHT,
        OWT);
    traits.add(
        Trait.OUTER_TRAFFIC,
        v -> (double) conv.n() * blocks * lanes * plane.h() * plane.w() * Float.BYTES);
    traits.add(Trait.SCRATCH_TRAFFIC, v -> 0);
    traits.add(Trait.TRANSFORM_OPS, v -> outputs);
    traits.add(Trait.SCATTERED_STORES, v -> 0);
    traits.add(Trait.ROW_STRIDE_BYTES, v -> (double) Float.BYTES * plane.w() * lanes);
    traits.add(Trait.UNITS, v -> units(v).count(), Units.PARALLEL, ORDER, BAND, OHT);
    traits.add(Trait.IMBALANCE, this::imbalance, Units.PARALLEL, ORDER, BAND, OHT);
    traits.add(Trait.COLUMNS_STAY, v -> v.is(ORDER, BLOCKS) ? 1 : 0, ORDER);
    traits.add(Trait.PASSES, v -> 1);
    traits.add(Trait.PHASES, v -> 1);
    traits.add(Trait.INNER_CUT, v -> v.is(Units.PARALLEL, Units.INNER) ? 1 : 0, Units.PARALLEL);
    traits.add(Trait.EMBEDDED, v -> 0);
    return traits.readers();
  }

  /**
   * Returns the bytes gone through between two uses of the rows that tiles above each other share,
   * and of those that bands share where each of these is gone through in all blocks.
   */
  private double reuseBytes(KnobValues v) {
    double columns =
        v.is(WALK, COLUMNS)
            ? Math.min(plane.w(), plane.columnsRead(v.number(OWT)))
            : (double) plane.w();
    double vectors =
        plane.rowsRead(v.number(OHT)) * columns
            + (v.is(ORDER, BLOCKS)
                ? 0
                : (double) blocks * plane.rowsRead(v.number(OHT) * v.number(BAND)) * plane.w());
    return Float.BYTES * lanes * vectors;
  }

  /**
   * Returns the vectors that one tile loads: each of the input once where all weights are in
   * registers, else once a kernel row and group of its columns, and the weights.
   */
  private double tileLoads(KnobValues v) {
    if (v.is(WEIGHTS, REGISTERS)) {
      return (double) plane.rowsRead(v.number(OHT)) * plane.columnsRead(v.number(OWT));
    }
    double columns = 0;
    for (int first = 0; first < plane.s(); first += group) {
      int to = Math.min(plane.s(), first + group);
      columns += plane.offsets(v.number(OWT), first, to).size();
    }
    return plane.r() * (v.number(OHT) * columns + plane.s());
  }
}
