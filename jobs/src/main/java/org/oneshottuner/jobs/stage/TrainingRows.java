package org.oneshottuner.jobs.stage;

import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.unix_micros;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;
import org.apache.spark.api.java.function.FlatMapGroupsFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.rows.MeasurementRows;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.train.TaskLabels;
import org.oneshottuner.train.TrainSettings;
import org.oneshottuner.workload.TuningTask;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Measurements as what predictors are trained on: features under the current schema, and labels.
 */
final class TrainingRows {
  /** The columns: features stand in one array, missing ones as NaN. */
  static final StructType COLUMNS =
      new StructType()
          .add("task", DataTypes.StringType, false)
          .add("schedule", DataTypes.StringType, false)
          .add("features", DataTypes.createArrayType(DataTypes.FloatType, false), false)
          .add("relevance", DataTypes.DoubleType, false)
          .add("log_rate", DataTypes.DoubleType, false)
          .add("weight", DataTypes.DoubleType, false)
          .add("label_nanos", DataTypes.DoubleType, false)
          .add("inclusion_probability", DataTypes.DoubleType, false)
          .add("first_micros", DataTypes.LongType, false)
          .add("last_micros", DataTypes.LongType, false);

  private TrainingRows() {}

  /**
   * Returns the measurements of the target, under the protocol and by the code generator in force:
   * labels of others cannot stand beside them.
   */
  static Dataset<Row> comparable(Dataset<Row> measurements, Settings settings) {
    return measurements
        .filter(col("target").equalTo(Targets.named(settings.target()).name()))
        .filter(col("protocol").equalTo(Measuring.protocol(settings.measure()).id()))
        .filter(col("codegen").equalTo(Templates.VERSION));
  }

  /**
   * Returns the device whose labels are learnt from.
   *
   * @param wanted its id; empty for the only one
   * @throws IllegalArgumentException if it measured nothing, or several did and none is wanted
   */
  static String onlyDevice(Dataset<Row> measurements, String wanted) {
    TreeSet<String> devices = new TreeSet<>();
    measurements
        .select("device")
        .distinct()
        .collectAsList()
        .forEach(row -> devices.add(row.getString(0)));
    if (devices.isEmpty()) {
      return wanted;
    }
    if (wanted.isEmpty() ? devices.size() > 1 : !devices.contains(wanted)) {
      throw new IllegalArgumentException(
          "Cannot learn from measurements of devices "
              + devices
              + (wanted.isEmpty()
                  ? ": their labels differ, set device to one of them"
                  : ": none is of device " + wanted));
    }
    return wanted.isEmpty() ? devices.first() : wanted;
  }

  /**
   * Returns a row for each drawn candidate that was timed, in no particular order. What a search or
   * an evaluation measured is left out: it was chosen by its time.
   */
  static Dataset<Row> of(Dataset<Row> measurements, TrainSettings settings) {
    double tie = settings.tieTolerance();
    double clip = settings.weightClip();
    FlatMapGroupsFunction<String, Row, Row> learnt = (task, rows) -> rows(task, rows, tie, clip);
    return labels(measurements)
        .groupByKey((MapFunction<Row, String>) row -> row.getString(0), Encoders.STRING())
        .flatMapGroups(learnt, Encoders.row(COLUMNS));
  }

  /**
   * Returns task, schedule and label of each drawn candidate that was timed, and more, in no
   * particular order. The label is the mean of all that it has, told at the clock of the fastest
   * canary of the measurements.
   */
  static Dataset<Row> labels(Dataset<Row> measurements) {
    return MeasurementRows.atOneClock(measurements)
        .filter(col("outcome").equalTo(MeasurementRows.TIMED))
        .filter(col("sampler").isin(MeasureJob.DRAWN))
        .groupBy("task", "schedule")
        .agg(
            avg("label_nanos").as("label_nanos"),
            max("inclusion_probability").as("inclusion_probability"),
            unix_micros(min("measured_at")).as("first_micros"),
            unix_micros(max("measured_at")).as("last_micros"));
  }

  private static Iterator<Row> rows(String key, Iterator<Row> given, double tie, double clip) {
    List<Row> sorted = new ArrayList<>();
    given.forEachRemaining(sorted::add);
    sorted.sort(Comparator.comparing(row -> row.getString(1)));
    TuningTask task = TuningTask.parse(key);
    ScheduleSpace space = Templates.space(task);
    SpaceFeatures features = SpaceFeatures.of(task, space);
    double[] nanos = sorted.stream().mapToDouble(row -> row.getDouble(2)).toArray();
    double[] inclusion = sorted.stream().mapToDouble(row -> row.getDouble(3)).toArray();
    double[] relevance = TaskLabels.relevance(nanos, tie);
    double[] weights = TaskLabels.weights(inclusion, clip);
    float[] values = new float[FeatureSchema.CURRENT.size()];
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < nanos.length; i++) {
      String schedule = sorted.get(i).getString(1);
      features.fill(space.indexOfText(schedule), 1, values);
      List<Float> boxed = new ArrayList<>(values.length);
      for (float value : values) {
        boxed.add(value);
      }
      rows.add(
          RowFactory.create(
              key,
              schedule,
              CollectionConverters.asScala(boxed).toSeq(),
              relevance[i],
              TaskLabels.logRate(task.workload().flops(), nanos[i]),
              weights[i],
              nanos[i],
              inclusion[i],
              sorted.get(i).getLong(4),
              sorted.get(i).getLong(5)));
    }
    return rows.iterator();
  }

  /**
   * Returns some of the rows with the labels that they would have had had the others never been
   * measured: what is learnt of a row is relative to the rows of its task, which must not tell of
   * those that are judged by.
   */
  static Dataset<Row> alone(Dataset<Row> rows, TrainSettings settings) {
    double tie = settings.tieTolerance();
    double clip = settings.weightClip();
    StructType columns = rows.schema();
    FlatMapGroupsFunction<String, Row, Row> labelled =
        (task, some) -> labelled(some, columns, new Labelling(tie, clip));
    int task = columns.fieldIndex("task");
    return rows.groupByKey((MapFunction<Row, String>) row -> row.getString(task), Encoders.STRING())
        .flatMapGroups(labelled, Encoders.row(columns));
  }

  /** How close times are the same, and how heavy a row may be. */
  private record Labelling(double tie, double clip) {}

  private static Iterator<Row> labelled(
      Iterator<Row> given, StructType columns, Labelling labelling) {
    List<Row> sorted = new ArrayList<>();
    given.forEachRemaining(sorted::add);
    sorted.sort(Comparator.comparing(row -> row.getString(columns.fieldIndex("schedule"))));
    double[] relevance =
        TaskLabels.relevance(column(sorted, columns, "label_nanos"), labelling.tie());
    double[] weights =
        TaskLabels.weights(column(sorted, columns, "inclusion_probability"), labelling.clip());
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < relevance.length; i++) {
      Object[] values = new Object[columns.size()];
      for (int c = 0; c < values.length; c++) {
        values[c] = sorted.get(i).get(c);
      }
      values[columns.fieldIndex("relevance")] = relevance[i];
      values[columns.fieldIndex("weight")] = weights[i];
      rows.add(RowFactory.create(values));
    }
    return rows.iterator();
  }

  private static double[] column(List<Row> rows, StructType columns, String name) {
    int place = columns.fieldIndex(name);
    return rows.stream().mapToDouble(row -> row.getDouble(place)).toArray();
  }
}
