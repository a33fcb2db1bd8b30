package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.stage.Measuring;
import org.oneshottuner.jobs.stage.SampleJob;
import org.oneshottuner.jobs.stage.TrainJob;
import org.oneshottuner.jobs.storage.Place;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = "Learns from the measurements and freezes the model.")
final class TrainCommand implements Callable<Integer> {
  @Mixin CommonOptions common = new CommonOptions();
  @Mixin CatalogueOptions networks = new CatalogueOptions();

  @Option(names = "--out", paramLabel = "DIR", description = "Default: model/ of the run.")
  Optional<Path> out = Optional.empty();

  @Override
  public Integer call() {
    Settings settings = common.settings();
    common.checkJson();
    RunFolder run = common.existing(settings);
    Path model = out.orElseGet(() -> run.local(RunFolder.MODEL, "--out"));
    Place.mustTakeFiles(model, "Cannot write the model into " + model);
    common.sayRun();
    SampleJob.mustHaveHeldOut(common.spark(), settings, run.sample());
    TrainJob job = new TrainJob(common.spark(), settings, networks.catalogue());
    common.show(job.run(Measuring.measurements(common.spark(), run.measurements()), model));
    return 0;
  }
}
