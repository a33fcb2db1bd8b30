package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

class BaselinesTest {
  private static final int MOST = 200;

  private static TuningTask task(String workload) {
    return new TuningTask(Workload.parse(workload), CpuTarget.AVX2, 1);
  }

  /** Times of drawn schedules: 100 ns, twice as much without nv=2, some more without unroll=2. */
  private static List<Baselines.Timed> timed(TuningTask task, long seed) {
    ScheduleSpace space = Templates.space(task);
    SplitMix64 draw = new SplitMix64(seed);
    List<Baselines.Timed> timed = new ArrayList<>();
    LongStream.range(0, Math.min(MOST, space.size()))
        .map(place -> draw.nextLong(space.size()))
        .distinct()
        .mapToObj(space::at)
        .forEach(
            schedule ->
                timed.add(
                    new Baselines.Timed(
                        schedule.text(),
                        100.0
                            * (schedule.text("nv").equals("2") ? 1 : 2)
                            * (schedule.text("unroll").equals("2") ? 1 : 1.3))));
    return timed;
  }

  @Test
  void theBestSingleScheduleHasOfEachKnobWhatIsBestByItself() {
    TuningTask one = task("dense m=32 n=64 k=64");
    TuningTask other = task("dense m=128 n=256 k=128");
    Baselines baselines =
        new Baselines(Map.of(one.workload(), timed(one, 1), other.workload(), timed(other, 2)));
    TuningTask unseen = task("dense m=64 n=128 k=256");
    Schedule single = baselines.single(unseen).orElseThrow();
    assertThat(Templates.space(unseen).indexOf(single)).isNotNegative();
    assertThat(single.text("nv")).isEqualTo("2");
    assertThat(single.text("unroll")).isEqualTo("2");
    assertThat(baselines.single(task("batch_matmul b=1 m=64 n=64 k=64"))).isEmpty();
  }

  @Test
  void theNearestTasksBestIsMovedIntoTheSpace() {
    TuningTask near = task("dense m=64 n=128 k=256");
    TuningTask far = task("dense m=1 n=1000 k=2048");
    Baselines baselines =
        new Baselines(Map.of(near.workload(), timed(near, 3), far.workload(), timed(far, 4)));
    Schedule best = baselines.nearest(near).orElseThrow();
    assertThat(best.text("nv")).isEqualTo("2");
    assertThat(best.text("unroll")).isEqualTo("2");
    assertThat(baselines.nearest(task("batch_matmul b=1 m=64 n=64 k=64"))).isEmpty();
  }

  @Test
  void aTemplateThatTheSpaceLacksGivesWayToTheNextBest() {
    Workload unseen = Workload.parse("conv2d n=1 c=16 h=16 w=16 k=16 r=1 s=1 layout=nchw16c");
    Workload known = Workload.parse("conv2d n=1 c=16 h=16 w=16 k=16 r=3 s=3 pad=1 layout=nchw16c");
    List<Baselines.Timed> timed =
        Templates.templateDefaults(new TuningTask(known, CpuTarget.AVX2, 1)).stream()
            .map(
                schedule ->
                    new Baselines.Timed(
                        schedule.text(), schedule.template().equals("conv2d.winograd") ? 100 : 200))
            .toList();
    assertThat(timed).anyMatch(one -> one.schedule().startsWith("conv2d.winograd"));
    Baselines baselines = new Baselines(Map.of(known, timed));
    TuningTask task = new TuningTask(unseen, CpuTarget.AVX2, 1);
    assertThat(baselines.nearest(task).orElseThrow().template()).isEqualTo("conv2d.direct");
    assertThat(baselines.single(task).orElseThrow().template()).isEqualTo("conv2d.direct");
    assertThat(baselines.single(new TuningTask(known, CpuTarget.AVX2, 1)).orElseThrow().template())
        .isEqualTo("conv2d.winograd");
  }
}
