package org.oneshottuner.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.oneshottuner.space.Seeds;
import org.oneshottuner.space.SplitMix64;

/**
 * What a perfect predictor would get from labels with this noise: no predictor can be seen to do
 * better.
 *
 * <p>The labels at hand stand for the true times, and the predictor ranks by them. New labels are
 * drawn around them, with the logarithm normally distributed, and the ranking is judged by those:
 * the best of noisy labels is luckier than the best candidate, and close candidates change places.
 *
 * @param metrics means over the draws, each of the median, geometric mean and so on
 */
public record NoiseCeiling(RankingMetrics metrics) {

  /**
   * Estimates the ceiling.
   *
   * @param tasks the tasks that a predictor is judged by
   * @param labelSd relative standard deviation of a repeated label, such as 0.02
   * @param draws how many times new labels are drawn
   * @param seed of the draws
   */
  public static NoiseCeiling of(List<RankedTask> tasks, double labelSd, int draws, long seed) {
    if (!(labelSd >= 0) || Double.isInfinite(labelSd) || draws < 1) {
      throw new IllegalArgumentException(
          "Cannot tell the noise ceiling of a relative deviation of "
              + labelSd
              + " in "
              + draws
              + " draws");
    }
    SplitMix64 noise = new SplitMix64(Seeds.derive(seed, "noise ceiling"));
    List<RankingMetrics> drawn = new ArrayList<>();
    for (int i = 0; i < draws; i++) {
      List<RankedTask> noisy = new ArrayList<>();
      for (RankedTask task : tasks) {
        noisy.add(relabelled(task, labelSd, noise));
      }
      drawn.add(RankingMetrics.of(noisy));
    }
    return new NoiseCeiling(mean(drawn));
  }

  /** Ranks by the true times, and draws new labels. Failed candidates stay out. */
  private static RankedTask relabelled(RankedTask task, double labelSd, SplitMix64 noise) {
    List<Prediction> relabelled = new ArrayList<>();
    double best = Double.POSITIVE_INFINITY;
    for (Prediction candidate : task.ranked()) {
      if (candidate.labelNanos().isPresent()) {
        double truth = candidate.labelNanos().getAsDouble();
        double label = truth * StrictMath.exp(labelSd * normal(noise));
        best = Math.min(best, label);
        relabelled.add(new Prediction(candidate.schedule(), -truth, OptionalDouble.of(label)));
      }
    }
    if (relabelled.isEmpty()) {
      return task;
    }
    return new RankedTask(task.taskKey(), best, Math.max(best, task.defaultNanos()), relabelled);
  }

  /** Box and Muller 1958, "A Note on the Generation of Random Normal Deviates". */
  private static double normal(SplitMix64 draw) {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - draw.nextDouble()));
    return radius * StrictMath.cos(2 * StrictMath.PI * draw.nextDouble());
  }

  private static RankingMetrics mean(List<RankingMetrics> all) {
    return new RankingMetrics(
        regrets(all.stream().map(RankingMetrics::regretAt1).toList()),
        someRegrets(all.stream().map(RankingMetrics::regretAt2).toList()),
        someRegrets(all.stream().map(RankingMetrics::regretAt8).toList()),
        someRegrets(all.stream().map(RankingMetrics::regretAt64).toList()),
        all.stream().mapToDouble(RankingMetrics::peakAt64).average().orElseThrow(),
        all.stream().mapToDouble(RankingMetrics::ndcgAt10).average().orElseThrow(),
        new RankAgreement(
            defined(all.stream().map(one -> one.agreement().kendallTau()).toList()),
            defined(all.stream().map(one -> one.agreement().spearman()).toList()),
            defined(all.stream().map(one -> one.agreement().pairAccuracy()).toList())));
  }

  private static Optional<Regrets> someRegrets(List<Optional<Regrets>> all) {
    List<Regrets> present = all.stream().flatMap(Optional::stream).toList();
    return present.isEmpty() ? Optional.empty() : Optional.of(regrets(present));
  }

  private static Regrets regrets(List<Regrets> all) {
    return new Regrets(
        all.get(0).tasks(),
        all.stream().mapToDouble(Regrets::median).average().orElseThrow(),
        all.stream().mapToDouble(Regrets::geometricMean).average().orElseThrow(),
        defined(all.stream().map(Regrets::p95).toList()),
        defined(all.stream().map(Regrets::p99).toList()),
        all.stream().mapToDouble(Regrets::worst).average().orElseThrow());
  }

  private static OptionalDouble defined(List<OptionalDouble> figures) {
    return figures.stream()
        .filter(OptionalDouble::isPresent)
        .mapToDouble(OptionalDouble::getAsDouble)
        .average();
  }
}
