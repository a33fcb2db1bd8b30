package org.oneshottuner.report;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.OptionalDouble;
import org.oneshottuner.predict.FrozenModel.Property;
import org.oneshottuner.predict.FrozenModel.SplitMetrics;
import org.oneshottuner.train.Bootstrap;
import org.oneshottuner.train.LearningCurve;

/**
 * All that a report shows. A list may be empty; then its part of the page says that nothing was
 * measured, or is left out.
 *
 * @param title what was run
 * @param summary a sentence or two: on what, with how much data
 * @param headlines the few figures to be read first
 * @param baselines ways of choosing a schedule, ours among them, with the geometric mean of their
 *     regret
 * @param curves how the score, 1 / (1 + regret), grows with labels
 * @param ceilingScore the score that a perfect predictor would get by labels with this noise, on
 *     the random schedules of the unseen tasks, not on the tasks of the curves
 * @param seeds regret of the same learner trained with other seeds, that of the model which ships
 *     first; none if it was trained with one
 * @param regrets the regret of each unseen task, by kind of operator
 * @param ranks predicted against measured rank
 * @param splits metrics side by side, a column each; baselines and noise ceilings may have columns
 *     of their own
 * @param tasks unseen tasks with what was picked for them
 * @param samplers what sampling cost
 * @param failures what did not become a label
 * @param manifest how the run can be repeated
 */
public record Figures(
    String title,
    String summary,
    List<Headline> headlines,
    List<Baseline> baselines,
    List<LearningCurve> curves,
    OptionalDouble ceilingScore,
    List<SeedRegret> seeds,
    List<KindRegrets> regrets,
    RankGrid ranks,
    List<SplitMetrics> splits,
    List<TaskPick> tasks,
    List<SamplerCost> samplers,
    Failures failures,
    List<Property> manifest) {

  /**
   * A figure to be read first.
   *
   * @param label what it is
   * @param value the figure with its unit
   * @param note what to compare it with
   */
  public record Headline(String label, String value, String note) {
    /** Refuses nulls. */
    public Headline {
      requireNonNull(label, "label");
      requireNonNull(value, "value");
      requireNonNull(note, "note");
    }
  }

  /**
   * A way of choosing a schedule.
   *
   * @param name what it is called
   * @param tasks that it was judged by
   * @param failed of those, how many of its choices failed
   * @param regret geometric mean over tasks of (1 + regret), minus 1, with its interval
   * @param p95 of the regrets; empty of too few tasks
   * @param p99 of the regrets, likewise
   * @param slower how much longer its choices take than the first way's, task by task, with the
   *     interval of that
   */
  public record Baseline(
      String name,
      int tasks,
      int failed,
      Bootstrap.Interval regret,
      OptionalDouble p95,
      OptionalDouble p99,
      Bootstrap.Interval slower) {
    /** Refuses nulls. */
    public Baseline {
      requireNonNull(name, "name");
      requireNonNull(regret, "regret");
      requireNonNull(p95, "p95");
      requireNonNull(p99, "p99");
      requireNonNull(slower, "slower");
    }
  }

  /**
   * The learner trained with one seed.
   *
   * @param seed of the training
   * @param regret of its picks, as {@link Baseline#regret}
   */
  public record SeedRegret(long seed, double regret) {}

  /**
   * The regret of each task of a kind of operator.
   *
   * @param kind the operator's name
   * @param regrets one a task, none below 0
   */
  public record KindRegrets(String kind, List<Double> regrets) {
    /** Copies the list. */
    public KindRegrets {
      requireNonNull(kind, "kind");
      regrets = List.copyOf(regrets);
      for (double regret : regrets) {
        if (!(regret >= 0) || Double.isInfinite(regret)) {
          throw new IllegalArgumentException(
              "Cannot show a regret of " + regret + " among " + kind + ": least is 0");
        }
      }
    }
  }

  /**
   * An unseen task and what was picked for it.
   *
   * @param workload its text
   * @param network the network it is from
   * @param pickNanos measured time of the pick, chosen without a measurement; empty if it failed
   * @param defaultNanos time of the default schedule; empty if it failed
   * @param randomNanos geometric mean of the times of random schedules; empty if there is none
   * @param bestNanos the best known time, of all that was chosen by any way, and at random
   * @param regret how much longer the pick takes than that; a failed one counts as the default
   * @param gflops billions of operations a second, of the pick; those that the operator is defined
   *     by, of which Winograd's algorithm, and a convolution that skips padding, do fewer
   * @param shareOfPeak of what multiply-adds were measured to reach on vectors of the target's
   *     width; may pass 1 by fewer operations than are counted, or a measured peak that is low
   * @param chooseNanos how long choosing took
   */
  public record TaskPick(
      String workload,
      String network,
      OptionalDouble pickNanos,
      OptionalDouble defaultNanos,
      OptionalDouble randomNanos,
      double bestNanos,
      double regret,
      OptionalDouble gflops,
      OptionalDouble shareOfPeak,
      double chooseNanos) {
    /** Refuses nulls. */
    public TaskPick {
      requireNonNull(workload, "workload");
      requireNonNull(network, "network");
    }
  }

  /**
   * What a sampler cost.
   *
   * @param sampler its name
   * @param candidates enumerated and drawn from, featurised and scored as well if a model guided it
   * @param coreSeconds that took
   * @param scoredPerSecondAndCore candidates enumerated, featurised and scored, counting the time
   *     of that alone; empty if nothing was scored
   */
  public record SamplerCost(
      String sampler, long candidates, double coreSeconds, OptionalDouble scoredPerSecondAndCore) {
    /** Refuses nulls. */
    public SamplerCost {
      requireNonNull(sampler, "sampler");
      requireNonNull(scoredPerSecondAndCore, "scoredPerSecondAndCore");
    }
  }

  /**
   * Measurements that did not become a label.
   *
   * @param of how many measurements there were, those that failed among them
   * @param kinds of failure
   */
  public record Failures(long of, List<FailureCount> kinds) {
    /** Copies the list. */
    public Failures {
      kinds = List.copyOf(kinds);
    }
  }

  /**
   * Measurements that failed in one way.
   *
   * @param kind of failure
   * @param count how many
   */
  public record FailureCount(String kind, long count) {
    /** Refuses nulls. */
    public FailureCount {
      requireNonNull(kind, "kind");
    }
  }

  /** Copies the lists. */
  public Figures {
    requireNonNull(title, "title");
    requireNonNull(summary, "summary");
    requireNonNull(ceilingScore, "ceilingScore");
    requireNonNull(ranks, "ranks");
    requireNonNull(failures, "failures");
    headlines = List.copyOf(headlines);
    baselines = List.copyOf(baselines);
    curves = List.copyOf(curves);
    seeds = List.copyOf(seeds);
    regrets = List.copyOf(regrets);
    splits = List.copyOf(splits);
    tasks = List.copyOf(tasks);
    samplers = List.copyOf(samplers);
    manifest = List.copyOf(manifest);
  }
}
