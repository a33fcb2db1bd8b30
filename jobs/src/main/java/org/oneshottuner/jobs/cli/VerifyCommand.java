package org.oneshottuner.jobs.cli;

import java.util.concurrent.Callable;
import org.oneshottuner.jobs.stage.VerifyFigures;
import org.oneshottuner.jobs.stage.VerifyJob;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description =
        "Reads every file of a dataset, and fails if one is missing or altered since it was"
            + " committed.")
final class VerifyCommand implements Callable<Integer> {
  @Mixin SparkOptions common = new SparkOptions();

  @Parameters(
      paramLabel = "DATASET",
      description = "The folder of a run, of its sample or of one table, file: or hdfs:.")
  String dataset = "";

  @Override
  public Integer call() {
    common.checkJson();
    new RunFolder(dataset).mustBeThere("Cannot verify " + dataset);
    VerifyFigures figures = VerifyJob.run(common.spark(), dataset);
    common.show(figures);
    if (!figures.damage().isEmpty()) {
      int others = figures.damage().size() - 1;
      throw new IllegalStateException(
          figures.damage().get(0)
              + (others == 0 ? "" : "; " + others + (others == 1 ? " more is" : " more are"))
              + (others == 0 ? "" : " damaged"));
    }
    if (figures.tables().isEmpty()) {
      throw new IllegalStateException(
          "Cannot verify " + dataset + ": no table there has a manifest");
    }
    return 0;
  }
}
