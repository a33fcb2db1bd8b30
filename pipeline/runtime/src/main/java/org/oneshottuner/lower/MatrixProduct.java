package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Architecture;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;

/**
 * A matrix product in register tiles: rows of the left side are broadcast, columns of the right
 * side are vectors. Constant right sides are packed ahead into panels as wide as a tile, or as a
 * part of it, so that a tile of few rows reads several at a time ({@code streams}). Others are read
 * where they are, or each unit of work packs the panels that it needs ({@code pack}), as it must
 * where columns do not lie side by side.
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
  static final String COLUMNS = "columns";
  static final String BOTH = "both";
  static final String STREAMS = "streams";

  /** What the units of work depend on. */
  static final List<String> UNIT_KNOBS = List.of(Units.PARALLEL, ORDER, MC, NC, MR, NV, TAIL, KS);

  /** What lies on one side is packed for so many rows or columns of the other, or for all. */
  static final int LEAST_PACKED_FOR = 64;

  private static final int LEAST_KC = 128;
  private static final int MOST_KC = 1536;
  private static final int MOST_PASSES = 8;
  private static final int USUAL_KC = 768;

  /** Multiply-adds up to which a product has few ways to be cut, and room for more sizes. */
  private static final long SMALL = 16_000_000;

  /** Sums up to this long are cut finer. */
  private static final int SHORT_K = 256;

  /** Rows of a product that waits for memory, not for its multiply-adds. */
  private static final int FEW_ROWS = 4;

  /** Sizes of blocks and groups, in tiles. */
  private static final int[] DOUBLED = {1, 2, 4, 8, 16, 32, 64};

  private static final int[] STEPPED = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};

  private static final int TALL = 7;
  private static final int MOST_HALVED_COLUMNS = 1024;

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
    int registers = product.task().target().vectorRegisters();
    boolean halved =
        m == 1 && product.task().threads() > 1 && n <= MOST_HALVED_COLUMNS && k >= 2 * LEAST_KC;
    boolean streams = product.constantRight() && m <= FEW_ROWS;
    return List.of(
        Units.knob(product.task()),
        new Knob.Choice(ORDER, List.of(COLUMNS_OUTSIDE, ROWS_OUTSIDE)),
        new Knob.Choice(INNER, List.of(COLUMNS_OUTSIDE, ROWS_OUTSIDE)),
        Choices.upTo(MC, m, small() ? STEPPED : DOUBLED),
        Choices.upTo(NC, vectors, small() ? STEPPED : DOUBLED),
        new Knob.Choice(PACK, packed()),
        Choices.counts(UNROLL, u -> u <= mostUnrolled() && k % u == 0, 1, 2, 4, 8, 16),
        Choices.counts(STREAMS, s -> s == 1 || streams, 1, 2, 3, 4, 6, 8),
        Choices.upTo(MR, m, IntStream.range(Math.min(m, 2), registers).toArray()),
        Choices.upTo(NV, vectors, IntStream.range(1, registers).toArray()),
        new Knob.Choice(TAIL, n > lanes && n % lanes != 0 ? List.of(CUT, OVERLAP) : List.of(CUT)),
        Choices.counts(KS, halves -> halves == 1 || halved, 1, 2),
        Choices.sizes(KC, k, blocksOfSum()));
  }

  /** Returns whether the choices are those of a product that leaves few of them. */
  private boolean small() {
    return product.m() <= FEW_ROWS
        || ((product.constantRight() || product.k() <= SHORT_K)
            && (long) product.m() * product.n() * product.k() <= SMALL);
  }

  private int mostUnrolled() {
    return product.m() == 1 ? 16 : product.constantRight() || !small() ? 2 : 4;
  }

  /** Returns what units may pack; where that is both sides, neither goes without the other. */
  private List<String> packed() {
    if (product.aliased()) {
      return List.of(NOTHING, product.mayPackColumns() ? BOTH : ROWS);
    }
    return product.mayPackColumns() ? List.of(NOTHING, COLUMNS) : List.of(NOTHING);
  }

  /** Returns the lengths to cut the sum into, none so short that output is mostly read back. */
  private int[] blocksOfSum() {
    int k = product.k();
    int least = k > SHORT_K || product.constantRight() ? LEAST_KC : LEAST_KC / 2;
    boolean every = product.constantRight() || small();
    return IntStream.of(least, LEAST_KC, 256, 384, 512, 768, 1024, MOST_KC)
        .filter(kc -> kc == MOST_KC || (long) kc * MOST_PASSES >= k)
        .filter(kc -> every || (kc > LEAST_KC && Integer.bitCount(kc) == 1) || kc == MOST_KC)
        .toArray();
  }

  private int leastKc() {
    return Math.min(product.k(), blocksOfSum()[0]);
  }

  @Override
  public List<Constraint> constraints() {
    int threads = product.task().threads();
    List<Constraint> rules = new ArrayList<>();
    tileRules(rules);
    rules.add(
        rule(
            "order=n_outer where it does not matter",
            List.of(ORDER, MC, NC, MR, NV, TAIL),
            v ->
                v.is(ORDER, COLUMNS_OUTSIDE)
                    || (grid.rowBlocks(v) > 1 && grid.columnGroups(v) > 1)));
    sumRules(rules);
    loopRules(rules);
    cacheRules(rules);
    if (threads > 1) {
      rules.add(Units.innerOnlyWhereItMatters(threads, UNIT_KNOBS, grid::units));
      double least = -Choices.greatest(finest(), rules, v -> -grid.imbalance(v));
      rules.add(Units.fair(least, UNIT_KNOBS, grid::imbalance));
    }
    return rules;
  }

  /** Adds the rules of a register tile alone. */
  private void tileRules(List<Constraint> rules) {
    int most = product.task().target().vectorRegisters();
    rules.add(rule("registers<=" + most, List.of(MR, NV), v -> registers(v) <= most));
    List<Knob> tile =
        knobs().stream().filter(knob -> List.of(MR, NV).contains(knob.name())).toList();
    long few = Math.min(enoughSums(), Choices.most(tile, rules, MatrixProduct::sums));
    rules.add(rule("mr*nv>=" + few, List.of(MR, NV), v -> sums(v) >= few));
    rules.add(
        rule(
            "nv%streams=0, and some tile is full where streams>1",
            List.of(STREAMS, NV),
            v ->
                v.number(STREAMS) == 1
                    || (v.number(NV) % v.number(STREAMS) == 0 && grid.fullTiles(v) > 0)));
  }

  /** Returns the sums below which the latency of a multiply-add is not hidden. */
  private long enoughSums() {
    if (product.m() == 1) {
      return 4; // it waits for memory
    }
    boolean many = product.task().target().vectorRegisters() >= 32;
    return many && (product.constantRight() || !small()) ? 12 : 8;
  }

  /**
   * Returns the knobs with those choices that the fairest shares are among: the smallest blocks and
   * groups. Whatever the shape, some of these keep all rules.
   */
  private List<Knob> finest() {
    List<Knob> finest = new ArrayList<>();
    for (Knob knob : knobs()) {
      finest.add(
          switch (knob.name()) {
            case MC, NC, UNROLL, STREAMS -> new Knob.Count(knob.name(), List.of(1));
            case INNER, PACK -> new Knob.Choice(knob.name(), List.of(knob.text(0)));
            case KC ->
                new Knob.Count(KC, List.copyOf(new TreeSet<>(List.of(leastKc(), product.k()))));
            default -> knob;
          });
    }
    return finest;
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
    if (!product.mustPackColumns()) {
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
    Knob blocks = knob(MC);
    Knob groups = knob(NC);
    rules.add(
        rule(
            "mc<=row tiles, or the next size",
            List.of(MC, MR),
            v -> below(blocks, v.number(MC)) < grid.rowTiles(v)));
    rules.add(
        rule(
            "nc<=column tiles, or the next size",
            List.of(NC, NV, TAIL),
            v -> below(groups, v.number(NC)) < grid.groupedTiles(v)));
    rules.add(
        rule(
            "inner=n_outer where it does not matter",
            List.of(INNER, MC, NC),
            v -> v.is(INNER, COLUMNS_OUTSIDE) || (v.number(MC) > 1 && v.number(NC) > 1)));
    rules.add(
        rule(
            "nc=1 where one block of rows goes by each tile of columns",
            List.of(INNER, MC, NC, PACK, MR, KC),
            v ->
                v.number(NC) == 1
                    || v.number(KC) < k
                    || v.is(INNER, ROWS_OUTSIDE)
                    || grid.rowBlocks(v) > 1
                    || grid.packsRows(v)));
    rules.add(
        rule(
            "inner=n_outer where one group of columns goes by each tile of rows",
            List.of(INNER, NC, PACK, NV, TAIL, KC),
            v ->
                v.is(INNER, COLUMNS_OUTSIDE)
                    || v.number(KC) < k
                    || grid.columnGroups(v) > 1
                    || grid.packsColumns(v)));
  }

  private Knob knob(String name) {
    return knobs().stream().filter(knob -> knob.name().equals(name)).findFirst().orElseThrow();
  }

  /** Returns the largest choice below a size, or zero. */
  private static int below(Knob knob, int size) {
    int below = 0;
    for (int digit = 0; knob.number(digit) < size; digit++) {
      below = knob.number(digit);
    }
    return below;
  }

  /** Adds the rules of what a unit keeps in its caches. */
  private void cacheRules(List<Constraint> rules) {
    long most = (long) CacheShare.bytes(product.task().target()) / Float.BYTES;
    rules.add(
        rule(
            "block and group<=" + most + " floats, or a tile, or read once",
            List.of(MC, NC, MR, NV, KC),
            v ->
                (v.number(MC) == 1 && v.number(NC) == 1)
                    || grid.rowTiles(v) == 1
                    || ((long) grid.blockRows(v)
                                + Math.min(product.n(), (long) v.number(NC) * grid.width(v)))
                            * v.number(KC)
                        <= most));
    columnRules(rules, most);
    if (product.aliased()) {
      rules.add(
          rule(
              "rows packed<=" + most + " floats",
              List.of(PACK, MC, MR, KC),
              v -> grid.packedRowFloats(v) <= most));
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

  /** Adds the rules of columns that units pack. */
  private void columnRules(List<Constraint> rules, long most) {
    List<String> knobs = List.of(NC, PACK, NV, TAIL, KS, KC);
    if (product.mustPackColumns()) {
      int least = leastKc();
      rules.add(
          rule(
              "packed columns<=" + most + " floats, or as few as can be",
              knobs,
              v ->
                  grid.packedColumnFloats(v) <= most
                      || (v.number(NC) == 1 && v.number(KC) == least)));
    }
    if (product.mayPackColumns()) {
      rules.add(
          rule(
              "packed columns<=" + most + " floats",
              knobs,
              v -> grid.packedColumnFloats(v) <= most));
      rules.add(
          rule(
              "rows that columns are packed for>=" + LEAST_PACKED_FOR,
              List.of(MC, PACK, MR),
              v -> !grid.packsColumns(v) || grid.blockRows(v) >= LEAST_PACKED_FOR));
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
    return new ProductTraits(product, grid, this::registers).readers();
  }

  private static long sums(KnobValues v) {
    return (long) v.number(MR) * v.number(NV);
  }

  static long bodyFmas(KnobValues v) {
    return sums(v) * v.number(UNROLL);
  }

  /**
   * Returns the vector registers of a tile: its sums, the vectors of a step, and the scalar that is
   * multiplied with all of them in turn.
   *
   * <p>A multiply-add of x86 may take one operand from memory. Vectors of a single row are such
   * operands, since each is used once; a single vector leaves that place to the scalar where it can
   * be broadcast there; and tiles of seven rows, whose four vectors would leave no register for the
   * scalar, have the time to load one of these again for each row.
   */
  long registers(KnobValues v) {
    CpuTarget target = product.task().target();
    int rows = v.number(MR);
    int vectors = v.number(NV);
    if (target.architecture() != Architecture.X86_64) {
      return sums(v) + (rows == 1 ? 1 : vectors) + 1;
    }
    if (rows == 1) {
      return sums(v) + 1;
    }
    boolean scalarInMemory = vectors == 1 && RegisterTile.embedsBroadcasts(target);
    return sums(v) + vectors + (scalarInMemory || rows == TALL ? 0 : 1);
  }
}
