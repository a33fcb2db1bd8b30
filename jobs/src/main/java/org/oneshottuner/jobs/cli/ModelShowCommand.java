package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.oneshottuner.jobs.model.ModelContents;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Says what is in a frozen model, whether or not this version can serve it.")
final class ModelShowCommand implements Callable<Integer> {
  @Mixin ReportOptions report = new ReportOptions();

  @Parameters(paramLabel = "FILE", description = "A frozen model.")
  Path file = Path.of("");

  @Override
  public Integer call() {
    report.checkJson();
    ServingOptions.checkFile(file);
    report.show(ModelContents.of(file));
    return 0;
  }
}
