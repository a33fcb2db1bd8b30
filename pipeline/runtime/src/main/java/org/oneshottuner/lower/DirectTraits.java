package org.oneshottuner.lower;

import static org.oneshottuner.lower.DirectShape.BROADCAST;
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
import static org.oneshottuner.lower.DirectShape.ROWS;
import static org.oneshottuner.lower.DirectShape.SPACE_INSIDE;
import static org.oneshottuner.lower.DirectShape.SPAN;
import static org.oneshottuner.lower.DirectShape.UNROLL;

import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.TuningTask;

/** What is known of a direct convolution without lowering it. */
final class DirectTraits {
  private final DirectShape shape;
  private final TuningTask task;
  private final Conv2d conv;
  private final Plane plane;
  private final int lanes;
  private final double outputs;
  private final double outVectors;
  private final double taps;

  DirectTraits(DirectShape shape) {
    this.shape = shape;
    this.task = shape.task();
    this.conv = shape.conv();
    this.plane = shape.plane();
    this.lanes = shape.lanes();
    this.outputs = (double) conv.n() * plane.oh() * plane.ow();
    this.outVectors = outputs * shape.outBlocks();
    this.taps = (double) plane.r() * plane.s();
  }

  List<Trait.Reader> readers() {
    Trait.Table traits = new Trait.Table();
    addTile(traits);
    addArithmetic(traits);
    addMemory(traits);
    addUnits(traits);
    return traits.readers();
  }

  private void addTile(Trait.Table traits) {
    double registers = task.target().vectorRegisters();
    traits.add(Trait.ACCUMULATORS, DirectShape::sums, OHT, OWT, OCB);
    traits.add(Trait.TILE_ROWS, DirectTraits::rows, OHT, OWT);
    traits.add(Trait.TILE_VECTORS, v -> v.number(OCB), OCB);
    traits.add(
        Trait.REGISTER_SHARE, v -> DirectShape.registers(v) / registers, BROADCAST, OHT, OWT, OCB);
    traits.add(
        Trait.FMAS_PER_LOAD,
        v -> DirectShape.sums(v) / (rows(v) * scalarReads(v) + v.number(OCB)),
        BROADCAST,
        OHT,
        OWT,
        OCB);
    traits.add(Trait.BODY_FMAS, shape::bodyFmas, COLUMNS, UNROLL, OHT, OWT, OCB);
    traits.add(Trait.CODE_FMAS, shape::codeFmas, COLUMNS, UNROLL, OHT, OWT, OCB);
    traits.add(Trait.ROW_STRIDE_BYTES, this::rowStride, OHT, OWT);
    traits.add(Trait.EMBEDDED, v -> v.is(BROADCAST, EMBEDDED) ? 1 : 0, BROADCAST);
  }

  private void addArithmetic(Trait.Table traits) {
    traits.add(Trait.INNER_TRIPS, v -> shape.innerTrips(v), ROWS, COLUMNS, UNROLL);
    traits.add(
        Trait.REDUCTION_TRIPS,
        v ->
            shape.channelsOfPass(v)
                * plane.r()
                * (v.is(COLUMNS, LOOPED) ? plane.s() : 1)
                / v.number(UNROLL),
        COLUMNS,
        UNROLL,
        ICB,
        OCB);
    traits.add(Trait.EXECUTED_FMAS, v -> outVectors * shape.channelsRead(v) * taps, OCB);
    traits.add(
        Trait.USEFUL_SHARE,
        v -> conv.flops() / (2 * lanes * outVectors * shape.channelsRead(v) * taps),
        OCB);
    traits.add(
        Trait.TRANSFORM_OPS,
        v -> outVectors * (1 + 2 * (shape.passes(v) - 1)) + outputMoves(v),
        ICB,
        OHT,
        OCB,
        OWT);
    traits.add(Trait.SCATTERED_STORES, this::scatteredStores, OHT, OCB, OWT);
  }

  private void addMemory(Trait.Table traits) {
    traits.add(
        Trait.ROW_PANEL_BYTES,
        v ->
            Float.BYTES
                * shape.channelsOfPass(v)
                * plane.rowsRead(v.number(OHT))
                * plane.columnsRead(v.number(OWT)),
        ICB,
        OHT,
        OWT,
        OCB);
    traits.add(
        Trait.COLUMN_PANEL_BYTES, v -> shape.weightBytes(v, shape.channelsOfPass(v)), ICB, OCB);
    traits.add(Trait.REUSE_BYTES, this::reuseBytes, reuseKnobs());
    traits.add(
        Trait.INNER_TRAFFIC,
        v ->
            outputs / rows(v) * shape.channelTiles(v) * weights(v)
                + outputs
                    * shape.channelTiles(v)
                    * shape.channelsRead(v)
                    * taps
                    * scalarReads(v)
                    * Float.BYTES,
        BROADCAST,
        OHT,
        OWT,
        OCB);
    traits.add(Trait.OUTER_TRAFFIC, this::outerTraffic, reuseKnobs());
    traits.add(
        Trait.SCRATCH_TRAFFIC,
        v -> 2.0 * Float.BYTES * lanes * outVectors * (shape.passes(v) - 1),
        ICB);
    traits.add(
        Trait.SCRATCH_BYTES,
        v -> shape.blocked() ? 0 : (double) Float.BYTES * shape.partialFloats(v),
        SPAN,
        ICB,
        KT,
        OCB,
        OWT);
    traits.add(Trait.PASSES, v -> (double) shape.passes(v), ICB);
    traits.add(
        Trait.COLUMNS_STAY,
        v -> v.is(INNER, SPACE_INSIDE) || shape.tilesOfUnit(v) == 1 ? 1 : 0,
        INNER,
        KT,
        OCB);
    traits.add(Trait.UNITS_SHARE_COLUMNS, v -> v.is(ORDER, CHANNELS_OUTSIDE) ? 1 : 0, ORDER);
  }

