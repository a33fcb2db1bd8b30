package org.oneshottuner.jobs.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import org.oneshottuner.jobs.stage.Figures;
import org.oneshottuner.jobs.storage.AtomicFile;
import org.oneshottuner.jobs.storage.Place;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** What every command understands that prints figures. */
class ReportOptions {
  @Spec(Target.MIXEE)
  CommandSpec spec = CommandSpec.create();

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes the figures there.")
  Optional<Path> json = Optional.empty();

  @Option(names = "--verbose", description = "Shows all log lines and stack traces.")
  boolean verbose;

  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** Checks that the figures can be written, before hours of work. */
  void checkJson() {
    json.ifPresent(file -> Place.mustTakeFile(file, "Cannot write figures to " + file));
  }

  /** Prints figures, and writes them where {@code --json} says. */
  void show(Figures figures) {
    figures.lines().forEach(out()::println);
    out().flush();
    json.ifPresent(file -> AtomicFile.write(file, FiguresJson.bytes(figures)));
  }
}
