package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;
import static org.apache.spark.sql.functions.col;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import ml.dmlc.xgboost4j.java.XGBoostError;
import ml.dmlc.xgboost4j.scala.spark.XGBoostModel;
import org.apache.spark.ml.Transformer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.dataset.LeakAudit;
import org.oneshottuner.dataset.Split;
import org.oneshottuner.dataset.SplitTask;
import org.oneshottuner.export.Freezer;
import org.oneshottuner.export.FrozenModelWriter;
import org.oneshottuner.export.Provenance;
import org.oneshottuner.jobs.conf.ConfReader;
import org.oneshottuner.jobs.conf.EvaluateSettings.SplitBy;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.storage.AtomicFile;
import org.oneshottuner.jobs.storage.Snapshot;
import org.oneshottuner.jobs.storage.Table;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.sample.Layer;
import org.oneshottuner.sample.Network;
import org.oneshottuner.sample.NetworkCatalogue;
import org.oneshottuner.train.LearningCurve;
import org.oneshottuner.train.RankedTask;
import org.oneshottuner.train.TrainSettings;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns from the measurements of one device, never from a held-out network's, and freezes what was
 * learnt. The same rows and number of workers give the same file, byte for byte.
 */
public final class TrainJob {
  /** The frozen model's file name. */
  public static final String MODEL = "model.ost";

  /** The booster as XGBoost writes it. */
  public static final String BOOSTER = "booster.json";

  static final double VALIDATION_SHARE = 0.2;
  private static final List<Double> CURVE_SHARES = List.of(0.25, 0.5);
  private static final Logger LOG = LoggerFactory.getLogger(TrainJob.class);

  private final SparkSession spark;
  private final Settings settings;
  private final NetworkCatalogue catalogue;

  /** Prepares the job. */
  public TrainJob(SparkSession spark, Settings settings, NetworkCatalogue catalogue) {
    this.spark = requireNonNull(spark, "spark");
    this.settings = requireNonNull(settings, "settings");
    this.catalogue = requireNonNull(catalogue, "catalogue");
  }

  /**
   * Trains and freezes.
   *
   * @param table of measurements
   * @param folder receives the frozen model and the booster
   */
  public TrainFigures run(Table table, Path folder) {
    long begin = System.nanoTime();
    Snapshot snapshot = table.existing();
    Dataset<Row> measured = table.read(snapshot);
    String device = TrainingRows.onlyDevice(measured);
    Dataset<Row> rows = numbered(TrainingRows.of(measured, settings.train())).cache();
    try {
      List<TuningTask> tasks =
          rows.select("task").distinct().orderBy("task").collectAsList().stream()
              .map(row -> TuningTask.parse(row.getString(0)))
              .toList();
      Split split = unseenNetworks(tasks);
      List<String> train = present(split.keys(Split.Side.TRAIN), tasks);
      LeakAudit.check(train, split.keys(Split.Side.TEST));
      Validated validated =
          settings.evaluate().judgesBy(SplitBy.UNSEEN_TASK)
              ? judgeUnseenTasks(rows, train, DeviceSeconds.of(measured))
              : Validated.NOTHING;
      List<TrainFigures.Judged> judged = new ArrayList<>(validated.judged());
      judged.addAll(new OtherSplits(settings, of(rows, train), train).judged());
      Dataset<Row> learnt = Learners.arranged(of(rows, train), settings.workers()).cache();
      XGBoostModel<?> model = Learners.xgboost(learnt, settings.train(), settings.workers());
      List<String> unseen = present(split.keys(Split.Side.TEST), tasks);
      if (!unseen.isEmpty()) {
        List<RankedTask> ranked = Judging.ranked(model.transform(of(rows, unseen)));
        Judging.judged(split.name(), Learners.RANKER, ranked).ifPresent(judged::add);
      }
      Provenance provenance = provenance(device, snapshot, train, judged);
      byte[] booster = json(model);
      FrozenModel frozen = Freezer.freeze(booster, provenance);
      byte[] bytes = FrozenModelWriter.bytes(frozen);
      AtomicFile.write(folder.resolve(BOOSTER), booster);
      FrozenModelWriter.write(frozen, folder.resolve(MODEL));
      return new TrainFigures(
          folder.resolve(MODEL).toString(),
          device,
          train.size(),
          learnt.count(),
          present(split.keys(Split.Side.LEFT_OUT), tasks).size(),
          (System.nanoTime() - begin) / 1e9,
          frozen.ensemble().trees().size(),
          bytes.length,
          judged,
          validated.curves());
    } finally {
      spark.catalog().clearCache();
    }
  }