  private void addUnits(Trait.Table traits) {
    String[] knobs = {Units.PARALLEL, ORDER, SPAN, KT, OCB, OWT};
    traits.add(Trait.PHASES, v -> 1);
    traits.add(Trait.UNITS, v -> (double) shape.units(v).count(), knobs);
    traits.add(Trait.IMBALANCE, v -> shape.units(v).imbalance(task.threads()), knobs);
    traits.add(Trait.INNER_CUT, v -> v.is(Units.PARALLEL, Units.INNER) ? 1 : 0, Units.PARALLEL);
  }

  private static double rows(KnobValues v) {
    return (double) v.number(OHT) * v.number(OWT);
  }

  private static String[] reuseKnobs() {
    return new String[] {ORDER, SPAN, ICB, KT, OCB, OWT};
  }

  /** Returns how often a register tile reads each scalar. */
  private static double scalarReads(KnobValues v) {
    return v.is(BROADCAST, EMBEDDED) ? v.number(OCB) : 1;
  }

  /** Returns the elements of a plain output that are not transposed. */
  private double scatteredStores(KnobValues v) {
    if (shape.blocked()) {
      return 0;
    }
    int whole = wholeChannels(v);
    double places = (double) plane.oh() * plane.ow();
    return conv.n()
        * (ofTiles(v, extent -> ChannelOutput.oneByOne(extent, lanes)) * whole
            + places * (conv.k() - whole));
  }

  /** Returns the vector operations of staging a plain output and transposing it in squares. */
  private double outputMoves(KnobValues v) {
    return shape.blocked()
        ? 0
        : outVectors
            + (double) conv.n()
                * ofTiles(v, extent -> ChannelOutput.turns(extent, lanes))
                * wholeChannels(v);
  }

  /** Returns the channels of channel tiles that have no lane without a channel. */
  private int wholeChannels(KnobValues v) {
    return conv.k() - conv.k() % (v.number(OCB) * lanes);
  }

  /** Returns what all register tiles of a plane take, given what one of some elements takes. */
  private double ofTiles(KnobValues v, IntToDoubleFunction elements) {
    int oht = v.number(OHT);
    int whole = plane.oh() / oht;
    int rest = plane.oh() % oht;
    return whole * ofRow(v, oht, elements) + (rest > 0 ? ofRow(v, rest, elements) : 0);
  }

  private double ofRow(KnobValues v, int rows, IntToDoubleFunction elements) {
    int owt = v.number(OWT);
    int whole = plane.ow() / owt;
    int rest = plane.ow() % owt;
    return whole * elements.applyAsDouble(rows * owt)
        + (rest > 0 ? elements.applyAsDouble(rows * rest) : 0);
  }

  /** Returns the mean distance of one row of the register tile from the next. */
  private double rowStride(KnobValues v) {
    double element = (double) Float.BYTES * (shape.blocked() ? lanes : 1) * plane.stride();
    int oht = v.number(OHT);
    int owt = v.number(OWT);
    return oht == 1 || owt == 1
        ? element * (oht == 1 ? 1 : plane.w())
        : element * (oht * (owt - 1.0) + (oht - 1.0) * plane.w()) / (oht * owt - 1.0);
  }

  /** Returns the bytes of weights that a tile reads in all passes. */
  private double weights(KnobValues v) {
    return shape.weightBytes(v, shape.channelsRead(v));
  }

  private double unitInput(KnobValues v) {
    return shape.inputBytes(v, shape.channelsRead(v));
  }

  private double reuseBytes(KnobValues v) {
    return v.is(ORDER, CHANNELS_OUTSIDE)
        ? shape.passBytes(v)
        : unitInput(v) + weights(v) * shape.channelTiles(v);
  }

  private double outerTraffic(KnobValues v) {
    double input = (double) Float.BYTES * conv.c() * plane.h() * plane.w();
    double all = weights(v) * shape.channelTiles(v);
    double unit = weights(v) * shape.tilesOfUnit(v);
    double fits = CacheShare.bytes(task.target());
    double pieces = shape.pieces(v);
    double groups = shape.groups(v);
    return v.is(ORDER, CHANNELS_OUTSIDE)
        ? conv.n()
            * ((unit + unitInput(v) <= fits ? all : all * pieces)
                + (input + unit <= fits ? input : input * groups))
        : conv.n()
            * ((unit + unitInput(v) <= fits ? input : input * groups)
                + (all + unitInput(v) <= fits ? all : all * pieces));
  }
}
