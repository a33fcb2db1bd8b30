package org.oneshottuner.lower;

import static org.oneshottuner.lower.PlanarShape.CHANNELS_OUTSIDE;
import static org.oneshottuner.lower.PlanarShape.KT;
import static org.oneshottuner.lower.PlanarShape.NV;
import static org.oneshottuner.lower.PlanarShape.ORDER;
import static org.oneshottuner.lower.PlanarShape.ROWS;
import static org.oneshottuner.lower.PlanarShape.ROWS_INSIDE;
import static org.oneshottuner.lower.PlanarShape.SPAN;
import static org.oneshottuner.lower.PlanarShape.UNROLL;

import java.util.List;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.TuningTask;

/** What is known of a convolution with columns in vectors without lowering it. */
final class PlanarTraits {
  private static final double ELEMENT = Float.BYTES;

  private final PlanarShape shape;
  private final TuningTask task;
  private final Conv2d conv;
  private final Plane plane;
  private final StagedPlanes staged;
  private final boolean staging;
  private final TileKnobs tile;
  private final int lanes;
  private final int groupInputs;
  private final double taps;
  private final double rows;

  PlanarTraits(PlanarShape shape) {
    this.shape = shape;
    this.task = shape.task();
    this.conv = shape.conv();
    this.plane = shape.plane();
    this.staged = shape.staged();
    this.staging = shape.staging();
    this.tile = shape.tile();
    this.lanes = shape.lanes();
    this.groupInputs = shape.groupInputs();
    this.taps = (double) plane.r() * plane.s();
    this.rows = (double) conv.n() * plane.oh();
  }

  List<Trait.Reader> readers() {
    Trait.Table traits = new Trait.Table();
    tile.describe(traits);
    addArithmetic(traits);
    addMemory(traits);
    addUnits(traits);
    tile.describeScalars(traits);
    addColumns(traits);
    return traits.readers();
  }

  private void addArithmetic(Trait.Table traits) {
    traits.add(Trait.BODY_FMAS, shape::bodyFmas, UNROLL, KT, NV);
    traits.add(
        Trait.INNER_TRIPS,
        v -> plane.r() > 1 && v.is(ROWS, ROWS_INSIDE) ? plane.r() : shape.channelTrips(v),
        ROWS,
        UNROLL);
    traits.add(
        Trait.REDUCTION_TRIPS, v -> (double) groupInputs * plane.r() / v.number(UNROLL), UNROLL);
    traits.add(
        Trait.CODE_FMAS,
        v -> shape.bodyFmas(v) * (plane.ow() % (v.number(NV) * lanes) == 0 ? 1.0 : 2.0),
        UNROLL,
        KT,
        NV);
    traits.add(
        Trait.EXECUTED_FMAS, v -> rows * shape.rowVectors(v) * conv.k() * groupInputs * taps, NV);
    traits.add(Trait.USEFUL_SHARE, v -> plane.ow() / (lanes * shape.rowVectors(v)), NV);
  }

  private void addMemory(Trait.Table traits) {
    traits.add(Trait.ROW_PANEL_BYTES, v -> ELEMENT * v.number(KT) * groupInputs * taps, KT);
    traits.add(
        Trait.COLUMN_PANEL_BYTES,
        v -> ELEMENT * v.number(NV) * lanes * groupInputs * plane.r(),
        NV);
    traits.add(Trait.REUSE_BYTES, this::reuseBytes, ORDER, SPAN, KT, NV);
    traits.add(
        Trait.INNER_TRAFFIC,
        v ->
            rows
                * shape.rowVectors(v)
                * conv.k()
                * groupInputs
                * taps
                * ELEMENT
                * (lanes / (double) v.number(KT) + 1.0 / v.number(NV)),
        KT,
        NV);
    traits.add(Trait.OUTER_TRAFFIC, this::outerTraffic, ORDER, SPAN, KT, NV);
    traits.add(
        Trait.SCRATCH_TRAFFIC,
        v -> staging ? 2 * ELEMENT * conv.n() * conv.c() * staged.written(plane.oh()) : 0);
    traits.add(Trait.SCRATCH_BYTES, v -> shape.stagedBytes());
    traits.add(
        Trait.TRANSFORM_OPS,
        v ->
            rows * shape.rowVectors(v) * conv.k()
                + (staging ? (double) conv.n() * conv.c() * staged.operations(plane.oh()) : 0),
        NV);
    traits.add(Trait.SCATTERED_STORES, v -> 0);
    traits.add(Trait.ROW_STRIDE_BYTES, v -> ELEMENT);
  }

  private void addUnits(Trait.Table traits) {
    String[] unitKnobs = {Units.PARALLEL, ORDER, SPAN, NV, KT};
    traits.add(Trait.UNITS, v -> (double) shape.units(v).count(), unitKnobs);
    traits.add(Trait.IMBALANCE, v -> shape.units(v).imbalance(task.threads()), unitKnobs);
    traits.add(Trait.INNER_CUT, v -> v.is(Units.PARALLEL, Units.INNER) ? 1 : 0, Units.PARALLEL);
    traits.add(Trait.PASSES, v -> 1);
    traits.add(Trait.PHASES, v -> staging ? 2 : 1);
  }

  private void addColumns(Trait.Table traits) {
    traits.add(Trait.COLUMNS_STAY, v -> v.is(ORDER, CHANNELS_OUTSIDE) ? 0 : 1, ORDER);
    double splits = staging ? staged.splits() : StagedPlanes.splitsInPlace(plane, lanes);
    traits.add(
        Trait.SPLIT_LOADS,
        v -> rows * (conv.k() / (double) v.number(KT)) * groupInputs * plane.r() * splits,
        KT);
  }

  private double reuseBytes(KnobValues v) {
    double panel = shape.weightBytes() * v.number(KT) / conv.k();
    return v.is(ORDER, CHANNELS_OUTSIDE)
        ? panel + (double) Float.BYTES * groupInputs * plane.h() * plane.w()
        : shape.pieceBytes(v) + shape.weightBytes();
  }

  private double outerTraffic(KnobValues v) {
    double image =
        staging
            ? shape.stagedBytes() / conv.n()
            : (double) Float.BYTES * conv.c() * plane.h() * plane.w();
    double fits = CacheShare.bytes(task.target());
    double tiles = (double) conv.k() / v.number(KT);
    double sweeps = shape.pieces(v);
    return v.is(ORDER, CHANNELS_OUTSIDE)
        ? conv.n() * (shape.weightBytes() + (image <= fits ? image : image * tiles / conv.groups()))
        : conv.n()
            * (image
                + (shape.weightBytes() + shape.pieceBytes(v) <= fits
                    ? shape.weightBytes()
                    : shape.weightBytes() * sweeps));
  }
}
