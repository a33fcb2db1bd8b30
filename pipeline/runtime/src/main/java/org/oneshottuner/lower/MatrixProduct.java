package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.TuningTask;

/**
 * A matrix product in register tiles: rows of the left side are broadcast, columns of the right
 * side are vectors. Constant right sides are packed ahead into panels as wide as a tile; others are
 * read where they are, unless their columns do not lie side by side: then each unit of work packs
 * the panels that it needs.
 *
 * <p>Loops, from the outside: batch, then groups of columns and blocks of rows in the order of knob
 * {@code order}, all of them units of work; then blocks of the sum ({@code kc}), then the tiles of
 * the group ({@code nc}) and of the block ({@code mc}) in the order of knob {@code inner}; then the
 * sum. The sum of a single row may be cut in halves ({@code ks}), each a unit of its own, which a
 * second phase adds. Columns that are no whole vector are cut into shorter ones, or are part of a
 * last vector that overlaps the one before ({@code tail}).
 */
final class MatrixProduct implements Template {
  static final String DENSE = "dense.gemm";
  static final String BATCH = "batch_matmul.gemm";

  static final String MR = "mr";
  static final String NV = "nv";
  static final String KC = "kc";
  static final String MC = "mc";
  static final String NC = "nc";
  static final String KS = "ks";
  static final String UNROLL = "unroll";
  static final String ORDER = "order";
  static final String INNER = "inner";
  static final String COLUMNS_OUTSIDE = "n_outer";
  static final String ROWS_OUTSIDE = "m_outer";
  static final String TAIL = "tail";
  static final String CUT = "cut";
  static final String OVERLAP = "overlap";
  static final String PACK = "pack";
  static final String NOTHING = "none";
  static final String ROWS = "rows";

  /** What the units of work depend on. */
  static final List<String> UNIT_KNOBS = List.of(Units.PARALLEL, ORDER, MC, NC, MR, NV, TAIL, KS);

  private static final int LEAST_KC = 128;
  private static final int MOST_KC = 1536;
  private static final int MOST_PASSES = 8;
  private static final int USUAL_KC = 768;
  private static final int TALL = 7;
  private static final int MOST_HALVED_COLUMNS = 1024;
  private static final int LEAST_PACKED_FOR = 64;
  private static final double CACHE_SHARE = 0.7;

  private final Product product;
  private final ProductGrid grid;

  private MatrixProduct(Product product) {
    this.product = product;
    this.grid = new ProductGrid(product);
  }

  /** Returns the template for a matrix product, and nothing for other workloads. */
  static Optional<Template> of(TuningTask task) {
    return Product.of(task).map(MatrixProduct::new);
  }

  @Override
  public String name() {
    return product.constantRight() ? DENSE : BATCH;
  }

