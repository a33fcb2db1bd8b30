package org.oneshottuner.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.oneshottuner.dataset.NearDuplicates;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Workload;

class TaskSamplersTest {
  private static final int DRAWS = 2000;
  private static final int GOLDEN_DRAWS = 200;
  private static final long GOLDEN_SEED = 7;

  static Stream<TaskSampler> samplers() {
    return samplers(TestSeed.value());
  }

  private static Stream<TaskSampler> samplers(long seed) {
    return Stream.of(prior(TaskScope.usual(), seed), new UniformTasks(TaskScope.usual(), seed));
  }

  private static TaskPrior prior(TaskScope scope, long seed) {
    return TaskPrior.holdingOut(Catalogue.ALL, NetworkCatalogue.HELD_OUT, scope, seed);
  }

  private static List<Workload> draw(TaskSampler sampler) {
    return IntStream.range(0, DRAWS).mapToObj(sampler::workload).toList();
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void theFirstDrawsAreThoseChecked(TaskSampler any) throws IOException {
    TaskSampler sampler =
        samplers(GOLDEN_SEED)
            .filter(one -> one.name().equals(any.name()))
            .findFirst()
            .orElseThrow();
    String drawn =
        IntStream.range(0, GOLDEN_DRAWS)
            .mapToObj(index -> sampler.workload(index).text() + "\n")
            .collect(Collectors.joining());
    Golden.check("tasks-" + sampler.name() + "-v4.txt", drawn);
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void drawsAreValidAndInScope(TaskSampler sampler) {
    List<Workload> drawn = draw(sampler);
    assertThat(drawn)
        .as(TestSeed.note())
        .allMatch(workload -> Workload.parse(workload.text()).equals(workload))
        .allMatch(TaskLimits.WIDE::admit);
    assertThat(share(drawn, workload -> workload.kind().equals("conv2d")))
        .isCloseTo(0.5, within(0.04));
    assertThat(share(drawn, workload -> workload.kind().equals("depthwise_conv2d")))
        .isCloseTo(0.2, within(0.04));
    assertThat(share(drawn, workload -> workload.kind().equals("dense")))
        .isCloseTo(0.15, within(0.04));
    assertThat(share(drawn, workload -> workload.layout() == Layout.NCHW16C))
        .isCloseTo(0.35, within(0.05));
    assertThat(share(drawn, workload -> workload.text().contains(" n=8 c="))).isBetween(0.1, 0.2);
  }

  private static double share(List<Workload> drawn, Predicate<Workload> condition) {
    return drawn.stream().filter(condition).count() / (double) drawn.size();
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void nothingIsNearToWhatIsHeldOut(TaskSampler sampler) {
    List<Workload> heldOut = Catalogue.ALL.only(NetworkCatalogue.HELD_OUT).workloads();
    TaskScope scope = TaskScope.usual().excluding(heldOut);
    TaskSampler excluding =
        sampler.name().equals("prior")
            ? prior(scope, TestSeed.value())
            : new UniformTasks(scope, TestSeed.value());
    assertThat(draw(excluding))
        .as(TestSeed.note())
        .noneMatch(
            workload -> heldOut.stream().anyMatch(held -> NearDuplicates.near(workload, held)));
  }

  @Test
  void thePriorIsNovelAndNearAndTheControlIsFar() {
    TaskFigures prior =
        TaskFigures.of(prior(TaskScope.usual(), TestSeed.value()), DRAWS, Catalogue.ALL);
    TaskFigures uniform =
        TaskFigures.of(new UniformTasks(TaskScope.usual(), TestSeed.value()), DRAWS, Catalogue.ALL);
    assertThat(prior.novelShare()).as(TestSeed.note()).isGreaterThan(0.5);
    assertThat(prior.distinctShare()).isGreaterThan(0.9);
    assertThat(prior.medianDistance()).isLessThan(uniform.medianDistance() / 2);
    assertThat(prior.text()).startsWith("prior: 2000 draws, ");
  }

  @Test
  void limitsAreKept() {
    TaskScope quick = TaskScope.usual().within(TaskLimits.QUICK).sharing(0, 1);
    for (TaskSampler sampler : List.of(prior(quick, 3), new UniformTasks(quick, 3))) {
      assertThat(draw(sampler))
          .allMatch(workload -> workload.flops() >= 20_000 && workload.flops() <= 300_000_000)
          .allMatch(workload -> workload.bytes() <= 64L << 20)
          .noneMatch(workload -> workload.text().contains(" n=8 c="));
    }
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void aDrawDependsOnSeedAndIndexAlone(TaskSampler sampler) {
    List<Workload> forth = IntStream.range(0, 50).mapToObj(sampler::workload).toList();
    TaskSampler again =
        samplers().filter(one -> one.name().equals(sampler.name())).findFirst().orElseThrow();
    List<Workload> back =
        IntStream.range(0, 50).mapToObj(index -> again.workload(49 - index)).toList();
    assertThat(IntStream.range(0, 50).mapToObj(index -> back.get(49 - index)).toList())
        .isEqualTo(forth);
    TaskSampler other =
        samplers(TestSeed.value() + 1)
            .filter(one -> one.name().equals(sampler.name()))
            .findFirst()
            .orElseThrow();
    assertThat(IntStream.range(0, 50).mapToObj(other::workload).toList()).isNotEqualTo(forth);
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void distinctTasksAreTheFirstThatDiffer(TaskSampler sampler) {
    List<TaskDraw> tasks = sampler.distinct(300, CpuTarget.AVX512, 1);
    assertThat(tasks.stream().map(draw -> draw.task().key()).distinct()).hasSize(300);
    assertThat(sampler.distinct(100, CpuTarget.AVX512, 1)).isEqualTo(tasks.subList(0, 100));
    TaskDraw last = tasks.get(299);
    assertThat(sampler.draw(last.index(), CpuTarget.AVX512, 1)).isEqualTo(last);
    assertThat(last.sampler()).isEqualTo(sampler.name());
    assertThat(last.seed()).isEqualTo(TestSeed.value());
  }

  @Test
  void refusesWhatCannotBeDrawn() {
    TaskScope none = TaskScope.usual().within(new TaskLimits(1, 2, 1));
    assertThatThrownBy(() -> new UniformTasks(none, 1).workload(0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("Cannot draw a task: none of 20000 was within TaskLimits[");
    assertThatThrownBy(
            () -> new TaskPrior(Catalogue.ALL.only(List.of("vgg-16")), TaskScope.usual(), 1))
        .hasMessage("Cannot fit a task prior: no network has a depthwise_conv2d, its share is 0.2");
    assertThatThrownBy(() -> new TaskLimits(5, 4, 1)).hasMessageContaining("5 to 4 operations");
    assertThatThrownBy(() -> new TaskLimits(1, 4, 0)).hasMessageContaining("0 bytes");
    assertThatThrownBy(() -> TaskScope.usual().sharing(2, 0))
        .hasMessageContaining("largeBatchShare is 2.0");
    assertThatThrownBy(() -> new TaskScope.Kinds(0, 0, 0, 0))
        .hasMessageStartingWith("Cannot mix kinds of operator by [0.0, 0.0, 0.0, 0.0]");
    TaskScope convolutions = TaskScope.usual().of(new TaskScope.Kinds(1, 0, 0, 0));
    assertThat(
            new TaskPrior(Catalogue.ALL.only(List.of("vgg-16")), convolutions, 1)
                .workload(0)
                .kind())
        .isEqualTo("conv2d");
  }
}
