package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.stage.Measuring;
import org.oneshottuner.jobs.stage.Targets;
import org.oneshottuner.jobs.stage.TuneJob;
import org.oneshottuner.sample.WorkloadList;
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
      arity = "0..*",
      paramLabel = "TASK",
      description = "Workload texts, or files of them.")
  List<String> tasks = List.of();

  @Option(
      names = "--workloads",
      paramLabel = "FILE",
      description = "More workload texts, one a line, such as data/kernels.txt.")
  Optional<Path> workloads = Optional.empty();

  @Option(
      names = "--threads",
      split = ",",
      paramLabel = "N",
      description = "Numbers of threads, all in one run; default: the setting threads.")
  List<Integer> threads = List.of();

  @Option(
      names = "--search",
      split = ",",
      paramLabel = "NAME",
      description =
          "random, annealing (on boosted trees, as AutoTVM does it), evolutionary, genetic,"
              + " exhaustive, or several; default: annealing. A space of no more than N members is"
              + " tried whole.")
  List<String> searches = List.of(SearchAlgorithm.ANNEALING.text());

  @Option(
      names = "--trials",
      paramLabel = "N",
      defaultValue = "64",
      description =
          "Measurements of each task; default: ${DEFAULT-VALUE}. From 128 on, more of them go on"
              + " where fewer ended.")
  int trials;

  @Override
  public Integer call() throws InterruptedException {
    Settings settings = common.settings();
    common.checkJson();
    List<String> named = searches.stream().map(name -> SearchAlgorithm.named(name).text()).toList();
    if (trials < 1) {
      throw new IllegalArgumentException("Cannot search by " + trials + " trials: least is 1");
    }
    List<TuningTask> read = tasks(settings);
    RunFolder run = common.shared("tune").writable();
    common.sayRun();
    try (Measuring measuring = common.measuring(settings, run)) {
      common.show(new TuneJob(settings, measuring).run(read, named, trials));
    }
    return 0;
  }

  private List<TuningTask> tasks(Settings settings) {
    if (tasks.isEmpty() && workloads.isEmpty()) {
      throw new IllegalArgumentException("Cannot tune nothing: expected TASK or --workloads");
    }
    CpuTarget target = Targets.named(settings.target());
    WorkloadList list = workloads();
    List<TuningTask> read = new ArrayList<>();
    List<Integer> counts = threads.isEmpty() ? List.of(settings.threads()) : threads;
    for (int count : counts.stream().distinct().toList()) {
      for (WorkloadList.Entry entry : list.entries()) {
        read.add(new TuningTask(entry.workload(), target, count));
      }
    }
    return read;
  }

  private WorkloadList workloads() {
    WorkloadList.mustBeQuoted(tasks);
    WorkloadList list = WorkloadList.EMPTY;
    for (String task : tasks) {
      Path file = Path.of(task.indexOf('=') < 0 ? task : "");
      boolean text = task.indexOf('=') >= 0 || task.indexOf(' ') >= 0;
      list = list.and(text ? WorkloadList.of(List.of(task)) : WorkloadList.read(file));
    }
    return workloads.isPresent() ? list.and(WorkloadList.read(workloads.get())) : list;
  }
}
