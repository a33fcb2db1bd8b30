package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.oneshottuner.jobs.model.ModelCheck;
import org.oneshottuner.predict.ServingPolicy;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description =
        "Checks a frozen model on this machine: digest, signature, golden rows, and a few picks,"
            + " timed.")
final class ModelVerifyCommand implements Callable<Integer> {
  @Mixin ReportOptions report = new ReportOptions();
  @Mixin PolicyOptions policy = new PolicyOptions();

  @Parameters(paramLabel = "FILE", description = "A frozen model.")
  Path file = Path.of("");

  @Override
  public Integer call() {
    report.checkJson();
    ServingPolicy asked = policy.policy();
    ServingOptions.checkFile(file);
    report.show(ModelCheck.of(file, asked));
    return 0;
  }
}
