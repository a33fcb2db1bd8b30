package org.oneshottuner.lower;

import static org.oneshottuner.lower.WinogradShape.CHANNELS;
import static org.oneshottuner.lower.WinogradShape.ELEMENTS;
import static org.oneshottuner.lower.WinogradShape.FUSED;
import static org.oneshottuner.lower.WinogradShape.KC;
import static org.oneshottuner.lower.WinogradShape.M;
import static org.oneshottuner.lower.WinogradShape.MR;
import static org.oneshottuner.lower.WinogradShape.NO;
import static org.oneshottuner.lower.WinogradShape.NV;
import static org.oneshottuner.lower.WinogradShape.ORDER;
import static org.oneshottuner.lower.WinogradShape.PARTS;
import static org.oneshottuner.lower.WinogradShape.TB;
import static org.oneshottuner.lower.WinogradShape.UNROLL;
import static org.oneshottuner.lower.WinogradShape.YES;

import java.util.List;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Window;

/** What is known of a convolution by minimal filtering without lowering it. */
final class WinogradTraits {
  private static final double ELEMENT = Float.BYTES;

  private final WinogradShape shape;
  private final TuningTask task;
  private final Conv2d conv;
  private final Window window;
  private final TileKnobs tile;
  private final int lanes;
  private final int inBlocks;
  private final int outBlocks;

  WinogradTraits(WinogradShape shape) {
    this.shape = shape;
    this.task = shape.task();
    this.conv = shape.conv();
    this.window = conv.window();
    this.tile = shape.tile();
    this.lanes = shape.lanes();
    this.inBlocks = shape.inBlocks();
    this.outBlocks = shape.outBlocks();
  }

  List<Trait.Reader> readers() {
    Trait.Table traits = new Trait.Table();
    tile.describe(traits);
    addArithmetic(traits);
    addMemory(traits);
    addUnits(traits);
    tile.describeScalars(traits);
    return traits.readers();
  }

  private void addArithmetic(Trait.Table traits) {
    traits.add(Trait.BODY_FMAS, shape::bodyFmas, UNROLL, MR, NV);
    traits.add(Trait.INNER_TRIPS, v -> (double) v.number(KC) / v.number(UNROLL), KC, UNROLL);
    traits.add(Trait.REDUCTION_TRIPS, v -> (double) v.number(KC) / v.number(UNROLL), KC, UNROLL);
    traits.add(
        Trait.CODE_FMAS,
        v ->
            shape.bodyFmas(v)
                + 2.0 * transform(v).inputOperations()
                + transform(v).outputOperations(),
        UNROLL,
        MR,
        NV,
        M);
    traits.add(Trait.EXECUTED_FMAS, shape::products, TB, M);
    traits.add(Trait.USEFUL_SHARE, v -> conv.flops() / (2.0 * lanes * shape.products(v)), TB, M);
  }

  private void addMemory(Trait.Table traits) {
    traits.add(Trait.ROW_PANEL_BYTES, v -> ELEMENT * v.number(MR) * v.number(KC), KC, MR);
    traits.add(
        Trait.COLUMN_PANEL_BYTES, v -> ELEMENT * v.number(NV) * lanes * v.number(KC), KC, NV);
    traits.add(Trait.REUSE_BYTES, this::reuseBytes, NV, ELEMENTS, PARTS, ORDER, TB, M);
    traits.add(
        Trait.INNER_TRAFFIC,
        v -> shape.products(v) * ELEMENT * (lanes / (double) v.number(MR) + 1.0 / v.number(NV)),
        TB,
        MR,
        NV,
        M);
    traits.add(Trait.OUTER_TRAFFIC, this::outerTraffic, NV, ELEMENTS, PARTS, ORDER, FUSED, TB, M);
    traits.add(Trait.SCRATCH_TRAFFIC, this::scratchTraffic, KC, PARTS, FUSED, TB, M);
    traits.add(
        Trait.SCRATCH_BYTES, v -> (double) shape.scratchBytes(v), NV, ELEMENTS, PARTS, TB, M);
    traits.add(Trait.TRANSFORM_OPS, this::transformOperations, PARTS, FUSED, TB, M);
    traits.add(Trait.SCATTERED_STORES, this::scatteredStores, M);
    traits.add(Trait.ROW_STRIDE_BYTES, v -> ELEMENT * inBlocks * lanes);
  }

