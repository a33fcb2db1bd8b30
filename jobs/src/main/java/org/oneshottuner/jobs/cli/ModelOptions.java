package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.stage.TrainJob;
import picocli.CommandLine.Option;

/** Which model. */
final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = "The frozen model; default: that of the run.")
  Optional<Path> model = Optional.empty();

  Path file(CommonOptions common, Settings settings) {
    Path file =
        model.orElseGet(
            () ->
                common
                    .existing(settings)
                    .local(RunFolder.MODEL, "--model")
                    .resolve(TrainJob.MODEL));
    ServingOptions.checkFile(file);
    return file;
  }

  OneShotTuner tuner(CommonOptions common, Settings settings) {
    return OneShotTuner.load(file(common, settings));
  }
}
