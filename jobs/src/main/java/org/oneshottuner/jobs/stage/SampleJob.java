package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
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
import org.oneshottuner.measure.Request;
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
import org.oneshottuner.workload.TuningTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;

/**
 * Draws tasks, and candidates of each: one round of a sample. The spaces are cut into fixed ranges
 * of members, which the cluster samples in any order and in any partitions; the rows are the same,
 * byte for byte.
 */
public final class SampleJob {
  /** Most ranges of a task that one core takes from its space to its draws. */
  private static final int WHOLE_RANGES = 1;

  /** Partitions for each core, so that none waits long for the last. */
  private static final int SHARES = 4;

  /** The settings that tasks depend on. */
  private static final List<String> TASK_SETTINGS =
      List.of(
          "seed", "target", "threads", "heldOut", "sample.tasks", "sample.prior", "sample.size");

  /** The settings that the candidates of a round depend on, beside its tasks. */
  private static final List<String> ROUND_SETTINGS =
      List.of("seed", "sample.sampler", "sample.schedules", "sample.pool");

  private static final Logger LOG = LoggerFactory.getLogger(SampleJob.class);
  private final SparkSession spark;
  private final Settings settings;
  private final String location;
  private final Clock clock;
  private final int wholeRanges;

  /**
   * Prepares the job.
   *
   * @param location of the sample: the tables {@code tasks} and {@code candidates} lie there
   */
  public SampleJob(SparkSession spark, Settings settings, String location, Clock clock) {
    this(spark, settings, location, clock, WHOLE_RANGES);
  }

