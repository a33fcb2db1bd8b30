package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapGroupsFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.conf.ConfReader;
import org.oneshottuner.jobs.conf.SampleSettings;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.rows.CandidateRows;
import org.oneshottuner.jobs.rows.TaskRows;
import org.oneshottuner.jobs.storage.Commit;
import org.oneshottuner.jobs.storage.Snapshot;
import org.oneshottuner.jobs.storage.Table;
import org.oneshottuner.jobs.storage.TableWriter;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.predict.FrozenModelReader;
import org.oneshottuner.sample.NetworkCatalogue;
import org.oneshottuner.sample.ScheduleSampler;
import org.oneshottuner.sample.TaskDraw;
import org.oneshottuner.sample.TaskFigures;
import org.oneshottuner.sample.TaskLimits;
import org.oneshottuner.sample.TaskPrior;
import org.oneshottuner.sample.TaskSampler;
import org.oneshottuner.sample.TaskScope;
import org.oneshottuner.sample.UniformTasks;
import org.oneshottuner.space.ScheduleSpace;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Draws tasks, and candidates of each: one round of a sample. The spaces are cut into fixed ranges
 * of members, which the cluster samples in any order and in any partitions; the rows are the same,
 * byte for byte.
 */
public final class SampleJob {
  private static final StructType RANGE =
      new StructType()
          .add("task", DataTypes.IntegerType, false)
          .add("range", DataTypes.IntegerType, false);
  private static final StructType SAMPLED =
      new StructType()
          .add("task", DataTypes.IntegerType, false)
          .add("sample", DataTypes.BinaryType, false);

  /** Partitions for each core, so that none waits long for the last. */
  private static final int SHARES = 4;

  private static final Logger LOG = LoggerFactory.getLogger(SampleJob.class);
  private final SparkSession spark;
  private final Settings settings;
  private final String location;
  private final Clock clock;

  /**
   * Prepares the job.
   *
   * @param location of the sample: the tables {@code tasks} and {@code candidates} lie there
   */
  public SampleJob(SparkSession spark, Settings settings, String location, Clock clock) {
    this.spark = requireNonNull(spark, "spark");
    this.settings = requireNonNull(settings, "settings");
    this.location = requireNonNull(location, "location");
    this.clock = requireNonNull(clock, "clock");
  }

  /** Returns the table of a sample's tasks. */
  public static Table tasks(SparkSession spark, String location) {
    return Table.at(spark, location + "/tasks", TaskRows.FORMAT);
  }

  /** Returns the table of a sample's candidates. */
  public static Table candidates(SparkSession spark, String location) {
    return Table.at(spark, location + "/candidates", CandidateRows.FORMAT);
  }

  /**
   * Draws the tasks of a sample and keeps them, if it has none yet.
   *
   * @param catalogue what the prior is fitted to, and whose held-out networks nothing is near to
   * @throws IllegalArgumentException if the sample has tasks that were drawn with other settings
   */
  public void drawTasks(NetworkCatalogue catalogue) {
    SampleSettings sample = settings.sample();
    TaskScope scope =
        TaskScope.usual()
            .within(
                switch (sample.size()) {
                  case QUICK -> TaskLimits.QUICK;
                  case WIDE -> TaskLimits.WIDE;
                });
    TaskSampler sampler =
        switch (sample.prior()) {
          case NETWORKS ->
              TaskPrior.holdingOut(catalogue, settings.heldOut(), scope, settings.seed());
          case UNIFORM ->
              new UniformTasks(
                  scope.excluding(catalogue.only(settings.heldOut()).workloads()), settings.seed());
        };
    LOG.info("{}", TaskFigures.of(sampler, sample.tasks(), catalogue).text());
    keepTasks(
        sampler.distinct(sample.tasks(), Targets.named(settings.target()), settings.threads()));
  }

