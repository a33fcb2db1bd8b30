package org.oneshottuner.jobs.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.conf.MeasureSettings;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.kernels.KernelFolder;
import org.oneshottuner.jobs.kernels.KernelOrder;
import org.oneshottuner.jobs.stage.EvaluateFigures;
import org.oneshottuner.jobs.stage.EvaluateJob;
import org.oneshottuner.jobs.stage.MeasureFigures;
import org.oneshottuner.jobs.stage.MeasureJob;
import org.oneshottuner.jobs.stage.Measuring;
import org.oneshottuner.jobs.stage.SampleFigures;
import org.oneshottuner.jobs.stage.SampleJob;
import org.oneshottuner.jobs.stage.Targets;
import org.oneshottuner.jobs.stage.TrainFigures;
import org.oneshottuner.jobs.stage.TrainJob;
import org.oneshottuner.jobs.stage.TrainedTasks;
import org.oneshottuner.jobs.stage.Training;
import org.oneshottuner.jobs.storage.AtomicFile;
import org.oneshottuner.jobs.storage.Place;
import org.oneshottuner.measure.Compiler;
import org.oneshottuner.sample.NetworkCatalogue;
import org.oneshottuner.sample.WorkloadList;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "quickstart",
    mixinStandardHelpOptions = true,
    description =
        "The main job from end to end: samples, measures, trains, freezes, judges by unseen"
            + " networks, and compiles their kernels.")
final class QuickstartCommand implements Callable<Integer> {
  /** When the launcher was started, in milliseconds since the epoch: before any build. */
  private static final String BEGAN = "oneshot.began";

  @Mixin CommonOptions common = new CommonOptions();
  @Mixin CatalogueOptions networks = new CatalogueOptions();

  @Override
  public Integer call() throws InterruptedException {
    common.run.ifPresent(QuickstartCommand::mustBeLocal);
    if (common.conf.isEmpty()) {
      Path usual = CommonOptions.home().resolve("conf/quickstart.conf");
      common.conf = Files.exists(usual) ? java.util.Optional.of(usual) : common.conf;
    }
    Settings settings = common.settings();
    common.checkJson();
    Clock clock = WallClock.utc();
    long began = Long.getLong(BEGAN, clock.millis());
    Compiler compiler = Compiler.find(System.getenv());
    NetworkCatalogue catalogue = networks.holdingOut(settings);
    EvaluateJob.mustJudge(settings, catalogue, TrainJob.seen(settings, catalogue));
    RunFolder run = common.begin(settings).writable();
    Path summary = run.local("summary.json", "--run");
    Path reportPage = run.local(RunFolder.REPORT, "--run").resolve(RunFolder.PAGE);
    for (Path file : List.of(summary, reportPage)) {
      Place.mustTakeFile(file, "Cannot write " + file);
    }
    KernelFolder kernels = KernelFolder.at(run.local(RunFolder.KERNELS, "--run"));
    SparkSession spark = common.spark();
    common.sayRun();
    if (settings.rounds() > 1 && !settings.sample().sampler().guided()) {
      say("every round is drawn uniformly: set sample.sampler for models to guide the later ones");
    }
    common.resumption().ifPresent(line -> say("Ctrl-C may stop it; to go on: " + line));
    try (Measuring measuring = common.measuring(settings, run)) {
      Learnt learnt = learn(new Means(spark, settings, run, catalogue), measuring, clock);
      OneShotTuner tuner = OneShotTuner.load(learnt.model());
      say("evaluate: picks for unseen networks against all baselines");
      Training training = Training.beside(learnt.model());
      EvaluateJob.Page page =
          new EvaluateJob.Page(
              reportPage,
              training,
              training.seeded(learnt.model()),
              SamplerCosts.of(run),
              learnt.noise().sdPercent().orElse(100 * MeasureJob.USUAL_LABEL_SD) / 100,
              TrainedTasks.of(tuner.model(), learnt.model()));
      EvaluateFigures judged = new EvaluateJob(settings, measuring, catalogue).run(tuner, page);
      judged.lines().forEach(this::say);
      KernelOrder order =
          new KernelOrder(
              tuner,
              WorkloadList.of(judged.tasks().stream().map(EvaluateFigures.Task::workload).toList()),
              Targets.named(settings.target()),
              settings.threads());
      kernels.write(order, compiler, KernelFolder.Extras.EXAMPLE).lines().forEach(this::say);
      QuickstartFigures figures =
          new QuickstartFigures(
              run.location(),
              judged.tasks(),
              judged.baselines(),
              judged.geomeanRegret(),
              judged.geomeanDefaultRegret(),
              judged.geomeanRandomRegret(),
              learnt.spent().labels(),
              learnt.spent().seconds(),
              (clock.millis() - began) / 1e3,
              learnt.noise().sdPercent(),
              learnt.noise().repeats(),
              judged.report(),
              run.local(RunFolder.KERNELS, "--run").toString());
      AtomicFile.write(summary, FiguresJson.bytes(figures));
      common.show(figures);
    }
    return 0;
  }

