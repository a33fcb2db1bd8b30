package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.xxhash64;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.rows.CandidateRows;
import org.oneshottuner.jobs.rows.MeasurementRows;
import org.oneshottuner.jobs.storage.Table;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Label;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.Request;
import org.oneshottuner.measure.Steadiness;

/**
 * Labels the candidates of a sample that have no measurement yet by this device, protocol and code
 * generator.
 */
public final class MeasureJob {
  /** The sampler of candidates that are measured again; no label to learn from. */
  public static final String REPEAT = "repeat";

  /** Relative standard deviation of a label where none was repeated. */
  public static final double USUAL_LABEL_SD = 0.015;

  /** The samplers whose draws are learnt from. */
  static final Object[] DRAWN = {"uniform", "exploration", "importance"};

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
    Dataset<Row> missing = all.join(settled(), names(), "left_anti");
    List<Request> requests = inTurn(missing).stream().map(CandidateRows::request).toList();
    long known = all.count() - requests.size();
    Steadiness steadiness = new Steadiness();
    long before = measuring.labels();
    double beforeSeconds = measuring.seconds();
    Map<String, Long> failuresBefore = measuring.failures();
    long[] first = {0};
    long[] labels = {0};
    Repeats given = withRepeats(requests);
    try (Progress progress = Progress.of("measure", "labels", requests.size() + given.most())) {
      Consumer<Measurement> done =
          measurement -> {
            steadiness.add(measurement.outcome());
            if (!measurement.draw().sampler().equals(REPEAT)) {
              first[0]++;
              if (measurement.outcome().fold(timed -> true, failed -> false)) {
                labels[0]++;
                given.timed(measurement.candidate());
              }
            }
          };
      Duration budget = settings.measure().budget();
      measuring.measure(given, budget, done, progress);
      double left = budget.toNanos() / 1e9 - (measuring.seconds() - beforeSeconds);
      List<Request> rest = given.rest();
      if (left > 0 && !rest.isEmpty()) {
        measuring.measure(rest.iterator(), Duration.ofMillis((long) (left * 1000)), done, progress);
      }
    }
    double seconds = measuring.seconds() - beforeSeconds;
    long timed = measuring.labels() - before;
    LabelNoise noise = labelNoise();
    return new MeasureFigures(
        measuring.table().location(),
        measuring.device().fingerprint().id(),
        Measuring.protocol(settings.measure()).id(),
        known,
        labels[0],
        timed - labels[0],
        since(failuresBefore),
        requests.size() - first[0],
        seconds,
        seconds > 0 ? timed / seconds * 3600 : 0,
        steadiness.multiplyAddDrift(),
        steadiness.memoryDrift(),
        steadiness.quietShare(),
        noise.sdPercent(),
        noise.repeats());
  }

  private Map<String, Long> since(Map<String, Long> before) {
    Map<String, Long> failures = new TreeMap<>(measuring.failures());
    before.forEach((kind, count) -> failures.merge(kind, -count, Long::sum));
    failures.values().removeIf(count -> count == 0);
    return failures;
  }

  /** Has some candidates measured once more, as many as the table still lacks. */
  private Repeats withRepeats(List<Request> requests) {
    Dataset<Row> timed = comparable().filter(col("outcome").equalTo(MeasurementRows.TIMED));
    Dataset<Row> repeated =
        comparable().filter(col("sampler").equalTo(REPEAT)).select("task", "schedule").distinct();
    int most = (int) Math.max(0, settings.measure().repeat() - repeated.count());
    List<Request> known =
        most == 0
            ? List.of()
            : inTurn(
                    timed
                        .filter(col("sampler").isin(DRAWN))
                        .join(repeated, names(), "left_anti")
                        .withColumn("round", lit(0))
                        .dropDuplicates(names()))
                .stream()
                .limit(most)
                .map(CandidateRows::request)
                .toList();
    return new Repeats(requests, known, most, settings.measure().budget(), System::nanoTime);
  }

  /**
   * How far labels of one candidate lie apart.
   *
   * @param sdPercent standard deviation, relative to the mean; empty if nothing was repeated
   * @param repeats candidates that tell it, each with more than one label
   */
  public record LabelNoise(OptionalDouble sdPercent, long repeats) {}

  /** Returns how far labels of one candidate lie apart, from all that the table holds twice. */
  public LabelNoise labelNoise() {
    Map<String, List<Double>> labels = new TreeMap<>();
    List<Object> samplers = new ArrayList<>(List.of(DRAWN));
    samplers.add(REPEAT);
    for (Row row :
        MeasurementRows.atOneClock(comparable())
            .filter(col("outcome").equalTo(MeasurementRows.TIMED))
            .filter(col("sampler").isin(samplers.toArray()))
            .groupBy(col("task"), col("schedule"))
            .agg(collect_list("label_nanos").as("labels"))
            .filter(size(col("labels")).gt(1))
            .collectAsList()) {
      labels.put(row.getString(0) + row.getString(1), List.copyOf(row.<Double>getList(2)));
    }
    return new LabelNoise(
        labels.isEmpty()
            ? OptionalDouble.empty()
            : OptionalDouble.of(100 * Label.relativeDeviation(List.copyOf(labels.values()))),
        labels.size());
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

  /**
   * Returns the candidates that need no other try: measured to be learnt from, or failed for
   * certain. What only a search measured is not learnt from, and does not count.
   */
  private Dataset<Row> settled() {
    return comparable()
        .filter(col("sampler").isin(DRAWN))
        .groupBy("task", "schedule")
        .agg(
            count(lit(1)).as("tries"),
            max(when(MeasurementRows.mayBeChance(), 0).otherwise(1)).as("certain"))
        .filter(col("certain").equalTo(1).or(col("tries").gt(1)))
        .select("task", "schedule");
  }

  /**
   * Returns rows so that a prefix of them holds the latest rounds, which a model guides best, and
   * of a round about as many of each task.
   */
  private static List<Row> inTurn(Dataset<Row> rows) {
    return rows.withColumn("order", xxhash64(col("task"), col("schedule")))
        .withColumn(
            "turn",
            row_number().over(Window.partitionBy("round", "task").orderBy("order", "schedule")))
        .orderBy(col("round").desc(), col("turn"), col("order"), col("schedule"))
        .collectAsList();
  }

  private static String[] names() {
    return new String[] {"task", "schedule"};
  }
}
