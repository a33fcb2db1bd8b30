package org.oneshottuner.jobs.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "WHAT",
    description = "Compares what this project makes with what others make.",
    subcommands = {BenchKernelsCommand.class, BenchScoringCommand.class})
final class BenchCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(),
        "Cannot bench nothing: expected one of "
            + String.join(", ", spec.commandLine().getSubcommands().keySet()));
  }
}
