package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;
import static org.oneshottuner.lower.Choices.rule;
import static org.oneshottuner.lower.DirectShape.BROADCAST;
import static org.oneshottuner.lower.DirectShape.CHANNELS_INSIDE;
import static org.oneshottuner.lower.DirectShape.CHANNELS_OUTSIDE;
import static org.oneshottuner.lower.DirectShape.COLUMNS;
import static org.oneshottuner.lower.DirectShape.EMBEDDED;
import static org.oneshottuner.lower.DirectShape.ICB;
import static org.oneshottuner.lower.DirectShape.INNER;
import static org.oneshottuner.lower.DirectShape.KT;
import static org.oneshottuner.lower.DirectShape.LOOPED;
import static org.oneshottuner.lower.DirectShape.OCB;
import static org.oneshottuner.lower.DirectShape.OHT;
import static org.oneshottuner.lower.DirectShape.ORDER;
import static org.oneshottuner.lower.DirectShape.OWT;
import static org.oneshottuner.lower.DirectShape.REGISTER;
import static org.oneshottuner.lower.DirectShape.ROWS;
import static org.oneshottuner.lower.DirectShape.ROWS_INSIDE;
import static org.oneshottuner.lower.DirectShape.ROWS_OUTSIDE;
import static org.oneshottuner.lower.DirectShape.SPACE_INSIDE;
import static org.oneshottuner.lower.DirectShape.SPACE_OUTSIDE;
import static org.oneshottuner.lower.DirectShape.SPAN;
import static org.oneshottuner.lower.DirectShape.UNROLL;
import static org.oneshottuner.lower.DirectShape.UNROLLED;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.TuningTask;

/**
 * A convolution as it is defined, with output channels in vectors: input elements are broadcast,
 * weights are loaded. The input is read where it is, in either layout; kernel columns that would
 * read beyond it are left out when the tiles at the borders are written down, kernel rows by the
 * bounds of their loop.
 *
 * <p>A register tile is {@code oht} output rows by {@code owt} output columns of {@code ocb}
 * channel vectors. A unit goes through {@code kt} channel tiles at each place before it moves on to
 * the next of {@code span} rows, or through all places with one channel tile after the other
 * ({@code inner}), and through all of them for {@code icb} blocks of input channels before it goes
 * on to the next blocks. Where channels are few, the loop over kernel rows may be inside of theirs
 * ({@code rows}). With groups, a tile reads the channels of all groups it touches, and the weights
 * between groups are zero.
 */
final class DirectConv2d implements Template {
  static final String NAME = "conv2d.direct";

  private static final int MOST_BODY_FMAS = 320;
  private static final int MOST_CODE_FMAS = 640;

  /** With so many kernel columns it may pay not to have them all in the text. */
  private static final int MANY_COLUMNS = 5;

  /** A partial sum is read and written once for so many multiply-adds at least. */
  private static final int LEAST_FMAS_OF_PASS = 64;

  /** Rows that a unit goes through at most, where it does not go through all. */
  private static final int MOST_SPAN = 56;

  /** Tiles of a plane that is one long row that a unit goes through. */
  private static final int[] TILES_OF_PIECE = {
    4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64, 96, 128
  };

  /** The share of the second-level cache that a pass of a unit may fill. */
  private static final double MOST_OF_CACHE = 0.7;

  private final TuningTask task;
  private final Conv2d conv;
  private final DirectShape shape;
  private final Plane plane;
  private final Knob spans;

  private DirectConv2d(TuningTask task, Conv2d conv) {
    this.task = task;
    this.conv = conv;
    this.shape = new DirectShape(task, conv);
    this.plane = shape.plane();
    this.spans =
        plane.flat()
            ? Choices.sizes(SPAN, plane.ow(), TILES_OF_PIECE)
            : Choices.sizes(
                SPAN,
                plane.oh(),
                IntStream.rangeClosed(1, MOST_SPAN).filter(this::isSpan).toArray());
  }

  /** Returns the template for a convolution, and nothing for other workloads. */
  static Optional<Template> of(TuningTask task) {
    if (task.workload() instanceof Conv2d conv) {
      DirectConv2d template = new DirectConv2d(task, conv);
      return template.mostlyZeros() && PlanarConv2d.computes(task)
          ? Optional.empty()
          : Optional.of(template);
    }
    return Optional.empty();
  }

  /** Returns whether units of so many rows are the smallest of their number, or one tile high. */
  private boolean isSpan(int rows) {
    return rows <= mostRows() || ceil(plane.oh(), rows) < ceil(plane.oh(), rows - 1L);
  }

