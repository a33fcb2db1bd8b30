package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.rule;
import static org.oneshottuner.lower.WinogradShape.CHANNELS;
import static org.oneshottuner.lower.WinogradShape.ELEMENTS;
import static org.oneshottuner.lower.WinogradShape.FUSED;
import static org.oneshottuner.lower.WinogradShape.INSIDE;
import static org.oneshottuner.lower.WinogradShape.KC;
import static org.oneshottuner.lower.WinogradShape.M;
import static org.oneshottuner.lower.WinogradShape.MR;
import static org.oneshottuner.lower.WinogradShape.NO;
import static org.oneshottuner.lower.WinogradShape.NV;
import static org.oneshottuner.lower.WinogradShape.ORDER;
import static org.oneshottuner.lower.WinogradShape.OUTSIDE;
import static org.oneshottuner.lower.WinogradShape.PARTS;
import static org.oneshottuner.lower.WinogradShape.SPACE;
import static org.oneshottuner.lower.WinogradShape.TB;
import static org.oneshottuner.lower.WinogradShape.UNROLL;
import static org.oneshottuner.lower.WinogradShape.YES;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Window;

/**
 * A 3 × 3 convolution of stride one by Winograd's minimal filtering, F(2, 3) or F(4, 3).
 *
 * <p>The inputs of a block of {@code tb} output tiles are transformed for all channels into {@code
 * [element of the transform][tile][channel]}. For tiles of output channels each element's matrix is
 * multiplied with its weights, and the products are transformed back with bias and epilogue.
 * Weights are transformed when they are packed.
 *
 * <p>A unit of work is a block and one of {@code parts} equal parts of the output channels. Where
 * all is {@code fused} it transforms its inputs itself, and there is one part, or one for each
 * thread; else a phase of its own transforms the inputs of all blocks. Threads share the outer or
 * the inner of the two loops over blocks and parts ({@code order}, {@code parallel}). In a unit the
 * elements are gone through for each tile of channels, or the tiles of channels for each element
 * ({@code elements}); sums may be cut at every {@code kc} input channels. A plain input is first
 * reordered to blocked channels, in another phase.
 */
final class WinogradConv2d implements Template {
  static final String NAME = "conv2d.winograd";

  private static final long MOST_SCRATCH_BYTES = 4L << 20;
  private static final int ALWAYS_FEW_TILES = 8;
  private static final double F2_TOLERANCE = 1e-5;
  private static final double F4_TOLERANCE = 1e-4;

  private final TuningTask task;
  private final Conv2d conv;
  private final WinogradShape shape;
  private final int outBlocks;

  private WinogradConv2d(TuningTask task, Conv2d conv) {
    this.task = task;
    this.conv = conv;
    this.shape = new WinogradShape(task, conv);
    this.outBlocks = shape.outBlocks();
  }

