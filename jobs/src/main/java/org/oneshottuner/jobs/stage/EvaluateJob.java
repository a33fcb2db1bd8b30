package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;
import static org.apache.spark.sql.functions.col;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.oneshottuner.compile.Choice;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.dataset.LeakAudit;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.storage.Snapshot;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Request;
import org.oneshottuner.predict.Calibration;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.report.Figures;
import org.oneshottuner.sample.NetworkCatalogue;
import org.oneshottuner.search.ModelScorer;
import org.oneshottuner.search.SearchAlgorithm;
import org.oneshottuner.search.Trial;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.train.Bootstrap;
import org.oneshottuner.train.NetworkTask;
import org.oneshottuner.train.Prediction;
import org.oneshottuner.train.Regrets;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets picks without measurement against everything else on tasks of unseen networks: the default
 * schedules, random picks, picks without a model, and online searches. What is compared is measured
 * once more, side by side in one session, so that no way is flattered by having had its luckiest
 * label chosen.
 */
public final class EvaluateJob {
  /** Our name in tables. */
  public static final String PICK = Compared.PICK;

  /** Measurements after which a search is looked at, as long as it goes on. */
  private static final List<Integer> LOOKS = List.of(8, 64);

  /**
   * Random candidates of a task that are measured once more beside the choices, and ranked: at
   * most, and at most half of those that the search tried.
   */
  private static final int RANDOM_AGAIN = 32;

  /** Choices before the first that is timed; more than the spaces that a JVM remembers. */
  private static final int WARM_UP = 40;

  private static final double NANOS = 1e9;

  private static final Logger LOG = LoggerFactory.getLogger(EvaluateJob.class);

  private final Settings settings;
  private final Measuring measuring;
  private final NetworkCatalogue catalogue;

  /** Prepares the job. */
  public EvaluateJob(Settings settings, Measuring measuring, NetworkCatalogue catalogue) {
    this.settings = requireNonNull(settings, "settings");
    this.measuring = requireNonNull(measuring, "measuring");
    this.catalogue = requireNonNull(catalogue, "catalogue");
  }

  /**
   * What the report shows beside this evaluation.
   *
   * @param page where it is written
   * @param training what training left beside the model
   * @param others the same learner with other seeds
   * @param samplers what sampling cost
   * @param labelSd relative standard deviation of a repeated label
   * @param trainedOn keys of the tasks that the model was trained on, none of which may be near to
   *     one that is judged by
   */
  public record Page(
      Path page,
      Training training,
      List<Training.Seeded> others,
      List<Figures.SamplerCost> samplers,
      double labelSd,
      List<String> trainedOn) {
    /** Copies the lists. */
    public Page {
      trainedOn = List.copyOf(trainedOn);
      others = List.copyOf(others);
      samplers = List.copyOf(samplers);
    }
  }

  /**
   * Evaluates a model, and writes the report.
   *
   * @throws org.oneshottuner.dataset.LeakException if the model or a baseline knows a task that is
   *     judged by, or one that is near to it
   * @throws IllegalArgumentException if a network that is judged by was not held out
   */
  public EvaluateFigures run(OneShotTuner tuner, Page page) throws InterruptedException {
    CpuTarget target = Targets.named(settings.target());
    mustJudge(settings, catalogue, TrainJob.seenBy(tuner.model()));
    List<UnseenTasks.Unseen> unseen = unseen(settings, catalogue);
    List<TuningTask> tasks = unseen.stream().map(UnseenTasks.Unseen::task).toList();
    LeakAudit.check(page.trainedOn(), tasks.stream().map(TuningTask::key).toList());
    Map<Workload, List<Baselines.Timed>> known = learntFrom(tuner.model(), page.trainedOn());
    long before = measuring.labels();
    double secondsBefore = measuring.seconds();
    List<TuningTask> others =
        page.trainedOn().stream().sorted().limit(WARM_UP).map(TuningTask::parse).toList();
    List<Compared> compared = choose(tuner, unseen, others, new Baselines(known));
    Labels labels = new Labels(measuring, settings, tasks);
    Set<String> searches = new TreeSet<>(settings.evaluate().baselines());
    searches.add(SearchAlgorithm.RANDOM.text());
    List<TuneJob.Running> searched =
        new TuneJob(settings, measuring)
            .search(labels, tasks, List.copyOf(searches), settings.evaluate().trials());
    addSearches(compared, searched);
    for (Training.Seeded other : page.others()) {
      compared.forEach(
          task ->
              task.ways.put(
                  Compared.OF_SEED + other.seed(),
                  other.tuner().choose(task.unseen.task()).schedule()));
    }
    measureOnceMore(compared, labels);
    List<Compared> judged = compared.stream().filter(Compared::timed).toList();
    if (judged.isEmpty()) {
      throw new IllegalStateException(
          "Cannot judge the model: of "
              + compared.size()
              + " tasks no schedule could be timed, failures "
              + measuring.failures());
    }
    EvaluateFigures figures =
        figures(
            judged,
            seeds(judged, page),
            measuring.device().peakFlopsPerSecond(target) / NANOS * settings.threads(),
            EvaluateFigures.Bound.of(
                tuner.model().calibration(),
                Calibration.COVERAGE,
                judged.stream().map(task -> task.regret(PICK)).toList()),
            new Spent(
                compared.size() - judged.size(),
                measuring.labels() - before,
                measuring.seconds() - secondsBefore,
                page.page().toString()));
    List<NetworkTask> ranked = ranked(tuner, judged);
    EvaluateReport.write(
        figures,
        ranked,
        new EvaluateReport.Context(
            tuner.model(),
            page,
            EvaluateReport.failures(
                comparable(measuring.table().snapshot(), measuring.device().fingerprint().id()))));
    return figures;
  }

