package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;
import static org.apache.spark.sql.functions.col;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
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
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.jobs.conf.ConfReader;
import org.oneshottuner.jobs.conf.EvaluateSettings.SplitBy;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.storage.AtomicFile;
import org.oneshottuner.jobs.storage.Digests;
import org.oneshottuner.jobs.storage.Snapshot;
import org.oneshottuner.jobs.storage.Table;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.predict.Calibration;
import org.oneshottuner.predict.Domain;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.sample.Layer;
import org.oneshottuner.sample.Network;
import org.oneshottuner.sample.NetworkCatalogue;
import org.oneshottuner.space.Seeds;
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

  /** The file beside a model that lists the tasks it was trained on, one a line. */
  static final String TASKS = "tasks.txt";

  /** The property of a model's manifest that names the device whose labels it learnt from. */
  static final String DEVICE = "device";

  /** The setting of the networks whose like is not to be seen. */
  static final String HELD_OUT = "heldOut";

  /** Names, in a model, the networks to which the prior of its tasks may have been fitted. */
  private static final String SEEN = "seenNetworks";

  /** Names, in a model, the snapshot of the measurements that it learnt from, by its digest. */
  static final String MEASUREMENTS = "measurements";

  /** The property of a model's manifest that vouches for that file. */
  static final String TASKS_DIGEST = "tasks.sha256";

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
    Sessions.shuffle(spark, snapshot.rows());
    Dataset<Row> comparable = TrainingRows.comparable(measured, settings);
    String device = TrainingRows.onlyDevice(comparable, settings.device());
    Dataset<Row> rows =
        numbered(
                TrainingRows.of(comparable.filter(col("device").equalTo(device)), settings.train()))
            .cache();
    try {
      List<TuningTask> tasks =
          rows.select("task").distinct().orderBy("task").collectAsList().stream()
              .map(row -> TuningTask.parse(row.getString(0)))
              .toList();
      if (tasks.isEmpty()) {
        throw new IllegalArgumentException(
            "Cannot train: of "
                + measured.count()
                + " measurements in "
                + table.location()
                + " none is a label of target "
                + settings.target()
                + " under the spaces of "
                + Templates.VERSION);
      }
      Split split = unseenNetworks(tasks);
      List<String> train = present(split.keys(Split.Side.TRAIN), tasks);
      LeakAudit.check(train, split.keys(Split.Side.TEST));
      Validated validated = Validated.NOTHING;
      List<TrainFigures.Judged> judged = new ArrayList<>();
      Dataset<Row> learnt = Learners.arranged(of(rows, train), settings.workers()).cache();
      List<XGBoostModel<?>> models = new ArrayList<>();
      try (Progress progress = Progress.of("train", "trainings", trainings(train))) {
        if (settings.evaluate().judgesBy(SplitBy.UNSEEN_TASK)) {
          DeviceSeconds spent = DeviceSeconds.of(comparable.filter(col("device").equalTo(device)));
          validated = judgeUnseenTasks(rows, train, spent, progress);
        }
        judged.addAll(validated.judged());
        judged.addAll(new OtherSplits(settings, of(rows, train), train, progress).judged());
        for (TrainSettings one : Learners.seeds(settings)) {
          models.add(Learners.xgboost(learnt, one, settings.workers(), progress));
        }
      }
      List<String> unseen = present(split.keys(Split.Side.TEST), tasks);
      if (!unseen.isEmpty()) {
        Dataset<Row> judgedBy = of(rows, unseen);
        Judging.judged(
                split.name(),
                Learners.name(settings.train()),
                models.stream().map(one -> Judging.ranked(one.transform(judgedBy))).toList())
            .ifPresent(judged::add);
      }
      Provenance provenance =
          provenance(
              settings,
              new Learnt(device, snapshot, train, seen(settings, catalogue)),
              judged,
              validated.calibration());
      byte[] booster = json(models.get(0));
      AtomicFile.write(
          folder.resolve(TASKS),
          (String.join("\n", train) + "\n").getBytes(StandardCharsets.UTF_8));
      FrozenModel frozen = Freezer.freeze(booster, provenance);
      byte[] bytes = FrozenModelWriter.bytes(frozen);
      AtomicFile.write(folder.resolve(BOOSTER), booster);
      FrozenModelWriter.write(frozen, folder.resolve(MODEL));
      new Training(
              Digests.of(bytes),
              settings.train().seed(),
              others(
                  models, new Learnt(device, snapshot, train, seen(settings, catalogue)), folder),
              validated.curves())
          .write(folder);
      return new TrainFigures(
          folder.resolve(MODEL).toString(),
          device,
          train.size(),
          learnt.count(),
          present(split.keys(Split.Side.LEFT_OUT), tasks).size(),
          (System.nanoTime() - begin) / 1e9,
          frozen.ensemble().trees().size(),
          bytes.length,
          settings.train().seed(),
          judged,
          validated.curves());
    } finally {
      spark.catalog().clearCache();
    }
  }

  /** Returns how many trainings there are if each split that is asked for has both sides. */
  private long trainings(List<String> keys) {
    long seeds = settings.evaluate().seeds();
    return seeds
        + (settings.evaluate().judgesBy(SplitBy.UNSEEN_TASK) ? trainingsOfUnseenTasks() : 0)
        + OtherSplits.trainings(settings, keys);
  }

  /** Returns how many trainings judging by unseen tasks takes: its predictors and its curve. */
  private long trainingsOfUnseenTasks() {
    return settings.evaluate().seeds()
        + 1L
        + (settings.mllibTrees() > 0 ? Learners.MLLIB : 0)
        + CURVE_SHARES.size();
  }

  private List<TrainSettings> otherSeeds() {
    List<TrainSettings> seeds = Learners.seeds(settings);
    return seeds.subList(1, seeds.size());
  }

  /** Freezes the models of other seeds, for the evaluation to tell what the seed does. */
  private List<Training.Other> others(List<XGBoostModel<?>> models, Learnt learnt, Path folder) {
    List<Training.Other> others = new ArrayList<>();
    List<TrainSettings> seeds = otherSeeds();
    for (int i = 0; i < seeds.size(); i++) {
      long seed = seeds.get(i).seed();
      FrozenModel frozen =
          Freezer.freeze(
              json(models.get(i + 1)),
              provenance(settings.with("train.seed=" + seed), learnt, List.of(), Calibration.NONE));
      String file = "seed-" + seed + ".ost";
      FrozenModelWriter.write(frozen, folder.resolve(file));
      others.add(new Training.Other(seed, file, Digests.of(FrozenModelWriter.bytes(frozen))));
    }
    return others;
  }

  /** Trains every kind of predictor without a share of the tasks, and judges it by those. */
  private Validated judgeUnseenTasks(
      Dataset<Row> rows, List<String> keys, DeviceSeconds spent, Progress progress) {
    Split split =
        Split.unseenTask(
            keys.stream().map(key -> new SplitTask(TuningTask.parse(key), List.of())).toList(),
            VALIDATION_SHARE,
            settings.seed());
    List<String> train = split.keys(Split.Side.TRAIN);
    List<String> test = split.keys(Split.Side.TEST);
    if (train.isEmpty() || test.isEmpty()) {
      LOG.info("Too few tasks to judge by unseen ones: {} and {}", train.size(), test.size());
      progress.fewer(trainingsOfUnseenTasks());
      return Validated.NOTHING;
    }
    LeakAudit.check(train, test);
    Dataset<Row> learnt = Learners.arranged(of(rows, train), settings.workers()).cache();
    Dataset<Row> judgedBy = of(rows, test).cache();
    Map<String, List<Transformer>> models = new LinkedHashMap<>();
    String frozen = Learners.name(settings.train());
    models.put(
        frozen,
        Learners.seeds(settings).stream()
            .map(one -> transformer(Learners.xgboost(learnt, one, settings.workers(), progress)))
            .toList());
    TrainSettings other = Learners.other(settings.train());
    models.put(
        Learners.name(other),
        List.of(transformer(Learners.xgboost(learnt, other, settings.workers(), progress))));
    if (settings.mllibTrees() > 0) {
      Learners.mllib(learnt, settings.mllibTrees(), settings.seed(), progress)
          .forEach((name, model) -> models.put(name, List.of(model)));
    }
    List<TrainFigures.Judged> judged = new ArrayList<>();
    Dataset<Row> vectors = Learners.vectors(judgedBy);
    Calibration calibration = Calibration.NONE;
    for (Map.Entry<String, List<Transformer>> model : models.entrySet()) {
      List<List<RankedTask>> ranked =
          model.getValue().stream().map(one -> Judging.ranked(one.transform(vectors))).toList();
      Judging.judged(split.name(), model.getKey(), ranked).ifPresent(judged::add);
      if (model.getKey().equals(frozen)) {
        calibration = calibration(ranked.get(0));
      }
    }
    List<LearningCurve.Point> points =
        new ArrayList<>(curve(new Sides(learnt, train, judgedBy), spent, progress));
    judged.stream()
        .filter(one -> one.predictor().equals(frozen))
        .forEach(whole -> add(points, learnt.count(), spent.of(train), whole));
    return new Validated(
        judged,
        points.isEmpty() ? List.of() : List.of(new LearningCurve(frozen, points)),
        calibration);
  }

  /** Returns what the picks of a twin of the model miss among what was measured of other tasks. */
  private static Calibration calibration(List<RankedTask> unseen) {
    float[] regrets = new float[unseen.size()];
    for (int i = 0; i < regrets.length; i++) {
      regrets[i] = (float) unseen.get(i).regretAt(1);
    }
    return Calibration.of(regrets);
  }

  /** What is learnt from, of which tasks, and what is judged by. */
  private record Sides(Dataset<Row> learnt, List<String> tasks, Dataset<Row> judgedBy) {}

  private record Validated(
      List<TrainFigures.Judged> judged, List<LearningCurve> curves, Calibration calibration) {
    static final Validated NOTHING = new Validated(List.of(), List.of(), Calibration.NONE);
  }

  /** Trains on shares of the tasks, drawn without regard to their kind. */
  private List<LearningCurve.Point> curve(Sides sides, DeviceSeconds spent, Progress progress) {
    List<LearningCurve.Point> points = new ArrayList<>();
    List<String> drawn =
        sides.tasks().stream()
            .sorted(
                Comparator.comparingLong(
                    (String key) -> Seeds.derive(settings.seed(), key, "learning curve")))
            .toList();
    for (double share : CURVE_SHARES) {
      int count = (int) Math.ceil(share * drawn.size());
      if (count < drawn.size()) {
        List<String> tasks = drawn.subList(0, count);
        Dataset<Row> part = Learners.arranged(of(sides.learnt(), tasks), settings.workers());
        List<RankedTask> ranked =
            Judging.ranked(
                Learners.xgboost(part, settings.train(), settings.workers(), progress)
                    .transform(sides.judgedBy()));
        Judging.judged("", Learners.name(settings.train()), List.of(ranked))
            .ifPresent(judged -> add(points, part.count(), spent.of(tasks), judged));
      } else {
        progress.fewer(1);
      }
    }
    return points;
  }

  private static void add(
      List<LearningCurve.Point> points, long labels, double seconds, TrainFigures.Judged judged) {
    boolean more = points.isEmpty() || points.get(points.size() - 1).labels() < labels;
    // of so few tasks that there is no interval, a curve would show their chance alone
    if (more && judged.regretAt1Low().isPresent()) {
      points.add(
          new LearningCurve.Point(
              labels,
              seconds,
              score(judged.regretAt1()),
              score(judged.regretAt1High().orElseThrow()),
              score(judged.regretAt1Low().getAsDouble())));
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

  /** Returns what a model's manifest says of the tasks that it was trained on. */
  static String digest(List<String> tasks) {
    return Digests.of(String.join("\n", tasks).getBytes(StandardCharsets.UTF_8));
  }

  /** What a model was learnt from. */
  private record Learnt(
      String device, Snapshot snapshot, List<String> tasks, List<String> networks) {}

  /** Returns the networks to which the prior of a model's tasks may have been fitted. */
  public static List<String> seenBy(FrozenModel model) {
    return List.of(model.property(SEEN).orElse("").split(",", -1));
  }

  /** Returns the networks of a catalogue to which a prior is fitted. */
  public static List<String> seen(Settings settings, NetworkCatalogue catalogue) {
    return catalogue.networks().stream()
        .map(Network::name)
        .filter(name -> !settings.heldOut().contains(name))
        .toList();
  }

  private static Provenance provenance(
      Settings inForce, Learnt learnt, List<TrainFigures.Judged> judged, Calibration calibration) {
    List<FrozenModel.Property> manifest = new ArrayList<>();
    manifest.add(new FrozenModel.Property(DEVICE, learnt.device()));
    manifest.add(new FrozenModel.Property(MEASUREMENTS, learnt.snapshot().digest()));
    manifest.add(new FrozenModel.Property(SEEN, String.join(",", learnt.networks())));
    manifest.add(new FrozenModel.Property("tasks", Integer.toString(learnt.tasks().size())));
    manifest.add(new FrozenModel.Property(TASKS_DIGEST, digest(learnt.tasks())));
    ConfReader.inForce(inForce)
        .forEach((key, value) -> manifest.add(new FrozenModel.Property(key, value)));
    List<FrozenModel.SplitMetrics> metrics =
        judged.stream()
            .filter(one -> one.predictor().equals(Learners.name(inForce.train())))
            .map(one -> new FrozenModel.SplitMetrics(one.split(), one.metrics()))
            .toList();
    TuningTask any = TuningTask.parse(learnt.tasks().get(0));
    return new Provenance(
        OneShotTuner.served(),
        new FrozenModel.TargetText(any.target().name(), any.target().text()),
        manifest,
        metrics,
        calibration,
        Domain.of(
            learnt.tasks().stream()
                .map(TuningTask::parse)
                .map(FeatureSchema.CURRENT::ofTask)
                .toList()));
  }
}
