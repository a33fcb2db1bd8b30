package org.oneshottuner.train;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * A task's candidates in predicted order. Formulas: l is a candidate's time, l* the best known time
 * of the task, π the predicted order, best first.
 *
 * <p>A candidate that failed counts with the default schedule's time, which is what a compiler
 * would fall back to.
 *
 * @param taskKey names the task
 * @param bestNanos l*: the best known time; no candidate is faster
 * @param defaultNanos time of the default schedule
 * @param ranked candidates, best score first, equal scores in the order of their schedules' text;
 *     at least one
 */
public record RankedTask(
    String taskKey, double bestNanos, double defaultNanos, List<Prediction> ranked) {
  private static final Comparator<Prediction> ORDER =
      Comparator.comparingDouble(Prediction::score).reversed().thenComparing(Prediction::schedule);

  /** Sorts the candidates, and checks that the best time is the best. */
  public RankedTask {
    requireNonNull(taskKey, "taskKey");
    List<Prediction> sorted = new ArrayList<>(ranked);
    sorted.sort(ORDER);
    ranked = List.copyOf(sorted);
    if (ranked.isEmpty()) {
      throw new IllegalArgumentException("Cannot rank " + taskKey + ": it has no candidate");
    }
    if (!(bestNanos > 0) || !(defaultNanos >= bestNanos) || Double.isInfinite(defaultNanos)) {
      throw new IllegalArgumentException(
          "Cannot rank " + taskKey + ": best is " + bestNanos + " ns, default " + defaultNanos);
    }
    for (Prediction candidate : ranked) {
      if (candidate.labelNanos().orElse(bestNanos) < bestNanos) {
        throw new IllegalArgumentException(
            "Cannot rank "
                + taskKey
                + ": "
                + candidate.schedule()
                + " takes "
                + candidate.labelNanos()
                + " ns, below the best of "
                + bestNanos);
      }
    }
  }

  /** Returns the least time among the {@code k} best-ranked. */
  public double bestOfTop(int k) {
    double best = nanos(0);
    for (int i = 1; i < Math.min(k, ranked.size()); i++) {
      best = Math.min(best, nanos(i));
    }
    return best;
  }

  /** Returns regret@k: the least l among the {@code k} best-ranked, over l*, minus 1. */
  public double regretAt(int k) {
    return bestOfTop(k) / bestNanos - 1;
  }

  /**
   * Returns what a random one of the candidates gets: the geometric mean of (1 + regret) over all
   * of them, minus 1.
   */
  public double randomRegret() {
    double[] regrets = new double[ranked.size()];
    for (int i = 0; i < regrets.length; i++) {
      regrets[i] = nanos(i) / bestNanos - 1;
    }
    return Regrets.geometricMean(regrets);
  }

  /** Returns peak@k: the mean over j = 1..k of l* over the least l among the j best-ranked. */
  public double peakAt(int k) {
    int count = Math.min(k, ranked.size());
    double best = Double.POSITIVE_INFINITY;
    double sum = 0;
    for (int i = 0; i < count; i++) {
      best = Math.min(best, nanos(i));
      sum += bestNanos / best;
    }
    return sum / count;
  }

  /**
   * Returns NDCG@k with linear gain l*&#47;l and discount 1 / log2(rank + 1) (Järvelin and
   * Kekäläinen 2002, "Cumulated Gain-Based Evaluation of IR Techniques", in the form with log2(rank
   * + 1)).
   */
  public double ndcgAt(int k) {
    int count = Math.min(k, ranked.size());
    double[] gains = new double[ranked.size()];
    double found = 0;
    for (int i = 0; i < gains.length; i++) {
      gains[i] = bestNanos / nanos(i);
      if (i < count) {
        found += discounted(gains[i], i);
      }
    }
    Arrays.sort(gains);
    double ideal = 0;
    for (int i = 0; i < count; i++) {
      ideal += discounted(gains[gains.length - 1 - i], i);
    }
    return found / ideal;
  }

  /**
   * Returns the agreement of the predicted order with the measured one, over the candidates that
   * did not fail.
   */
  public RankAgreement agreement() {
    List<Prediction> timed =
        ranked.stream().filter(candidate -> candidate.labelNanos().isPresent()).toList();
    double[] scores = timed.stream().mapToDouble(Prediction::score).toArray();
    double[] speeds =
        timed.stream().mapToDouble(candidate -> -candidate.labelNanos().orElseThrow()).toArray();
    return RankAgreement.of(scores, speeds);
  }

  private double nanos(int rank) {
    return ranked.get(rank).labelNanos().orElse(defaultNanos);
  }

  private static double discounted(double gain, int index) {
    return gain * StrictMath.log(2) / StrictMath.log(index + 2.0);
  }
}
