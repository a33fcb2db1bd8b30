package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.stage.ExportJob;
import org.oneshottuner.jobs.storage.Place;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = "Freezes a trained booster anew, proves both equal to the bit, and writes it.")
final class ExportCommand implements Callable<Integer> {
  @Mixin CommonOptions common = new CommonOptions();
  @Mixin ModelOptions model = new ModelOptions();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "The frozen model to write.")
  Path output = Path.of("");

  @Override
  public Integer call() {
    Settings settings = common.settings();
    common.checkJson();
    Place.mustTakeFile(output, "Cannot write the model to " + output);
    common.show(ExportJob.run(model.file(common, settings), output));
    return 0;
  }
}