  /** Trains every kind of predictor without a share of the tasks, and judges it by those. */
  private Validated judgeUnseenTasks(Dataset<Row> rows, List<String> keys, DeviceSeconds spent) {
    Split split =
        Split.unseenTask(
            keys.stream().map(key -> new SplitTask(TuningTask.parse(key), List.of())).toList(),
            VALIDATION_SHARE,
            settings.seed());
    List<String> train = split.keys(Split.Side.TRAIN);
    List<String> test = split.keys(Split.Side.TEST);
    if (train.isEmpty() || test.isEmpty()) {
      LOG.info("Too few tasks to judge by unseen ones: {} and {}", train.size(), test.size());
      return Validated.NOTHING;
    }
    LeakAudit.check(train, test);
    Dataset<Row> learnt = Learners.arranged(of(rows, train), settings.workers()).cache();
    Dataset<Row> judgedBy = of(rows, test).cache();
    Map<String, Transformer> models = new LinkedHashMap<>();
    models.put(
        Learners.RANKER,
        transformer(Learners.xgboost(learnt, settings.train(), settings.workers())));
    TrainSettings regressing = Learners.regressing(settings.train());
    models.put(
        Learners.REGRESSOR, transformer(Learners.xgboost(learnt, regressing, settings.workers())));
    if (settings.mllibTrees() > 0) {
      models.putAll(Learners.mllib(learnt, settings.mllibTrees(), settings.seed()));
    }
    List<TrainFigures.Judged> judged = new ArrayList<>();
    models.forEach(
        (name, model) ->
            Judging.judged(
                    split.name(), name, Judging.ranked(model.transform(Learners.vectors(judgedBy))))
                .ifPresent(judged::add));
    List<LearningCurve.Point> points = new ArrayList<>(curve(learnt, train, judgedBy, spent));
    judged.stream()
        .filter(one -> one.predictor().equals(Learners.RANKER))
        .forEach(whole -> add(points, learnt.count(), spent.of(train), whole));
    return new Validated(
        judged, points.isEmpty() ? List.of() : List.of(new LearningCurve(Learners.RANKER, points)));
  }

  private record Validated(List<TrainFigures.Judged> judged, List<LearningCurve> curves) {
    static final Validated NOTHING = new Validated(List.of(), List.of());
  }

  /** Trains the ranker on shares of the tasks. */
  private List<LearningCurve.Point> curve(
      Dataset<Row> learnt, List<String> train, Dataset<Row> judgedBy, DeviceSeconds spent) {
    List<LearningCurve.Point> points = new ArrayList<>();
    for (double share : CURVE_SHARES) {
      int count = (int) Math.ceil(share * train.size());
      if (count < train.size()) {
        List<String> tasks = train.subList(0, count);
        Dataset<Row> part = Learners.arranged(of(learnt, tasks), settings.workers());
        List<RankedTask> ranked =
            Judging.ranked(
                Learners.xgboost(part, settings.train(), settings.workers()).transform(judgedBy));
        Judging.judged("", Learners.RANKER, ranked)
            .ifPresent(judged -> add(points, part.count(), spent.of(tasks), judged));
      }
    }
    return points;
  }

  private static void add(
      List<LearningCurve.Point> points, long labels, double seconds, TrainFigures.Judged judged) {
    if (points.isEmpty() || points.get(points.size() - 1).labels() < labels) {
      points.add(
          new LearningCurve.Point(
              labels,
              seconds,
              score(judged.regretAt1()),
              score(judged.regretAt1High()),
              score(judged.regretAt1Low())));
    }
  }

  private static double score(double regret) {
    return 1 / (1 + regret);
  }

  private static byte[] json(XGBoostModel<?> model) {
    try {
      return model.nativeBooster().toByteArray("json");
    } catch (XGBoostError e) {
      throw new IllegalStateException("Cannot save booster as JSON: " + e.getMessage(), e);
    }
  }