  /** Returns what a device measured of this target, in the same way as is measured now. */
  private Dataset<Row> comparable(Snapshot snapshot, String device) {
    return TrainingRows.comparable(measuring.table().read(snapshot), settings)
        .filter(col("device").equalTo(device));
  }

  /** Returns the random schedules of each task in the model's order. */
  private static List<NetworkTask> ranked(OneShotTuner tuner, List<Compared> compared) {
    List<NetworkTask> ranked = new ArrayList<>();
    for (Compared task : compared) {
      TuningTask tuned = task.unseen.task();
      ScheduleSpace space = Templates.space(tuned);
      ModelScorer scorer = new ModelScorer(tuned, space, tuner.model().ensemble());
      float[] score = new float[1];
      List<Prediction> predictions = new ArrayList<>();
      for (Trial trial : task.random) {
        long member = space.indexOf(trial.schedule());
        scorer.score(member, member + 1, score);
        predictions.add(new Prediction(trial.schedule().text(), score[0], trial.nanos()));
      }
      task.ranked(predictions).ifPresent(ranked::add);
    }
    return ranked;
  }

  private record Spent(int notJudged, long labels, double seconds, String report) {}

  /**
   * Checks, before anything is measured, that there is something unseen to judge a model by.
   *
   * @param seen networks to which the prior of the model's tasks may have been fitted
   * @throws IllegalArgumentException if a network is not in the catalogue or was seen, or there is
   *     no layer
   */
  public static void mustJudge(Settings settings, NetworkCatalogue catalogue, List<String> seen) {
    if (unseen(settings, catalogue).isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot judge a model by networks "
              + networks(settings)
              + ": they have no layer; set heldOut or evaluate.networks");
    }
    List<String> known = new ArrayList<>(networks(settings));
    known.retainAll(seen);
    if (!known.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot judge a model by networks "
              + known
              + " as unseen: they were not held out, and its tasks may have been drawn near to them");
    }
  }

  private static List<UnseenTasks.Unseen> unseen(Settings settings, NetworkCatalogue catalogue) {
    return UnseenTasks.draw(
        catalogue.only(networks(settings)),
        settings.evaluate().tasks(),
        Targets.named(settings.target()),
        new UnseenTasks.Where(settings.seed(), settings.threads()));
  }

  private static List<String> networks(Settings settings) {
    return settings.evaluate().networks().isEmpty()
        ? settings.heldOut()
        : settings.evaluate().networks();
  }

  /**
   * Returns what the model learnt, as {@link #learntFrom(Dataset, Set)}; nothing if that is not in
   * this table, or the model does not say of which device it was.
   */
  private Map<Workload, List<Baselines.Timed>> learntFrom(
      FrozenModel model, List<String> trainedOn) {
    Optional<String> device = model.property(TrainJob.DEVICE);
    Optional<Snapshot> learnt =
        model.property(TrainJob.MEASUREMENTS).flatMap(measuring.table().snapshot()::at);
    if (device.isEmpty() || learnt.isEmpty()) {
      LOG.warn(
          "There are no picks by the nearest task or the best single schedule:"
              + " what the model learnt from is not at {}",
          measuring.table().location());
      return Map.of();
    }
    return learntFrom(comparable(learnt.get(), device.get()), Set.copyOf(trainedOn));
  }

  /**
   * Returns what the model learnt, for the baselines to learn from: training left out what is near
   * to the held-out networks, and so must they.
   *
   * @param measurements that can stand beside each other
   * @param trainedOn keys of the tasks that the model was trained on
   */
  static Map<Workload, List<Baselines.Timed>> learntFrom(
      Dataset<Row> measurements, Set<String> trainedOn) {
    Map<Workload, List<Baselines.Timed>> timed = new HashMap<>();
    for (Row row :
        TrainingRows.labels(measurements)
            .select("task", "schedule", "label_nanos")
            .orderBy("task", "schedule")
            .collectAsList()) {
      String key = row.getString(0);
      if (trainedOn.contains(key)) {
        timed
            .computeIfAbsent(TuningTask.parse(key).workload(), workload -> new ArrayList<>())
            .add(new Baselines.Timed(row.getString(1), row.getDouble(2)));
      }
    }
    return timed;
  }

  /**
   * Chooses for tasks that this JVM has not chosen for or searched before, once it has chosen for
   * others: the first choices of a JVM pay for loading and compiling the code itself.
   */
  private static List<Compared> choose(
      OneShotTuner tuner,
      List<UnseenTasks.Unseen> unseen,
      List<TuningTask> others,
      Baselines baselines) {
    List<Compared> compared = new ArrayList<>();
    long candidates = others.stream().mapToLong(task -> tuner.choose(task).candidates()).sum();
    LOG.debug("Chose among {} schedules of {} other tasks", candidates, others.size());
    for (UnseenTasks.Unseen one : unseen) {
      long begin = System.nanoTime();
      Choice pick = tuner.choose(one.task());
      Compared task = new Compared(one, pick, System.nanoTime() - begin);
      task.ways.put(PICK, pick.schedule());
      task.ways.put(Compared.DEFAULT, Templates.defaultSchedule(one.task()));
      Templates.templateDefaults(one.task())
          .forEach(schedule -> task.ways.put(Compared.DEFAULT_OF + schedule.template(), schedule));
      task.ways.put("analytical roofline", Baselines.analytical(one.task()));
      Optional<Schedule> nearest = baselines.nearest(one.task());
      nearest.ifPresent(schedule -> task.ways.put("nearest measured task's best", schedule));
      Optional<Schedule> single = baselines.single(one.task());
      single.ifPresent(schedule -> task.ways.put("best single schedule per kind", schedule));
      compared.add(task);
    }
    return compared;
  }

  private void addSearches(List<Compared> compared, List<TuneJob.Running> searched) {
    for (TuneJob.Running running : searched) {
      Compared task =
          compared.stream()
              .filter(one -> one.unseen.task().equals(running.task()))
              .findFirst()
              .orElseThrow();
      for (int look : LOOKS) {
        if (look < settings.evaluate().trials()) {
          addBest(task, running, look);
        }
      }
      addBest(task, running, settings.evaluate().trials());
      running.search().trials().stream()
          .filter(trial -> trial.nanos().isPresent())
          .forEach(trial -> task.tried.add(trial.schedule()));
      if (running.algorithm() == SearchAlgorithm.RANDOM) {
        int again = Math.min(RANDOM_AGAIN, Math.max(1, settings.evaluate().trials() / 2));
        task.drawn = running.search().trials().stream().limit(again).map(Trial::schedule).toList();
      }
    }
  }

  /** Adds what a search had found after some measurements; it failed if all of them did. */
  private static void addBest(Compared task, TuneJob.Running running, int measurements) {
    String way = running.name() + ", " + measurements + " measurements";
    task.searches.add(way);
    running.search().trials().stream()
        .limit(measurements)
        .filter(trial -> trial.nanos().isPresent())
        .min(Comparator.comparingDouble(trial -> trial.nanos().orElseThrow()))
        .ifPresent(best -> task.ways.put(way, best.schedule()));
  }

  private void measureOnceMore(List<Compared> compared, Labels labels) throws InterruptedException {
    List<Request> requests = new ArrayList<>();
    for (Compared task : compared) {
      for (Schedule schedule : task.ways.values()) {
        requests.add(last(task, schedule));
      }
      task.drawn.forEach(schedule -> requests.add(last(task, schedule)));
    }
    Map<String, OptionalDouble> measured = labels.finals(requests, 1);
    for (Compared task : compared) {
      task.ways.forEach(
          (way, schedule) -> {
            OptionalDouble nanos =
                measured.getOrDefault(task.key(schedule), OptionalDouble.empty());
            if (nanos.isPresent()) {
              task.nanos.put(way, nanos.getAsDouble());
            }
          });
      task.random =
          task.drawn.stream()
              .map(
                  schedule ->
                      new Trial(
                          schedule,
                          measured.getOrDefault(task.key(schedule), OptionalDouble.empty())))
              .toList();
    }
  }

  private static Request last(Compared task, Schedule schedule) {
    return new Request(new Candidate(task.unseen.task(), schedule), Draw.chosen(Labels.FINAL));
  }

  /** Returns the regret of the picks by seed of the learner; nothing if it has but one. */
  private static List<EvaluateFigures.Seed> seeds(List<Compared> compared, Page page) {
    if (page.others().isEmpty()) {
      return List.of();
    }
    List<EvaluateFigures.Seed> seeds = new ArrayList<>();
    seeds.add(new EvaluateFigures.Seed(page.training().seed(), regret(compared, PICK)));
    for (Training.Seeded other : page.others()) {
      seeds.add(
          new EvaluateFigures.Seed(
              other.seed(), regret(compared, Compared.OF_SEED + other.seed())));
    }
    return seeds;
  }

  private static double regret(List<Compared> compared, String way) {
    return geometricMean(compared.stream().map(task -> task.regret(way)).toList());
  }

  private EvaluateFigures figures(
      List<Compared> compared,
      List<EvaluateFigures.Seed> seeds,
      double peakGflops,
      EvaluateFigures.Bound bound,
      Spent spent) {
    List<EvaluateFigures.Way> ways =
        names(compared).stream().map(name -> way(name, compared)).toList();
    return new EvaluateFigures(
        compared.stream().map(one -> task(one, peakGflops)).toList(),
        ways,
        seeds,
        ways.get(0).regret().figure(),
        ways.get(1).regret().figure(),
        ways.get(2).regret().figure(),
        peakGflops,
        bound,
        spent.notJudged(),
        spent.labels(),
        spent.seconds(),
        spent.report());
  }

  private static EvaluateFigures.Task task(Compared one, double peakGflops) {
    Workload workload = one.unseen.task().workload();
    OptionalDouble nanos = one.nanos(PICK);
    OptionalDouble gflops =
        nanos.isPresent()
            ? OptionalDouble.of(workload.flops() / nanos.getAsDouble())
            : OptionalDouble.empty();
    return new EvaluateFigures.Task(
        workload.text(),
        one.unseen.network(),
        nanos,
        one.bestNanos(),
        one.measuredSchedules(),
        one.nanos(Compared.DEFAULT),
        one.randomNanos(),
        one.regret(PICK),
        gflops,
        gflops.isPresent()
            ? OptionalDouble.of(gflops.getAsDouble() / peakGflops)
            : OptionalDouble.empty(),
        one.chooseNanos,
        one.pick.schedule().text(),
        one.pick.beyond());
  }

  /** Returns the ways: ours, what costs nothing, each template's default, and the others. */
  private static List<String> names(List<Compared> compared) {
    Set<String> names = new LinkedHashSet<>(List.of(PICK, Compared.DEFAULT, Compared.RANDOM));
    Set<String> all = new LinkedHashSet<>();
    compared.forEach(task -> all.addAll(task.ways.keySet()));
    compared.forEach(task -> all.addAll(task.searches));
    all.stream().filter(name -> name.startsWith(Compared.DEFAULT_OF)).sorted().forEach(names::add);
    all.stream().filter(name -> !name.startsWith(Compared.OF_SEED)).forEach(names::add);
    return List.copyOf(names);
  }

  private EvaluateFigures.Way way(String name, List<Compared> compared) {
    Bootstrap bootstrap = new Bootstrap(1000, 0.95, settings.seed());
    List<Compared> tasks = compared.stream().filter(task -> task.offers(name)).toList();
    List<Double> regrets = tasks.stream().map(task -> task.regret(name)).toList();
    List<Double> slower =
        tasks.stream().map(task -> (1 + task.regret(name)) / (1 + task.regret(PICK)) - 1).toList();
    Regrets spread = Regrets.of(array(regrets));
    return new EvaluateFigures.Way(
        name,
        tasks.size(),
        tasks.stream().mapToInt(task -> task.failures(name)).sum(),
        bootstrap.interval(regrets, EvaluateJob::geometricMean),
        spread.median(),
        spread.p95(),
        spread.p99(),
        spread.worst(),
        bootstrap.interval(slower, EvaluateJob::geometricMean));
  }

  private static double geometricMean(List<Double> regrets) {
    return Regrets.geometricMean(array(regrets));
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
