package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.stage.Sessions;
import picocli.CommandLine.Option;

/** What all commands understand that have settings. */
final class CommonOptions extends ReportOptions {
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

  /** Returns the settings in force. */
  Settings settings() {
    return Settings.read(conf.stream().toList(), overrides);
  }

  SparkSession spark() {
    return Sessions.open(spec.name(), master);
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
}
