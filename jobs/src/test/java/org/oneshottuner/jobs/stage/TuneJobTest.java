package org.oneshottuner.jobs.stage;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.jobs.LocalSpark;
import org.oneshottuner.jobs.LoggedLines;
import org.oneshottuner.jobs.Processes;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.DeviceFingerprint;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.MeasuringDevice;
import org.oneshottuner.measure.Outcome;
import org.oneshottuner.measure.Request;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

class TuneJobTest {
  private static final TuningTask TASK = task("dense m=32 n=64 k=64");

  /** Of spaces with more members than there are trials. */
  static final List<TuningTask> TASKS =
      List.of(task("dense m=64 n=128 k=64"), task("dense m=96 n=128 k=128"));

  /** Two rounds, and part of a third. */
  static final int TRIALS = 140;

  @TempDir Path folder;

  private static TuningTask task(String workload) {
    return new TuningTask(Workload.parse(workload), CpuTarget.AVX2, 1);
  }

  private String table(String name) {
    return folder.resolve(name).toString();
  }

  private TuneFigures tune(
      MeasuringDevice device, String table, List<TuningTask> tasks, int trials, String... searches)
      throws InterruptedException {
    Settings settings = JobsTest.settings("measure.commitRows=500");
    try (Measuring measuring =
        new Measuring(LocalSpark.session(), settings, device, table, JobsTest.CLOCK)) {
      return new TuneJob(settings, measuring).run(tasks, List.of(searches), trials);
    }
  }

  /** What was searched, and not measured once more at the end: task, schedule and outcome. */
  private static List<String> searched(String table) {
    Dataset<Row> rows =
        Measuring.measurements(LocalSpark.session(), table)
            .read(Measuring.measurements(LocalSpark.session(), table).existing());
    return rows
        .filter(col("sampler").notEqual(Labels.FINAL))
        .select("task", "schedule", "outcome", "label_nanos")
        .collectAsList()
        .stream()
        .map(Row::toString)
        .sorted()
        .toList();
  }

  @Test
  void aSearchGoesOnOverTheLabelsThatAreThere() throws Exception {
    String[] searches = {"random", "annealing", "evolutionary"};
    TuneFigures figures = tune(new FakeDevice(() -> {}), table("m"), List.of(TASK), 24, searches);
    assertThat(figures.results()).hasSize(3);
    assertThat(figures.results()).allSatisfy(result -> assertThat(result.trials()).isEqualTo(24));
    FakeDevice again = new FakeDevice(() -> {});
    assertThat(tune(again, table("m"), List.of(TASK), 24, searches).results())
        .isEqualTo(figures.results());
    assertThat(figures.results())
        .allSatisfy(result -> assertThat(result.bestAfter()).hasSize(5).doesNotContainNull());
    // what is compared is measured again, twice: what each search found, and the default
    assertThat(again.measured()).isBetween(2, 2 * (3 * 5 + 1));
  }

  @Test
  void aSearchThatIsKilledInARoundGoesOnToTheSameLabelsAndMeasuresNoneTwice() throws Exception {
    TuneFigures whole =
        tune(new FakeDevice(() -> {}), table("whole"), TASKS, TRIALS, "evolutionary");
    for (String most : List.of("50", "300")) {
      Processes.Ended ended = Processes.java(DyingSearch.class, table("killed" + most), most);
      assertThat(ended.code()).as(ended.output()).isEqualTo(DyingMeasuring.DIED);
      int before = searched(table("killed" + most)).size();
      assertThat(before).isBetween(1, TASKS.size() * TRIALS);
      TuneFigures resumed =
          tune(new FakeDevice(() -> {}), table("killed" + most), TASKS, TRIALS, "evolutionary");
      assertThat(resumed.results()).isEqualTo(whole.results());
      assertThat(searched(table("killed" + most))).isEqualTo(searched(table("whole")));
    }
    assertThat(searched(table("whole"))).hasSize(TASKS.size() * TRIALS).doesNotHaveDuplicates();
  }

  @Test
  void moreTrialsGoOnWhereFewerEnded() throws Exception {
    for (String search : List.of("annealing", "evolutionary")) {
      tune(new FakeDevice(() -> {}), table(search), TASKS, TRIALS, search);
      List<String> fewer = searched(table(search));
      TuneFigures more = tune(new FakeDevice(() -> {}), table(search), TASKS, 220, search);
      assertThat(more.results()).allSatisfy(one -> assertThat(one.trials()).isEqualTo(220));
      assertThat(searched(table(search))).hasSize(TASKS.size() * 220).containsAll(fewer);
    }
  }

  @Test
  void aSpaceThatIsNoLargerIsTriedWholeWhateverIsAskedFor() throws Exception {
    ScheduleSpace space = Templates.space(TASK);
    int size = Math.toIntExact(space.size());
    TuneFigures figures =
        tune(new FakeDevice(() -> {}), table("m"), List.of(TASK), size, "random", "evolutionary");
    assertThat(figures.results()).hasSize(1);
    TuneFigures.Result result = figures.results().get(0);
    assertThat(result.search()).isEqualTo("exhaustive");
    assertThat(result.trials()).isEqualTo(size);
    assertThat(searched(table("m"))).hasSize(size).doesNotHaveDuplicates();
    assertThat(figures.lines()).contains("1 of 1 searches tried the whole space: it is no larger");
  }

