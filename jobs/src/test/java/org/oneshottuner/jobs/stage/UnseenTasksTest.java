package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
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

  private static List<UnseenTasks.Unseen> draw(int most, long seed) {
    return UnseenTasks.draw(NETWORKS, most, CpuTarget.AVX2, new UnseenTasks.Where(seed, 1));
  }
}
