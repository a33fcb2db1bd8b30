package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;
import static org.oneshottuner.lower.Choices.rule;
import static org.oneshottuner.lower.PlanarShape.CHANNELS_OUTSIDE;
import static org.oneshottuner.lower.PlanarShape.KT;
import static org.oneshottuner.lower.PlanarShape.NV;
import static org.oneshottuner.lower.PlanarShape.ORDER;
import static org.oneshottuner.lower.PlanarShape.ROWS;
import static org.oneshottuner.lower.PlanarShape.ROWS_INSIDE;
import static org.oneshottuner.lower.PlanarShape.ROWS_OUTSIDE;
import static org.oneshottuner.lower.PlanarShape.SPACE_OUTSIDE;
import static org.oneshottuner.lower.PlanarShape.SPAN;
import static org.oneshottuner.lower.PlanarShape.UNROLL;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.TuningTask;

/**
 * A convolution with columns in vectors, for the plain layout: weights are broadcast, input
 * elements are loaded. Planes are staged with their padding in a phase of their own, unless they
 * can be read where they are; a kernel that looks at one element alone sees the plane as one long
 * row.
 *
 * <p>A register tile is {@code kt} output channels by {@code nv} vectors of columns. The loop over
 * kernel rows is inside or outside of that over input channels ({@code rows}).
 */
final class PlanarConv2d implements Template {
  static final String NAME = "conv2d.planar";

  private static final int MOST_BODY_FMAS = 256;
  private static final long MOST_STAGED_BYTES = 1L << 28;

  private final TuningTask task;
  private final Conv2d conv;
  private final PlanarShape shape;
  private final Plane plane;
  private final Knob spans;

  private PlanarConv2d(TuningTask task, Conv2d conv) {
    this.task = task;
    this.conv = conv;
    this.shape = new PlanarShape(task, conv);
    this.plane = shape.plane();
    this.spans =
        plane.flat()
            ? Choices.sizes(SPAN, plane.ow(), 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32)
            : Choices.pieces(
                SPAN, plane.oh(), 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 38, 56);
  }

  /**
   * Returns the template for a convolution in the plain layout whose staged planes fit, and nothing
   * for others.
   */
  static Optional<Template> of(TuningTask task) {
    if (task.workload() instanceof Conv2d conv && conv.layout() == Layout.NCHW) {
      PlanarConv2d template = new PlanarConv2d(task, conv);
      return template.shape.stagedBytes() <= MOST_STAGED_BYTES
          ? Optional.of(template)
          : Optional.empty();
    }
    return Optional.empty();
  }

  /**
   * Returns whether this template has a schedule for a task. All knobs but the tile's have a choice
   * that goes with every tile, so this is whether there is a tile.
   */
  static boolean computes(TuningTask task) {
    return task.workload() instanceof Conv2d conv
        && of(task).isPresent()
        && new PlanarConv2d(task, conv).hasTile();
  }

