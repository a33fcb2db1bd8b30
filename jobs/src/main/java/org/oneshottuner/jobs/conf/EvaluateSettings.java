package org.oneshottuner.jobs.conf;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.oneshottuner.search.SearchAlgorithm;

/**
 * How to judge a model by measuring.
 *
 * @param tasks how many unseen tasks
 * @param networks whose layers they are; empty for those held out
 * @param trials measurements that each tuned baseline may make of a task
 * @param baselines the searches whose best is set against the pick: {@code random}, {@code
 *     annealing}, {@code evolutionary}, {@code genetic}, {@code exhaustive}
 * @param splits of the measurements that training is judged by, each with trainings of its own:
 *     {@code within_task}, {@code unseen_task}, {@code unseen_kind}, {@code unseen_shape}, {@code
 *     later_in_time}; held-out networks are judged by in any case
 * @param seeds that the learner is trained with, the settings' own and the next ones, to tell how
 *     much of a figure is the seed's doing; the model of the first ships
 */
public record EvaluateSettings(
    int tasks,
    List<String> networks,
    int trials,
    List<String> baselines,
    List<String> splits,
    int seeds) {
  /** Each is a training of its own. */
  private static final int MOST_SEEDS = 100;

  /** What holds where no file says otherwise. */
  public static final EvaluateSettings DEFAULTS =
      new EvaluateSettings(
          12,
          List.of(),
          64,
          List.of("random", "annealing", "evolutionary"),
          List.of("unseen_task"),
          5);

  /** Checks the bounds. */
  public EvaluateSettings {
    Bounds.atLeast("evaluate.tasks", tasks, 1);
    Bounds.atLeast("evaluate.trials", trials, 1);
    Bounds.atLeast("evaluate.seeds", seeds, 1);
    Bounds.atMost("evaluate.seeds", seeds, MOST_SEEDS);
    networks = List.copyOf(networks);
    baselines = baselines.stream().map(EvaluateSettings::search).toList();
    splits = splits.stream().map(name -> SplitBy.named(name).text()).toList();
    Set<String> once = new TreeSet<>();
    for (String split : splits) {
      if (!once.add(split)) {
        throw new IllegalArgumentException(
            "Cannot set evaluate.splits to " + splits + ": " + split + " is there twice");
      }
    }
  }

  /** Returns a search's name, after a check that there is one; else names the key. */
  private static String search(String name) {
    try {
      return SearchAlgorithm.named(name).text();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Cannot set evaluate.baselines to "
              + name
              + ": known are "
              + Arrays.stream(SearchAlgorithm.values()).map(SearchAlgorithm::text).toList(),
          e);
    }
  }

  /** Returns whether training is judged by a split. */
  public boolean judgesBy(SplitBy split) {
    return splits.contains(split.text());
  }

  /** What the tasks or schedules that are judged by have in common. */
  public enum SplitBy {
    /** Other schedules of tasks that were learnt from. */
    WITHIN_TASK,
    /** Tasks drawn at random. */
    UNSEEN_TASK,
    /** One kind of operator after the other. */
    UNSEEN_KIND,
    /** The largest fifth of the tasks of each kind. */
    UNSEEN_SHAPE,
    /** What was measured after all that is learnt from, of other tasks. */
    LATER_IN_TIME;

    /** Returns its name in a conf file. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }

    static SplitBy named(String text) {
      return Arrays.stream(values())
          .filter(split -> split.text().equals(text))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "Cannot set evaluate.splits to "
                          + text
                          + ": known are "
                          + Arrays.stream(values()).map(SplitBy::text).toList()));
    }
  }
}
