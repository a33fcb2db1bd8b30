package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;
import static org.oneshottuner.lower.MatrixProduct.INNER;
import static org.oneshottuner.lower.MatrixProduct.KC;
import static org.oneshottuner.lower.MatrixProduct.KS;
import static org.oneshottuner.lower.MatrixProduct.MC;
import static org.oneshottuner.lower.MatrixProduct.MR;
import static org.oneshottuner.lower.MatrixProduct.NC;
import static org.oneshottuner.lower.MatrixProduct.NV;
import static org.oneshottuner.lower.MatrixProduct.ORDER;
import static org.oneshottuner.lower.MatrixProduct.PACK;
import static org.oneshottuner.lower.MatrixProduct.STREAMS;
import static org.oneshottuner.lower.MatrixProduct.TAIL;
import static org.oneshottuner.lower.MatrixProduct.UNROLL;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.CpuTarget;

/** What is known of a matrix product's schedules without lowering them. */
final class ProductTraits {
  private static final double ELEMENT = Float.BYTES;

  private final Product product;
  private final ProductGrid grid;
  private final CpuTarget target;
  private final ToLongFunction<KnobValues> registers;
  private final Trait.Table traits = new Trait.Table();

  /**
   * Describes a product's schedules.
   *
   * @param registers the vector registers of a tile, which depend on its rows and vectors
   */
  ProductTraits(Product product, ProductGrid grid, ToLongFunction<KnobValues> registers) {
    this.product = product;
    this.grid = grid;
    this.registers = registers;
    this.target = product.task().target();
  }

  List<Trait.Reader> readers() {
    tile();
    sum();
    traffic();
    workspace();
    units();
    return traits.readers();
  }

  private void tile() {
    traits.add(Trait.ACCUMULATORS, v -> (double) v.number(MR) * v.number(NV), MR, NV);
    traits.add(Trait.TILE_ROWS, v -> v.number(MR), MR);
    traits.add(Trait.TILE_VECTORS, v -> v.number(NV), NV);
    traits.add(
        Trait.REGISTER_SHARE,
        v -> (double) registers.applyAsLong(v) / target.vectorRegisters(),
        MR,
        NV);
    traits.add(
        Trait.FMAS_PER_LOAD,
        v -> (double) v.number(MR) * v.number(NV) / (v.number(MR) + v.number(NV)),
        MR,
        NV);
    traits.add(
        Trait.EMBEDDED,
        v -> v.number(NV) == 1 && RegisterTile.embedsBroadcasts(target) ? 1 : 0,
        NV);
    traits.add(Trait.BODY_FMAS, MatrixProduct::bodyFmas, MR, NV, UNROLL);
    traits.add(Trait.CODE_FMAS, this::codeFmas, MR, NV, TAIL, UNROLL);
    traits.add(
        Trait.EXECUTED_FMAS,
        v -> (double) product.batch() * product.m() * product.k() * grid.vectorsOfRow(v),
        NV,
        TAIL);
    traits.add(
        Trait.USEFUL_SHARE, v -> product.n() / (product.lanes() * grid.vectorsOfRow(v)), NV, TAIL);
  }

  /** Counts the tile, those smaller ones that there are, and each of its rows and vectors. */
  private double codeFmas(KnobValues v) {
    double rows = v.number(MR) + product.m() % v.number(MR);
    double vectors = (grid.fullTiles(v) > 0 ? v.number(NV) : 0) + grid.lastVectors(v);
    return rows * vectors * v.number(UNROLL);
  }

  private void sum() {
    traits.add(Trait.INNER_TRIPS, this::trips, KC, KS, UNROLL);
    traits.add(Trait.REDUCTION_TRIPS, this::trips, KC, KS, UNROLL);
    traits.add(Trait.PASSES, this::passes, KC, KS);
    traits.add(Trait.PHASES, ProductGrid::halves, KS);
    traits.add(Trait.ROW_PANEL_BYTES, v -> ELEMENT * v.number(MR) * grid.step(v), MR, KC, KS);
    traits.add(
        Trait.COLUMN_PANEL_BYTES, v -> ELEMENT * grid.tileColumns(v) * grid.step(v), NV, KC, KS);
    if (product.constantRight()) {
      traits.add(Trait.COLUMN_STREAMS, v -> v.number(STREAMS), STREAMS);
    }
  }

