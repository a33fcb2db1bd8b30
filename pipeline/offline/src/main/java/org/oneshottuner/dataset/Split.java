package org.oneshottuner.dataset;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.oneshottuner.space.Seeds;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.DepthwiseConv2d;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/**
 * Which tasks are learnt from and which are judged by. What is neither is left out: it is too near
 * to a task that is judged by.
 *
 * @param name what kind of split it is, as reports say it
 * @param sides by task key, in the order in which the tasks were given
 */
public record Split(String name, Map<String, Side> sides) {
  /** The least schedules of a task that its order is judged by. */
  private static final int LEAST_WITHIN = 4;

  /** Where a task's rows go. */
  public enum Side {
    /** Learnt from. */
    TRAIN,
    /** Judged by. */
    TEST,
    /** Neither. */
    LEFT_OUT
  }

  /** Copies the map. */
  public Split {
    requireNonNull(name, "name");
    sides = Collections.unmodifiableMap(new LinkedHashMap<>(sides));
  }

  /**
   * Returns the split that judges by networks never seen: every task of theirs, of whatever batch
   * size, is judged by; what is nearly one of those, the batch size of convolutions left aside, is
   * left out; the rest is learnt from.
   *
   * @param tasks all tasks
   * @param heldOut names of the networks to judge by
   * @throws IllegalArgumentException if a network that is held out has no task
   */
  public static Split unseenNetwork(Collection<SplitTask> tasks, Set<String> heldOut) {
    TreeSet<String> absent = new TreeSet<>(heldOut);
    tasks.forEach(task -> absent.removeAll(task.networks()));
    if (!absent.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot hold out networks " + absent + ": no task is a layer of theirs");
    }
    return separate(
        "unseen network", tasks, task -> task.networks().stream().anyMatch(heldOut::contains));
  }

  /**
   * Returns the split that judges by a drawn share of the tasks; what is nearly one of those is
   * left out.
   *
   * @param share of the tasks to judge by, in (0, 1)
   * @param seed of the draw, which depends on each task alone
   */
  public static Split unseenTask(Collection<SplitTask> tasks, double share, long seed) {
    checkShare(share);
    return separate("unseen task", tasks, task -> drawn(seed, task.task().key(), share));
  }

  /**
   * Returns the split that judges by all tasks of one kind of operator; what is nearly one of those
   * is left out, such as a convolution with a group for each channel.
   *
   * @param kind such as {@code conv2d}
   */
  public static Split unseenKind(Collection<SplitTask> tasks, String kind) {
    return separate("unseen kind", tasks, task -> task.task().workload().kind().equals(kind));
  }

  /**
   * Returns the split that judges by sizes never seen: the tasks of each kind with the most
   * floating-point operations; what is nearly one of those is left out.
   *
   * @param share of the tasks of each kind to judge by, in (0, 1)
   */
  public static Split unseenShape(Collection<SplitTask> tasks, double share) {
    checkShare(share);
    Map<String, List<TuningTask>> kinds = new LinkedHashMap<>();
    for (SplitTask task : tasks) {
      kinds
          .computeIfAbsent(task.task().workload().kind(), kind -> new ArrayList<>())
          .add(task.task());
    }
    Set<String> largest = new HashSet<>();
    for (List<TuningTask> kind : kinds.values()) {
      kind.sort(
          Comparator.<TuningTask>comparingLong(task -> task.workload().flops())
              .reversed()
              .thenComparing(TuningTask::key));
      kind.subList(0, (int) (share * kind.size())).forEach(task -> largest.add(task.key()));
    }
    return separate("unseen shape", tasks, task -> largest.contains(task.task().key()));
  }

