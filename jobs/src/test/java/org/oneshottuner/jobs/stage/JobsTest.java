package org.oneshottuner.jobs.stage;

import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.dataset.LeakException;
import org.oneshottuner.jobs.DamagedParquet;
import org.oneshottuner.jobs.LocalSpark;
import org.oneshottuner.jobs.LoggedLines;
import org.oneshottuner.jobs.Processes;
import org.oneshottuner.jobs.Ran;
import org.oneshottuner.jobs.SmallModel;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.rows.CandidateRows;
import org.oneshottuner.jobs.rows.MeasurementRows;
import org.oneshottuner.jobs.storage.Table;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.DeviceFingerprint;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.MeasuringDevice;
import org.oneshottuner.measure.Outcome;
import org.oneshottuner.measure.Request;
import org.oneshottuner.measure.Visit;
import org.oneshottuner.predict.Release;
import org.oneshottuner.sample.NetworkCatalogue;
import org.oneshottuner.sample.ScheduleSampler;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.train.Bootstrap;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Rows in become rows out, stage by stage, with a device whose labels are known. */
class JobsTest {
  static final Clock CLOCK = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);
  @TempDir Path folder;

  private final SparkSession spark = LocalSpark.session();

  static NetworkCatalogue catalogue() {
    return NetworkCatalogue.read(Path.of("..", "data", "networks"));
  }

  static Settings settings(String... overrides) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "target=avx2",
                "sample.size=quick",
                "sample.tasks=12",
                "sample.schedules=8",
                "measure.commitRows=20",
                "train.rounds=20",
                "train.depth=4",
                "evaluate.seeds=1",
                "mllibTrees=0"));
    all.addAll(List.of(overrides));
    return Settings.read(List.of(), all);
  }

  private String sample(Settings settings, String name) {
    String location = folder.resolve(name).toString();
    SampleJob job = new SampleJob(spark, settings, location, CLOCK);
    job.drawTasks(catalogue());
    SampleFigures figures = job.run(0, new byte[0]);
    assertThat(figures.candidates()).isPositive();
    return location;
  }

  private byte[] rows(String sample) throws Exception {
    Table table = SampleJob.candidates(spark, sample);
    Path file =
        Path.of(sample, "candidates", table.existing().commits().get(0).files().get(0).path());
    return Files.readAllBytes(file);
  }

  @Test
  void aSampleIsTheSameHoweverItIsCut() throws Exception {
    byte[] one = rows(sample(settings("sample.partitions=1"), "one"));
    assertThat(rows(sample(settings("sample.partitions=2"), "two"))).isEqualTo(one);
    assertThat(rows(sample(settings("sample.partitions=7"), "seven"))).isEqualTo(one);
    assertThat(rows(sample(settings("sample.partitions=2", "seed=2"), "other"))).isNotEqualTo(one);
    String ranges = folder.resolve("ranges").toString();
    SampleJob cut = new SampleJob(spark, settings("sample.partitions=7"), ranges, CLOCK, 0);
    cut.drawTasks(catalogue());
    assertThat(cut.run(0, new byte[0]).members()).isPositive();
    assertThat(rows(ranges)).isEqualTo(one);
  }

  @Test
  void aGuidedSampleIsTheSameHoweverItIsCut() throws Exception {
    byte[] model = Files.readAllBytes(SmallModel.write(folder));
    String[] same = {"target=avx512", "sample.sampler=importance"};
    List<byte[]> drawn = new ArrayList<>();
    for (int most : List.of(1, 0)) {
      String location = folder.resolve("ranges-" + most).toString();
      SampleJob job = new SampleJob(spark, settings(same), location, CLOCK, most);
      job.drawTasks(catalogue());
      try (LoggedLines logged = new LoggedLines(Progress.class)) {
        SampleFigures figures = job.run(0, model);
        assertThat(figures.scoredPerSecondAndCore()).isPresent();
        assertThat(logged.lines())
            .last()
            .asString()
            .startsWith("sample: %1$d of %1$d members, ".formatted(figures.members()));
      }
      drawn.add(rows(location));
    }
    assertThat(drawn.get(1)).isEqualTo(drawn.get(0));
  }

  @Test
  void anAlteredDatasetIsToldFromAGoodOne() throws Exception {
    String run = folder.resolve("run").toString();
    sample(settings(), "run/sample");
    Path json = folder.resolve("verified.json");
    for (String place : List.of(run, run + "/sample", run + "/sample/candidates")) {
      Ran good = Ran.oneshot("verify", place, "--json", json.toString());
      assertThat(good.code()).as(good.err()).isZero();
      assertThat(good.out()).contains("candidates: 1 commits, 1 files, ").contains("all as their");
    }
    Table candidates = SampleJob.candidates(spark, run + "/sample");
    Path file = file(candidates);
    byte[] content = Files.readAllBytes(file);
    content[content.length / 2] ^= 1;
    Files.write(file, content);
    Ran bad = Ran.oneshot("verify", run, "--json", json.toString());
    assertThat(bad.code()).isEqualTo(1);
    assertThat(bad.err().lines()).hasSize(1);
    assertThat(bad.err()).startsWith("oneshot: Cannot read " + file + ": its SHA-256 is ");
    assertThat(Files.readString(json)).contains("\"damage\" : [ \"Cannot read " + file);
    Path manifest = Path.of(run, "sample/tasks/commits/0000000001.json");
    Files.writeString(manifest, Files.readString(manifest).replace("12", "13"));
    Ran worse = Ran.oneshot("verify", run);
    assertThat(worse.code()).isEqualTo(1);
    assertThat(worse.err())
        .startsWith("oneshot: Cannot read manifest " + manifest)
        .contains("; 1 more is damaged");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Ran nothing = Ran.oneshot("verify", empty.toString());
    assertThat(nothing.code()).isEqualTo(2);
    assertThat(nothing.err()).contains("no manifest is there");
  }

  @Test
  void aDamagedFooterIsNamedAndHidesNoDamageOfAnotherTable() throws Exception {
    String run = folder.resolve("run").toString();
    sample(settings(), "run/sample");
    Path tasks = file(SampleJob.tasks(spark, run + "/sample"));
    Path candidates = file(SampleJob.candidates(spark, run + "/sample"));
    Files.write(tasks, DamagedParquet.footer(Files.readAllBytes(tasks)));
    byte[] content = Files.readAllBytes(candidates);
    Files.write(candidates, DamagedParquet.rows(content));
    Path json = folder.resolve("verified.json");
    Ran bad = Ran.oneshot("verify", run, "--json", json.toString());
    assertThat(bad.code()).isEqualTo(1);
    assertThat(bad.err())
        .startsWith("oneshot: Cannot read " + tasks + ": its SHA-256 is ")
        .contains("; 1 more is damaged");
    assertThat(Files.readString(json))
        .contains("\"Cannot read " + tasks + ": its SHA-256 is ")
        .contains("\"Cannot read " + candidates + ": its SHA-256 is ");
    Files.write(candidates, DamagedParquet.footer(content));
    Ran reader = Ran.oneshot("measure", "--run", run, "--set", "measure.protocol=quick");
    assertThat(reader.code()).as(reader.err()).isEqualTo(2);
    assertThat(reader.err()).startsWith("oneshot: Cannot read " + candidates + ": its SHA-256 is ");
  }

  private static Path file(Table table) {
    return Path.of(table.location(), table.existing().commits().get(0).files().get(0).path());
  }

  @Test
  void aSampleOfOtherTemplatesIsNotGoneOnWith() {
    RangeWork work =
        new RangeWork(
            List.of(
                new RangeWork.Planned(
                    new TuningTask(Workload.parse("dense m=32 n=64 k=64"), CpuTarget.AVX2, 1).key(),
                    "0123456789abcdef",
                    1000,
                    List.of())),
            ScheduleSampler.uniform(4),
            new RangeWork.SampleRound(1, 0),
            new byte[0]);
    assertThatThrownBy(() -> work.draws(0, new byte[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot sample dense m=32 n=64 k=64")
        .hasMessageContaining("it was drawn with 0123456789abcdef");
  }

  @Test
  void aSampleOfOtherSettingsIsNotMixedIn() {
    String location = sample(settings(), "sample");
    assertThatThrownBy(
            () ->
                new SampleJob(spark, settings("sample.tasks=13"), location, CLOCK)
                    .drawTasks(catalogue()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sample.tasks=12")
        .hasMessageContaining("sample.tasks=13");
    assertThatThrownBy(
            () ->
                new SampleJob(spark, settings("sample.schedules=3"), location, CLOCK)
                    .run(0, new byte[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("its round 0 was drawn with {")
        .hasMessageContaining("asked for {sample.pool=262144, sample.sampler=uniform, sample.sch");
  }

  @Test
  void whatTasksWereDrawnNearToIsNotHeldOut() {
    String location = sample(settings("heldOut=[resnet-18,bert-tiny]"), "sample");
    SampleJob.mustHaveHeldOut(spark, settings("heldOut=[bert-tiny]"), location);
    SampleJob.mustHaveHeldOut(spark, settings("heldOut=[vgg-11]"), location + "/none");
    assertThatThrownBy(
            () ->
                SampleJob.mustHaveHeldOut(spark, settings("heldOut=[bert-tiny,vgg-11]"), location))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot hold out networks [vgg-11]: the tasks at " + location)
        .hasMessageContaining("holding out [resnet-18,bert-tiny]");
  }

  @Test
  void candidatesAndMeasurementsComeBackAsTheyWere() {
    String location = sample(settings(), "sample");
    Table candidates = SampleJob.candidates(spark, location);
    FakeDevice device = new FakeDevice(() -> {});
    List<Row> rows = candidates.read(candidates.existing()).limit(30).collectAsList();
    List<Measurement> measurements = new ArrayList<>();
    for (Row row : rows) {
      Request request = CandidateRows.request(row);
      assertThat(CandidateRows.row(request)).isEqualTo(row);
      measurements.add(device.measurement(request));
    }
    Measurement timed =
        measurements.stream()
            .filter(one -> one.outcome().fold(ended -> true, failed -> false))
            .findFirst()
            .orElseThrow();
    measurements.add(
        with(
            new Outcome.Failed(Outcome.Kind.CRASHED, "signal 11", timed.outcome().visits()),
            timed));
    List<Row> written = measurements.stream().map(MeasurementRows::row).toList();
    List<Measurement> read =
        spark
            .createDataFrame(written, MeasurementRows.FORMAT.columns())
            .withColumn("device", lit(device.fingerprint().id()))
            .collectAsList()
            .stream()
            .map(MeasurementRows::measurement)
            .toList();
    assertThat(read).isEqualTo(measurements);
  }

  @Test
  void nothingIsMeasuredTwiceAndFailuresAreCounted() throws Exception {
    Settings settings = settings();
    String location = sample(settings, "sample");
    long candidates = SampleJob.candidates(spark, location).existing().rows();
    FakeDevice first = new FakeDevice(() -> {});
    MeasureFigures figures = measure(settings, first, location);
    assertThat(first.measured()).isEqualTo((int) candidates);
    assertThat(figures.labels() + figures.failures().getOrDefault("BUILD_FAILED", 0L))
        .isEqualTo(candidates);
    assertThat(figures.left()).isZero();
    FakeDevice second = new FakeDevice(() -> {});
    assertThat(measure(settings, second, location).known()).isEqualTo(candidates);
    assertThat(second.measured()).isZero();
  }

  @Test
  void repeatsAreCountedApartFromWhatIsLearntFrom() throws Exception {
    Settings settings = settings("sample.tasks=4", "measure.repeat=3");
    String location = sample(settings, "sample");
    MeasureFigures figures = measure(settings, new FakeDevice(() -> {}), location);
    Table table = Measuring.measurements(spark, location + "/m");
    Dataset<Row> measured = table.read(table.existing());
    assertThat(figures.labels()).isEqualTo(TrainingRows.of(measured, settings.train()).count());
    assertThat(figures.repeats()).isEqualTo(3);
    assertThat(figures.labelRepeats()).isEqualTo(3);
    assertThat(figures.labelSdPercent()).hasValue(0);
    assertThat(figures.lines())
        .contains(
            "100 % of visits found the machine quiet; canary: multiply-adds within 1.0 %, walk"
                + " through memory within 0.0 %",
            "standard deviation of a repeated label: 0.00 %, by 3 candidates");
  }

  @Test
  void whatASearchMeasuredIsMeasuredAgainToBeLearntFrom() throws Exception {
    Settings settings = settings("sample.tasks=2", "sample.schedules=4", "measure.repeat=0");
    String location = sample(settings, "sample");
    Table candidates = SampleJob.candidates(spark, location);
    List<Request> searched =
        candidates.read(candidates.existing()).collectAsList().stream()
            .map(CandidateRows::request)
            .map(drawn -> new Request(drawn.candidate(), Draw.chosen("random")))
            .toList();
    FakeDevice device = new FakeDevice(() -> {});
    try (Measuring measuring = new Measuring(spark, settings, device, location + "/m", CLOCK);
        Progress progress = Progress.of("search", "labels", searched.size())) {
      measuring.measure(searched.iterator(), Duration.ofDays(1), done -> {}, progress);
    }
    MeasureFigures figures = measure(settings, device, location);
    assertThat(figures.known()).isZero();
    assertThat(device.measured()).isEqualTo(2 * searched.size());
    assertThat(measure(settings, device, location).known()).isEqualTo(searched.size());
  }

  @Test
  void aFailureThatMayBeChanceIsTriedOnceMoreAndNoOther() throws Exception {
    Settings settings = settings("sample.tasks=2", "sample.schedules=4", "measure.repeat=0");
    String location = sample(settings, "sample");
    int all = (int) SampleJob.candidates(spark, location).existing().rows();
    Outcome.Failed late =
        new Outcome.Failed(Outcome.Kind.BUILD_FAILED, Outcome.Failed.LATE_COMPILER + "60000 ms");
    Outcome.Failed crashed = new Outcome.Failed(Outcome.Kind.CRASHED, "ended by signal 11");
    Outcome.Failed wrong = new Outcome.Failed(Outcome.Kind.WRONG_OUTPUT, "off by one");
    List<List<Outcome.Failed>> runs =
        List.of(List.of(late, crashed, wrong), List.of(wrong, late), List.of(crashed, wrong));
    List<Integer> tries = List.of(2, 1, 2);
    for (int run = 0; run < runs.size(); run++) {
      int asked = 0;
      for (Outcome.Failed failure : runs.get(run)) {
        FailingDevice device = new FailingDevice(request -> Optional.of(failure));
        try (Measuring measuring =
            new Measuring(spark, settings, device, location + "/m" + run, CLOCK)) {
          new MeasureJob(spark, settings, measuring).run(location);
        }
        asked += device.asked().size();
      }
      assertThat(asked).as("run " + run).isEqualTo(tries.get(run) * all);
    }
  }

  @Test
  void waitingForTheDeviceIsNotOfTheBudget() throws Exception {
    Settings settings = settings("sample.tasks=2", "sample.schedules=2", "measure.budget=1s");
    String location = sample(settings, "sample");
    FakeDevice fake = new FakeDevice(() -> {});
    MeasuringDevice busy =
        new MeasuringDevice() {
          @Override
          public DeviceFingerprint fingerprint() {
            return fake.fingerprint();
          }

          @Override
          public double peakFlopsPerSecond(CpuTarget target) {
            return fake.peakFlopsPerSecond(target);
          }

          @Override
          public void measure(Iterator<Request> requests, Consumer<Measurement> done)
              throws InterruptedException {
            long end = System.nanoTime() + 1_500_000_000L;
            while (System.nanoTime() < end) {
              LockSupport.parkNanos(10_000_000);
            }
            fake.measure(requests, done);
          }

          @Override
          public void close() {}
        };
    try (Measuring measuring = new Measuring(spark, settings, busy, location + "/m", CLOCK)) {
      assertThat(new MeasureJob(spark, settings, measuring).run(location).left()).isZero();
      assertThat(measuring.seconds()).isLessThan(1.5);
    }
  }

  @Test
  void anInterruptionCommitsWhatIsDone() throws Exception {
    Settings settings = settings("measure.commitRows=1000");
    String location = sample(settings, "sample");
    int[] count = {0};
    FakeDevice device =
        new FakeDevice(
            () -> {
              count[0]++;
              if (count[0] == 10) {
                Thread.currentThread().interrupt();
              }
            });
    assertThatThrownBy(() -> measure(settings, device, location))
        .isInstanceOf(InterruptedException.class);
    assertThat(Measuring.measurements(spark, location + "/m").existing().rows()).isEqualTo(10);
  }

  /** A JVM that measures is killed, and another goes on: no row is lost, none is there twice. */
  @Test
  void measuringMayBeKilledAnywhere() throws Exception {
    Settings settings = settings();
    String location = sample(settings, "sample");
    Processes.Ended ended = Processes.java(DyingMeasuring.class, location, "50");
    assertThat(ended.code()).as(ended.output()).isEqualTo(DyingMeasuring.DIED);
    Table table = Measuring.measurements(spark, location + "/m");
    assertThat(table.existing().rows()).isEqualTo(40);
    FakeDevice device = new FakeDevice(() -> {});
    measure(settings, device, location);
    long candidates = SampleJob.candidates(spark, location).existing().rows();
    assertThat(device.measured()).isEqualTo((int) candidates - 40);
    assertThat(table.read(table.snapshot()).select("task", "schedule").distinct().count())
        .isEqualTo(candidates)
        .isEqualTo(table.snapshot().rows());
  }

  private MeasureFigures measure(Settings settings, FakeDevice device, String location)
      throws InterruptedException {
    try (Measuring measuring = new Measuring(spark, settings, device, location + "/m", CLOCK)) {
      return new MeasureJob(spark, settings, measuring).run(location);
    }
  }

  @Test
  void trainingIsReproducibleAndItsModelServes() throws Exception {
    Settings settings = settings();
    String location = sample(settings, "sample");
    measure(settings, new FakeDevice(() -> {}), location);
    Table table = Measuring.measurements(spark, location + "/m");
    TrainJob job = new TrainJob(spark, settings, catalogue());
    TrainFigures figures = job.run(table, folder.resolve("a"));
    assertThat(figures.tasks()).isEqualTo(12);
    assertThat(figures.trees()).isEqualTo(20);
    TrainFigures again = job.run(table, folder.resolve("b"));
    assertThat(Files.readAllBytes(Path.of(again.model())))
        .isEqualTo(Files.readAllBytes(Path.of(figures.model())));
    TuningTask task = new TuningTask(Workload.parse("dense m=32 n=64 k=64"), CpuTarget.AVX2, 1);
    byte[] model = Files.readAllBytes(Path.of(figures.model()));
    String other = sample(settings("target=avx512"), "other");
    assertThatThrownBy(
            () -> new SampleJob(spark, settings("target=avx512"), other, CLOCK).run(1, model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot sample for target avx512: the model that is to guide it was trained for avx2");
    assertThatThrownBy(() -> new SampleJob(spark, settings, location, CLOCK).run(1, model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot sample round 1 by uniform with a model: none guides it");
    assertThat(OneShotTuner.load(Path.of(figures.model())).choose(task).candidates()).isPositive();
    ExportJob.Exported exported =
        ExportJob.run(
            Path.of(figures.model()), folder.resolve("exported.ost"), Release.NONE, List.of());
    assertThat(Files.readAllBytes(folder.resolve("exported.ost")))
        .isEqualTo(Files.readAllBytes(Path.of(figures.model())));
    assertThat(exported.trees()).isEqualTo(20);
    Path mixed = Files.createDirectory(folder.resolve("mixed"));
    Files.copy(Path.of(figures.model()), mixed.resolve(TrainJob.MODEL));
    new TrainJob(spark, settings("train.rounds=3"), catalogue()).run(table, folder.resolve("c"));
    Files.copy(folder.resolve("c").resolve(TrainJob.BOOSTER), mixed.resolve(TrainJob.BOOSTER));
    assertThatThrownBy(
            () ->
                ExportJob.run(
                    mixed.resolve(TrainJob.MODEL),
                    folder.resolve("no.ost"),
                    Release.NONE,
                    List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gives another model");
    assertThat(folder.resolve("no.ost")).doesNotExist();

    String guided = guided(settings("sample.sampler=exploration"), location, figures);
    assertThat(guided).isEqualTo("exploration");
  }

  @Test
  void eachSplitThatIsAskedForIsJudgedBy() throws Exception {
    String splits =
        "evaluate.splits=[within_task,unseen_task,unseen_kind,unseen_shape,later_in_time]";
    Settings settings =
        settings(
            "sample.tasks=28",
            "train.rounds=5",
            "train.rowShare=0.5",
            splits,
            "evaluate.seeds=2",
            "mllibTrees=1");
    String location = sample(settings, "sample");
    measure(settings, new FakeDevice(() -> {}), location);
    Table table = Measuring.measurements(spark, location + "/m");
    TrainFigures figures;
    try (LoggedLines logged = new LoggedLines(Progress.class)) {
      figures = new TrainJob(spark, settings, catalogue()).run(table, folder.resolve("m"));
      long kinds =
          Files.readAllLines(folder.resolve("m").resolve(TrainJob.TASKS)).stream()
              .map(key -> TuningTask.parse(key).workload().kind())
              .distinct()
              .count();
      // by two seeds: what ships, four splits, each kind; beside them a ranker, two of Spark's
      // own library and two points of the curve
      assertThat(logged.lines())
          .last()
          .asString()
          .startsWith("train: %1$d of %1$d trainings, ".formatted(2 * (1 + 4 + kinds) + 1 + 2 + 2))
          .matches(".*, in [0-9]+ s");
    }
    List<TrainFigures.Judged> ours =
        figures.judged().stream()
            .filter(one -> one.predictor().equals(Learners.name(settings().train())))
            .toList();
    assertThat(ours)
        .extracting(TrainFigures.Judged::split)
        .containsExactly(
            "unseen task", "within task", "unseen kind", "unseen shape", "later in time");
    assertThat(ours)
        .allSatisfy(
            one -> {
              assertThat(one.regretAt1Low().isPresent())
                  .isEqualTo(one.tasks() >= Bootstrap.FEWEST_TASKS);
              one.regretAt1Low()
                  .ifPresent(low -> assertThat(one.regretAt1()).isGreaterThanOrEqualTo(low));
              one.regretAt1High()
                  .ifPresent(high -> assertThat(one.regretAt1()).isLessThanOrEqualTo(high));
              assertThat(one.seedRegrets()).hasSize(2).startsWith(one.regretAt1());
              assertThat(one.randomRegret()).isPositive();
              assertThat(one.candidates()).isGreaterThanOrEqualTo(2);
            });
    assertThat(ours.get(1).candidates()).as("within task").isBetween(3.0, 4.0);
    assertThat(ours).anyMatch(one -> !one.seedRegrets().get(0).equals(one.seedRegrets().get(1)));
    assertThat(figures.curves())
        .singleElement()
        .satisfies(
            curve ->
                assertThat(curve.points())
                    .allSatisfy(
                        point -> assertThat(point.score()).isBetween(point.low(), point.high())));

    Path model = Path.of(figures.model());
    Training training = Training.beside(model);
    assertThat(training.curves()).isEqualTo(figures.curves());
    assertThat(training.seed()).isEqualTo(settings.train().seed());
    assertThat(training.seeded(model))
        .extracting(Training.Seeded::seed)
        .containsExactly(settings.train().seed() + 1);
    Files.copy(model, model.resolveSibling("seed-2.ost"), StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> training.seeded(model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Cannot judge seed 2");
    Files.writeString(model, "another");
    assertThat(Training.beside(model).curves()).isEmpty();
  }

  @Test
  void whatIsLearntOfARowTellsNothingOfRowsThatAreKeptFromTraining() throws Exception {
    Settings settings = settings("sample.tasks=3");
    String location = sample(settings, "sample");
    measure(settings, new FakeDevice(() -> {}), location);
    Table table = Measuring.measurements(spark, location + "/m");
    Dataset<Row> rows = TrainingRows.of(table.read(table.existing()), settings.train());
    Dataset<Row> slower = rows.filter(col("relevance").lt(1));
    Dataset<Row> alone = TrainingRows.alone(slower, settings.train());
    assertThat(alone.schema()).isEqualTo(rows.schema());
    assertThat(alone.count()).isEqualTo(slower.count()).isPositive();
    assertThat(alone.groupBy("task").agg(max("relevance"), avg("weight")).collectAsList())
        .isNotEmpty()
        .allSatisfy(
            row -> {
              assertThat(row.getDouble(1)).isEqualTo(1);
              assertThat(row.getDouble(2)).isEqualTo(1, within(1e-9));
            });
  }

  /**
   * Returns a measurement of a candidate whose times are some times those of {@link FakeDevice}.
   */
  private static Measurement slower(Request request, int times) {
    Measurement usual = new FakeDevice(() -> {}).measurement(request);
    return with(
        usual
            .outcome()
            .fold(
                timed ->
                    new Outcome.Timed(
                        timed.visits().stream().map(visit -> slower(visit, times)).toList(),
                        timed.quiet()),
                failed -> failed),
        usual);
  }

  /** Returns a measurement that ended in another way. */
  private static Measurement with(Outcome outcome, Measurement usual) {
    return new Measurement(
        usual.candidate(),
        usual.draw(),
        usual.device(),
        usual.protocol(),
        usual.build(),
        outcome,
        usual.when());
  }

  private static Visit slower(Visit visit, int times) {
    return new Visit(
        visit.offsetMillis(),
        visit.coldNanos(),
        visit.callsPerWindow(),
        visit.windowNanos().stream().map(nanos -> times * nanos).toList(),
        visit.runs(),
        visit.discarded(),
        visit.canary());
  }

  @Test
  void baselinesLearnWhatTheModelLearns() {
    String location = sample(settings("sample.tasks=3"), "sample");
    Table candidates = SampleJob.candidates(spark, location);
    List<Request> drawn =
        candidates.read(candidates.existing()).orderBy("task").collectAsList().stream()
            .map(CandidateRows::request)
            .toList();
    List<Measurement> measured = new ArrayList<>();
    for (Request request : drawn) {
      measured.add(slower(request, 1));
      measured.add(slower(request, 3));
      measured.add(slower(new Request(request.candidate(), Draw.chosen(MeasureJob.REPEAT)), 9));
    }
    Dataset<Row> rows =
        spark
            .createDataFrame(
                measured.stream().map(MeasurementRows::row).toList(),
                MeasurementRows.FORMAT.columns())
            .withColumn("device", lit("fake"));
    String unknown = drawn.get(0).candidate().task().key();
    Dataset<Row> learnt =
        TrainingRows.of(rows, settings().train()).filter(col("task").notEqual(unknown));
    Set<String> trainedOn = new HashSet<>();
    List<Baselines.Timed> labels = new ArrayList<>();
    for (Row row : learnt.orderBy("task", "schedule").collectAsList()) {
      trainedOn.add(row.getAs("task"));
      labels.add(new Baselines.Timed(row.getAs("schedule"), row.<Double>getAs("label_nanos")));
    }
    Map<Workload, List<Baselines.Timed>> known = EvaluateJob.learntFrom(rows, trainedOn);
    assertThat(known).hasSize(2);
    assertThat(known.values().stream().flatMap(List::stream).toList())
        .containsExactlyInAnyOrderElementsOf(labels)
        .isNotEmpty();
    assertThat(labels.get(0).nanos()).isGreaterThan(2 * 1000);
  }

  @Test
  void picksAreSetAgainstAllElseOnTasksThatTheModelDoesNotKnow() throws Exception {
    Settings settings =
        settings(
            "evaluate.tasks=3",
            "evaluate.trials=6",
            "evaluate.baselines=[random]",
            "evaluate.seeds=2",
            "train.rowShare=0.5");
    String location = sample(settings, "sample");
    FakeDevice device = new FakeDevice(() -> {});
    measure(settings, device, location);
    Table table = Measuring.measurements(spark, location + "/m");
    TrainFigures trained =
        new TrainJob(spark, settings, catalogue()).run(table, folder.resolve("model"));
    Path file = Path.of(trained.model());
    OneShotTuner tuner = OneShotTuner.load(file);
    List<String> trainedOn = TrainedTasks.of(tuner.model(), file);
    assertThat(trainedOn).hasSize(12);

    EvaluateFigures figures = evaluate(settings, device, location, file, trainedOn);

    assertThat(figures.seeds()).extracting(EvaluateFigures.Seed::seed).containsExactly(1L, 2L);
    assertThat(figures.seeds().get(0).regret()).isEqualTo(figures.geomeanRegret());
    assertThat(Files.readString(folder.resolve("report/index.html")))
        .contains("Mean over 2 seeds", "<th scope=\"row\">2</th>")
        .contains("<th scope=\"row\">BUILD_FAILED</th><td>" + failed(table) + "</td>");
    assertThat(figures.tasks()).hasSize(3);
    assertThat(figures.tasks())
        .allSatisfy(
            task -> {
              double counted = task.pickNanos().orElse(task.defaultNanos().orElse(Double.NaN));
              assertThat(task.regret()).isEqualTo(counted / task.bestNanos() - 1, within(1e-12));
              assertThat(task.bestNanos())
                  .isLessThanOrEqualTo(task.defaultNanos().orElse(Double.POSITIVE_INFINITY));
              assertThat(task.chooseNanos()).isPositive();
              assertThat(task.measuredSchedules()).isGreaterThan(1);
            });
    EvaluateFigures.Way pick = figures.baselines().get(0);
    assertThat(pick.name()).isEqualTo(EvaluateJob.PICK);
    assertThat(pick.regret().figure()).isEqualTo(figures.geomeanRegret());
    assertThat(pick.slowerThanPick()).isEqualTo(Bootstrap.Interval.ofFew(0));
    assertThat(pick.p95()).isEmpty();
    assertThat(figures.baselines())
        .extracting(EvaluateFigures.Way::name)
        .startsWith(EvaluateJob.PICK, "default schedule", "random pick")
        .anyMatch(name -> name.startsWith("default of "))
        .contains("random, 6 measurements");
    assertThat(figures.baselines())
        .filteredOn(way -> way.tasks() == figures.tasks().size())
        .allSatisfy(
            way ->
                assertThat(way.slowerThanPick().figure())
                    .isCloseTo(
                        (1 + way.regret().figure()) / (1 + figures.geomeanRegret()) - 1,
                        within(1e-9)));

    EvaluateFigures least =
        evaluate(settings.with("evaluate.trials=1"), device, location, file, trainedOn);
    assertThat(least.baselines())
        .extracting(EvaluateFigures.Way::name)
        .contains("random pick", "nearest measured task's best", "random, 1 measurements");
    assertThat(least.tasks())
        .allSatisfy(task -> assertThat(task.randomNanos()).as(task.workload()).isPresent());

    EvaluateFigures onlyDefaults =
        evaluate(settings, new FailingDevice(JobsTest::last), location, file, trainedOn);
    assertThat(onlyDefaults.tasks()).isNotEmpty();
    assertThat(onlyDefaults.geomeanRegret()).isZero();

    assertThatThrownBy(
            () ->
                evaluate(
                    settings.with("evaluate.networks=[vgg-11,bert-base]"),
                    device,
                    location,
                    file,
                    trainedOn))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot judge a model by networks [vgg-11] as unseen");
    List<String> seen = TrainJob.seen(settings, catalogue());
    assertThat(TrainJob.seenBy(tuner.model())).isEqualTo(seen).contains("vgg-11");
    // of a network that is not in the catalogue of the training nothing is known
    EvaluateJob.mustJudge(settings.with("evaluate.networks=[vgg-11]"), catalogue(), List.of());
    assertThatThrownBy(
            () ->
                EvaluateJob.mustJudge(
                    settings.with("evaluate.networks=[vgg16]"), catalogue(), seen))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("vgg16");
    assertThatThrownBy(() -> EvaluateJob.mustJudge(settings.with("heldOut=[]"), catalogue(), seen))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot judge a model by networks []");

    TuningTask judged =
        new TuningTask(
            Workload.parse(figures.tasks().get(0).workload()), CpuTarget.AVX2, settings.threads());
    List<String> leaking = new ArrayList<>(trainedOn);
    leaking.add(judged.key());
    assertThatThrownBy(() -> evaluate(settings, device, location, file, leaking))
        .isInstanceOf(LeakException.class)
        .hasMessageContaining(judged.key());
    Files.writeString(file.resolveSibling(TrainJob.TASKS), judged.key() + "\n");
    assertThatThrownBy(() -> TrainedTasks.of(tuner.model(), file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("was trained on tasks of digest");
  }

  /** Lets everything fail that is measured at last, but for the default schedules. */
  private static Optional<Outcome.Failed> last(Request request) {
    Candidate candidate = request.candidate();
    return !request.draw().sampler().equals(Labels.FINAL)
            || candidate.schedule().equals(Templates.defaultSchedule(candidate.task()))
        ? Optional.empty()
        : Optional.of(new Outcome.Failed(Outcome.Kind.WRONG_OUTPUT, "off by one"));
  }

  /** Returns how many of all measurements failed: to learn from, by searches and at last. */
  private static long failed(Table table) {
    return table
        .read(table.existing())
        .filter(col("outcome").notEqual(MeasurementRows.TIMED))
        .count();
  }

  private EvaluateFigures evaluate(
      Settings settings,
      MeasuringDevice device,
      String location,
      Path model,
      List<String> trainedOn)
      throws InterruptedException {
    Training training = Training.beside(model);
    try (Measuring measuring = new Measuring(spark, settings, device, location + "/m", CLOCK)) {
      return new EvaluateJob(settings, measuring, catalogue())
          .run(
              OneShotTuner.load(model),
              new EvaluateJob.Page(
                  folder.resolve("report/index.html"),
                  training,
                  training.seeded(model),
                  List.of(),
                  0.01,
                  trainedOn));
    }
  }

  /** Draws a second round by the model; it repeats nothing of the first. */
  private String guided(Settings settings, String location, TrainFigures trained) throws Exception {
    SampleFigures figures =
        new SampleJob(spark, settings, location, CLOCK)
            .run(1, Files.readAllBytes(Path.of(trained.model())));
    assertThat(figures.scoredPerSecondAndCore()).isPresent();
    Table candidates = SampleJob.candidates(spark, location);
    assertThat(candidates.read(candidates.existing()).select("task", "schedule").distinct().count())
        .isEqualTo(candidates.existing().rows());
    return figures.sampler();
  }
}