  private void addUnits(Trait.Table traits) {
    traits.add(
        Trait.UNITS, v -> (double) shape.units(v).count(), Units.PARALLEL, PARTS, ORDER, TB, M);
    traits.add(
        Trait.IMBALANCE,
        v -> shape.units(v).imbalance(task.threads()),
        Units.PARALLEL,
        PARTS,
        ORDER,
        TB,
        M);
    traits.add(Trait.COLUMNS_STAY, v -> v.is(ORDER, CHANNELS) ? 1 : 0, ORDER);
    traits.add(Trait.PASSES, v -> (double) conv.c() / v.number(KC), KC);
    traits.add(Trait.PHASES, v -> (shape.blocked() ? 1 : 2) + (v.is(FUSED, NO) ? 1 : 0), FUSED);
    traits.add(Trait.INNER_CUT, v -> v.is(Units.PARALLEL, Units.INNER) ? 1 : 0, Units.PARALLEL);
  }

  private static WinogradTransform transform(KnobValues v) {
    return WinogradTransform.of(v.number(M));
  }

  private double scratchTraffic(KnobValues v) {
    double tiles = (double) shape.blocks(v) * v.number(TB);
    double passes = (double) conv.c() / v.number(KC);
    return 2.0
        * Float.BYTES
        * lanes
        * WinogradShape.elements(v)
        * tiles
        * (inBlocks * WinogradShape.transforms(v) + outBlocks * passes);
  }

  private double transformOperations(KnobValues v) {
    double tiles = (double) shape.blocks(v) * v.number(TB);
    return tiles
            * ((double) inBlocks * WinogradShape.transforms(v) * transform(v).inputOperations()
                + (double) outBlocks * transform(v).outputOperations())
        + (shape.blocked() ? 0 : BlockedInput.operations(conv, lanes) + outputMoves(v));
  }

  private double outputs() {
    return (double) conv.n() * conv.k() * window.outHeight() * window.outWidth();
  }

  /** Returns the elements of a plain output that are not transposed. */
  private double scatteredStores(KnobValues v) {
    if (shape.blocked()) {
      return 0;
    }
    int m = v.number(M);
    int columns = window.outWidth() - window.outWidth() % m;
    int channels = conv.k() - conv.k() % lanes;
    double inSquares = m - ChannelOutput.oneByOne(m, lanes);
    return outputs() - inSquares / m * conv.n() * window.outHeight() * columns * channels;
  }

  /** Returns the vector operations of transposing a plain output: rows of a tile in squares. */
  private double outputMoves(KnobValues v) {
    int m = v.number(M);
    return (outputs() - scatteredStores(v)) / m * (2 + Integer.numberOfTrailingZeros(m));
  }

  /**
   * Returns the bytes gone through between two uses of what the outer loop keeps: weights of a part
   * of the channels, or the inputs of a block.
   */
  private double reuseBytes(KnobValues v) {
    return v.is(ORDER, CHANNELS)
        ? shape.scratchBytes(v) + shape.weightBytes(v) / v.number(PARTS)
        : shape.scratchBytes(v);
  }

  /** Returns the bytes from beyond the second-level cache: weights, inputs, spilled products. */
  private double outerTraffic(KnobValues v) {
    double fits = CacheShare.bytes(task.target());
    double blocks = shape.blocks(v);
    double parts = v.number(PARTS);
    boolean outermost = v.is(ORDER, CHANNELS);
    double weights = shape.weightBytes(v);
    double resident = shape.scratchBytes(v) + (outermost ? weights / parts : weights);
    double weightReads = resident <= fits ? 1 : blocks;
    double spills = shape.scratchBytes(v) <= fits ? 0 : 2;
    double inputReads =
        v.is(FUSED, YES) ? spills * parts : 1 + (outermost || spills > 0 ? parts : 1);
    return weights * weightReads
        + inputReads * blocks * shape.inputBytes(v)
        + spills * blocks * parts * shape.productBytes(v)
        + (double) Float.BYTES
            * WinogradShape.transforms(v)
            * conv.n()
            * conv.c()
            * window.h()
            * window.w();
  }
}
