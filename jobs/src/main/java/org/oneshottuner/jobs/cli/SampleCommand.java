package org.oneshottuner.jobs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.stage.SampleFigures;
import org.oneshottuner.jobs.stage.SampleJob;
import org.oneshottuner.sample.NetworkCatalogue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "sample",
    mixinStandardHelpOptions = true,
    description = "Draws tasks, and candidates of each to be measured.")
final class SampleCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(SampleCommand.class);

  @Mixin CommonOptions common = new CommonOptions();
  @Mixin CatalogueOptions networks = new CatalogueOptions();

  @Option(
      names = "--round",
      paramLabel = "N",
      defaultValue = "0",
      description = "Number of the sampling round; the first, 0, draws the tasks.")
  int round;

  @Option(names = "--model", paramLabel = "FILE", description = "A frozen model that guides it.")
  Optional<Path> model = Optional.empty();

  @Override
  public Integer call() throws IOException {
    Settings settings = common.settings();
    common.checkJson();
    if (round < 0) {
      throw new IllegalArgumentException("Cannot sample round " + round + ": least is 0");
    }
    byte[] guide = new byte[0];
    if (model.isPresent()) {
      // says what is wrong with it, before anything is begun
      String target = OneShotTuner.load(model.get()).model().target().name();
      LOG.debug("Guided by a model for {}", target);
      guide = Files.readAllBytes(model.get());
    }
    NetworkCatalogue catalogue = networks.holdingOut(settings);
    RunFolder run = folder(settings).writable();
    common.sayRun();
    SampleJob job = new SampleJob(common.spark(), settings, run.sample(), WallClock.utc());
    if (round == 0) {
      job.drawTasks(catalogue);
    }
    SampleFigures sampled = job.run(round, guide);
    SamplerCosts.keep(run, sampled);
    common.show(sampled);
    return 0;
  }

  /** A first round is drawn for a new run, unless the newest was stopped before it had one. */
  private RunFolder folder(Settings settings) {
    if (common.run.isPresent()) {
      return common.begin(settings);
    }
    if (round > 0) {
      return common.existing(settings);
    }
    return common
        .newest(settings)
        .filter(newest -> !sampled(new RunFolder(newest)))
        .map(common::settle)
        .orElseGet(() -> common.begin(settings));
  }

  private boolean sampled(RunFolder run) {
    return !SampleJob.candidates(common.spark(), run.sample()).snapshot().commits().isEmpty();
  }
}
