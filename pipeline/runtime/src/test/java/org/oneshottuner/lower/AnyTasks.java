package org.oneshottuner.lower;

import java.util.List;
import java.util.Optional;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.Transpose;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/**
 * Tasks of any shape on any target, most of them too large to compute in a test: extents are drawn
 * by their magnitude, so that kernels are often as wide as what they slide over.
 */
final class AnyTasks {
  private static final List<Transpose> TRANSPOSES = List.of(Transpose.values());

  private AnyTasks() {}

  /** Returns a drawn task. */
  static TuningTask draw(SplitMix64 random) {
    Optional<TuningTask> drawn = Optional.empty();
    while (drawn.isEmpty()) {
      drawn = possible(text(random), target(random));
    }
    return drawn.get();
  }

  private static Optional<TuningTask> possible(String workload, CpuTarget target) {
    try {
      return Optional.of(new TuningTask(Workload.parse(workload), target, 1));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static CpuTarget target(SplitMix64 random) {
    int vectorBytes = 16 << random.nextLong(3);
    int registers = 8 + (int) random.nextLong(57);
    return new CpuTarget(
        "drawn", "x86-64-v4", vectorBytes, registers, 1 << 15, 1 << 20, 1 << 25, 1);
  }

  private static String text(SplitMix64 random) {
    return switch ((int) random.nextLong(6)) {
      case 0 ->
          "dense m=%d n=%d k=%d"
              .formatted(magnitude(random, 12), magnitude(random, 12), magnitude(random, 12));
      case 1 ->
          "batch_matmul b=%d m=%d n=%d k=%d transpose=%s"
              .formatted(
                  magnitude(random, 4),
                  magnitude(random, 9),
                  magnitude(random, 9),
                  magnitude(random, 9),
                  TRANSPOSES.get((int) random.nextLong(TRANSPOSES.size())).text());
      case 2, 3 -> "depthwise_conv2d n=1 c=%d %s".formatted(magnitude(random, 9), window(random));
      default -> {
        int groups = magnitude(random, 6);
        yield "conv2d n=1 c=%d k=%d groups=%d %s"
            .formatted(
                groups * magnitude(random, 6),
                groups * magnitude(random, 6),
                groups,
                window(random));
      }
    };
  }

  private static String window(SplitMix64 random) {
    return "h=%d w=%d r=%d s=%d stride=%d dilation=%d pad=%d,%d,%d,%d layout=%s"
        .formatted(
            magnitude(random, 9),
            magnitude(random, 9),
            magnitude(random, 8),
            magnitude(random, 8),
            magnitude(random, 3),
            magnitude(random, 3),
            magnitude(random, 7) - 1,
            magnitude(random, 7) - 1,
            magnitude(random, 7) - 1,
            magnitude(random, 7) - 1,
            random.nextLong(2) == 0 ? "nchw" : "nchw16c");
  }

  /** Returns a number from one to below {@code 2^bits}, each magnitude alike. */
  private static int magnitude(SplitMix64 random, int bits) {
    int least = 1 << random.nextLong(bits);
    return least + (int) random.nextLong(least);
  }
}