  /**
   * Returns the template for a dense 3 × 3 convolution of stride one with enough channels, and
   * nothing for others.
   */
  static Optional<Template> of(TuningTask task) {
    if (task.workload() instanceof Conv2d conv) {
      Window window = conv.window();
      boolean fits =
          window.r() == 3
              && window.s() == 3
              && window.stride() == 1
              && window.dilation() == 1
              && conv.groups() == 1
              && conv.c() >= task.lanes()
              && conv.k() >= task.lanes();
      return fits ? Optional.of(new WinogradConv2d(task, conv)) : Optional.empty();
    }
    return Optional.empty();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Knob> knobs() {
    int tiles = (int) Math.min(shape.tiles(2), 112);
    return List.of(
        Choices.counts(KC, kc -> kc <= conv.c() && conv.c() % kc == 0, 128, 256, conv.c()),
        Choices.counts(UNROLL, u -> conv.c() % u == 0, 1, 2),
        Choices.counts(NV, b -> outBlocks % b == 0, 1, 2, 3, 4),
        Choices.upTo(MR, tiles, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 16, 20, 24, 25, 28),
        new Knob.Choice(ELEMENTS, List.of(INSIDE, OUTSIDE)),
        Units.knob(task),
        Choices.counts(
            PARTS, p -> outBlocks % p == 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 32),
        new Knob.Choice(ORDER, List.of(SPACE, CHANNELS)),
        new Knob.Choice(FUSED, List.of(YES, NO)),
        Choices.upTo(
            TB, tiles, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 16, 18, 20, 24, 25, 28, 32, 36,
            42, 48, 49, 50, 56, 64, 75, 84, 98, 112),
        Choices.counts(M, m -> true, 2, 4));
  }

  @Override
  public List<Constraint> constraints() {
    List<Constraint> rules = new ArrayList<>(unitRules());
    rules.addAll(tileRules());
    if (task.threads() > 1) {
      double least =
          -Choices.greatest(
              knobs().stream().map(this::atLeast).toList(),
              rules,
              v -> -shape.units(v).imbalance(task.threads()));
      rules.add(
          Units.fair(
              least,
              List.of(Units.PARALLEL, PARTS, ORDER, FUSED, TB, M),
              v -> shape.units(v).imbalance(task.threads())));
    }
    return rules;
  }

  /** Returns a knob with the choice that goes with every unit, where it has one. */
  private Knob atLeast(Knob knob) {
    return switch (knob.name()) {
      case KC -> new Knob.Count(KC, List.of(conv.c()));
      case UNROLL -> new Knob.Count(UNROLL, List.of(1));
      default -> knob;
    };
  }

  /** Returns the rules of how units are made. */
  private List<Constraint> unitRules() {
    int threads = task.threads();
    return List.of(
        rule("tb<=tiles", List.of(TB, M), v -> v.number(TB) <= shape.tiles(v.number(M))),
        rule(
            "at most a quarter of the blocks' tiles are idle",
            List.of(TB, M),
            v -> 4 * shape.tiles(v.number(M)) >= 3 * shape.blocks(v) * v.number(TB)),
        rule(
            "fused, or input of all blocks<=" + MOST_SCRATCH_BYTES,
            List.of(FUSED, TB, M),
            v -> v.is(FUSED, YES) || shape.sharedBytes(v) <= MOST_SCRATCH_BYTES),
        rule(
            "several parts and blocks where channels are outermost",
            List.of(PARTS, ORDER, TB, M),
            v -> v.is(ORDER, SPACE) || (v.number(PARTS) > 1 && shape.blocks(v) > 1)),
        rule(
            "one part, or one a thread where fused, and several where not",
            List.of(PARTS, ORDER, FUSED, TB, M),
            v ->
                v.is(FUSED, NO)
                    ? v.number(PARTS) > 1
                    : v.number(PARTS) == 1
                        || (v.number(PARTS) == threads
                            && (v.is(ORDER, CHANNELS) || shape.blocks(v) == 1))),
        rule(
            "threads share an inner loop of more than one step each",
            List.of(Units.PARALLEL, PARTS, ORDER, FUSED, TB, M),
            v ->
                v.is(Units.PARALLEL, Units.OUTER)
                    || (v.is(FUSED, NO)
                        && shape.blocks(v) > 1
                        && shape.units(v).inner().extent() > threads)));
  }

  /** Returns the rules of what a unit does. */
  private List<Constraint> tileRules() {
    long l2Bytes = task.target().l2Bytes();
    return List.of(
        rule(
            "several parts a thread where they set the loops",
            List.of(ELEMENTS, PARTS, ORDER),
            v ->
                v.is(ELEMENTS, OUTSIDE)
                    || v.is(ORDER, CHANNELS)
                    || v.number(PARTS) <= task.threads()),
        rule("tb%mr=0", List.of(TB, MR), v -> v.number(TB) % v.number(MR) == 0),
        rule(
            "parts*nv divides " + outBlocks,
            List.of(PARTS, NV),
            v -> outBlocks % (v.number(PARTS) * v.number(NV)) == 0),
        rule(
            "several tiles of channels inside of an element",
            List.of(ELEMENTS, PARTS, NV),
            v -> v.is(ELEMENTS, INSIDE) || shape.channelTiles(v) > 1),
        shape.tile().fitting(),
        rule(
            "mr*nv>=8, or as many as there are",
            List.of(MR, NV, PARTS, M),
            v ->
                shape.tile().sums(v)
                    >= Math.min(
                        8,
                        Math.min(shape.tiles(v.number(M)), 4)
                            * Math.min(outBlocks / v.number(PARTS), 2))),
        rule(
            "scratch<=" + Math.min(2 * l2Bytes, MOST_SCRATCH_BYTES) + ", or few tiles",
            List.of(ELEMENTS, PARTS, TB, NV, M),
            v ->
                shape.scratchBytes(v)
                    <= (v.number(TB) <= ALWAYS_FEW_TILES
                        ? MOST_SCRATCH_BYTES
                        : Math.min(2 * l2Bytes, MOST_SCRATCH_BYTES))),
        rule("unroll*mr*nv<=64", List.of(UNROLL, MR, NV), v -> shape.bodyFmas(v) <= 64),
        rule(
            "sums are cut only where their weights are used again",
            List.of(KC, MR, TB),
            v -> v.number(KC) == conv.c() || v.number(TB) > v.number(MR)));
  }

  @Override
  public Map<String, String> wishes() {
    boolean many = task.target().vectorRegisters() >= 32;
    return Map.of(
        KC,
        Integer.toString(conv.c()),
        NV,
        outBlocks % 2 == 0 ? "2" : "1",
        MR,
        many ? "8" : "6",
        TB,
        many ? "16" : "12",
        M,
        "4");
  }

  @Override
  public double tolerance(KnobValues values) {
    return values.number(M) == 4 ? F4_TOLERANCE : F2_TOLERANCE;
  }

  @Override
  public LoopNest lower(KnobValues values) {
    return new WinogradLoops(shape, values).nest();
  }

  @Override
  public List<Trait.Reader> traits() {
    return new WinogradTraits(shape).readers();
  }
}