  /** Returns whether groups are narrower than a vector, so that most packed weights are zero. */
  private boolean mostlyZeros() {
    return conv.groups() > 1 && conv.k() / conv.groups() < task.lanes();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Knob> knobs() {
    int depth = shape.depth();
    int ends = conv.c() % depth;
    boolean few = conv.c() < task.lanes() && plane.r() > 1;
    return List.of(
        Units.knob(task),
        new Knob.Choice(ORDER, List.of(CHANNELS_OUTSIDE, SPACE_OUTSIDE)),
        new Knob.Choice(INNER, List.of(CHANNELS_INSIDE, SPACE_INSIDE)),
        spans,
        new Knob.Split(ICB, shape.inBlocks(), blocksOfPass()),
        Choices.sizes(KT, shape.outBlocks(), 1, 2, 3, 4, 5, 6, 7, 8, 12, 16),
        new Knob.Choice(ROWS, few ? List.of(ROWS_OUTSIDE, ROWS_INSIDE) : List.of(ROWS_OUTSIDE)),
        new Knob.Choice(
            COLUMNS, plane.s() >= MANY_COLUMNS ? List.of(UNROLLED, LOOPED) : List.of(UNROLLED)),
        Choices.counts(UNROLL, u -> depth % u == 0 && ends % u == 0, 1, 2, 3, 4, 5, 6, 7),
        new Knob.Choice(
            BROADCAST, shape.embeds() ? List.of(REGISTER, EMBEDDED) : List.of(REGISTER)),
        Choices.upTo(OHT, plane.oh(), IntStream.rangeClosed(1, mostRows()).toArray()),
        Choices.counts(OCB, b -> shape.outBlocks() % b == 0, 1, 2, 3, 4, 5, 6),
        Choices.upTo(
            OWT,
            plane.ow(),
            IntStream.rangeClosed(1, task.target().vectorRegisters() - 2).toArray()));
  }

  /**
   * Returns how many rows a tile may have. Where kernel rows reach beyond the input, the text says
   * which rows of a tile meet which, for two.
   */
  private int mostRows() {
    return plane.rowsReachOut() ? 2 : 4;
  }

  /** Returns all blocks of input channels, and such parts of them that are worth partial sums. */
  private List<Integer> blocksOfPass() {
    TreeSet<Integer> blocks = new TreeSet<>(List.of(shape.inBlocks()));
    long fmasOfBlock = (long) task.lanes() * plane.r() * plane.s();
    IntStream.of(1, 2, 3, 4, 6, 8, 12, 16, 24)
        .filter(size -> conv.groups() == 1 && 2 * size <= shape.inBlocks())
        .filter(size -> size * fmasOfBlock >= LEAST_FMAS_OF_PASS)
        .forEach(blocks::add);
    return List.copyOf(blocks);
  }

  @Override
  public List<Constraint> constraints() {
    List<Constraint> tiles = tileRules();
    // below this many sums the latency of a multiply-add is not hidden
    long few = Math.min(8, Choices.most(tileKnobs(), tiles, DirectShape::sums));
    List<Constraint> rules = new ArrayList<>(tiles);
    rules.add(rule("oht*owt*ocb>=" + few, List.of(OHT, OCB, OWT), v -> DirectShape.sums(v) >= few));
    rules.addAll(unitRules());
    if (task.threads() > 1) {
      rules.addAll(shareRules(rules));
    }
    return rules;
  }

  /** Returns the knobs that shape a tile, not unrolled. */
  private List<Knob> tileKnobs() {
    return knobs().stream()
        .filter(knob -> List.of(COLUMNS, UNROLL, BROADCAST, OHT, OCB, OWT).contains(knob.name()))
        .map(knob -> knob.name().equals(UNROLL) ? new Knob.Count(UNROLL, List.of(1)) : knob)
        .toList();
  }

  /** Returns what must hold of a tile; some tile keeps it, whatever the shape. */
  private List<Constraint> tileRules() {
    int registers = task.target().vectorRegisters();
    List<Constraint> rules = new ArrayList<>();
    if (conv.groups() > 1) {
      long least = -Choices.most(tileKnobs(), List.of(), v -> -blocksRead(v));
      rules.add(rule("channel blocks read<=" + least, List.of(OCB), v -> blocksRead(v) <= least));
    }
    rules.add(
        rule(
            "registers<=" + registers,
            List.of(BROADCAST, OHT, OCB, OWT),
            v -> DirectShape.registers(v) <= registers));
    if (shape.embeds()) {
      // a scalar that only one multiply-add needs becomes part of it anyway
      rules.add(
          rule(
              "broadcast=embedded where ocb=1",
              List.of(BROADCAST, OCB),
              v -> v.number(OCB) > 1 || v.is(BROADCAST, EMBEDDED)));
    }
    rules.add(
        rule(
            "no remainder under half a tile",
            List.of(OWT),
            v ->
                plane.ow() % v.number(OWT) == 0
                    || 2 * (plane.ow() % v.number(OWT)) >= v.number(OWT)
                    || plane.ow() >= 6 * v.number(OWT)));
    if (!shape.blocked()) {
      rules.add(
          rule(
              "tiles of rows are whole rows",
              List.of(OHT, OWT),
              v -> v.number(OHT) == 1 || v.number(OWT) == plane.ow()));
    }
    rules.add(
        rule(
            "columns=unrolled where no tile lies inside",
            List.of(COLUMNS, OWT),
            v -> v.is(COLUMNS, UNROLLED) || shape.innerColumns(v.number(OWT)) > 0));
    List<String> text = List.of(COLUMNS, UNROLL, OHT, OCB, OWT);
    long body =
        Math.max(MOST_BODY_FMAS, -Choices.most(tileKnobs(), rules, v -> -shape.bodyFmas(v)));
    rules.add(rule("fmas of a body<=" + body, text, v -> shape.bodyFmas(v) <= body));
    long code =
        Math.max(MOST_CODE_FMAS, -Choices.most(tileKnobs(), rules, v -> -shape.codeFmas(v)));
    rules.add(rule("fmas in the text<=" + code, text, v -> shape.codeFmas(v) <= code));
    return rules;
  }

  private long blocksRead(KnobValues v) {
    return shape.blocksRead(v.number(OCB) * task.lanes());
  }

  /** Returns what must hold of a unit; each tile has one that keeps it. */
  private List<Constraint> unitRules() {
    List<Constraint> rules = new ArrayList<>();
    rules.add(
        rule(
            "channel tiles%kt=0, or all",
            List.of(KT, OCB),
            v ->
                v.number(KT) == shape.outBlocks()
                    || (v.number(KT) < shape.channelTiles(v)
                        && shape.channelTiles(v) % v.number(KT) == 0)));
    rules.add(
        rule(
            "rows=outside where it does not matter, or the loops are alike",
            List.of(ROWS, COLUMNS, UNROLL),
            v ->
                v.is(ROWS, ROWS_OUTSIDE)
                    || (v.is(COLUMNS, UNROLLED)
                        && shape.channelTrips(v) > 1
                        && shape.channelTrips(v) != plane.r())));
    if (plane.flat()) {
      rules.add(
          rule(
              "span is the least for its number of pieces",
              List.of(SPAN, OWT),
              v -> {
                int before = spanBefore(v.number(SPAN));
                long tiles = plane.tiles(v.number(OWT));
                return before == 0 || ceil(tiles, before) > shape.pieces(v);
              }));
    } else {
      rules.add(
          rule(
              "span is the least for its number of pieces, or a tile",
              List.of(SPAN, OHT),
              v ->
                  v.number(SPAN) <= v.number(OHT)
                      || ceil(plane.oh(), v.number(SPAN)) < ceil(plane.oh(), v.number(SPAN) - 1L)));
      rules.add(
          rule(
              "span%oht=0, or all",
              List.of(SPAN, OHT),
              v -> v.number(SPAN) % v.number(OHT) == 0 || v.number(SPAN) == plane.oh()));
    }
    rules.add(
        rule(
            "span a power of two in passes, or without remainder",
            List.of(SPAN, ICB),
            v ->
                !shape.inPasses(v)
                    || Integer.bitCount(v.number(SPAN)) == 1
                    || (plane.flat() ? plane.ow() : plane.oh()) % v.number(SPAN) == 0));
    rules.add(
        rule(
            "inner=channels where it does not matter",
            List.of(INNER, ORDER, SPAN, ICB, KT, OHT, OCB),
            v ->
                v.is(INNER, CHANNELS_INSIDE)
                    || (shape.tilesOfUnit(v) > 1
                        && (plane.flat() || v.number(SPAN) > shape.leastSpan(v))
                        && ((v.is(ORDER, CHANNELS_OUTSIDE) && shape.groups(v) > 1)
                            || (shape.inPasses(v) && shape.groups(v) == 1)))));
    rules.add(
        rule(
            "icb=all where weights and input are used once",
            List.of(SPAN, ICB, KT, OHT, OCB),
            v ->
                !shape.inPasses(v)
                    || shape.tilesOfUnit(v) > 1
                    || v.number(SPAN) > shape.leastSpan(v)
                    || plane.flat()));
    long most = (long) (MOST_OF_CACHE * task.target().l2Bytes());
    rules.add(
        rule(
            "bytes of a pass<=" + most + ", or the least there is",
            withColumns(SPAN, ICB, KT, OHT, OCB),
            v -> isLeast(v) || shape.passBytes(v) <= most));
    rules.add(
        rule(
            "order=k_outer where it does not matter",
            withColumns(ORDER, SPAN, KT, OCB),
            v -> v.is(ORDER, CHANNELS_OUTSIDE) || (shape.groups(v) > 1 && shape.pieces(v) > 1)));
    rules.add(
        rule(
            "span=least where it does not matter",
            List.of(ORDER, INNER, SPAN, ICB, OHT),
            v ->
                v.number(SPAN) == shape.leastSpan(v)
                    || shape.inPasses(v)
                    || v.is(INNER, SPACE_INSIDE)
                    || v.is(ORDER, SPACE_OUTSIDE)));
    return rules;
  }

  /** Returns the choice of the span that comes before one, or zero. */
  private int spanBefore(int span) {
    int before = 0;
    for (int digit = 0; digit < spans.size() && spans.number(digit) < span; digit++) {
      before = spans.number(digit);
    }
    return before;
  }

  /** Returns whether a unit is as small as units of its tile get without partial sums. */
  private boolean isLeast(KnobValues v) {
    return !shape.inPasses(v)
        && v.number(SPAN) == shape.leastSpan(v)
        && (v.number(KT) == 1 || shape.channelTiles(v) == 1);
  }

  /** Adds the knob that pieces of a single row depend on. */
  private List<String> withColumns(String... knobs) {
    List<String> names = new ArrayList<>(List.of(knobs));
    if (plane.flat()) {
      names.add(OWT);
    }
    return names;
  }

  /** Returns what must hold of the threads' shares. */
  private List<Constraint> shareRules(List<Constraint> others) {
    List<Constraint> rules = new ArrayList<>();
    List<String> knobs = withColumns(Units.PARALLEL, ORDER, SPAN, KT, OCB);
    rules.add(Units.innerOnlyWhereItMatters(task.threads(), knobs, shape::units));
    List<Constraint> all = new ArrayList<>(others);
    all.addAll(rules);
    double least =
        -Choices.greatest(
            knobs().stream().map(this::atLeast).toList(),
            all,
            v -> -shape.units(v).imbalance(task.threads()));
    rules.add(Units.fair(least, knobs, v -> shape.units(v).imbalance(task.threads())));
    return rules;
  }

  /** Returns a knob with those choices that the fairest shares are among. */
  private Knob atLeast(Knob knob) {
    return switch (knob.name()) {
      case UNROLL -> new Knob.Count(UNROLL, List.of(1));
      case ICB -> new Knob.Count(ICB, List.of(shape.inBlocks()));
      case INNER -> new Knob.Choice(INNER, List.of(CHANNELS_INSIDE));
      case ROWS -> new Knob.Choice(ROWS, List.of(ROWS_OUTSIDE));
      case SPAN ->
          new Knob.Count(
              SPAN, IntStream.range(0, Math.min(2, knob.size())).mapToObj(knob::number).toList());
      default -> knob;
    };
  }

  @Override
  public Map<String, String> wishes() {
    boolean many = task.target().vectorRegisters() >= 32;
    int ocb = shape.outBlocks() % 2 == 0 ? 2 : 1;
    int most = many ? 28 / ocb : 12 / ocb;
    int owt = Math.min(most, plane.ow());
    for (int size = owt; size >= 4; size--) {
      if (plane.ow() % size == 0) {
        owt = size;
        break;
      }
    }
    return Map.of(
        ORDER,
        CHANNELS_OUTSIDE,
        SPAN,
        "1",
        ICB,
        Integer.toString(shape.inBlocks()),
        KT,
        "1",
        UNROLL,
        "1",
        BROADCAST,
        EMBEDDED,
        OHT,
        "1",
        OCB,
        Integer.toString(ocb),
        OWT,
        Integer.toString(owt));
  }

  @Override
  public double tolerance(KnobValues values) {
    return Templates.DIRECT_TOLERANCE;
  }

  @Override
  public LoopNest lower(KnobValues values) {
    return new DirectLoops(shape, values).nest();
  }

  @Override
  public List<Trait.Reader> traits() {
    return new DirectTraits(shape).readers();
  }
}