  /**
   * Keeps the tasks of a sample, if it has none yet.
   *
   * @param draws the tasks
   * @throws IllegalArgumentException if the sample has tasks that were drawn with other settings
   */
  void keepTasks(List<TaskDraw> draws) {
    List<Row> rows = new ArrayList<>();
    for (TaskDraw draw : draws) {
      rows.add(TaskRows.row(draw, Templates.space(draw.task())));
    }
    Dataset<Row> sorted =
        spark
            .createDataFrame(rows, TaskRows.FORMAT.columns())
            .coalesce(1)
            .sortWithinPartitions("task");
    try (TableWriter writer = tasks(spark, location).write(clock)) {
      Commit.Origin origin = origin(taskSettings(), Map.of());
      Optional<Commit> known = writer.snapshot().batch("tasks");
      if (known.isPresent()) {
        refuseOther(known.get().origin().settings(), origin.settings());
      } else {
        Commit commit = writer.append("tasks", Map.of(), sorted, origin);
        LOG.info("Drew {} tasks", commit.rows());
      }
    }
  }

  private void refuseOther(SortedMap<String, String> known, SortedMap<String, String> asked) {
    if (!known.equals(asked)) {
      throw new IllegalArgumentException(
          "Cannot sample to "
              + location
              + ": its tasks were drawn with "
              + known
              + ", asked for "
              + asked);
    }
  }

  /** The settings that tasks depend on. */
  private SortedMap<String, String> taskSettings() {
    SortedMap<String, String> all = ConfReader.inForce(settings);
    all.keySet()
        .retainAll(
            List.of(
                "seed",
                "target",
                "threads",
                "heldOut",
                "sample.tasks",
                "sample.prior",
                "sample.size"));
    return all;
  }

  /** Returns the tasks of the sample, in order of key. */
  public List<TaskDraw> taskDraws() {
    Table table = tasks(spark, location);
    return table.read(table.existing()).collectAsList().stream()
        .map(TaskRows::draw)
        .sorted(Comparator.comparing(draw -> draw.task().key()))
        .toList();
  }

  /**
   * Asked here, once: an executor would ask again for each range, and Spark try each four times.
   */
  private static void mustGuide(byte[] model, List<TaskDraw> draws) {
    if (model.length == 0) {
      return;
    }
    FrozenModel guide = OneShotTuner.of(FrozenModelReader.inspect(model, "of the round")).model();
    for (TaskDraw draw : draws) {
      if (!draw.task().target().name().equals(guide.target().name())) {
        throw new IllegalArgumentException(
            "Cannot sample for target "
                + draw.task().target().name()
                + ": the model that is to guide it was trained for "
                + guide.target().name());
      }
    }
  }

  /**
   * Draws the candidates of one round, unless it is there already.
   *
   * @param round from 0
   * @param model a frozen model that guides the round; empty for none
   * @throws IllegalArgumentException if the model is damaged, or trained for other features, spaces
   *     or another target than the tasks'
   */
  public SampleFigures run(int round, byte[] model) {
    long begin = System.nanoTime();
    String batch = "round-" + String.format(java.util.Locale.ROOT, "%04d", round);
    List<TaskDraw> draws = taskDraws();
    mustGuide(model, draws);
    ScheduleSampler sampler = sampler(round, model.length > 0);
    try (TableWriter writer = candidates(spark, location).write(clock)) {
      Optional<Commit> known = writer.snapshot().batch(batch);
      if (known.isPresent()) {
        return figures(sampler, round, draws.size(), known.get(), 0, begin, counters());
      }
      List<String> keys = draws.stream().map(draw -> draw.task().key()).toList();
      RangeWork work =
          new RangeWork(
              keys,
              drawn(keys, writer.snapshot()),
              sampler,
              new RangeWork.SampleRound(settings.seed(), round),
              model);
      RangeWork.Counters counters = counters();
      Dataset<Row> rows = draw(work, counters);
      Map<String, String> inputs = new TreeMap<>();
      inputs.put(location + "/tasks", tasks(spark, location).existing().digest());
      if (model.length > 0) {
        inputs.put("model", org.oneshottuner.jobs.storage.Digests.of(model));
      }
      Commit commit =
          writer.append(batch, Map.of(), rows, origin(ConfReader.inForce(settings), inputs));
      return figures(
          sampler, round, draws.size(), commit, counters.members.value(), begin, counters);
    }
  }

