package org.oneshottuner.jobs.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.oneshottuner.jobs.stage.Interruption;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** All commands, and how each of them ends. */
@Command(
    name = "oneshot",
    version = "oneshot 0.1.0-SNAPSHOT",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Learns how fast schedules of tensor operators run, and picks them unmeasured.",
    subcommands = {
      QuickstartCommand.class,
      DoctorCommand.class,
      SampleCommand.class,
      MeasureCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      ExportCommand.class,
      ChooseCommand.class,
      CompileCommand.class,
      TuneCommand.class,
      ModelCommand.class,
      BenchCommand.class,
      VerifyCommand.class
    })
public final class Program {
  private static final String NAME = "oneshot: ";
  private static final String VERBOSE = "--verbose";
  private static final int MOST_NEAR = 3;

  private Program() {}

  /**
   * Runs a command.
   *
   * @param out takes what was asked for
   * @param err takes messages
   * @return the exit code: 0 done, 1 failed, 2 refused, 130 interrupted
   */
  public static int run(PrintStream out, PrintStream err, String... arguments) {
    boolean verbose = Arrays.asList(arguments).contains(VERBOSE);
    if (verbose) {
      Configurator.setRootLevel(Level.INFO);
    }
    PrintWriter messages = new PrintWriter(err, true, StandardCharsets.UTF_8);
    CommandLine line =
        new CommandLine(new Program())
            .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
            .setErr(messages)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setUsageHelpAutoWidth(true)
            .setParameterExceptionHandler((refusal, given) -> refuse(refusal, messages))
            .setExecutionExceptionHandler(
                (thrown, command, parsed) -> fail(thrown, command, verbose, messages));
    line.setExecutionStrategy(parsed -> execute(parsed, verbose, messages));
    return line.execute(arguments);
  }

  private static int execute(ParseResult parsed, boolean verbose, PrintWriter messages) {
    CommandLine command = parsed.commandSpec().commandLine();
    if (!parsed.hasSubcommand()
        && !parsed.isUsageHelpRequested()
        && !parsed.isVersionHelpRequested()) {
      throw new ParameterException(
          command, "Cannot run nothing: expected a command, one of " + commands(command));
    }
    if (!parsed.hasSubcommand() || brief(parsed.subcommand())) {
      return new CommandLine.RunLast().execute(parsed);
    }
    List<CommandLine> named = parsed.asCommandLineList();
    CommandLine subcommand = named.get(named.size() - 1);
    try (Interruption interruption = new Interruption()) {
      try {
        return new CommandLine.RunLast().execute(parsed);
      } catch (ExecutionException | OutOfMemoryError | LinkageError e) {
        Throwable thrown =
            e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
        // whatever breaks while the JVM shuts down, Ctrl-C broke it
        return fail(
            interruption.requested() ? interrupted(thrown) : thrown, subcommand, verbose, messages);
      }
    }
  }

  private static InterruptedException interrupted(Throwable cause) {
    InterruptedException interrupted = new InterruptedException();
    interrupted.addSuppressed(cause);
    return interrupted;
  }

  /** Returns whether a command ends at once and leaves nothing behind. */
  private static boolean brief(ParseResult parsed) {
    return parsed.isUsageHelpRequested()
        || parsed.isVersionHelpRequested()
        || parsed.commandSpec().userObject() instanceof ChooseCommand;
  }

  private static int refuse(ParameterException refusal, PrintWriter messages) {
    Optional<UnmatchedArgumentException> unmatched = firstUnmatched(refusal);
    messages.println(NAME + unmatched.map(Program::unknown).orElseGet(() -> reason(refusal)));
    List<String> near = unmatched.map(UnmatchedArgumentException::getSuggestions).orElse(List.of());
    messages.println(
        near.isEmpty()
            ? "Try: " + refusal.getCommandLine().getCommandSpec().qualifiedName() + " --help"
            : "Nearest: " + String.join(", ", near.subList(0, Math.min(MOST_NEAR, near.size()))));
    return Failure.REFUSED;
  }

  /** Returns the first argument that nothing takes: misspelt, it may also be what is missing. */
  private static Optional<UnmatchedArgumentException> firstUnmatched(ParameterException refusal) {
    CommandLine command = refusal.getCommandLine();
    List<String> all =
        refusal instanceof UnmatchedArgumentException unmatched
            ? unmatched.getUnmatched()
            : command.getUnmatchedArguments();
    return all.stream()
        .findFirst()
        .map(first -> first.replaceFirst("^(-[^=]*)=.*", "$1")) // an option without its value
        .map(first -> new UnmatchedArgumentException(command, List.of(first)));
  }

  private static String unknown(UnmatchedArgumentException unmatched) {
    CommandLine command = unmatched.getCommandLine();
    String argument = "'" + unmatched.getUnmatched().get(0) + "'";
    if (command.getSubcommands().isEmpty() || unmatched.isUnknownOption()) {
      return "Cannot run "
          + command.getCommandSpec().qualifiedName()
          + (unmatched.isUnknownOption() ? ": unknown option " : ": unexpected argument ")
          + argument;
    }
    return "Cannot run " + argument + ": unknown command, known are " + commands(command);
  }

  private static String reason(ParameterException refusal) {
    String reason = String.valueOf(refusal.getMessage()).lines().findFirst().orElse("");
    return reason.startsWith("Cannot ")
        ? reason
        : "Cannot run "
            + refusal.getCommandLine().getCommandSpec().qualifiedName()
            + ": "
            + reason.substring(0, 1).toLowerCase(Locale.ROOT)
            + reason.substring(1);
  }

  private static String commands(CommandLine command) {
    return String.join(", ", command.getSubcommands().keySet());
  }

  private static int fail(
      Throwable thrown, CommandLine command, boolean verbose, PrintWriter messages) {
    Failure failure = Failure.of(command.getCommandName(), thrown);
    String resumption =
        failure.code() == Failure.INTERRUPTED
            ? resumption(command).map(line -> "; to go on: " + line).orElse("")
            : "";
    messages.println(NAME + failure.message() + resumption);
    if (verbose) {
      thrown.printStackTrace(messages);
    }
    return failure.code();
  }

  private static Optional<String> resumption(CommandLine command) {
    return command.getMixins().values().stream()
        .filter(CommonOptions.class::isInstance)
        .map(CommonOptions.class::cast)
        .findFirst()
        .flatMap(CommonOptions::resumption);
  }
}
