package org.oneshottuner.sample;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import java.util.List;
import org.oneshottuner.dataset.NearDuplicates;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Workload;

/**
 * What every task sampler keeps to, so that samplers differ in their shapes alone.
 *
 * @param kinds shares of the kinds of operator, kept whatever else is refused
 * @param largeBatchShare share of tasks at {@link #LARGE_BATCH}; the others have batch 1
 * @param blockedShare share of convolutions in layout {@code nchw16c}; the others are in {@code
 *     nchw}
 * @param limits on size
 * @param excluded what no task may be near to
 */
public record TaskScope(
    Kinds kinds,
    double largeBatchShare,
    double blockedShare,
    TaskLimits limits,
    NearDuplicates excluded) {
  /** The batch that is not 1. */
  public static final int LARGE_BATCH = 8;

  private static final int MOST_ATTEMPTS = 20_000;
  private static final double LARGE_BATCH_SHARE = 0.25;
  private static final double BLOCKED_SHARE = 0.5;

  /** Checks the shares. */
  public TaskScope {
    requireNonNull(kinds, "kinds");
    requireNonNull(limits, "limits");
    requireNonNull(excluded, "excluded");
    share("largeBatchShare", largeBatchShare);
    share("blockedShare", blockedShare);
  }

  /**
   * Shares of the kinds of operator; only their ratios count.
   *
   * @param conv2d of convolutions
   * @param depthwise of depthwise convolutions
   * @param dense of products with constant weights
   * @param batchMatmul of batched products
   */
  public record Kinds(double conv2d, double depthwise, double dense, double batchMatmul) {
    /** Half convolutions, as networks are; the others often enough to be learnt. */
    public static final Kinds USUAL = new Kinds(0.5, 0.2, 0.15, 0.15);

    /** Checks that the shares leave something to draw. */
    public Kinds {
      double sum = conv2d + depthwise + dense + batchMatmul;
      if (!(Math.min(Math.min(conv2d, depthwise), Math.min(dense, batchMatmul)) >= 0)
          || !(sum > 0 && sum < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "Cannot mix kinds of operator by "
                + List.of(conv2d, depthwise, dense, batchMatmul)
                + ": least is 0, and one must be above");
      }
    }
  }

  /** A source of shapes at batch 1 and in plain layout. */
  interface Shapes {
    Workload conv2d(Draws draws);

    Workload depthwise(Draws draws);

    Workload dense(Draws draws);

    Workload batchMatmul(Draws draws);
  }

  /** Returns the usual shares, wide limits, and nothing excluded. */
  public static TaskScope usual() {
    return new TaskScope(
        Kinds.USUAL,
        LARGE_BATCH_SHARE,
        BLOCKED_SHARE,
        TaskLimits.WIDE,
        new NearDuplicates(List.of()));
  }

  /** Returns this scope with other limits on size. */
  public TaskScope within(TaskLimits size) {
    return new TaskScope(kinds, largeBatchShare, blockedShare, size, excluded);
  }

  /** Returns this scope with other shares of kinds. */
  public TaskScope of(Kinds shares) {
    return new TaskScope(shares, largeBatchShare, blockedShare, limits, excluded);
  }

  /** Returns this scope with other shares of batch 8 and of layout {@code nchw16c}. */
  public TaskScope sharing(double largeBatch, double blocked) {
    return new TaskScope(kinds, largeBatch, blocked, limits, excluded);
  }

  /**
   * Returns this scope with nothing near to these workloads, in place of what was excluded before.
   */
  public TaskScope excluding(Collection<? extends Workload> workloads) {
    return new TaskScope(
        kinds, largeBatchShare, blockedShare, limits, new NearDuplicates(workloads));
  }

  /** Draws a kind, then shapes of it until one is within the scope. */
  Workload draw(Draws draws, Shapes shapes) {
    int kind =
        draws.place(List.of(kinds.conv2d(), kinds.depthwise(), kinds.dense(), kinds.batchMatmul()));
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      Workload shape =
          switch (kind) {
            case 0 -> shapes.conv2d(draws);
            case 1 -> shapes.depthwise(draws);
            case 2 -> shapes.dense(draws);
            default -> shapes.batchMatmul(draws);
          };
      int batch = draws.chance(largeBatchShare) ? LARGE_BATCH : 1;
      Layout layout = draws.chance(blockedShare) ? Layout.NCHW16C : Layout.NCHW;
      Workload workload = Layer.inLayout(Layer.batched(shape, batch), layout);
      if (limits.admit(workload) && excluded.near(workload).isEmpty()) {
        return workload;
      }
    }
    throw new IllegalStateException(
        "Cannot draw a task: none of "
            + MOST_ATTEMPTS
            + " was within "
            + limits
            + " and far enough from what is excluded");
  }

  private static void share(String name, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "Cannot draw tasks: " + name + " is " + share + ", bounds are 0 and 1");
    }
  }
}