  /** Two kernels are the fastest while searching; the one with the lesser label is slow at last. */
  @Test
  void theWinnerIsTheFastestOfThoseThatAreMeasuredOnceMore() throws Exception {
    ScheduleSpace space = Templates.space(TASK);
    String lucky = space.at(3).text();
    String fast = space.at(7).text();
    Map<String, Integer> finals = new HashMap<>();
    SteadyDevice device =
        new SteadyDevice(
            request -> {
              String schedule = request.candidate().schedule().text();
              boolean last = request.draw().sampler().equals(Labels.FINAL);
              if (last) {
                finals.merge(schedule, 1, Integer::sum);
              }
              return schedule.equals(lucky)
                  ? (last ? 1_300 : 1_000)
                  : schedule.equals(fast) ? 1_010 : 2_000 + space.indexOfText(schedule);
            });
    TuneFigures figures =
        tune(device, table("m"), List.of(TASK), Math.toIntExact(space.size()), "random");
    TuneFigures.Result result = figures.results().get(0);
    assertThat(result.schedule()).isEqualTo(fast);
    assertThat(result.labelNanos()).hasValue(1_010);
    assertThat(result.bestNanos()).hasValue(1_010);
    assertThat(finals).hasSizeBetween(5, 6).containsEntry(lucky, 2).containsEntry(fast, 2);
    assertThat(finals.values()).containsOnly(2);
  }

  @Test
  void whatMayHaveFailedByChanceIsTriedTwiceAndNothingElse() throws Exception {
    Map<String, Integer> tries = new HashMap<>();
    FailingDevice device =
        new FailingDevice(
            request -> {
              int place = Math.floorMod(request.candidate().key().hashCode(), 8);
              int count = tries.merge(request.candidate().key(), 1, Integer::sum);
              boolean late = place == 0 || (place == 1 && count == 1);
              return late && !request.draw().sampler().equals(Labels.FINAL)
                  ? Optional.of(new Outcome.Failed(Outcome.Kind.TIMED_OUT, "ran past 1000 ms"))
                  : Optional.empty();
            });
    TuneFigures figures = tune(device, table("m"), List.of(TASK), 64, "annealing");
    assertThat(figures.results().get(0).trials()).isEqualTo(64);
    Map<String, Integer> asked = new HashMap<>();
    device.asked().stream()
        .filter(request -> !request.draw().sampler().equals(Labels.FINAL))
        .forEach(request -> asked.merge(request.candidate().key(), 1, Integer::sum));
    assertThat(asked).hasSize(64);
    asked.forEach(
        (key, count) ->
            assertThat(count).as(key).isEqualTo(Math.floorMod(key.hashCode(), 8) < 2 ? 2 : 1));
    // and what was found out is not asked again
    FakeDevice again = new FakeDevice(() -> {});
    tune(again, table("m"), List.of(TASK), 64, "annealing");
    assertThat(again.measured()).as("twice, at last").isEven().isLessThan(13);
  }

  @Test
  void tellsOfEachTaskHowFarItIs() throws Exception {
    List<String> lines;
    try (LoggedLines logged = new LoggedLines(Progress.class)) {
      tune(new FakeDevice(() -> {}), table("m"), TASKS, TRIALS, "evolutionary");
      lines = logged.lines();
    }
    for (TuningTask task : TASKS) {
      List<String> own =
          lines.stream().filter(line -> line.startsWith(task.workload().text() + " ")).toList();
      assertThat(own).hasSize(3);
      assertThat(own.get(1))
          .matches(
              ".* threads=1 evolutionary: 128 of 140 trials, [0-9]+ failed,"
                  + " best [0-9.]+ us, [0-9]+ s left");
    }
    assertThat(lines).anyMatch(line -> line.startsWith("search: 280 of 280 labels"));
  }

  /** A device that always has work ahead: it measures a request only once it has 100 more. */
  private static final class GreedyDevice implements MeasuringDevice {
    private static final int AHEAD = 100;
    private final FakeDevice other = new FakeDevice(() -> {});
    private final List<Integer> ahead = new ArrayList<>();

    @Override
    public DeviceFingerprint fingerprint() {
      return other.fingerprint();
    }

    @Override
    public double peakFlopsPerSecond(CpuTarget target) {
      return other.peakFlopsPerSecond(target);
    }

    @Override
    public void measure(Iterator<Request> requests, Consumer<Measurement> done) {
      List<Request> taken = new ArrayList<>();
      boolean more = true;
      while (more || !taken.isEmpty()) {
        while (more && taken.size() < AHEAD) {
          more = requests.hasNext();
          if (more) {
            taken.add(requests.next());
          }
        }
        ahead.add(taken.size());
        if (!taken.isEmpty()) {
          done.accept(other.measurement(taken.remove(0)));
        }
      }
    }

    @Override
    public void close() {}
  }

  @Test
  void aSearchPlansWhileAnotherIsMeasured() throws Exception {
    List<TuningTask> tasks =
        Stream.of(64, 96, 128, 160).map(m -> task("dense m=" + m + " n=128 k=64")).toList();
    GreedyDevice device = new GreedyDevice();
    TuneFigures figures = tune(device, table("m"), tasks, 256, "evolutionary");
    assertThat(figures.results()).allSatisfy(one -> assertThat(one.trials()).isEqualTo(256));
    // it never ran dry before the end of the search, and of what is measured once more
    List<Integer> searching = device.ahead.subList(0, 4 * 256 - GreedyDevice.AHEAD);
    assertThat(searching).containsOnly(GreedyDevice.AHEAD);
    TuneFigures one = tune(new FakeDevice(() -> {}), table("n"), tasks, 256, "evolutionary");
    assertThat(one.results()).isEqualTo(figures.results());
    assertThat(searched(table("n"))).isEqualTo(searched(table("m")));
  }
}