  @Override
  public List<Knob> knobs() {
    int m = product.m();
    int n = product.n();
    int k = product.k();
    int lanes = product.lanes();
    int vectors = (int) Choices.ceil(n, lanes);
    int most = m == 1 ? 8 : product.constantRight() ? 2 : 4;
    int[] rows = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 16, 24, 28};
    int[] columns =
        m == 1
            ? new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 20, 24, 28}
            : new int[] {1, 2, 3, 4, 5, 6, 8, 12, 16};
    boolean halved =
        m == 1 && product.task().threads() > 1 && n <= MOST_HALVED_COLUMNS && k >= 2 * LEAST_KC;
    return List.of(
        Units.knob(product.task()),
        new Knob.Choice(ORDER, List.of(COLUMNS_OUTSIDE, ROWS_OUTSIDE)),
        new Knob.Choice(INNER, List.of(COLUMNS_OUTSIDE, ROWS_OUTSIDE)),
        Choices.upTo(MC, m, 1, 2, 4, 8, 16, 32, 64),
        Choices.upTo(NC, vectors, 1, 2, 4, 8, 16, 32),
        new Knob.Choice(PACK, product.aliased() ? List.of(NOTHING, ROWS) : List.of(NOTHING)),
        Choices.counts(UNROLL, u -> u <= most && k % u == 0, 1, 2, 4, 8),
        Choices.upTo(MR, m, rows),
        Choices.upTo(NV, vectors, columns),
        new Knob.Choice(TAIL, n > lanes && n % lanes != 0 ? List.of(CUT, OVERLAP) : List.of(CUT)),
        Choices.counts(KS, halves -> halves == 1 || halved, 1, 2),
        Choices.sizes(KC, k, blocksOfSum()));
  }

  /** Returns the lengths to cut the sum into, none so short that output is mostly read back. */
  private int[] blocksOfSum() {
    return IntStream.of(LEAST_KC, 256, 384, 512, 768, 1024, MOST_KC)
        .filter(kc -> kc == MOST_KC || (long) kc * MOST_PASSES >= product.k())
        .toArray();
  }

  private int leastKc() {
    return Math.min(product.k(), blocksOfSum()[0]);
  }

  @Override
  public List<Constraint> constraints() {
    List<Constraint> rules = new ArrayList<>();
    tileRules(rules);
    Constraint order =
        rule(
            "order=n_outer where it does not matter",
            List.of(ORDER, MC, NC, MR, NV, TAIL),
            v ->
                v.is(ORDER, COLUMNS_OUTSIDE)
                    || (grid.rowBlocks(v) > 1 && grid.columnGroups(v) > 1));
    rules.add(order);
    if (product.task().threads() > 1) {
      rules.add(Units.innerOnlyWhereItMatters(product.task().threads(), UNIT_KNOBS, grid::units));
      rules.add(fair(rules));
    }
    sumRules(rules);
    loopRules(rules);
    cacheRules(rules);
    return rules;
  }

  /** Adds the rules of a register tile alone. */
  private void tileRules(List<Constraint> rules) {
    int most = product.task().target().vectorRegisters();
    rules.add(rule("registers<=" + most, List.of(MR, NV), v -> registers(v) <= most));
    List<Knob> tile =
        knobs().stream().filter(knob -> List.of(MR, NV).contains(knob.name())).toList();
    // below this many sums the latency of a multiply-add is not hidden; one row waits for memory
    long enough = product.m() == 1 ? 4 : most >= 32 && product.constantRight() ? 12 : 8;
    long few = Math.min(enough, Choices.most(tile, rules, MatrixProduct::sums));
    rules.add(rule("mr*nv>=" + few, List.of(MR, NV), v -> sums(v) >= few));
  }

  /** Returns the rule of balance; the smallest blocks and groups tell what can be had. */
  private Constraint fair(List<Constraint> others) {
    List<Knob> finest = new ArrayList<>();
    for (Knob knob : knobs()) {
      switch (knob.name()) {
        case Units.PARALLEL, ORDER, MR, NV -> finest.add(knob);
        case MC, NC, KS -> finest.add(new Knob.Count(knob.name(), List.of(1)));
        case TAIL -> finest.add(new Knob.Choice(TAIL, List.of(CUT)));
        default -> {
          // the units do not depend on it
        }
      }
    }
    int threads = product.task().threads();
    return Units.fair(finest, others, v -> grid.units(v).imbalance(threads));
  }

  /** Adds the rules of how the sum is cut. */
  private void sumRules(List<Constraint> rules) {
    int most = product.m() == 1 ? 128 : 64;
    int k = product.k();
    rules.add(
        rule(
            "unroll*mr*nv<=" + most,
            List.of(UNROLL, MR, NV),
            v -> v.number(UNROLL) == 1 || bodyFmas(v) <= most));
    rules.add(rule("kc%unroll=0", List.of(UNROLL, KC), v -> v.number(KC) % v.number(UNROLL) == 0));
    if (!product.stagesColumns()) {
      rules.add(
          rule(
              "kc=k where a unit is one tile",
              List.of(MC, NC, KC),
              v -> v.number(MC) > 1 || v.number(NC) > 1 || v.number(KC) == k));
    }
    rules.add(
        rule("kc=k where ks>1", List.of(KS, KC), v -> v.number(KS) == 1 || v.number(KC) == k));
    rules.add(
        rule(
            "kc=k where the last vector reaches into another tile",
            List.of(TAIL, NV, KC),
            v -> !grid.joined(v) || (v.number(KC) == k && grid.fullTiles(v) > 0)));
  }

  /** Adds rules that leave out what is the same order of tiles as something else. */
  private void loopRules(List<Constraint> rules) {
    int k = product.k();
    rules.add(
        rule(
            "mc<=row tiles",
            List.of(MC, MR),
            v -> v.number(MC) == 1 || v.number(MC) / 2 < grid.rowTiles(v)));
    rules.add(
        rule(
            "nc<=column tiles",
            List.of(NC, NV, TAIL),
            v -> v.number(NC) == 1 || v.number(NC) / 2 < grid.groupedTiles(v)));
    rules.add(
        rule(
            "inner=n_outer where it does not matter",
            List.of(INNER, MC, NC),
            v -> v.is(INNER, COLUMNS_OUTSIDE) || (v.number(MC) > 1 && v.number(NC) > 1)));
    rules.add(
        rule(
            "nc=1 where one block of rows goes by each tile of columns",
            List.of(INNER, MC, NC, MR, KC),
            v ->
                v.number(NC) == 1
                    || v.number(KC) < k
                    || v.is(INNER, ROWS_OUTSIDE)
                    || grid.rowBlocks(v) > 1));
    rules.add(
        rule(
            "mc=1 where one group of columns goes by each tile of rows",
            List.of(INNER, NC, NV, TAIL, KC),
            v -> v.is(INNER, COLUMNS_OUTSIDE) || v.number(KC) < k || grid.columnGroups(v) > 1));
  }

  /** Adds the rules of what a unit keeps in its caches. */
  private void cacheRules(List<Constraint> rules) {
    long most = (long) (CACHE_SHARE * product.task().target().l2Bytes()) / Float.BYTES;
    int least = leastKc();
    rules.add(
        rule(
            "block and group<=" + most + " floats, or a tile",
            List.of(MC, NC, MR, NV, KC),
            v ->
                (v.number(MC) == 1 && v.number(NC) == 1)
                    || ((long) grid.blockRows(v)
                                + Math.min(product.n(), (long) v.number(NC) * grid.width(v)))
                            * v.number(KC)
                        <= most));
    if (product.stagesColumns()) {
      rules.add(
          rule(
              "packed columns<=" + most + " floats, or as few as can be",
              List.of(NC, NV, TAIL, KC),
              v -> grid.stagedFloats(v) <= most || (v.number(NC) == 1 && v.number(KC) == least)));
    }
    if (product.aliased()) {
      rules.add(
          rule(
              "rows packed<=" + most + " floats",
              List.of(PACK, MC, MR, KC),
              v -> !grid.packsRows(v) || grid.packedRowFloats(v) <= most));
      rules.add(
          rule(
              "columns that rows are packed for>=" + LEAST_PACKED_FOR,
              List.of(PACK, NC, NV),
              v ->
                  !grid.packsRows(v)
                      || (long) v.number(NC) * grid.width(v)
                          >= Math.min(product.n(), LEAST_PACKED_FOR)));
    }
  }

  @Override
  public Map<String, String> wishes() {
    boolean wide = product.task().target().vectorRegisters() >= 32;
    boolean row = product.m() == 1;
    return Map.of(
        ORDER,
        COLUMNS_OUTSIDE,
        UNROLL,
        "1",
        KC,
        Integer.toString(row ? product.k() : Math.min(product.k(), USUAL_KC)),
        MC,
        "64",
        NC,
        "1",
        MR,
        row ? "1" : "6",
        NV,
        row ? "8" : wide ? "4" : "2");
  }

  @Override
  public double tolerance(KnobValues values) {
    return Templates.DIRECT_TOLERANCE;
  }

  @Override
  public LoopNest lower(KnobValues values) {
    return new ProductLowering(product, grid, values).nest();
  }

  @Override
  public List<Trait.Reader> traits() {
    return new ProductTraits(product, grid).readers();
  }

  private static long sums(KnobValues v) {
    return (long) v.number(MR) * v.number(NV);
  }

  static long bodyFmas(KnobValues v) {
    return sums(v) * v.number(UNROLL);
  }

  /**
   * Returns the vector registers of a tile. Vectors that are used once are operands in memory, and
   * so is one of those of a tall tile, which has the time to load it again.
   */
  static long registers(KnobValues v) {
    int rows = v.number(MR);
    return sums(v) + (rows == 1 ? 0 : v.number(NV)) + (rows == TALL ? 0 : 1);
  }
}
