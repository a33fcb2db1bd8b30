package org.oneshottuner.jobs.stage;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.DoubleStream;
import org.oneshottuner.compile.Choice;
import org.oneshottuner.search.Trial;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.train.NetworkTask;
import org.oneshottuner.train.Prediction;
import org.oneshottuner.train.RankedTask;

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

  /** Searches, whether or not they found anything. */
  final Set<String> searches = new LinkedHashSet<>();

  /** Schedules of which searches have labels. */
  final Set<Schedule> tried = new HashSet<>();

  /** Schedules that were drawn at random, to be measured beside the choices. */
  List<Schedule> drawn = List.of();

  /**
   * Random schedules as they were measured beside the choices, failed ones among them; the model's
   * order is judged by them. No label of an earlier moment is set against these.
   */
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
    return measured().findAny().isPresent();
  }

  /** Returns whether a way has something to say of this task; if not, it is not judged by it. */
  boolean offers(String way) {
    return ways.containsKey(way)
        || searches.contains(way)
        || (way.equals(RANDOM) && !random.isEmpty());
  }

  /**
   * Returns how many of a way's choices failed: one or none, but for the random pick, of which
   * every schedule counts. A search fails if all that it measured failed.
   */
  int failures(String way) {
    if (way.equals(RANDOM)) {
      return (int) random.stream().filter(trial -> trial.nanos().isEmpty()).count();
    }
    return offers(way) && !nanos.containsKey(way) ? 1 : 0;
  }

  /** Returns the least time of all that was measured at last: of the choices, and at random. */
  double bestNanos() {
    return measured().min().orElseThrow();
  }

  /** Returns how many schedules were timed, by searches or at last; the best is one of them. */
  int measuredSchedules() {
    Set<Schedule> all = new HashSet<>(tried);
    nanos.keySet().forEach(way -> all.add(ways.get(way)));
    random.stream().filter(trial -> trial.nanos().isPresent()).forEach(t -> all.add(t.schedule()));
    return all.size();
  }

  private DoubleStream measured() {
    return DoubleStream.concat(
        nanos.values().stream().mapToDouble(Double::doubleValue), measuredAtRandom());
  }

  private DoubleStream measuredAtRandom() {
    return random.stream().flatMapToDouble(trial -> trial.nanos().stream());
  }

  /**
   * Returns this task as a layer whose random schedules are ranked, by the best of those: what a
   * predictor that had them in the right order would get is then no regret. One that failed counts
   * as the default, or as the best where the default is faster than all. Empty if none was timed.
   *
   * @param predictions of the random schedules
   */
  Optional<NetworkTask> ranked(List<Prediction> predictions) {
    OptionalDouble best = measuredAtRandom().min();
    if (best.isEmpty()) {
      return Optional.empty();
    }
    double fallback = Math.max(best.getAsDouble(), fallbackNanos());
    RankedTask task =
        new RankedTask(unseen.task().key(), best.getAsDouble(), fallback, predictions);
    return Optional.of(new NetworkTask(unseen.weights(), task, bestNanos()));
  }

  /** Returns the time of a way's choice; empty if it failed. */
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
   * Returns how much longer a way's choice takes than the best. Where the choice failed, the task
   * would be compiled by its default schedule: so it is counted.
   */
  double regret(String way) {
    OptionalDouble taken = way.equals(RANDOM) ? randomNanos() : nanos(way);
    // a mean of times that are all the best may be rounded below it
    return Math.max(0, taken.orElse(fallbackNanos()) / bestNanos() - 1);
  }

  /** Returns the default schedule's time; should that have failed, the worst that is known. */
  double fallbackNanos() {
    return nanos(DEFAULT).orElseGet(() -> measured().max().orElseThrow());
  }
}
