package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.kernels.WorkloadList;
import org.oneshottuner.jobs.stage.Measuring;
import org.oneshottuner.jobs.stage.Targets;
import org.oneshottuner.jobs.stage.TuneJob;
import org.oneshottuner.search.SearchAlgorithm;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "tune",
    mixinStandardHelpOptions = true,
    description =
        "Searches by measuring: the baselines, and the yardstick for the best known time.")
final class TuneCommand implements Callable<Integer> {
  @Mixin CommonOptions common = new CommonOptions();

  @Parameters(
      arity = "1..*",
      paramLabel = "TASK",
      description = "Workload texts, or files of them.")
  List<String> tasks = List.of();

  @Option(
      names = "--search",
      split = ",",
      paramLabel = "NAME",
      description =
          "random, annealing (on boosted trees, as AutoTVM does it), evolutionary, genetic,"
              + " exhaustive, or several; default: annealing.")
  List<String> searches = List.of(SearchAlgorithm.ANNEALING.text());

  @Option(
      names = "--trials",
      paramLabel = "N",
      defaultValue = "64",
      description = "Measurements of each task; default: ${DEFAULT-VALUE}.")
  int trials;

  @Override
  public Integer call() throws InterruptedException {
    Settings settings = common.settings();
    common.checkJson();
    List<String> named = searches.stream().map(name -> SearchAlgorithm.named(name).text()).toList();
    if (trials < 1) {
      throw new IllegalArgumentException("Cannot search by " + trials + " trials: least is 1");
    }
    WorkloadList.mustBeQuoted(tasks);
    WorkloadList workloads = WorkloadList.EMPTY;
    for (String task : tasks) {
      Path file = Path.of(task.indexOf('=') < 0 ? task : "");
      boolean text = task.indexOf('=') >= 0 || task.indexOf(' ') >= 0;
      workloads = workloads.and(text ? WorkloadList.of(List.of(task)) : WorkloadList.read(file));
    }
    CpuTarget target = Targets.named(settings.target());
    List<TuningTask> read =
        workloads.entries().stream()
            .map(entry -> new TuningTask(entry.workload(), target, settings.threads()))
            .toList();
    RunFolder run = common.shared("tune").writable();
    common.sayRun();
    try (Measuring measuring = common.measuring(settings, run)) {
      common.show(new TuneJob(settings, measuring).run(read, named, trials));
    }
    return 0;
  }
}
