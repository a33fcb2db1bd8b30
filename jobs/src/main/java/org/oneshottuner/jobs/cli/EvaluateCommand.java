package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.stage.EvaluateJob;
import org.oneshottuner.jobs.stage.MeasureJob;
import org.oneshottuner.jobs.stage.Measuring;
import org.oneshottuner.jobs.stage.TrainJob;
import org.oneshottuner.jobs.stage.TrainedTasks;
import org.oneshottuner.jobs.stage.Training;
import org.oneshottuner.jobs.storage.Place;
import org.oneshottuner.sample.NetworkCatalogue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description = "Sets a model's picks for unseen networks against all baselines, measured here.")
final class EvaluateCommand implements Callable<Integer> {
  @Mixin CommonOptions common = new CommonOptions();
  @Mixin ModelOptions model = new ModelOptions();
  @Mixin CatalogueOptions networks = new CatalogueOptions();

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "The page that is written; default: report/index.html of the run.")
  Optional<Path> report = Optional.empty();

  @Option(
      names = "--label-sd",
      paramLabel = "SHARE",
      description =
          "Relative standard deviation of a label, for the noise ceiling; default: that of the"
              + " run's repeated labels.")
  Optional<Double> labelSd = Optional.empty();

  @Override
  public Integer call() throws InterruptedException {
    Settings settings = common.settings();
    common.checkJson();
    labelSd.ifPresent(EvaluateCommand::mustBeShare);
    RunFolder run = common.existing(settings).writable();
    Path page =
        report.orElseGet(() -> run.local(RunFolder.REPORT, "--report").resolve(RunFolder.PAGE));
    Place.mustTakeFile(page, "Cannot write the report to " + page);
    NetworkCatalogue catalogue = networks.catalogue();
    OneShotTuner tuner = model.tuner(common, settings);
    EvaluateJob.mustJudge(settings, catalogue, TrainJob.seenBy(tuner.model()));
    Path file = model.file(common, settings);
    List<String> trainedOn = TrainedTasks.of(tuner.model(), file);
    Training training = Training.beside(file);
    common.sayRun();
    try (Measuring measuring = common.measuring(settings, run)) {
      double deviation =
          labelSd.orElseGet(
              () ->
                  new MeasureJob(common.spark(), settings, measuring)
                          .labelNoise()
                          .sdPercent()
                          .orElse(100 * MeasureJob.USUAL_LABEL_SD)
                      / 100);
      common.show(
          new EvaluateJob(settings, measuring, catalogue)
              .run(
                  tuner,
                  new EvaluateJob.Page(
                      page,
                      training,
                      training.seeded(file),
                      SamplerCosts.of(run),
                      deviation,
                      trainedOn)));
    }
    return 0;
  }

  private static void mustBeShare(double sd) {
    if (!(sd >= 0 && sd < 1)) {
      throw new IllegalArgumentException(
          "Cannot judge by labels of relative standard deviation "
              + sd
              + ": least is 0, and it is less than 1, such as 0.02 (--label-sd)");
    }
  }
}
