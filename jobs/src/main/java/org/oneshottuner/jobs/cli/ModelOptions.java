package org.oneshottuner.jobs.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.stage.TrainJob;
import org.oneshottuner.sample.NetworkCatalogue;
import picocli.CommandLine.Option;

/** Which model, and which catalogue. */
final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = "The frozen model; default: that of the run.")
  Optional<Path> model = Optional.empty();

  @Option(
      names = "--networks",
      paramLabel = "DIR",
      description = "The catalogue of networks; default: data/networks.")
  Optional<Path> networks = Optional.empty();

  Path file(CommonOptions common, Settings settings) {
    Path file =
        model.orElseGet(
            () -> common.existing(settings).local(RunFolder.MODEL).resolve(TrainJob.MODEL));
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException("Cannot load model " + file + ": there is no such file");
    }
    return file;
  }

  OneShotTuner tuner(CommonOptions common, Settings settings) {
    return OneShotTuner.load(file(common, settings));
  }

  NetworkCatalogue catalogue() {
    return NetworkCatalogue.read(
        networks.orElseGet(() -> CommonOptions.home().resolve("data/networks")));
  }
}
