package org.oneshottuner.jobs.stage;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.jobs.LocalSpark;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.rows.MeasurementRows;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Canary;
import org.oneshottuner.measure.DeviceFingerprint;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Label;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.MeasuringDevice;
import org.oneshottuner.measure.Outcome;
import org.oneshottuner.measure.Request;
import org.oneshottuner.measure.Visit;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Labels of two moments, of which the later one has the faster clock, by 8 %. */
class OneClockTest {
  private static final long EARLY = 27;
  private static final long LATE = 25;

  /** What the canary's multiply-adds take at the later moment. */
  private static final long FASTEST = 2_500;

  private static final TuningTask TASK =
      new TuningTask(Workload.parse("dense m=32 n=64 k=64"), CpuTarget.AVX2, 1);

  private static final FakeDevice FAKE = new FakeDevice(() -> {});

  private final SparkSession spark = LocalSpark.session();
  @TempDir Path folder;

  /** A {@link FakeDevice} whose clock is slow for its first measurements. */
  private static final class WarmingDevice implements MeasuringDevice {
    private final int early;
    private int measured;

    WarmingDevice(int early) {
      this.early = early;
    }

    @Override
    public DeviceFingerprint fingerprint() {
      return FAKE.fingerprint();
    }

    @Override
    public double peakFlopsPerSecond(CpuTarget target) {
      return FAKE.peakFlopsPerSecond(target);
    }

    @Override
    public void measure(Iterator<Request> requests, Consumer<Measurement> done) {
      while (requests.hasNext()) {
        Request request = requests.next();
        done.accept(measurement(request, measured < early ? EARLY : LATE));
        measured++;
      }
    }

    @Override
    public void close() {}
  }

  private static Measurement measurement(Request request, long tempo) {
    Measurement usual = FAKE.measurement(request);
    return new Measurement(
        usual.candidate(),
        usual.draw(),
        usual.device(),
        usual.protocol(),
        usual.build(),
        usual
            .outcome()
            .fold(
                timed ->
                    new Outcome.Timed(
                        timed.visits().stream().map(visit -> at(visit, tempo)).toList(),
                        at(timed.quiet(), tempo)),
                failed -> failed),
        usual.when());
  }

  private static Visit at(Visit visit, long tempo) {
    return new Visit(
        visit.offsetMillis(),
        visit.coldNanos(),
        visit.callsPerWindow(),
        visit.windowNanos().stream().map(nanos -> tempo * nanos).toList(),
        visit.runs(),
        visit.discarded(),
        at(visit.canary(), tempo));
  }

  private static Canary at(Canary canary, long tempo) {
    return new Canary(tempo * canary.fmaNanos(), canary.memoryNanos());
  }

  private static List<Request> requests(int count, Draw draw) {
    return LongStream.range(0, count)
        .mapToObj(Templates.space(TASK)::at)
        .map(schedule -> new Request(new Candidate(TASK, schedule), draw))
        .toList();
  }

  /** The label that a candidate has at the clock of the later moment; none if it fails. */
  private static OptionalDouble late(Request request) {
    return FAKE.measurement(request)
        .outcome()
        .fold(
            timed -> OptionalDouble.of(LATE * Label.of(timed).warmNanos()),
            failed -> OptionalDouble.empty());
  }

