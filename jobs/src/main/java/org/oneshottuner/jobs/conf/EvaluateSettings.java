package org.oneshottuner.jobs.conf;

import java.util.List;

/**
 * How to judge a model by measuring.
 *
 * @param tasks how many unseen tasks
 * @param networks whose layers they are; empty for those held out
 * @param trials measurements that each tuned baseline may make of a task
 * @param baselines the searches whose best is set against the pick: {@code random}, {@code
 *     annealing}, {@code evolutionary}, {@code genetic}, {@code exhaustive}
 */
public record EvaluateSettings(
    int tasks, List<String> networks, int trials, List<String> baselines) {
  /** What holds where no file says otherwise. */
  public static final EvaluateSettings DEFAULTS =
      new EvaluateSettings(12, List.of(), 64, List.of("random", "annealing", "evolutionary"));

  /** Checks the bounds. */
  public EvaluateSettings {
    Bounds.atLeast("evaluate.tasks", tasks, 1);
    Bounds.atLeast("evaluate.trials", trials, 1);
    networks = List.copyOf(networks);
    baselines = List.copyOf(baselines);
  }
}
