package org.oneshottuner.jobs.cli;

import java.util.concurrent.Callable;
import org.oneshottuner.jobs.stage.Sessions;
import org.oneshottuner.jobs.stage.VerifyFigures;
import org.oneshottuner.jobs.stage.VerifyJob;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description =
        "Reads every file of a dataset, and fails if one is missing or altered since it was"
            + " committed.")
final class VerifyCommand implements Callable<Integer> {
  @Mixin ReportOptions report = new ReportOptions();

  @Parameters(
      paramLabel = "DATASET",
      description = "The folder of a run, of its sample or of one table, file: or hdfs:.")
  String dataset = "";

  @Option(
      names = "--master",
      paramLabel = "URL",
      defaultValue = "local[*]",
      description = "Where Spark runs, unless spark-submit says; default: ${DEFAULT-VALUE}.")
  String master = "local[*]";

  @Override
  public Integer call() {
    report.checkJson();
    VerifyFigures figures = VerifyJob.run(Sessions.open(report.spec.name(), master), dataset);
    report.show(figures);
    if (!figures.damage().isEmpty()) {
      int others = figures.damage().size() - 1;
      throw new IllegalStateException(
          figures.damage().get(0) + (others == 0 ? "" : "; " + others + " more are damaged"));
    }
    return 0;
  }
}