  @Test
  void rowsAreToldAtOneClockHoweverTheyAreCut() {
    List<Request> requests = requests(60, new Draw("uniform", 0, 1, 1, 1));
    List<Row> written = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      written.add(MeasurementRows.row(measurement(requests.get(i), i < 30 ? EARLY : LATE)));
    }
    Dataset<Row> rows =
        spark
            .createDataFrame(written, MeasurementRows.FORMAT.columns())
            .withColumn("device", lit("fake"))
            .withColumn("campaign", lit("main"));
    Dataset<Row> told = MeasurementRows.atOneClock(rows);
    assertThat(told.columns()).isEqualTo(rows.columns());
    List<Row> once = told.orderBy("schedule").collectAsList();
    assertThat(once).hasSameSizeAs(requests);
    Map<String, Row> bySchedule = new HashMap<>();
    once.forEach(row -> bySchedule.put(row.getAs("schedule"), row));
    for (Request request : requests) {
      Row row = bySchedule.get(request.candidate().schedule().text());
      OptionalDouble expected = late(request);
      if (expected.isPresent()) {
        assertThat(row.<Double>getAs("label_nanos"))
            .isCloseTo(expected.getAsDouble(), within(1e-6));
        assertThat(
                MeasurementRows.measurement(row)
                    .outcome()
                    .<Double>fold(timed -> Label.warmNanosAt(timed, FASTEST), failed -> 0.0))
            .isEqualTo(row.getAs("label_nanos"));
      } else {
        assertThat(row.<Object>getAs("label_nanos")).isNull();
      }
    }
    assertThat(MeasurementRows.atOneClock(rows.repartition(7)).orderBy("schedule").collectAsList())
        .isEqualTo(once);
    Dataset<Row> fasterDevice =
        rows.filter(col("outcome").equalTo(MeasurementRows.TIMED))
            .withColumn("device", lit("faster"))
            .withColumn("quiet_fma_nanos", lit(2_300L));
    assertThat(
            MeasurementRows.atOneClock(rows.union(fasterDevice))
                .filter(col("device").equalTo("fake"))
                .orderBy("schedule")
                .collectAsList())
        .isEqualTo(once);
    assertThat(TrainingRows.labels(rows).collectAsList())
        .isNotEmpty()
        .allSatisfy(
            row ->
                assertThat(row.<Double>getAs("label_nanos"))
                    .isEqualTo(bySchedule.get(row.<String>getAs("schedule")).getAs("label_nanos")));
  }

  @Test
  void aFasterClockIsNoNoiseOfLabels() throws Exception {
    Settings settings = JobsTest.settings("sample.tasks=4", "measure.repeat=3");
    String location = folder.resolve("sample").toString();
    SampleJob sample = new SampleJob(spark, settings, location, JobsTest.CLOCK);
    sample.drawTasks(JobsTest.catalogue());
    assertThat(sample.run(0, new byte[0]).candidates()).isPositive();
    try (Measuring measuring =
        new Measuring(
            spark,
            settings,
            new WarmingDevice(8),
            folder.resolve("m").toString(),
            JobsTest.CLOCK)) {
      MeasureFigures figures = new MeasureJob(spark, settings, measuring).run(location);
      assertThat(figures.labelRepeats()).isEqualTo(3);
      assertThat(figures.labelSdPercent()).hasValueCloseTo(0.0, within(1e-6));
      assertThat(
              measuring
                  .table()
                  .read(measuring.table().snapshot())
                  .groupBy("task", "schedule")
                  .agg(max("label_nanos").divide(min("label_nanos")).as("apart"))
                  .filter(col("apart").gt(1.07))
                  .count())
          .as("repeated at the other clock")
          .isPositive();
    }
  }

  @Test
  void searchesCompareLabelsAtOneClock() throws Exception {
    List<Request> requests = requests(40, new Draw("random", 0, 1, 1, 1));
    List<Map<String, OptionalDouble>> searched = new ArrayList<>();
    for (int early : List.of(20, 0)) {
      Map<String, OptionalDouble> labels = new HashMap<>();
      Map<String, OptionalDouble> steady = new HashMap<>();
      try (Measuring measuring =
          new Measuring(
              spark,
              JobsTest.settings(),
              new WarmingDevice(early),
              folder.resolve("m").toString(),
              JobsTest.CLOCK)) {
        Labels known = new Labels(measuring, JobsTest.settings(), List.of(TASK));
        List<String> keys = requests.stream().map(one -> one.candidate().key()).toList();
        // the second time, all are there
        assertThat(keys.stream().allMatch(known::knows)).isEqualTo(early == 0);
        if (early > 0) {
          List<OptionalDouble> atOnce = new ArrayList<>();
          try (Progress progress = Progress.of("search", "labels", requests.size())) {
            known.measure(
                requests.iterator(),
                one -> atOnce.add(known.steadyNanos(one.candidate().key())),
                progress);
          }
          assertThat(atOnce).isEqualTo(keys.stream().map(known::steadyNanos).toList());
        }
        keys.forEach(key -> labels.put(key, known.nanos(key)));
        keys.forEach(key -> steady.put(key, known.steadyNanos(key)));
        searched.add(steady);
      }
      for (Request request : requests) {
        OptionalDouble expected = late(request);
        OptionalDouble label = labels.get(request.candidate().key());
        assertThat(label.isPresent()).isEqualTo(expected.isPresent());
        expected.ifPresent(nanos -> assertThat(label).hasValueCloseTo(nanos, within(1e-6)));
      }
    }
    assertThat(searched.get(1)).as("to the bit").isEqualTo(searched.get(0));
  }
}