  private boolean hasTile() {
    long mostVectors = Math.min(7, ceil(plane.ow(), task.lanes()));
    for (int kt = 1; kt <= task.target().vectorRegisters() - 4; kt++) {
      for (int nv = 1; shape.groupOutputs() % kt == 0 && nv <= mostVectors; nv++) {
        if (shape.tile().fits(kt, nv) && isLarge(kt, nv) && isShort(kt, nv, 1)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean isLarge(int kt, int nv) {
    return (long) kt * nv
        >= Math.min(8, mostChannels() * Math.min(2L, ceil(plane.ow(), task.lanes())));
  }

  private boolean isShort(int kt, int nv, int unroll) {
    return (long) kt * nv * plane.s() * unroll <= MOST_BODY_FMAS || (unroll == 1 && kt * nv <= 16);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Knob> knobs() {
    return List.of(
        Units.knob(task),
        new Knob.Choice(ORDER, List.of(CHANNELS_OUTSIDE, SPACE_OUTSIDE)),
        spans,
        new Knob.Choice(
            ROWS, plane.r() > 1 ? List.of(ROWS_INSIDE, ROWS_OUTSIDE) : List.of(ROWS_INSIDE)),
        Choices.counts(UNROLL, u -> shape.groupInputs() % u == 0, 1, 2, 3, 4, 5, 6, 7, 8),
        Choices.upTo(NV, (int) ceil(plane.ow(), task.lanes()), 1, 2, 3, 4, 5, 6, 7),
        Choices.counts(
            KT,
            k -> shape.groupOutputs() % k == 0,
            IntStream.rangeClosed(1, task.target().vectorRegisters() - 4).toArray()));
  }

  @Override
  public List<Constraint> constraints() {
    List<Constraint> rules = new ArrayList<>(tileRules());
    if (task.threads() > 1) {
      rules.addAll(shareRules(rules));
    }
    return rules;
  }

  /** Returns what must hold of the threads' shares. */
  private List<Constraint> shareRules(List<Constraint> others) {
    List<String> names = List.of(Units.PARALLEL, ORDER, SPAN, NV, KT);
    List<Constraint> rules = new ArrayList<>();
    rules.add(Units.innerOnlyWhereItMatters(task.threads(), names, shape::units));
    List<Constraint> all = new ArrayList<>(others);
    all.addAll(rules);
    List<Knob> knobs =
        knobs().stream()
            .map(knob -> knob.name().equals(UNROLL) ? new Knob.Count(UNROLL, List.of(1)) : knob)
            .map(
                knob ->
                    knob.name().equals(ROWS) ? new Knob.Choice(ROWS, List.of(ROWS_INSIDE)) : knob)
            .toList();
    double least = -Choices.greatest(knobs, all, v -> -shape.units(v).imbalance(task.threads()));
    rules.add(Units.fair(least, names, v -> shape.units(v).imbalance(task.threads())));
    return rules;
  }

  private List<Constraint> tileRules() {
    return List.of(
        shape.tile().fitting(),
        rule(
            "kt*nv>=8, or as many as there are",
            List.of(KT, NV),
            v -> isLarge(v.number(KT), v.number(NV))),
        rule(
            "fmas of a body<=" + MOST_BODY_FMAS,
            List.of(UNROLL, KT, NV),
            v -> isShort(v.number(KT), v.number(NV), v.number(UNROLL))),
        rule(
            "span=least where it does not matter",
            List.of(ORDER, SPAN, KT),
            v -> v.number(SPAN) == 1 || (v.is(ORDER, SPACE_OUTSIDE) && conv.k() > v.number(KT))),
        rule(
            "order=k_outer where it does not matter",
            List.of(ORDER, KT),
            v -> v.is(ORDER, CHANNELS_OUTSIDE) || conv.k() > v.number(KT)),
        rule(
            "span is the least for its number of pieces",
            List.of(SPAN, NV),
            v -> {
              int before = spanBefore(v.number(SPAN));
              return !plane.flat()
                  || before == 0
                  || ceil(plane.tiles(v.number(NV) * task.lanes()), before) > shape.pieces(v);
            }),
        rule(
            "rows=inside where the loops are alike",
            List.of(ROWS, UNROLL),
            v ->
                v.is(ROWS, ROWS_INSIDE)
                    || (shape.channelTrips(v) > 1 && shape.channelTrips(v) != plane.r())));
  }

  /** Returns the choice of the span that comes before one, or zero. */
  private int spanBefore(int span) {
    int before = 0;
    for (int digit = 0; digit < spans.size() && spans.number(digit) < span; digit++) {
      before = spans.number(digit);
    }
    return before;
  }

  @Override
  public Map<String, String> wishes() {
    boolean many = task.target().vectorRegisters() >= 32;
    return Map.of(
        ORDER,
        CHANNELS_OUTSIDE,
        UNROLL,
        "1",
        SPAN,
        "1",
        NV,
        many ? "3" : "2",
        KT,
        many ? "8" : "4");
  }

  @Override
  public double tolerance(KnobValues values) {
    return Templates.DIRECT_TOLERANCE;
  }

  /** Returns the largest choice of channels in a tile, within eight. */
  private int mostChannels() {
    int most = 1;
    for (int k = 2; k <= 8; k++) {
      most = shape.groupOutputs() % k == 0 ? k : most;
    }
    return most;
  }

  @Override
  public LoopNest lower(KnobValues values) {
    return new PlanarLoops(shape, values).nest();
  }

  @Override
  public List<Trait.Reader> traits() {
    return new PlanarTraits(shape).readers();
  }
}
