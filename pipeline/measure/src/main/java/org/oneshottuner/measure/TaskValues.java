package org.oneshottuner.measure;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.oneshottuner.measure.RunnerProcess.Answers;
import org.oneshottuner.workload.TuningTask;

/**
 * The tasks whose values a runner holds. Those that no kernel needs are kept while all together are
 * within a number of bytes; the longest unused go first.
 */
final class TaskValues {
  /** Of the generator of inputs: the same values on every device and in every run. */
  private static final long SEED = 20220402;

  private static final Duration LEAST_LIMIT = Duration.ofSeconds(60);
  private static final double SLOWEST_REFERENCE_FLOPS_PER_SECOND = 2e8;

  /** Which numbers the operands are filled with. */
  enum Numbers {
    /** Uniform between -1 and 1. */
    UNIFORM,
    /** Small whole numbers, on which every order of summing is exact. */
    WHOLE
  }

  private record Held(String id, long bytes) {}

  private final String options;
  private final long mostBytes;
  private final Map<String, Held> held = new LinkedHashMap<>(16, 0.75f, true);
  private long next;

  TaskValues(Numbers numbers, boolean reference, long mostBytes) {
    options =
        " values="
            + (numbers == Numbers.WHOLE ? "whole" : "uniform")
            + " seed="
            + SEED
            + " reference="
            + (reference ? "yes" : "no")
            + " ";
    this.mostBytes = mostBytes;
  }

  /** Forgets all: the runner has ended. */
  void clear() {
    held.clear();
  }

  private long bytes() {
    return held.values().stream().mapToLong(Held::bytes).sum();
  }

  /** Returns the bytes of the values held of some tasks, by their keys. */
  long bytes(Set<String> tasks) {
    return held.entrySet().stream()
        .filter(entry -> tasks.contains(entry.getKey()))
        .mapToLong(entry -> entry.getValue().bytes())
        .sum();
  }

  boolean holds(TuningTask task) {
    return held.containsKey(task.key());
  }

  /** Returns the runner's name for a task that it holds. */
  String id(TuningTask task) {
    Held values = held.get(task.key());
    if (values == null) {
      throw new IllegalStateException(
          "Cannot name task " + task.key() + ": its values are not held");
    }
    return values.id();
  }

  /**
   * Has a runner make a task's values, unless it holds them.
   *
   * @param inUse keys of tasks that must stay
   * @return the answers, which tell of a death if there was one
   */
  Answers make(RunnerProcess runner, TuningTask task, Set<String> inUse)
      throws InterruptedException {
    Answers made = evict(runner, inUse);
    if (made.death().isPresent() || holds(task)) {
      return made;
    }
    String id = "t" + next++;
    Duration limit =
        LEAST_LIMIT.plusMillis(
            (long) (task.workload().flops() * 1000 / SLOWEST_REFERENCE_FLOPS_PER_SECOND));
    made = runner.ask("task id=" + id + options + TaskText.of(task), limit);
    if (made.death().isEmpty()) {
      held.put(task.key(), new Held(id, Answer.parse(made.answers().get(0)).number("bytes")));
    }
    return made;
  }

  private Answers evict(RunnerProcess runner, Set<String> inUse) throws InterruptedException {
    Answers answers = new Answers(List.of(), java.util.Optional.empty(), "");
    Iterator<Map.Entry<String, Held>> oldest = held.entrySet().iterator();
    while (bytes() > mostBytes && oldest.hasNext() && answers.death().isEmpty()) {
      Map.Entry<String, Held> entry = oldest.next();
      if (!inUse.contains(entry.getKey())) {
        answers = runner.ask("forget id=" + entry.getValue().id(), LEAST_LIMIT);
        oldest.remove();
      }
    }
    return answers;
  }
}
