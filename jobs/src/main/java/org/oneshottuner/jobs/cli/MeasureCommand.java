package org.oneshottuner.jobs.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.stage.MeasureJob;
import org.oneshottuner.jobs.stage.Measuring;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "measure",
    mixinStandardHelpOptions = true,
    description =
        "Labels the candidates of a sample on this machine; goes on where it was stopped.")
final class MeasureCommand implements Callable<Integer> {
  @Mixin CommonOptions common = new CommonOptions();

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description = "Also measures N candidates again, to tell a label's standard deviation.")
  Optional<Integer> repeat = Optional.empty();

  @Option(
      names = "--budget",
      paramLabel = "TIME",
      description = "Begins no more after this time, such as 90s.")
  Optional<String> budget = Optional.empty();

  @Override
  public Integer call() throws InterruptedException {
    repeat.ifPresent(count -> common.overrides.add("measure.repeat=" + count));
    budget.ifPresent(time -> common.overrides.add("measure.budget=" + time));
    Settings settings = common.settings();
    common.checkJson();
    RunFolder run = common.existing(settings).writable();
    common.sayRun();
    try (Measuring measuring = common.measuring(settings, run)) {
      common.show(new MeasureJob(common.spark(), settings, measuring).run(run.sample()));
    }
    return 0;
  }
}