  /** Returns the passes through the loop over the terms, which is the only one, for each part. */
  private double trips(KnobValues v) {
    return product.k() / (passes(v) * v.number(UNROLL));
  }

  private double passes(KnobValues v) {
    return ceil(product.k(), grid.step(v));
  }

  private void traffic() {
    traits.add(
        Trait.INNER_TRAFFIC,
        v ->
            ELEMENT
                * product.batch()
                * product.k()
                * ((double) grid.rowTiles(v) * grid.columnsOfRow(v)
                    + (double) grid.columnTiles(v) * product.m()),
        MR,
        NV,
        TAIL);
    traits.add(Trait.REUSE_BYTES, this::reuseBytes, INNER, MC, NC, MR, NV, TAIL, KC, KS);
    traits.add(Trait.OUTER_TRAFFIC, this::outerTraffic, ORDER, MC, NC, MR, NV, TAIL);
    traits.add(Trait.COLUMNS_STAY, v -> columnsStay(v) ? 1 : 0, INNER, ORDER, MC, NC, MR, NV, TAIL);
    traits.add(
        Trait.UNITS_SHARE_COLUMNS, v -> v.is(ORDER, MatrixProduct.COLUMNS_OUTSIDE) ? 1 : 0, ORDER);
    traits.add(Trait.ROW_STRIDE_BYTES, this::rowStrideBytes, PACK, MC, MR, KC);
    traits.add(
        Trait.SPLIT_LOADS,
        v ->
            (double) product.batch()
                * (grid.packsColumns(v) && !product.mustPackColumns()
                    ? grid.rowBlocks(v)
                    : grid.rowTiles(v))
                * product.k()
                * splits(v),
        PACK,
        MC,
        MR,
        TAIL);
  }

  /** Whether it is tiles of rows that follow each other, on the same columns. */
  private boolean columnsStay(KnobValues v) {
    if (v.number(MC) > 1 && v.number(NC) > 1) {
      return v.is(INNER, MatrixProduct.COLUMNS_OUTSIDE);
    }
    if (v.number(MC) > 1 || v.number(NC) > 1) {
      return v.number(MC) > 1;
    }
    return grid.columnGroups(v) == 1
        ? grid.rowBlocks(v) > 1
        : grid.rowBlocks(v) > 1 && v.is(ORDER, MatrixProduct.COLUMNS_OUTSIDE);
  }

  /** Bytes that the inner of the two loops over tiles goes through before it begins again. */
  private double reuseBytes(KnobValues v) {
    boolean rowsOutside =
        v.number(NC) > 1 && (v.number(MC) == 1 || v.is(INNER, MatrixProduct.ROWS_OUTSIDE));
    double lines =
        rowsOutside
            ? (double) grid.groupColumns(v) + v.number(MR)
            : (double) grid.tileColumns(v) + grid.blockRows(v);
    return ELEMENT * grid.step(v) * lines;
  }

  /**
   * Bytes from beyond the second-level cache: what a unit reads is read again by another, unless it
   * is still there; the more has been touched in between, the less of it is.
   */
  private double outerTraffic(KnobValues v) {
    double rows = grid.blockRows(v);
    double columns = grid.groupColumns(v);
    boolean columnsOutside = v.is(ORDER, MatrixProduct.COLUMNS_OUTSIDE);
    double leftApart = columns + (columnsOutside ? product.m() : rows);
    double rightApart = rows + (columnsOutside ? columns : product.n());
    double left = (double) product.m() * (1 + (grid.columnGroups(v) - 1) * lostShare(leftApart));
    double right = (double) product.n() * (1 + (grid.rowBlocks(v) - 1) * lostShare(rightApart));
    return ELEMENT * product.batch() * product.k() * (left + right);
  }

  private double lostShare(double floatsOfTerm) {
    double share = ELEMENT * floatsOfTerm * product.k() / target.l2Bytes();
    return Math.min(1, share * share);
  }