  private Dataset<Row> draw(RangeWork work, RangeWork.Counters counters) {
    Broadcast<RangeWork> shared =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(work);
    List<Row> ranges =
        work.ranges().stream()
            .map(range -> RowFactory.create(range.task(), range.number()))
            .toList();
    int partitions =
        settings.sample().partitions() > 0
            ? settings.sample().partitions()
            : Math.max(1, SHARES * spark.sparkContext().defaultParallelism());
    MapPartitionsFunction<Row, Row> sample =
        rows -> {
          List<RangeWork.Range> all = new ArrayList<>();
          rows.forEachRemaining(row -> all.add(new RangeWork.Range(row.getInt(0), row.getInt(1))));
          java.util.Iterator<RangeWork.Sampled> sampled =
              shared.value().sample(all.iterator(), counters);
          List<Row> out = new ArrayList<>();
          sampled.forEachRemaining(one -> out.add(RowFactory.create(one.task, one.bytes())));
          return out.iterator();
        };
    FlatMapGroupsFunction<Integer, Row, Row> merge =
        (task, samples) -> {
          List<byte[]> bytes = new ArrayList<>();
          samples.forEachRemaining(row -> bytes.add(row.<byte[]>getAs("sample")));
          return shared.value().draws(task, bytes.iterator()).stream()
              .map(CandidateRows::row)
              .iterator();
        };
    return spark
        .createDataFrame(ranges, RANGE)
        .repartition(partitions)
        .sortWithinPartitions("task", "range")
        .mapPartitions(sample, Encoders.row(SAMPLED))
        .groupByKey((MapFunction<Row, Integer>) row -> row.getInt(0), Encoders.INT())
        .flatMapGroups(merge, Encoders.row(CandidateRows.FORMAT.columns()))
        .repartition(1)
        .sortWithinPartitions("task", "schedule");
  }

  /** Returns for each task the members that earlier rounds drew. */
  private List<List<Long>> drawn(List<String> keys, Snapshot snapshot) {
    Map<String, List<String>> texts = new HashMap<>();
    candidates(spark, location)
        .read(snapshot)
        .select("task", "schedule")
        .collectAsList()
        .forEach(
            row ->
                texts
                    .computeIfAbsent(row.getString(0), key -> new ArrayList<>())
                    .add(row.getString(1)));
    List<List<Long>> members = new ArrayList<>();
    for (String key : keys) {
      List<String> known = texts.getOrDefault(key, List.of());
      if (known.isEmpty()) {
        members.add(List.of());
      } else {
        ScheduleSpace space = Templates.space(org.oneshottuner.workload.TuningTask.parse(key));
        members.add(known.stream().map(space::indexOfText).toList());
      }
    }
    return members;
  }

  private ScheduleSampler sampler(int round, boolean model) {
    SampleSettings sample = settings.sample();
    ScheduleSampler sampler =
        switch (sample.sampler()) {
          case UNIFORM -> ScheduleSampler.uniform(sample.schedules());
          case EXPLORATION -> ScheduleSampler.exploration(sample.schedules());
          case IMPORTANCE -> ScheduleSampler.importance(sample.schedules());
        };
    if (sampler.guided() && round > 0 && !model) {
      throw new IllegalArgumentException(
          "Cannot sample round "
              + round
              + " by "
              + sampler.name()
              + ": no model is given to guide it");
    }
    return sampler.withPool(sample.pool());
  }

  private RangeWork.Counters counters() {
    SparkContext context = spark.sparkContext();
    return new RangeWork.Counters(
        context.longAccumulator("members"),
        context.longAccumulator("nanos"),
        context.longAccumulator("score nanos"));
  }

  private SampleFigures figures(
      ScheduleSampler sampler,
      int round,
      int tasks,
      Commit commit,
      long members,
      long begin,
      RangeWork.Counters counters) {
    return new SampleFigures(
        location,
        sampler.name(),
        round,
        tasks,
        commit.rows(),
        members,
        (System.nanoTime() - begin) / 1e9,
        counters.nanos.value() / 1e9,
        rate(members, counters.nanos.value()),
        rate(members, counters.scoreNanos.value()));
  }

  private static double rate(long members, long nanos) {
    return nanos == 0 ? 0 : members / (nanos / 1e9);
  }

  private static Commit.Origin origin(
      SortedMap<String, String> settings, Map<String, String> inputs) {
    return Commit.Origin.of(settings, inputs);
  }
}
