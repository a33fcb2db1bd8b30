package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.jobs.LocalSpark;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Label;
import org.oneshottuner.measure.Outcome;
import org.oneshottuner.measure.Request;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

class LabelsTest {
  private static final TuningTask TASK =
      new TuningTask(Workload.parse("dense m=32 n=64 k=64"), CpuTarget.AVX2, 1);

  private static final Outcome.Failed LATE =
      new Outcome.Failed(Outcome.Kind.TIMED_OUT, "ran past 1000 ms");

  private static final Outcome.Failed WRONG =
      new Outcome.Failed(Outcome.Kind.WRONG_OUTPUT, "off by one");

  @TempDir Path folder;

  /** Returns requests that {@link FakeDevice} times. */
  private static List<Request> finals(int count) {
    FakeDevice device = new FakeDevice(() -> {});
    return LongStream.range(0, 100)
        .mapToObj(Templates.space(TASK)::at)
        .map(schedule -> new Request(new Candidate(TASK, schedule), Draw.chosen(Labels.FINAL)))
        .filter(
            request -> device.measurement(request).outcome().fold(timed -> true, failed -> false))
        .limit(count)
        .toList();
  }

  @Test
  void whatMayHaveFailedByChanceAtLastIsMeasuredOnceMoreAndNothingElse() throws Exception {
    List<Request> requests = finals(4);
    Map<Request, Integer> tries = new HashMap<>();
    FailingDevice device =
        new FailingDevice(
            request ->
                switch (requests.indexOf(request) + ":" + tries.merge(request, 1, Integer::sum)) {
                  case "1:1", "2:1", "2:2" -> Optional.of(LATE);
                  case "3:1" -> Optional.of(WRONG);
                  default -> Optional.empty();
                });
    Map<String, OptionalDouble> labels;
    try (Measuring measuring =
        new Measuring(
            LocalSpark.session(),
            JobsTest.settings(),
            device,
            folder.resolve("m").toString(),
            JobsTest.CLOCK)) {
      labels = new Labels(measuring, JobsTest.settings(), List.of(TASK)).finals(requests, 1);
    }
    assertThat(requests.stream().map(request -> tries.getOrDefault(request, 0)))
        .containsExactly(1, 2, 2, 1);
    // in the order of the requests
    assertThat(labels.values().stream().map(OptionalDouble::isPresent))
        .containsExactly(true, true, false, false);
  }

  @Test
  void whatIsMeasuredTwiceAtLastHasTheMeanUnlessItFailedForCertain() throws Exception {
    List<Request> requests = finals(3);
    FakeDevice usual = new FakeDevice(() -> {});
    Map<Request, Integer> tries = new HashMap<>();
    FailingDevice device =
        new FailingDevice(
            request ->
                switch (requests.indexOf(request) + ":" + tries.merge(request, 1, Integer::sum)) {
                  case "1:2" -> Optional.of(LATE);
                  case "2:2" -> Optional.of(WRONG);
                  default -> Optional.empty();
                });
    Map<String, OptionalDouble> labels;
    try (Measuring measuring =
        new Measuring(
            LocalSpark.session(),
            JobsTest.settings(),
            device,
            folder.resolve("m").toString(),
            JobsTest.CLOCK)) {
      labels = new Labels(measuring, JobsTest.settings(), List.of(TASK)).finals(requests, 2);
    }
    assertThat(requests.stream().map(request -> tries.getOrDefault(request, 0)))
        .containsExactly(2, 3, 2);
    for (Request request : requests.subList(0, 2)) {
      double label =
          usual
              .measurement(request)
              .outcome()
              .<Double>fold(timed -> Label.of(timed).warmNanos(), failed -> Double.NaN);
      assertThat(labels.get(request.candidate().key())).hasValue(label);
    }
    assertThat(labels.get(requests.get(2).candidate().key())).isEmpty();
  }
}
