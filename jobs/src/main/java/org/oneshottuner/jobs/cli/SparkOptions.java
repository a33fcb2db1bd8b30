package org.oneshottuner.jobs.cli;

import org.apache.spark.sql.SparkSession;
import org.oneshottuner.jobs.stage.Sessions;
import picocli.CommandLine.Option;

/** What every command understands that runs on Spark and prints figures. */
class SparkOptions extends ReportOptions {
  @Option(
      names = "--master",
      paramLabel = "URL",
      defaultValue = "local[*]",
      description = "Where Spark runs, unless spark-submit says; default: ${DEFAULT-VALUE}.")
  String master = "local[*]";

  SparkSession spark() {
    return Sessions.open(spec.name(), master);
  }
}
