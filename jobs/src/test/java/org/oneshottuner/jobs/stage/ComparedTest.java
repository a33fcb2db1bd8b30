package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.oneshottuner.compile.Choice;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.search.Trial;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.train.NetworkTask;
import org.oneshottuner.train.NoiseCeiling;
import org.oneshottuner.train.Prediction;
import org.oneshottuner.train.RankingMetrics;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

class ComparedTest {
  private static final String SEARCH = "random, 6 measurements";

  /** A task whose pick failed, whose default takes 200 ns, and of which a search found 100 ns. */
  private static Compared compared() {
    TuningTask task = new TuningTask(Workload.parse("dense m=32 n=64 k=64"), CpuTarget.AVX2, 1);
    ScheduleSpace space = Templates.space(task);
    Choice pick =
        new Choice(task, space.at(0), 1, space.size(), 0, space.at(1), 0, List.of(), List.of());
    Compared compared =
        new Compared(
            new UnseenTasks.Unseen(task, "net", new TreeMap<>(Map.of("net", 1)), 1), pick, 5);
    compared.ways.put(Compared.PICK, space.at(0));
    compared.ways.put(Compared.DEFAULT, space.at(1));
    compared.ways.put(SEARCH, space.at(2));
    compared.nanos.put(Compared.DEFAULT, 200.0);
    compared.nanos.put(SEARCH, 100.0);
    return compared;
  }

  @Test
  void aPickThatFailedHasNoTimeAndCountsAsTheDefault() {
    Compared compared = compared();
    assertThat(compared.failures(Compared.PICK)).isEqualTo(1);
    assertThat(compared.nanos(Compared.PICK)).isEmpty();
    assertThat(compared.regret(Compared.PICK)).isEqualTo(1);
    assertThat(compared.regret(SEARCH)).isZero();
  }

  @Test
  void aWayThatKnowsNothingOfATaskIsNotJudgedByIt() {
    Compared compared = compared();
    assertThat(compared.offers("nearest measured task's best")).isFalse();
    assertThat(compared.offers(Compared.RANDOM)).isFalse();
    compared.random = List.of(Trial.failed(compared.pick.schedule()));
    assertThat(compared.offers(Compared.RANDOM)).isTrue();
  }

  @Test
  void aSearchWhoseTrialsAllFailedHasFailed() {
    Compared compared = compared();
    compared.searches.add("annealing, 6 measurements");
    assertThat(compared.offers("annealing, 6 measurements")).isTrue();
    assertThat(compared.failures("annealing, 6 measurements")).isEqualTo(1);
    assertThat(compared.regret("annealing, 6 measurements")).isEqualTo(1);
  }

  @Test
  void whereTheDefaultFailsAsWellTheWorstCounts() {
    Compared compared = compared();
    compared.nanos.remove(Compared.DEFAULT);
    compared.nanos.put("analytical roofline", 150.0);
    assertThat(compared.regret(Compared.PICK)).isEqualTo(0.5);
    compared.nanos.clear();
    assertThat(compared.timed()).isFalse();
  }

  @Test
  void aRandomScheduleMayBeTheBestThatIsKnown() {
    Compared compared = compared();
    Schedule any = compared.pick.schedule();
    compared.random = List.of(Trial.timed(any, 50), Trial.failed(any));
    assertThat(compared.bestNanos()).isEqualTo(50);
    assertThat(compared.regret(SEARCH)).isEqualTo(1);
    compared.nanos.clear();
    assertThat(compared.timed()).isTrue();
  }

  @Test
  void aRandomScheduleThatFailedCountsAsTheDefault() {
    Compared compared = compared();
    Schedule any = compared.pick.schedule();
    compared.random =
        List.of(new Trial(any, OptionalDouble.empty()), new Trial(any, OptionalDouble.of(800)));
    assertThat(compared.failures(Compared.RANDOM)).isEqualTo(1);
    assertThat(compared.randomNanos().orElseThrow()).isEqualTo(400, within(1e-9));
    assertThat(compared.regret(Compared.RANDOM)).isEqualTo(3, within(1e-9));
  }

  @Test
  void randomSchedulesAreRankedAmongThemselvesAndTopScoresKnowTheBest() {
    Compared compared = compared();
    List<Prediction> predictions =
        List.of(
            new Prediction("slow", 1, OptionalDouble.of(300)),
            new Prediction("fast", 2, OptionalDouble.of(250)),
            new Prediction("failed", 0, OptionalDouble.empty()));
    Schedule any = compared.pick.schedule();
    compared.random = List.of(Trial.timed(any, 300), Trial.timed(any, 250), Trial.failed(any));
    NetworkTask layer = compared.ranked(predictions).orElseThrow();
    assertThat(layer.bestNanos()).isEqualTo(100);
    // as of the noise ceiling, the right order leaves no regret
    assertThat(layer.task().regretAt(1)).isZero();
    RankingMetrics ceiling = NoiseCeiling.of(List.of(layer.task()), 0, 1, 1).metrics();
    assertThat(ceiling.regretAt1().worst()).isZero();
    assertThat(ceiling.peakAt64()).isEqualTo(layer.task().peakAt(64));
    compared.random = List.of(Trial.failed(any));
    assertThat(compared.ranked(predictions.subList(2, 3))).isEmpty();
  }

  @Test
  void theDefaultOfATemplateIsSetAgainstTasksThatHaveIt() {
    Compared compared = compared();
    compared.ways.put(Compared.DEFAULT_OF + "dense.gemm", compared.pick.schedule());
    assertThat(compared.offers(Compared.DEFAULT_OF + "dense.gemm")).isTrue();
    assertThat(compared.offers(Compared.DEFAULT_OF + "conv2d.winograd")).isFalse();
    assertThat(compared.offers(SEARCH)).isTrue();
  }
}
