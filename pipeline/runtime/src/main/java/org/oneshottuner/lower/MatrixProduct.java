package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;
import static org.oneshottuner.lower.Choices.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.BatchMatmul;
import org.oneshottuner.workload.Dense;
import org.oneshottuner.workload.Epilogue;
import org.oneshottuner.workload.Operands;
import org.oneshottuner.workload.Transpose;
import org.oneshottuner.workload.TuningTask;

/**
 * A matrix product in register tiles: rows of the left side are broadcast, columns of the right
 * side are vectors. Constant right sides are packed ahead into panels as wide as a tile; others are
 * read where they are, unless their columns do not lie side by side: then each unit of work packs
 * the panel that it needs.
 *
 * <p>Loops, from the outside: batch, then tiles of columns and blocks of rows in the order of knob
 * {@code order}; then blocks of the sum ({@code kc}), then the row tiles of the block ({@code mc});
 * then the sum.
 */
final class MatrixProduct implements Template {
  static final String DENSE = "dense.gemm";
  static final String BATCH = "batch_matmul.gemm";

  private static final String MR = "mr";
  private static final String NV = "nv";
  private static final String KC = "kc";
  private static final String MC = "mc";
  private static final String UNROLL = "unroll";
  private static final String ORDER = "order";
  private static final int LEAST_KC = 128;
  private static final long MOST_PANEL_BYTES = 512 << 10;
  private static final String COLUMNS_OUTSIDE = "n_outer";
  private static final String ROWS_OUTSIDE = "m_outer";

  private final String name;
  private final TuningTask task;
  private final int batch;
  private final int m;
  private final int n;
  private final int k;
  private final int lanes;
  private final boolean constantRight;
  private final Transpose transpose;
  private final Fused fused;

  private MatrixProduct(TuningTask task, int batch, int m, int n, int k, Epilogue epilogue) {
    this.task = task;
    this.constantRight = task.workload() instanceof Dense;
    this.transpose =
        task.workload() instanceof BatchMatmul product ? product.transpose() : Transpose.NONE;
    this.name = constantRight ? DENSE : BATCH;
    this.batch = batch;
    this.m = m;
    this.n = n;
    this.k = k;
    this.lanes = task.lanes();
    this.fused = new Fused(epilogue);
  }

