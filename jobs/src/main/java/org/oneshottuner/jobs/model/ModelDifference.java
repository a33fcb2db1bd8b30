package org.oneshottuner.jobs.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.oneshottuner.compile.Choice;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.stage.Figures;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.workload.TuningTask;

/**
 * Which decisions change from one model to another.
 *
 * @param before file of the one
 * @param after file of the other
 * @param target what is picked for
 * @param threads that run an operator
 * @param decisions one a task, in their order
 * @param changed how many of them differ
 * @param gain by how much all tasks together would be faster, as the later model predicts: the
 *     geometric mean of the times before over those after, less one; empty where its scores are no
 *     rates
 */
public record ModelDifference(
    String before,
    String after,
    String target,
    int threads,
    List<Decision> decisions,
    int changed,
    OptionalDouble gain)
    implements Figures {
  /** The manifest's line that tells what scores are. */
  private static final String OBJECTIVE = "train.objective";

  /** The objective whose scores are the logarithm to base 2 of a rate. */
  private static final String RATE = "squared_error";

  /**
   * What the models pick for a task.
   *
   * @param workload canonical text
   * @param changed whether they pick different schedules
   * @param before the one's pick
   * @param after the other's
   * @param scoreGained how much more the later model gives its own pick than the earlier one's; 0
   *     where they are the same, never negative
   * @param scoreLost how much less the earlier model gives the later one's pick than its own
   * @param gain by how much the later model predicts its pick to be faster; empty where its scores
   *     are no rates
   */
  public record Decision(
      String workload,
      boolean changed,
      String before,
      String after,
      double scoreGained,
      double scoreLost,
      OptionalDouble gain) {}

  /** Copies the list. */
  public ModelDifference {
    decisions = List.copyOf(decisions);
  }

  /**
   * A model to compare.
   *
   * @param file its name
   */
  public record Side(String file, OneShotTuner tuner) {}

  /**
   * Compares two models.
   *
   * @param tasks of one target and number of threads; not empty
   */
  public static ModelDifference of(Side before, Side after, List<TuningTask> tasks) {
    boolean rates = tellsRates(after.tuner().model());
    List<Decision> decisions =
        tasks.stream().map(task -> decision(before.tuner(), after.tuner(), task, rates)).toList();
    OptionalDouble mean = decisions.stream().mapToDouble(Decision::scoreGained).average();
    return new ModelDifference(
        before.file(),
        after.file(),
        tasks.get(0).target().text(),
        tasks.get(0).threads(),
        decisions,
        (int) decisions.stream().filter(Decision::changed).count(),
        rates ? OptionalDouble.of(gain(mean.orElseThrow())) : OptionalDouble.empty());
  }

  private static boolean tellsRates(FrozenModel model) {
    return model.property(OBJECTIVE).filter(RATE::equals).isPresent();
  }

  private static double gain(double score) {
    return StrictMath.pow(2, score) - 1;
  }

  private static Decision decision(
      OneShotTuner before, OneShotTuner after, TuningTask task, boolean rates) {
    Choice old = before.choose(task);
    Choice young = after.choose(task);
    double gained = (double) young.score() - after.score(task, old.schedule());
    double lost = (double) old.score() - before.score(task, young.schedule());
    return new Decision(
        task.workload().text(),
        !old.schedule().equals(young.schedule()),
        old.schedule().text(),
        young.schedule().text(),
        gained,
        lost,
        rates ? OptionalDouble.of(gain(gained)) : OptionalDouble.empty());
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Decision decision : decisions) {
      if (decision.changed()) {
        lines.add(
            decision.workload()
                + (decision.gain().isPresent()
                    ? String.format(
                        Locale.ROOT,
                        ": predicted %.1f%% faster",
                        100 * decision.gain().getAsDouble())
                    : ""));
        lines.add("  - " + decision.before());
        lines.add("  + " + decision.after());
        lines.add(
            String.format(
                Locale.ROOT,
                "  the later model scores its own pick %.4f more, the earlier one's %.4f less",
                decision.scoreGained(),
                decision.scoreLost()));
      }
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "%d of %d decisions change%s",
            changed,
            decisions.size(),
            gain.isPresent()
                ? String.format(
                    Locale.ROOT,
                    "; all together predicted %.2f%% faster (geometric mean)",
                    100 * gain.getAsDouble())
                : ""));
    return lines;
  }
}