  private static Transformer transformer(XGBoostModel<?> model) {
    return (Transformer) (Object) model;
  }

  /** Adds the number of each row's task, in order of key. */
  private Dataset<Row> numbered(Dataset<Row> rows) {
    List<Row> numbers = new ArrayList<>();
    for (Row row : rows.select("task").distinct().orderBy("task").collectAsList()) {
      numbers.add(RowFactory.create(row.getString(0), numbers.size()));
    }
    StructType columns =
        new StructType()
            .add("task", DataTypes.StringType, false)
            .add("group", DataTypes.IntegerType, false);
    return rows.join(spark.createDataFrame(numbers, columns), "task");
  }

  static Dataset<Row> of(Dataset<Row> rows, List<String> keys) {
    return rows.filter(col("task").isin(keys.toArray()));
  }

  private static List<String> present(List<String> keys, List<TuningTask> tasks) {
    Set<String> known = new LinkedHashSet<>();
    tasks.forEach(task -> known.add(task.key()));
    return keys.stream().filter(known::contains).toList();
  }

  /** Splits by network; layers of the held-out networks count although none was measured. */
  private Split unseenNetworks(List<TuningTask> tasks) {
    Map<Workload, Set<String>> networks = new LinkedHashMap<>();
    for (Network network : catalogue.networks()) {
      for (int batch : NetworkCatalogue.BATCHES) {
        for (Layer layer : network.atBatch(batch).layers()) {
          for (Layout layout : Layout.values()) {
            networks
                .computeIfAbsent(layer.inLayout(layout).workload(), key -> new LinkedHashSet<>())
                .add(network.name());
          }
        }
      }
    }
    Map<String, SplitTask> split = new LinkedHashMap<>();
    for (TuningTask task : tasks) {
      split.put(
          task.key(),
          new SplitTask(task, List.copyOf(networks.getOrDefault(task.workload(), Set.of()))));
    }
    TuningTask any = tasks.get(0);
    networks.forEach(
        (workload, names) -> {
          if (names.stream().anyMatch(settings.heldOut()::contains)) {
            TuningTask task = new TuningTask(workload, any.target(), any.threads());
            split.putIfAbsent(task.key(), new SplitTask(task, List.copyOf(names)));
          }
        });
    return Split.unseenNetwork(split.values(), Set.copyOf(settings.heldOut()));
  }

  private Provenance provenance(
      String device, Snapshot snapshot, List<String> train, List<TrainFigures.Judged> judged) {
    List<FrozenModel.Property> manifest = new ArrayList<>();
    manifest.add(new FrozenModel.Property("device", device));
    manifest.add(new FrozenModel.Property("measurements", snapshot.digest()));
    manifest.add(new FrozenModel.Property("tasks", Integer.toString(train.size())));
    manifest.add(
        new FrozenModel.Property(
            "tasks.sha256",
            org.oneshottuner.jobs.storage.Digests.of(
                String.join("\n", train).getBytes(StandardCharsets.UTF_8))));
    ConfReader.inForce(settings)
        .forEach((key, value) -> manifest.add(new FrozenModel.Property(key, value)));
    List<FrozenModel.SplitMetrics> metrics = new ArrayList<>();
    for (TrainFigures.Judged one : judged) {
      if (one.predictor().equals(Learners.RANKER)) {
        metrics.add(
            new FrozenModel.SplitMetrics(
                one.split(),
                List.of(
                    new FrozenModel.Metric("tasks", one.tasks()),
                    new FrozenModel.Metric("regret@1 geometric mean", one.regretAt1()),
                    new FrozenModel.Metric("regret@1 geometric mean, from", one.regretAt1Low()),
                    new FrozenModel.Metric("regret@1 geometric mean, to", one.regretAt1High()),
                    new FrozenModel.Metric("regret@8 geometric mean", one.regretAt8()),
                    new FrozenModel.Metric("kendall tau-b", one.kendallTau()))));
      }
    }
    TuningTask any = TuningTask.parse(train.get(0));
    return new Provenance(
        OneShotTuner.served(),
        new FrozenModel.TargetText(any.target().name(), any.target().text()),
        manifest,
        metrics);
  }
}
