package org.oneshottuner.jobs.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.stage.Figures;
import org.oneshottuner.jobs.stage.Sessions;
import org.oneshottuner.jobs.storage.AtomicFile;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** What all commands understand. */
final class CommonOptions {
  @Spec(Target.MIXEE)
  CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--conf",
      paramLabel = "FILE",
      description = "Settings; what it leaves out keeps its default.")
  Optional<Path> conf = Optional.empty();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Overrides one setting; may be given several times.")
  List<String> overrides = new ArrayList<>();

  @Option(names = "--json", paramLabel = "FILE", description = "Also writes the figures there.")
  Optional<Path> json = Optional.empty();

  @Option(
      names = "--master",
      paramLabel = "URL",
      defaultValue = "local[*]",
      description = "Where Spark runs, unless spark-submit says; default: ${DEFAULT-VALUE}.")
  String master = "local[*]";

  @Option(
      names = "--run",
      paramLabel = "DIR",
      description = "Where the run keeps its data, file: or hdfs:; default: data/runs/CAMPAIGN.")
  Optional<String> run = Optional.empty();

  @Option(names = "--verbose", description = "Shows all log lines and stack traces.")
  boolean verbose;

  /** Returns the settings in force. */
  Settings settings() {
    return Settings.read(conf.stream().toList(), overrides);
  }

  SparkSession spark() {
    return Sessions.open(spec.name(), master);
  }

  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** Returns where the run keeps what it makes. */
  RunFolder run(Settings settings) {
    return new RunFolder(
        run.orElseGet(() -> home().resolve("data/runs").resolve(settings.campaign()).toString()));
  }

  /** Returns the top of the repository: where the launcher says it is, or here. */
  static Path home() {
    return Path.of(System.getProperty("oneshot.home", ""));
  }

  /** Checks that the figures can be written, before hours of work. */
  void checkJson() {
    json.ifPresent(
        file -> {
          Path folder = file.toAbsolutePath().getParent();
          if (Files.isDirectory(file) || (Files.exists(folder) && !Files.isWritable(folder))) {
            throw new IllegalArgumentException("Cannot write " + file + ": not a writable place");
          }
        });
  }

  /** Prints figures, and writes them where {@code --json} says. */
  void show(Figures figures) {
    figures.lines().forEach(out()::println);
    out().flush();
    json.ifPresent(file -> AtomicFile.write(file, FiguresJson.bytes(figures)));
  }
}