  /** As above, with another bound on what one core takes of a task. */
  SampleJob(SparkSession spark, Settings settings, String location, Clock clock, int wholeRanges) {
    this.spark = requireNonNull(spark, "spark");
    this.settings = requireNonNull(settings, "settings");
    this.location = requireNonNull(location, "location");
    this.clock = requireNonNull(clock, "clock");
    this.wholeRanges = wholeRanges;
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
   * Checks that a sample's tasks were drawn without knowledge of networks that are to stay unseen.
   * Of a place without a sample nothing is said.
   *
   * @throws IllegalArgumentException if they were drawn near to one
   */
  public static void mustHaveHeldOut(SparkSession spark, Settings settings, String location) {
    for (Commit drawn : tasks(spark, location).snapshot().commits()) {
      String heldOut = drawn.origin().settings().getOrDefault(TrainJob.HELD_OUT, "");
      List<String> seen = new ArrayList<>(settings.heldOut());
      seen.removeAll(List.of(heldOut.split(",", -1)));
      if (!seen.isEmpty()) {
        throw new IllegalArgumentException(
            "Cannot hold out networks "
                + seen
                + ": the tasks at "
                + location
                + " were drawn holding out ["
                + heldOut
                + "], and may be near to all others");
      }
    }
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
    try (TableWriter writer = tasks(spark, location).write(clock)) {
      Optional<Commit> known = writer.snapshot().batch("tasks");
      if (known.isPresent()) {
        refuseOther("its tasks were drawn", known.get(), TASK_SETTINGS);
      } else {
        Commit commit =
            writer.append(
                "tasks",
                Map.of(),
                taskRows(draws),
                Commit.Origin.of(inForce(TASK_SETTINGS), Map.of()));
        LOG.info("Drew {} tasks", commit.rows());
      }
    }
  }

  /** Builds each task's space, on the cluster, to tell its size. */
  private Dataset<Row> taskRows(List<TaskDraw> draws) {
    List<Drawn> drawn =
        draws.stream()
            .map(draw -> new Drawn(draw.task().key(), draw.sampler(), draw.index(), draw.seed()))
            .toList();
    JavaRDD<Row> rows =
        dealt(drawn)
            .map(
                one -> {
                  TaskDraw draw = one.draw();
                  return TaskRows.row(draw, Templates.space(draw.task()));
                });
    return spark
        .createDataFrame(rows, TaskRows.FORMAT.columns())
        .repartition(1)
        .sortWithinPartitions("task");
  }

  /** A drawn task on its way to the cluster. */
  private record Drawn(String task, String sampler, long index, long seed) implements Serializable {
    TaskDraw draw() {
      return new TaskDraw(TuningTask.parse(task), sampler, index, seed);
    }
  }

  /** Deals out work like cards, so that each partition has as much of the heavy as any other. */
  private <T> JavaRDD<T> dealt(List<T> work) {
    int partitions =
        settings.sample().partitions() > 0
            ? settings.sample().partitions()
            : Math.max(1, SHARES * spark.sparkContext().defaultParallelism());
    List<T> hands = new ArrayList<>();
    for (int first = 0; first < partitions; first++) {
      for (int place = first; place < work.size(); place += partitions) {
        hands.add(work.get(place));
      }
    }
    return JavaSparkContext.fromSparkContext(spark.sparkContext()).parallelize(hands, partitions);
  }

  /** Refuses to go on with what was drawn with other settings, as far as it depends on them. */
  private void refuseOther(String what, Commit known, List<String> keys) {
    SortedMap<String, String> drawn = new TreeMap<>(known.origin().settings());
    drawn.keySet().retainAll(keys);
    SortedMap<String, String> asked = inForce(keys);
    if (!drawn.equals(asked)) {
      throw new IllegalArgumentException(
          "Cannot sample to " + location + ": " + what + " with " + drawn + ", asked for " + asked);
    }
  }

  private SortedMap<String, String> inForce(List<String> keys) {
    SortedMap<String, String> all = ConfReader.inForce(settings);
    all.keySet().retainAll(keys);
    return all;
  }

  /**
   * Asked here, once: an executor would ask again for each range, and Spark try each four times.
   */
  private static void mustGuide(byte[] model, List<Row> tasks) {
    if (model.length == 0) {
      return;
    }
    FrozenModel guide = OneShotTuner.of(FrozenModelReader.inspect(model, "of the round")).model();
    for (Row task : tasks) {
      String target = task.getAs("target");
      if (!target.equals(guide.target().name())) {
        throw new IllegalArgumentException(
            "Cannot sample for target "
                + target
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
   * @throws IllegalArgumentException if the model is damaged, trained for other features, spaces or
   *     another target than the tasks', or given to a sampler that none guides; if the round is
   *     there, and was drawn with other settings
   */
  public SampleFigures run(int round, byte[] model) {
    long begin = System.nanoTime();
    String batch = "round-" + String.format(java.util.Locale.ROOT, "%04d", round);
    Table drawn = tasks(spark, location);
    Snapshot drawnNow = drawn.existing();
    List<Row> tasks = drawn.read(drawnNow).orderBy("task").collectAsList();
    mustGuide(model, tasks);
    ScheduleSampler sampler = sampler(round, model.length > 0);
    try (TableWriter writer = candidates(spark, location).write(clock)) {
      Optional<Commit> known = writer.snapshot().batch(batch);
      if (known.isPresent()) {
        refuseOther("its round " + round + " was drawn", known.get(), ROUND_SETTINGS);
        return figures(sampler, round, tasks.size(), known.get(), 0, begin, counters());
      }
      RangeWork work =
          new RangeWork(
              planned(tasks, writer.snapshot()),
              sampler,
              new RangeWork.SampleRound(settings.seed(), round),
              model);
      RangeWork.Counters counters = counters();
      Dataset<Row> rows = draw(work, counters);
      Map<String, String> inputs = new TreeMap<>();
      inputs.put(location + "/tasks", drawnNow.digest());
      if (model.length > 0) {
        inputs.put("model", org.oneshottuner.jobs.storage.Digests.of(model));
      }
      Commit.Origin origin = Commit.Origin.of(ConfReader.inForce(settings), inputs);
      Commit commit =
          SampleProgress.during(
              spark.sparkContext(),
              counters.members,
              work.members(),
              () -> writer.append(batch, Map.of(), rows, origin));
      return figures(
          sampler, round, tasks.size(), commit, counters.members.value(), begin, counters);
    }
  }

  private Dataset<Row> draw(RangeWork work, RangeWork.Counters counters) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<RangeWork> shared = context.broadcast(work);
    JavaRDD<Request> drawn =
        dealt(work.whole(wholeRanges)).mapPartitions(tasks -> shared.value().draw(tasks, counters));
    List<RangeWork.Range> parts = work.parts(wholeRanges);
    if (!parts.isEmpty()) {
      drawn =
          drawn.union(
              dealt(parts)
                  .mapPartitions(ranges -> shared.value().sample(ranges, counters))
                  .mapToPair(sampled -> new Tuple2<>(sampled.task(), sampled.bytes()))
                  .reduceByKey(RangeWork::merged)
                  .flatMap(all -> shared.value().draws(all._1(), all._2()).iterator()));
    }
    return spark
        .createDataFrame(drawn.map(CandidateRows::row), CandidateRows.FORMAT.columns())
        .repartition(1)
        .sortWithinPartitions("task", "schedule");
  }

  /** Returns the tasks of a round, in order of key, with what earlier rounds drew. */
  private List<RangeWork.Planned> planned(List<Row> tasks, Snapshot candidates) {
    Map<String, List<String>> drawn = new HashMap<>();
    if (candidates.rows() > 0) {
      candidates(spark, location)
          .read(candidates)
          .select("task", "schedule")
          .collectAsList()
          .forEach(
              row ->
                  drawn
                      .computeIfAbsent(row.getString(0), key -> new ArrayList<>())
                      .add(row.getString(1)));
    }
    return tasks.stream()
        .map(
            task -> {
              String key = task.getAs("task");
              return new RangeWork.Planned(
                  key,
                  task.getAs("space"),
                  task.<Long>getAs("space_size"),
                  new ArrayList<>(drawn.getOrDefault(key, List.of())));
            })
        .toList();
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
    if (model && !sampler.guided()) {
      throw new IllegalArgumentException(
          "Cannot sample round "
              + round
              + " by "
              + sampler.name()
              + " with a model: none guides it, set sample.sampler to exploration or importance");
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

  private static OptionalDouble rate(long members, long nanos) {
    return nanos == 0 ? OptionalDouble.empty() : OptionalDouble.of(members / (nanos / 1e9));
  }
}
