package org.oneshottuner.jobs.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "model",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "WHAT",
    description = "Looks at frozen model files.",
    subcommands = {ModelShowCommand.class, ModelVerifyCommand.class, ModelDiffCommand.class})
final class ModelCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(),
        "Cannot look at nothing: expected one of "
            + String.join(", ", spec.commandLine().getSubcommands().keySet()));
  }
}
