package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.oneshottuner.sample.Layer;
import org.oneshottuner.sample.Network;
import org.oneshottuner.sample.NetworkCatalogue;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.Workload;

class UnseenTasksTest {
  private static final Layer OFTEN = new Layer(Workload.parse("dense m=1 n=8 k=8"), 9);
  private static final Layer ONCE = new Layer(Workload.parse("dense m=1 n=16 k=8"), 1);
  private static final Layer PRODUCT = new Layer(Workload.parse("batch_matmul b=2 m=4 n=4 k=4"), 1);
  private static final NetworkCatalogue NETWORKS =
      new NetworkCatalogue(List.of(new Network("net", List.of(ONCE, OFTEN, PRODUCT))));

  @Test
  void kindsTakeTurns() {
    assertThat(draw(2, 1).stream().map(layer -> layer.task().workload().kind()))
        .containsExactlyInAnyOrder("batch_matmul", "dense");
  }

  @Test
  void allLayersAreDrawnWhenThereAreNoMore() {
    assertThat(draw(10, 1).stream().map(layer -> layer.task().workload()))
        .containsExactlyInAnyOrder(ONCE.workload(), OFTEN.workload(), PRODUCT.workload());
  }

  @Test
  void aLayerComesFirstAsOftenAsItsNetworkRunsIt() {
    long first =
        IntStream.range(0, 1000)
            .filter(
                seed ->
                    draw(2, seed).stream()
                        .anyMatch(layer -> layer.task().workload().equals(OFTEN.workload())))
            .count();
    // nine of ten, and four standard deviations of a thousand draws
    assertThat(first / 1000.0).isCloseTo(0.9, within(0.04));
  }

  @Test
  void aKindThatIsUsedUpIsWeighedByHowOftenItsLayersRun() {
    assertThat(draw(10, 1))
        .extracting(UnseenTasks.Unseen::weights)
        .containsExactlyInAnyOrder(weights("net", 1.0), weights("net", 9.0), weights("net", 1.0));
  }

  @Test
  void aLayerOfTwoNetworksWeighsInBoth() {
    NetworkCatalogue two =
        new NetworkCatalogue(
            List.of(
                new Network("a", List.of(OFTEN)),
                new Network("b", List.of(new Layer(OFTEN.workload(), 2)))));
    SortedMap<String, Double> both = weights("a", 9.0);
    both.put("b", 2.0);
    assertThat(draw(two, 5, 1)).singleElement().returns(both, UnseenTasks.Unseen::weights);
  }

  @Test
  void weightsOfDrawnLayersSumToThoseOfAll() {
    int[] counts = {1, 2, 4, 8, 16, 3};
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      layers.add(new Layer(Workload.parse("dense m=1 k=8 n=" + 8 * (i + 1)), counts[i]));
    }
    layers.add(PRODUCT);
    NetworkCatalogue network = new NetworkCatalogue(List.of(new Network("net", layers)));
    int seeds = 4000;
    Map<Workload, Double> weighed = new HashMap<>();
    for (int seed = 0; seed < seeds; seed++) {
      for (UnseenTasks.Unseen drawn : draw(network, 5, seed)) {
        double weight = drawn.weights().getOrDefault("net", 0.0);
        weighed.merge(drawn.task().workload(), weight / seeds, Double::sum);
      }
    }
    for (Layer layer : layers) {
      assertThat(weighed.getOrDefault(layer.workload(), 0.0))
          .as(layer.workload().text())
          .isCloseTo(layer.count(), withinPercentage(8));
    }
  }

  private static SortedMap<String, Double> weights(String network, double weight) {
    return new TreeMap<>(Map.of(network, weight));
  }

  private static List<UnseenTasks.Unseen> draw(int most, long seed) {
    return draw(NETWORKS, most, seed);
  }

  private static List<UnseenTasks.Unseen> draw(NetworkCatalogue networks, int most, long seed) {
    return UnseenTasks.draw(networks, most, CpuTarget.AVX2, new UnseenTasks.Where(seed, 1));
  }
}