  private static void mustBeLocal(String run) {
    if (new RunFolder(run).remote()) {
      throw new IllegalArgumentException(
          "Cannot begin a run at "
              + run
              + ": quickstart keeps model, report and kernels in the run, and needs a folder of this"
              + " machine; sample, measure, train and evaluate go on with a run on hdfs");
    }
  }

  /** What the stages work with. */
  private record Means(
      SparkSession spark, Settings settings, RunFolder run, NetworkCatalogue catalogue) {}

  /** Labels to learn from that were measured, and the seconds that took. */
  private record Spent(long labels, double seconds) {}

  /** What the rounds gave. */
  private record Learnt(
      Path model, TrainFigures trained, MeasureJob.LabelNoise noise, Spent spent) {}

  /** Samples, measures and trains, round by round; later rounds are guided by the model before. */
  private Learnt learn(Means means, Measuring measuring, Clock clock) throws InterruptedException {
    Settings settings = means.settings();
    Path folder = means.run().local(RunFolder.MODEL, "--run");
    SampleJob sample = new SampleJob(means.spark(), settings, means.run().sample(), clock);
    sample.drawTasks(means.catalogue());
    byte[] guide = new byte[0];
    double seconds = 0;
    long labels = 0;
    for (int round = 0; ; round++) {
      boolean last = round == settings.rounds() - 1;
      say("round " + round + " of " + settings.rounds());
      SampleFigures sampled = sample.run(round, guide);
      sampled.lines().forEach(this::say);
      SamplerCosts.keep(means.run(), sampled);
      MeasureFigures measured =
          new MeasureJob(means.spark(), roundSettings(settings, round), measuring)
              .run(means.run().sample());
      measured.lines().forEach(this::say);
      seconds += measured.labelSeconds();
      labels += measured.labels();
      TrainFigures trained =
          new TrainJob(
                  means.spark(), last ? settings : settings.judgingNothing(), means.catalogue())
              .run(Measuring.measurements(means.spark(), means.run().measurements()), folder);
      trained.lines().forEach(this::say);
      if (last) {
        return new Learnt(
            folder.resolve(TrainJob.MODEL),
            trained,
            new MeasureJob.LabelNoise(measured.labelSdPercent(), measured.labelRepeats()),
            new Spent(labels, seconds));
      }
      if (settings.sample().sampler().guided()) {
        guide = read(folder.resolve(TrainJob.MODEL));
      }
    }
  }

  /** Splits the time for measuring, and the labels that are repeated, among the rounds. */
  private static Settings roundSettings(Settings settings, int round) {
    MeasureSettings measure = settings.measure();
    return settings.with(
        "measure.budget=" + measure.budget().dividedBy(settings.rounds()).toMillis() + "ms",
        "measure.repeat=" + measure.repeat() * (round + 1) / settings.rounds());
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private void say(String line) {
    common.out().println(line);
    common.out().flush();
  }
}
