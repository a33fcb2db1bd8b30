package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.rows.CandidateRows;
import org.oneshottuner.jobs.rows.MeasurementRows;
import org.oneshottuner.jobs.storage.Table;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Label;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.Outcome;
import org.oneshottuner.measure.Request;

/**
 * Labels the candidates of a sample that have no measurement yet by this device, protocol and code
 * generator.
 */
public final class MeasureJob {
  /** The sampler of candidates that are measured again; no label to learn from. */
  public static final String REPEAT = "repeat";

  private final SparkSession spark;
  private final Settings settings;
  private final Measuring measuring;

  /** Prepares the job. */
  public MeasureJob(SparkSession spark, Settings settings, Measuring measuring) {
    this.spark = requireNonNull(spark, "spark");
    this.settings = requireNonNull(settings, "settings");
    this.measuring = requireNonNull(measuring, "measuring");
  }

  /**
   * Measures what a sample has and the table has not.
   *
   * @param sample where the sample lies
   * @throws InterruptedException if the thread was interrupted; what was measured is committed
   */
  public MeasureFigures run(String sample) throws InterruptedException {
    Table candidates = SampleJob.candidates(spark, sample);
    Dataset<Row> all = candidates.read(candidates.existing());
    Dataset<Row> missing =
        all.join(comparable().select("task", "schedule").distinct(), names(), "left_anti");
    List<Request> requests = inTurn(missing).stream().map(CandidateRows::request).toList();
    long known = all.count() - requests.size();
    Canaries canaries = new Canaries();
    long before = measuring.labels();
    double beforeSeconds = measuring.seconds();
    long[] done = {0};
    try (Progress progress = Progress.of("measure", "labels", requests.size())) {
      measuring.measure(
          requests,
          settings.measure().budget(),
          measurement -> {
            done[0]++;
            canaries.add(measurement);
          },
          progress);
    }
    double seconds = measuring.seconds() - beforeSeconds;
    long labels = measuring.labels() - before;
    return new MeasureFigures(
        measuring.table().location(),
        measuring.device().fingerprint().id(),
        Measuring.protocol(settings.measure()).id(),
        known,
        labels,
        measuring.failures(),
        requests.size() - done[0],
        seconds,
        seconds > 0 ? labels / seconds * 3600 : 0,
        canaries.drift(),
        settings.measure().repeat() > 0 ? repeat() : OptionalDouble.empty());
  }

  /** Measures some candidates once more, and tells how far labels of one candidate lie apart. */
  private OptionalDouble repeat() throws InterruptedException {
    List<Row> rows =
        inTurn(
                comparable()
                    .filter(col("outcome").equalTo(MeasurementRows.TIMED))
                    .filter(col("sampler").notEqual(REPEAT))
                    .dropDuplicates(names()))
            .stream()
            .limit(settings.measure().repeat())
            .toList();
    Map<String, List<Double>> labels = new TreeMap<>();
    List<Request> requests = new ArrayList<>();
    for (Row row : rows) {
      Measurement first = MeasurementRows.measurement(row);
      label(first).ifPresent(nanos -> collect(labels, first, nanos));
      requests.add(new Request(first.candidate(), Draw.chosen(REPEAT)));
    }
    try (Progress progress = Progress.of("repeat", "labels", requests.size())) {
      measuring.measure(
          requests,
          settings.measure().budget(),
          again -> label(again).ifPresent(nanos -> collect(labels, again, nanos)),
          progress);
    }
    List<List<Double>> twice = labels.values().stream().filter(list -> list.size() > 1).toList();
    return twice.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(100 * Label.relativeDeviation(twice));
  }

  private static void collect(Map<String, List<Double>> labels, Measurement of, double nanos) {
    labels.computeIfAbsent(of.candidate().key(), key -> new ArrayList<>()).add(nanos);
  }

  static OptionalDouble label(Measurement measurement) {
    return measurement
        .outcome()
        .fold(
            timed -> OptionalDouble.of(Label.of(timed).warmNanos()),
            failed -> OptionalDouble.empty());
  }

  /** Returns the measurements whose labels can stand beside new ones. */
  private Dataset<Row> comparable() {
    Table table = measuring.table();
    return table
        .read(table.snapshot())
        .filter(col("device").equalTo(measuring.device().fingerprint().id()))
        .filter(col("protocol").equalTo(Measuring.protocol(settings.measure()).id()))
        .filter(col("codegen").equalTo(Templates.VERSION));
  }

  /** Returns rows so that a prefix of them holds about as many of each task. */
  private static List<Row> inTurn(Dataset<Row> rows) {
    return rows.withColumn("order", xxhash64(col("task"), col("schedule")))
        .withColumn(
            "turn", row_number().over(Window.partitionBy("task").orderBy("order", "schedule")))
        .orderBy("turn", "order", "schedule")
        .collectAsList();
  }

  private static String[] names() {
    return new String[] {"task", "schedule"};
  }

  /** How steady the machine was. */
  private static final class Canaries {
    private long fastest = Long.MAX_VALUE;
    private long slowest;

    void add(Measurement measurement) {
      List<org.oneshottuner.measure.Visit> visits =
          measurement.outcome().fold(Outcome.Timed::visits, failed -> List.of());
      for (org.oneshottuner.measure.Visit visit : visits) {
        fastest = Math.min(fastest, visit.canary().fmaNanos());
        slowest = Math.max(slowest, visit.canary().fmaNanos());
      }
    }

    OptionalDouble drift() {
      return slowest == 0
          ? OptionalDouble.empty()
          : OptionalDouble.of((double) slowest / fastest - 1);
    }
  }
}
