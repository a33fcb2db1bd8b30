package org.oneshottuner.jobs.stage;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;
import org.oneshottuner.compile.Choice;
import org.oneshottuner.search.Trial;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;

/**
 * What was chosen for one task, by each way, and how the choices were measured at last, side by
 * side. Filled in by {@link EvaluateJob}, one step after the other.
 */
final class Compared {
  /** Our name in tables. */
  static final String PICK = "one-shot pick";

  static final String DEFAULT = "default schedule";
  static final String RANDOM = "random pick";

  /** Before the name of a template, its default schedule: not every task has every template. */
  static final String DEFAULT_OF = "default of ";

  /** Before the seed of a training: the same learner's pick. */
  static final String OF_SEED = PICK + ", seed ";

  final UnseenTasks.Unseen unseen;
  final Choice pick;
  final long chooseNanos;
  final Map<String, Schedule> ways = new LinkedHashMap<>();

  /** Times of the ways' choices; those that failed are not there. */
  final Map<String, Double> nanos = new LinkedHashMap<>();

  /** Random schedules, failed ones among them. */
  List<Trial> random = List.of();

  Compared(UnseenTasks.Unseen unseen, Choice pick, long chooseNanos) {
    this.unseen = unseen;
    this.pick = pick;
    this.chooseNanos = chooseNanos;
  }

  /** Names a schedule of this task among all candidates. */
  String key(Schedule schedule) {
    return new Candidate(unseen.task(), schedule).key();
  }

  /** Returns whether anything of this task was timed, so that choices can be set against it. */
  boolean timed() {
    return !nanos.isEmpty();
  }

  /** Returns whether a way has something to say of this task. */
  boolean offers(String way) {
    return !way.startsWith(DEFAULT_OF) || ways.containsKey(way);
  }

  /** Returns whether a way's choice was measured and failed. */
  boolean failed(String way) {
    return ways.containsKey(way) && !nanos.containsKey(way);
  }

  /** Returns the least time of all that the ways chose. */
  double bestNanos() {
    return nanos.values().stream().mapToDouble(Double::doubleValue).min().orElseThrow();
  }

  /** Returns the time of a way's choice; empty if it failed, or if the way knew of none. */
  OptionalDouble nanos(String way) {
    return nanos.containsKey(way) ? OptionalDouble.of(nanos.get(way)) : OptionalDouble.empty();
  }

  /** Geometric mean: what a random pick takes. */
  OptionalDouble randomNanos() {
    List<Double> logs =
        random.stream()
            .map(trial -> StrictMath.log(trial.nanos().orElse(fallbackNanos())))
            .toList();
    return logs.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(
            StrictMath.exp(logs.stream().mapToDouble(Double::doubleValue).average().orElseThrow()));
  }

  /**
   * Returns how much longer a way's choice takes than the best. Where the choice failed, or the way
   * knew of none, the task would be compiled by its default schedule: so it is counted.
   */
  double regret(String way) {
    OptionalDouble taken = way.equals(RANDOM) ? randomNanos() : nanos(way);
    return Math.max(0, taken.orElse(fallbackNanos()) / bestNanos() - 1);
  }

  /** Returns the default schedule's time; should that have failed, the worst that is known. */
  double fallbackNanos() {
    return nanos(DEFAULT)
        .orElseGet(
            () ->
                DoubleStream.concat(
                        nanos.values().stream().mapToDouble(Double::doubleValue),
                        random.stream().flatMapToDouble(trial -> trial.nanos().stream()))
                    .max()
                    .orElseThrow());
  }
}
