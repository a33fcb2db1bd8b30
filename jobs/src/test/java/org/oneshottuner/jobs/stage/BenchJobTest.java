package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.jobs.LocalSpark;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.stage.BenchJob.Source;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Label;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.Request;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

class BenchJobTest {
  private static final TuningTask KNOWN = task("dense m=16 n=64 k=32", 1);
  private static final TuningTask UNKNOWN = task("dense m=16 n=64 k=32", 2);

  @TempDir Path folder;

  private static TuningTask task(String workload, int threads) {
    return new TuningTask(Workload.parse(workload), CpuTarget.AVX2, threads);
  }

  private Measuring measuring(FakeDevice device, Settings settings) {
    return new Measuring(
        LocalSpark.session(),
        settings,
        device,
        folder.resolve("measurements").toString(),
        JobsTest.CLOCK);
  }

  @Test
  void thePlanHoldsTheFastestKnownOrTheDefaults() throws Exception {
    Settings settings = JobsTest.settings();
    FakeDevice device = new FakeDevice(() -> {});
    ScheduleSpace space = Templates.space(KNOWN);
    List<Request> requests = new ArrayList<>();
    for (long member = 0; member < 20; member++) {
      requests.add(new Request(new Candidate(KNOWN, space.at(member)), Draw.chosen("test")));
    }
    List<Measurement> found = new ArrayList<>();
    try (Measuring measuring = measuring(device, settings)) {
      try (Progress progress = Progress.of("test", "labels", requests.size())) {
        measuring.measure(requests.iterator(), Duration.ofDays(1), found::add, progress);
      }
      List<String> fastest =
          found.stream()
              .filter(one -> one.outcome().<Boolean>fold(timed -> true, failed -> false))
              .sorted(
                  Comparator.comparingDouble(BenchJobTest::nanos)
                      .thenComparing(one -> one.candidate().schedule().text()))
              .limit(3)
              .map(one -> KNOWN.key() + "\tsearched\t" + one.candidate().schedule().text())
              .toList();
      BenchJob job = new BenchJob(settings, measuring);
      List<String> expected = new ArrayList<>(fastest);
      Templates.templateDefaults(UNKNOWN)
          .forEach(schedule -> expected.add(UNKNOWN.key() + "\tdefault\t" + schedule.text()));
      BenchJob.Plan plan = job.plan(List.of(KNOWN, UNKNOWN), Source.SEARCH);
      assertThat(plan.text().lines()).containsExactlyElementsOf(expected);
      assertThat(plan.origins())
          .containsExactly(
              KNOWN.workload().text() + " threads=1  <-  best known of 20 trials, not confirmed",
              UNKNOWN.workload().text()
                  + " threads=2  <-  defaults of its templates, nothing is measured");
    }
  }

  /** Of four that are told as equal the second was measured once more, 1 % slower. */
  @Test
  void whatIsConfirmedComesBeforeWhatMayHaveBeenLuck() throws Exception {
    Settings settings = JobsTest.settings();
    ScheduleSpace space = Templates.space(KNOWN);
    List<Request> requests = new ArrayList<>();
    for (long member = 0; member < 4; member++) {
      requests.add(new Request(new Candidate(KNOWN, space.at(member)), Draw.chosen("test")));
    }
    Candidate again = requests.get(1).candidate();
    requests.add(new Request(again, Draw.chosen(Labels.FINAL)));
    SteadyDevice device =
        new SteadyDevice(request -> request.draw().sampler().equals(Labels.FINAL) ? 1_010 : 1_000);
    try (Measuring measuring =
            new Measuring(
                LocalSpark.session(),
                settings,
                device,
                folder.resolve("measurements").toString(),
                JobsTest.CLOCK);
        Progress progress = Progress.of("test", "labels", requests.size())) {
      measuring.measure(requests.iterator(), Duration.ofDays(1), one -> {}, progress);
      BestKnown best = BestKnown.of(measuring, settings, List.of(KNOWN), 3).get(KNOWN);
      assertThat(best.fastest()).hasSize(3).first().isEqualTo(again);
      assertThat(best.confirmed()).isTrue();
      assertThat(best.trials()).isEqualTo(4);
      BenchJob.Plan plan = new BenchJob(settings, measuring).plan(List.of(KNOWN), Source.KNOWN);
      assertThat(plan.text()).startsWith(KNOWN.key() + "\tbest known\t");
      assertThat(plan.origins())
          .containsExactly(
              KNOWN.workload().text() + " threads=1  <-  best known of 4 trials, confirmed");
    }
  }

  private static double nanos(Measurement measurement) {
    return measurement
        .outcome()
        .<Double>fold(timed -> Label.of(timed).warmNanos(), failed -> Double.NaN);
  }
}