  /** Returns the template for a matrix product, and nothing for other workloads. */
  static Optional<Template> of(TuningTask task) {
    if (task.workload() instanceof Dense dense) {
      return Optional.of(
          new MatrixProduct(task, 1, dense.m(), dense.n(), dense.k(), dense.epilogue()));
    }
    if (task.workload() instanceof BatchMatmul product) {
      return Optional.of(
          new MatrixProduct(
              task, product.b(), product.m(), product.n(), product.k(), product.epilogue()));
    }
    return Optional.empty();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Knob> knobs() {
    int vectors = (int) ceil(n, lanes);
    return List.of(
        new Knob.Choice(ORDER, List.of(COLUMNS_OUTSIDE, ROWS_OUTSIDE)),
        Choices.upTo(MC, m, 1, 2, 4, 8, 16, 32, 64, 128),
        Choices.upTo(MR, m, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28),
        Choices.upTo(NV, vectors, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16),
        Choices.counts(UNROLL, u -> k % u == 0, 1, 2, 4),
        Choices.sizes(KC, k, LEAST_KC, 256, 384, 512, 768, 1024, 1536));
  }

  @Override
  public List<Constraint> constraints() {
    int registers = task.target().vectorRegisters();
    Constraint fits =
        rule(
            "mr*nv+nv+1<=" + registers,
            List.of(MR, NV),
            v -> sums(v) + v.number(NV) + 1 <= registers);
    List<Knob> tile = knobs().stream().filter(knob -> fits.knobs().contains(knob.name())).toList();
    // below this many sums the latency of a multiply-add is not hidden
    long few = Math.min(8, Choices.most(tile, List.of(fits), MatrixProduct::sums));
    return List.of(
        fits,
        rule("mr*nv>=" + few, List.of(MR, NV), v -> sums(v) >= few),
        rule("kc%unroll=0", List.of(KC, UNROLL), v -> v.number(KC) % v.number(UNROLL) == 0),
        rule(
            "mc<=row tiles",
            List.of(MC, MR),
            v -> v.number(MC) == 1 || v.number(MC) / 2 < rowTiles(v)),
        rule("unroll*mr*nv<=128", List.of(UNROLL, MR, NV), v -> bodyFmas(v) <= 128),
        rule(
            "order=n_outer where it does not matter",
            List.of(ORDER, MC, MR, NV),
            v -> v.is(ORDER, COLUMNS_OUTSIDE) || (rowBlocks(v) > 1 && columnTiles(v) > 1)),
        rule(
            "packed panel<=" + MOST_PANEL_BYTES + ", or the least there is",
            List.of(NV, KC),
            v ->
                !transpose.ofRhs()
                    || panelBytes(v) <= MOST_PANEL_BYTES
                    || v.number(KC) == Math.min(k, LEAST_KC)));
  }

  private double panelBytes(KnobValues v) {
    return Float.BYTES * width(v) * v.number(KC);
  }

  @Override
  public Map<String, String> wishes() {
    boolean wide = task.target().vectorRegisters() >= 32;
    return Map.of(
        ORDER,
        COLUMNS_OUTSIDE,
        UNROLL,
        "1",
        KC,
        Integer.toString(k),
        MC,
        "128",
        MR,
        m == 1 ? "1" : wide ? "6" : "4",
        NV,
        m == 1 ? "8" : wide ? "4" : "2");
  }

  @Override
  public double tolerance(KnobValues values) {
    return Templates.DIRECT_TOLERANCE;
  }

  private long rowTiles(KnobValues v) {
    return ceil(m, v.number(MR));
  }

  private long rowBlocks(KnobValues v) {
    return ceil(rowTiles(v), v.number(MC));
  }

  private long columnTiles(KnobValues v) {
    return ceil(n, (long) v.number(NV) * lanes);
  }

  private static long sums(KnobValues v) {
    return (long) v.number(MR) * v.number(NV);
  }

  private static long bodyFmas(KnobValues v) {
    return sums(v) * v.number(UNROLL);
  }

  @Override
  public LoopNest lower(KnobValues values) {
    return new Lowering(values).nest();
  }

  /** One member being lowered. */
  private final class Lowering {
    private final int mr;
    private final int width;
    private final int kc;
    private final int mc;
    private final int unroll;
    private final boolean columnsOutside;
    private final int fullColumnTiles;
    private final List<Integer> lastColumns;
    private final List<Integer> fullColumns;
    private final Buffer input;
    private final Buffer right;
    private final Buffer panel;
    private final Buffer shift;
    private final Buffer residual;
    private final Buffer out;
    private final List<Buffer> buffers = new ArrayList<>();

    Lowering(KnobValues values) {
      mr = values.number(MR);
      fullColumns = RegisterTile.columns(values.number(NV), lanes);
      width = values.number(NV) * lanes;
      kc = values.number(KC);
      mc = values.number(MC);
      unroll = values.number(UNROLL);
      columnsOutside = values.is(ORDER, COLUMNS_OUTSIDE);
      fullColumnTiles = n / width;
      lastColumns = RegisterTile.cut(n % width, lanes);
      Operands sizes = task.workload().operands(lanes);
      input = buffer("input", Role.INPUT, sizes.input());
      right =
          constantRight
              ? buffer("packed", Role.PACKED, sizes.weight())
              : buffer("right", Role.RHS, sizes.rhs());
      panel =
          transpose.ofRhs() ? buffer("panel", Role.SLOT, (long) Math.min(n, width) * kc) : right;
      shift = fused.hasBias() ? buffer("shift", Role.PACKED, n) : input;
      residual = fused.hasResidual() ? buffer("residual", Role.RESIDUAL, sizes.residual()) : input;
      out = buffer("out", Role.OUTPUT, sizes.output());
    }

    private Buffer buffer(String name, Role role, long floats) {
      Buffer buffer = new Buffer(name, role, floats);
      buffers.add(buffer);
      return buffer;
    }

    LoopNest nest() {
      long tiles = fullColumnTiles + (lastColumns.isEmpty() ? 0L : 1L);
      long blocks = ceil(ceil(m, mr), mc);
      Axis unit = new Axis("unit");
      Statement body = Code.block(code -> unit(code, unit.index(), tiles, blocks));
      return new LoopNest(
          buffers, packing(), List.of(new LoopNest.Phase(unit, tiles * blocks * batch, body)));
    }

    private Optional<Statement> packing() {
      List<Consumer<Code>> parts = new ArrayList<>();
      if (constantRight) {
        Buffer weight = buffer("weight", Role.WEIGHT, (long) n * k);
        parts.add(
            code -> {
              code.loop(
                  "tile",
                  fullColumnTiles,
                  (panel, tile) -> pack(panel, weight, tile.times(width), width));
              if (!lastColumns.isEmpty()) {
                int from = fullColumnTiles * width;
                pack(code, weight, Index.of(from), n - from);
              }
            });
      }
      if (fused.hasBias()) {
        Buffer bias = buffer("bias", Role.BIAS, n);
        parts.add(code -> code.copy(shift, Index.ZERO, bias, Index.ZERO, Index.of(n)));
      }
      return parts.isEmpty()
          ? Optional.empty()
          : Optional.of(Code.block(code -> parts.forEach(part -> part.accept(code))));
    }

    /** Packs one panel: for each place of the sum, the panel's columns side by side. */
    private void pack(Code code, Buffer weight, Index column, int columns) {
      code.loop(
          "q",
          k,
          (row, q) ->
              row.loop(
                  "c",
                  columns,
                  (element, c) ->
                      element.store(
                          right,
                          column.times(k).plus(q.times(columns)).plus(c),
                          new Value.Load(weight, column.plus(c).times(k).plus(q), 1))));
    }

    private void unit(Code code, Index unit, long tiles, long blocks) {
      Code.Digit tileDigit = new Code.Digit("tile", tiles);
      Code.Digit blockDigit = new Code.Digit("block", blocks);
      List<Index> place =
          code.decode(
              unit,
              new Code.Digit("item", batch),
              columnsOutside ? tileDigit : blockDigit,
              columnsOutside ? blockDigit : tileDigit);
      Index item = place.get(0);
      Index tile = place.get(columnsOutside ? 1 : 2);
      Index block = place.get(columnsOutside ? 2 : 1);
      if (fullColumnTiles == 0) {
        sums(code, item, Index.ZERO, block, lastColumns);
      } else if (lastColumns.isEmpty()) {
        sums(code, item, tile, block, fullColumns);
      } else {
        code.when(
            Condition.less(tile, Index.of(fullColumnTiles)),
            full -> sums(full, item, tile, block, fullColumns),
            last -> sums(last, item, Index.of(fullColumnTiles), block, lastColumns));
      }
    }

    private void sums(Code code, Index item, Index tile, Index block, List<Integer> columns) {
      if (kc == k) {
        rows(code, item, tile, block, columns, Index.ZERO);
      } else {
        code.loop(
            "from",
            Index.ZERO,
            Index.of(k),
            kc,
            (inner, from) -> rows(inner, item, tile, block, columns, from));
      }
    }

    private void rows(
        Code code, Index item, Index tile, Index block, List<Integer> columns, Index from) {
      if (transpose.ofRhs()) {
        stage(code, item, tile, new RegisterTile(1, columns).width(), from);
      }
      int fullTiles = m / mr;
      int rest = m % mr;
      if (fullTiles > 0) {
        code.loop(
            "row",
            block.times((long) mc * mr),
            block.plus(1).times((long) mc * mr).least(Index.of((long) fullTiles * mr)),
            mr,
            (inner, row) -> tile(inner, item, tile, row, new RegisterTile(mr, columns), from));
      }
      if (rest > 0) {
        Index last = Index.of((fullTiles / mc) - 1L);
        code.when(
            Condition.less(last, block),
            inner ->
                tile(
                    inner,
                    item,
                    tile,
                    Index.of((long) fullTiles * mr),
                    new RegisterTile(rest, columns),
                    from));
      }
    }

    /** Brings a block of the right side's columns side by side. */
    private void stage(Code code, Index item, Index tile, int columns, Index from) {
      Index column = item.times(n).plus(tile.times(width));
      Index terms = kc == k ? Index.of(k) : Index.of(kc).least(Index.of(k).minus(from));
      code.loop(
          "c",
          columns,
          (outer, c) -> {
            Place source = outer.bind("source", right, column.plus(c).times(k).plus(from));
            outer.loop(
                "p",
                Index.ZERO,
                terms,
                1,
                (inner, p) ->
                    inner.store(panel, p.times(columns).plus(c), new Value.Load(source, p, 1)));
          });
    }

    private void tile(Code code, Index item, Index tile, Index row, RegisterTile sums, Index from) {
      Index column = tile.times(width);
      boolean leftTransposed = transpose.ofLhs();
      Place a =
          leftTransposed
              ? code.bind("a", input, item.times((long) m * k).plus(row))
              : code.bind("a", input, item.times(m).plus(row).times(k));
      Place b =
          transpose.ofRhs()
              ? panel
              : constantRight
                  ? code.bind("b", right, column.times(k))
                  : code.bind("b", right, item.times((long) k * n).plus(column));
      Index first = transpose.ofRhs() ? from : Index.ZERO;
      Place c = code.bind("c", out, item.times(m).plus(row).times(n).plus(column));
      int stride = constantRight || transpose.ofRhs() ? sums.width() : n;
      boolean whole = kc == k;
      if (whole) {
        sums.declare(code);
      } else {
        sums.declare(
            code,
            (i, j) ->
                new Value.Guarded(
                    Condition.less(Index.ZERO, from),
                    new Value.Load(c, i.times(n).plus(sums.start(j)), sums.lanes(j))));
      }
      code.loop(
          "q",
          from,
          whole ? Index.of(k) : from.plus(kc).least(Index.of(k)),
          unroll,
          (step, q) ->
              step.unrolled(
                  "u",
                  unroll,
                  (once, u) ->
                      sums.step(
                          once,
                          j ->
                              new Value.Load(
                                  b,
                                  q.plus(u).minus(first).times(stride).plus(sums.start(j)),
                                  sums.lanes(j)),
                          i ->
                              new Value.Load(
                                  a,
                                  leftTransposed
                                      ? q.plus(u).times(m).plus(i)
                                      : i.times(k).plus(q).plus(u),
                                  1))));
      if (whole) {
        finish(code, sums, item, row, column, c);
      } else {
        code.when(
            Condition.less(from.plus(kc), Index.of(k)),
            partial ->
                sums.each(
                    partial,
                    (inner, i, j, sum) -> inner.store(c, i.times(n).plus(sums.start(j)), sum)),
            last -> finish(last, sums, item, row, column, c));
      }
    }

    private void finish(
        Code code, RegisterTile sums, Index item, Index row, Index column, Place c) {
      sums.each(
          code,
          (inner, i, j, sum) -> {
            Index place = i.times(n).plus(sums.start(j));
            fused.apply(
                inner,
                sum,
                () -> new Value.Load(shift, column.plus(sums.start(j)), sums.lanes(j)),
                () ->
                    new Value.Load(
                        residual,
                        item.times(m).plus(row).times(n).plus(column).plus(place),
                        sums.lanes(j)));
            inner.store(c, place, sum);
          });
    }
  }

  @Override
  public List<Trait.Reader> traits() {
    Trait.Table traits = new Trait.Table();
    double element = Float.BYTES;
    double l2 = task.target().l2Bytes();
    traits.add(Trait.ACCUMULATORS, v -> v.number(MR) * v.number(NV), MR, NV);
    traits.add(Trait.TILE_ROWS, v -> v.number(MR), MR);
    traits.add(Trait.TILE_VECTORS, v -> v.number(NV), NV);
    traits.add(
        Trait.REGISTER_SHARE,
        v -> (v.number(MR) * v.number(NV) + v.number(NV) + 1.0) / task.target().vectorRegisters(),
        MR,
        NV);
    traits.add(
        Trait.FMAS_PER_LOAD,
        v -> (double) v.number(MR) * v.number(NV) / (v.number(MR) + v.number(NV)),
        MR,
        NV);
    traits.add(Trait.BODY_FMAS, MatrixProduct::bodyFmas, MR, NV, UNROLL);
    traits.add(Trait.INNER_TRIPS, v -> (double) v.number(KC) / v.number(UNROLL), KC, UNROLL);
    traits.add(Trait.REDUCTION_TRIPS, v -> (double) k / v.number(UNROLL), UNROLL);
    traits.add(Trait.CODE_FMAS, this::codeFmas, MR, NV, UNROLL);
    traits.add(Trait.EXECUTED_FMAS, v -> (double) batch * m * k * vectorsOfRow(v), NV);
    traits.add(Trait.USEFUL_SHARE, v -> (double) n / (lanes * vectorsOfRow(v)), NV);
    traits.add(Trait.ROW_PANEL_BYTES, v -> element * v.number(MR) * v.number(KC), MR, KC);
    traits.add(Trait.COLUMN_PANEL_BYTES, v -> element * width(v) * v.number(KC), NV, KC);
    traits.add(Trait.REUSE_BYTES, this::reuseBytes, ORDER, MR, NV, KC, MC);
    traits.add(
        Trait.INNER_TRAFFIC,
        v -> element * batch * k * ((double) rowTiles(v) * n + (double) columnTiles(v) * m),
        MR,
        NV);
    traits.add(Trait.OUTER_TRAFFIC, v -> outerTraffic(v, l2), ORDER, MR, NV, KC, MC);
    traits.add(
        Trait.SCRATCH_TRAFFIC,
        v -> 2 * element * (batch * m * n * (ceil(k, v.number(KC)) - 1.0) + stagedElements(v)),
        MR,
        MC,
        KC);
    traits.add(Trait.SCRATCH_BYTES, v -> transpose.ofRhs() ? panelBytes(v) : 0, NV, KC);
    traits.add(Trait.PASSES, v -> ceil(k, v.number(KC)), KC);
    traits.add(Trait.PHASES, v -> 1);
    traits.add(
        Trait.TRANSFORM_OPS,
        v -> (double) batch * m * vectorsOfRow(v) * ceil(k, v.number(KC)) + 2 * stagedElements(v),
        MR,
        NV,
        MC,
        KC);
    traits.add(Trait.ROW_STRIDE_BYTES, v -> transpose.ofLhs() ? element : element * k);
    traits.add(Trait.UNITS, v -> (double) batch * rowBlocks(v) * columnTiles(v), MR, NV, MC);
    traits.add(
        Trait.IMBALANCE,
        v -> Templates.imbalance(batch * rowBlocks(v) * columnTiles(v), task.threads()),
        MR,
        NV,
        MC);
    traits.add(Trait.COLUMNS_STAY, v -> v.is(ORDER, COLUMNS_OUTSIDE) ? 1 : 0, ORDER);
    boolean rightInPlace = !constantRight && !transpose.ofRhs();
    double splits = CacheLine.splits(0, n, n, lanes);
    traits.add(
        Trait.SPLIT_LOADS, v -> rightInPlace ? (double) batch * rowTiles(v) * k * splits : 0, MR);
    return traits.readers();
  }

  /** Returns how many elements of the right side are packed by units of work. */
  private double stagedElements(KnobValues v) {
    return transpose.ofRhs() ? (double) batch * n * k * rowBlocks(v) : 0;
  }

  private double width(KnobValues v) {
    return (double) v.number(NV) * lanes;
  }

  /** Returns the vectors that one row of the output takes, remainders cut short. */
  private double vectorsOfRow(KnobValues v) {
    int width = v.number(NV) * lanes;
    int fullTiles = n / width;
    return (double) fullTiles * v.number(NV) + RegisterTile.cut(n % width, lanes).size();
  }

  private double codeFmas(KnobValues v) {
    double heights = m % v.number(MR) == 0 || m < v.number(MR) ? 1 : 2;
    double widths = n % (v.number(NV) * lanes) == 0 || n < v.number(NV) * lanes ? 1 : 2;
    return bodyFmas(v) * heights * widths;
  }

  /** Bytes touched between two uses of the panel that stays. */
  private double reuseBytes(KnobValues v) {
    double panel = Float.BYTES * width(v) * v.number(KC);
    double rows = (double) Float.BYTES * v.number(MR) * v.number(KC);
    return v.is(ORDER, COLUMNS_OUTSIDE) || v.number(MC) > 1
        ? panel + rows
        : (double) Float.BYTES * n * v.number(KC);
  }

  /**
   * Bytes from beyond the second-level cache: what is swept again is read again unless the sweep
   * fits.
   */
  private double outerTraffic(KnobValues v, double l2) {
    double left = (double) Float.BYTES * m * k;
    double right = (double) Float.BYTES * n * k;
    double blockRows = (double) Float.BYTES * Math.min(m, (double) v.number(MC) * v.number(MR)) * k;
    double fits = 0.7 * l2;
    double result =
        v.is(ORDER, COLUMNS_OUTSIDE)
            ? right + (left <= fits ? left : left * columnTiles(v))
            : (blockRows <= fits ? left : left * columnTiles(v))
                + (right <= fits ? right : right * rowBlocks(v));
    return batch * result;
  }
}
