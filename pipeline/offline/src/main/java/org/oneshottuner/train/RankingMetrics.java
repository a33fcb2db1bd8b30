package org.oneshottuner.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.oneshottuner.predict.FrozenModel.Metric;

/**
 * How well tasks are ranked, in the figures of the field. The names say exactly which, since
 * published figures mix them up.
 *
 * @param regretAt1 of the pick without any measurement
 * @param regretAt2 of the better of two, over tasks of more candidates; empty if there is none
 * @param regretAt8 of the best of eight, likewise
 * @param regretAt64 of the best of 64, likewise
 * @param peakAt64 mean over tasks of {@link RankedTask#peakAt}
 * @param ndcgAt10 mean over tasks of {@link RankedTask#ndcgAt}
 * @param agreement mean over the tasks where each figure is defined
 */
public record RankingMetrics(
    Regrets regretAt1,
    Optional<Regrets> regretAt2,
    Optional<Regrets> regretAt8,
    Optional<Regrets> regretAt64,
    double peakAt64,
    double ndcgAt10,
    RankAgreement agreement) {

  /**
   * Returns the figures of these tasks, each counted once.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static RankingMetrics of(List<RankedTask> tasks) {
    List<RankAgreement> agreements = tasks.stream().map(RankedTask::agreement).toList();
    return new RankingMetrics(
        Regrets.at(1, tasks),
        Regrets.amongMore(2, tasks),
        Regrets.amongMore(8, tasks),
        Regrets.amongMore(64, tasks),
        mean(tasks, task -> task.peakAt(64)),
        mean(tasks, task -> task.ndcgAt(10)),
        new RankAgreement(
            meanDefined(agreements, RankAgreement::kendallTau),
            meanDefined(agreements, RankAgreement::spearman),
            meanDefined(agreements, RankAgreement::pairAccuracy)));
  }

  /**
   * Returns the top-k score of TenSet (Zheng et al. 2021, "TenSet: A Large-scale Program
   * Performance Dataset for Learned Tensor Compilers"): of each network Σ w l* / Σ w min(l of the k
   * best-ranked), averaged over networks.
   */
  public static double tensetTopK(int k, List<NetworkTask> tasks) {
    Map<String, double[]> sums = new LinkedHashMap<>();
    for (NetworkTask layer : tasks) {
      layer
          .weights()
          .forEach(
              (network, weight) -> {
                double[] sum = sums.computeIfAbsent(network, name -> new double[2]);
                sum[0] += weight * layer.bestNanos();
                sum[1] += weight * layer.task().bestOfTop(k);
              });
    }
    return sums.values().stream().mapToDouble(sum -> sum[0] / sum[1]).average().orElseThrow();
  }

  /**
   * Returns the top-k score of TLP (Zhai et al. 2023, "TLP: A Deep Learning-based Cost Model for
   * Tensor Program Tuning"): Σ w l* / Σ w min(l of the k best-ranked), both sums over all networks.
   */
  public static double tlpTopK(int k, List<NetworkTask> tasks) {
    double best = 0;
    double found = 0;
    for (NetworkTask layer : tasks) {
      best += layer.weight() * layer.bestNanos();
      found += layer.weight() * layer.task().bestOfTop(k);
    }
    return best / found;
  }

  /**
   * Returns every figure by name, for manifests and tables; an agreement that is not defined is
   * NaN, a regret left out.
   */
  public List<Metric> metrics() {
    List<Metric> metrics = new ArrayList<>();
    metrics.add(new Metric("tasks", regretAt1.tasks()));
    add(metrics, "regret@1", regretAt1);
    regretAt2.ifPresent(regrets -> add(metrics, "regret@2", regrets));
    regretAt8.ifPresent(regrets -> add(metrics, "regret@8", regrets));
    regretAt64.ifPresent(regrets -> add(metrics, "regret@64", regrets));
    metrics.add(new Metric("peak@64", peakAt64));
    metrics.add(new Metric("ndcg@10", ndcgAt10));
    metrics.add(new Metric("kendall tau-b", agreement.kendallTau().orElse(Double.NaN)));
    metrics.add(new Metric("spearman", agreement.spearman().orElse(Double.NaN)));
    metrics.add(new Metric("pair accuracy", agreement.pairAccuracy().orElse(Double.NaN)));
    return List.copyOf(metrics);
  }

  private static void add(List<Metric> metrics, String name, Regrets regrets) {
    metrics.add(new Metric(name + " geometric mean", regrets.geometricMean()));
    metrics.add(new Metric(name + " median", regrets.median()));
    regrets.p95().ifPresent(regret -> metrics.add(new Metric(name + " p95", regret)));
    regrets.p99().ifPresent(regret -> metrics.add(new Metric(name + " p99", regret)));
    metrics.add(new Metric(name + " worst", regrets.worst()));
  }

  private static double mean(List<RankedTask> tasks, ToDoubleFunction<RankedTask> figure) {
    return tasks.stream().mapToDouble(figure).average().orElseThrow();
  }

  private static OptionalDouble meanDefined(
      List<RankAgreement> agreements, Function<RankAgreement, OptionalDouble> figure) {
    return agreements.stream()
        .map(figure)
        .filter(OptionalDouble::isPresent)
        .mapToDouble(OptionalDouble::getAsDouble)
        .average();
  }
}