  /** Bytes from a row to the next: those of a transposed side lie side by side. */
  private double rowStrideBytes(KnobValues v) {
    return product.transpose().ofLhs() ? ELEMENT : ELEMENT * grid.rowPitch(v);
  }

  /** Returns how many vectors straddle cache lines when one row of the right side is loaded. */
  private double splits(KnobValues v) {
    int n = product.n();
    int lanes = product.lanes();
    if (product.constantRight() || product.mustPackColumns()) {
      return n < lanes ? CacheLine.splits(0, n, n, lanes) : 0;
    }
    return v.is(TAIL, MatrixProduct.OVERLAP)
        ? CacheLine.splits(0, n, n - n % lanes, lanes)
            + CacheLine.splitShare((long) n - lanes, n, lanes)
        : CacheLine.splits(0, n, n, lanes);
  }

  private void workspace() {
    traits.add(
        Trait.SCRATCH_TRAFFIC,
        v -> 2 * ELEMENT * (partialSums(v) + packedColumns(v) + packedRows(v)),
        packingKnobs(NV, TAIL, KC, KS));
    traits.add(
        Trait.SCRATCH_BYTES,
        v -> ELEMENT * (grid.partFloats(v) + grid.packedColumnFloats(v) + grid.packedRowFloats(v)),
        packingKnobs(NV, TAIL, KC, KS));
    traits.add(
        Trait.TRANSFORM_OPS,
        v ->
            (double) product.batch() * product.m() * grid.vectorsOfRow(v) * passes(v)
                + packingOperations() * packedColumns(v)
                + 2 * packedRows(v) / product.lanes(),
        packingKnobs(NV, TAIL, KC, KS));
  }

  /** Returns the knobs given, and those that what units pack depends on, if they do. */
  private String[] packingKnobs(String... always) {
    List<String> knobs = new ArrayList<>(List.of(always));
    if (product.mustPackColumns() || product.mayPackColumns() || product.aliased()) {
      knobs.addAll(List.of(PACK, MC, NC, MR));
    }
    return knobs.toArray(String[]::new);
  }

  private double partialSums(KnobValues v) {
    double parts = ProductGrid.halves(v) > 1 ? ProductGrid.halves(v) : passes(v) - 1;
    return (double) product.batch() * product.m() * grid.columnsOfRow(v) * parts;
  }

  /** Returns how many elements of the right side units pack. */
  private double packedColumns(KnobValues v) {
    return grid.packsColumns(v)
        ? (double) product.batch() * product.k() * grid.columnsOfRow(v) * grid.rowBlocks(v)
        : 0;
  }

  /**
   * Returns the operations for an element of columns that are packed: loads and stores, and the
   * shuffles of blocks that are transposed.
   */
  private double packingOperations() {
    double lanes = product.lanes();
    if (!product.mustPackColumns()) {
      return 2 / lanes;
    }
    boolean blocks = product.n() >= lanes && product.k() >= lanes;
    return blocks ? (2 + Integer.numberOfTrailingZeros(product.lanes())) / lanes : 2;
  }

  /** Returns how many elements of the left side units pack. */
  private double packedRows(KnobValues v) {
    return grid.packsRows(v)
        ? (double) product.batch() * product.k() * product.m() * grid.columnGroups(v)
        : 0;
  }

  private void units() {
    String[] knobs = MatrixProduct.UNIT_KNOBS.toArray(String[]::new);
    traits.add(
        Trait.UNIT_BYTES,
        v ->
            ELEMENT
                * product.k()
                / ProductGrid.halves(v)
                * ((double) grid.blockRows(v) + grid.groupColumns(v)),
        MC,
        NC,
        MR,
        NV,
        TAIL,
        KS);
    traits.add(Trait.UNITS, v -> grid.units(v).count(), knobs);
    traits.add(Trait.IMBALANCE, grid::imbalance, knobs);
    traits.add(Trait.INNER_CUT, v -> v.is(Units.PARALLEL, Units.INNER) ? 1 : 0, Units.PARALLEL);
  }
}