  /**
   * Returns the split that judges by what is measured later than all that is learnt from: tasks of
   * which nothing was measured before, and a drawn share of the others, so that there is something
   * to judge by where every task was begun early. Of the tasks learnt from only earlier labels may
   * be used, of those judged by only later ones. What is nearly one of those is left out.
   *
   * @param earlier keys of the tasks of which something was measured early
   * @param share of those to judge by, in (0, 1)
   * @param seed of the draw, which depends on each task alone and is that of {@link #unseenTask}
   */
  public static Split laterInTime(
      Collection<SplitTask> tasks, Set<String> earlier, double share, long seed) {
    checkShare(share);
    return separate(
        "later in time",
        tasks,
        task -> !earlier.contains(task.task().key()) || drawn(seed, task.task().key(), share));
  }

  /**
   * Returns the schedules of a task that are judged by in the split within tasks, where every task
   * is on both sides and no schedule is. Fewer than four are hard to rank wrongly, so that many are
   * held out even if the share is less, but never more than half. A task of fewer than four
   * schedules is only learnt from.
   *
   * @param taskKey the task
   * @param schedules all that were measured, by their texts
   * @param share of the schedules to judge by, in (0, 1)
   * @param seed of the draw, which depends on the task and the schedule alone
   */
  public static List<String> heldOutWithinTask(
      String taskKey, Collection<String> schedules, double share, long seed) {
    checkShare(share);
    int size = schedules.size();
    int held =
        size < LEAST_WITHIN
            ? 0
            : (int) Math.max(Math.min(LEAST_WITHIN, size / 2), Math.rint(share * size));
    long taskSeed = Seeds.derive(seed, taskKey);
    return schedules.stream()
        .sorted(
            Comparator.<String>comparingLong(text -> Seeds.derive(taskSeed, text, "split"))
                .thenComparing(Comparator.naturalOrder()))
        .limit(Math.min(held, size))
        .sorted()
        .toList();
  }

  /** Returns the side of a task. */
  public Side side(String taskKey) {
    Side side = sides.get(taskKey);
    if (side == null) {
      throw new IllegalArgumentException(
          "Cannot tell the side of " + taskKey + ": it was not split");
    }
    return side;
  }

  /** Returns the keys of the tasks on one side, in order. */
  public List<String> keys(Side side) {
    return sides.entrySet().stream()
        .filter(entry -> entry.getValue() == side)
        .map(Map.Entry::getKey)
        .toList();
  }

  private static Split separate(
      String name, Collection<SplitTask> tasks, Predicate<SplitTask> judgedBy) {
    List<Workload> tested = new ArrayList<>();
    Set<String> testedKeys = new HashSet<>();
    for (SplitTask task : tasks) {
      if (judgedBy.test(task)) {
        tested.add(withoutBatch(task.task().workload()));
        testedKeys.add(task.task().key());
      }
    }
    NearDuplicates near = new NearDuplicates(tested);
    Map<String, Side> sides = new LinkedHashMap<>();
    for (SplitTask task : tasks) {
      String key = task.task().key();
      Side side =
          testedKeys.contains(key)
              ? Side.TEST
              : near.near(withoutBatch(task.task().workload())).isPresent()
                  ? Side.LEFT_OUT
                  : Side.TRAIN;
      sides.put(key, side);
    }
    return new Split(name, sides);
  }

  /**
   * Returns a convolution of a batch of one; a matrix product does not say which extent is the
   * batch.
   */
  private static Workload withoutBatch(Workload workload) {
    return workload.fold(
        new Workload.Cases<>(
            conv ->
                new Conv2d(
                    1,
                    conv.c(),
                    conv.k(),
                    conv.groups(),
                    conv.window(),
                    conv.layout(),
                    conv.dtype(),
                    conv.epilogue()),
            conv ->
                new DepthwiseConv2d(
                    1, conv.c(), conv.window(), conv.layout(), conv.dtype(), conv.epilogue()),
            dense -> dense,
            product -> product));
  }

  private static boolean drawn(long seed, String name, double share) {
    return (Seeds.derive(seed, name, "split") >>> 11) * 0x1.0p-53 < share;
  }

  private static void checkShare(double share) {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException(
          "Cannot hold out a share of " + share + ": expected between 0 and 1");
    }
  }
}
