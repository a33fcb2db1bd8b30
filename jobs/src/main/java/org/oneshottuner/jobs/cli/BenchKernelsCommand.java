package org.oneshottuner.jobs.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.stage.BenchJob;
import org.oneshottuner.jobs.stage.BenchJob.Source;
import org.oneshottuner.jobs.stage.ContestProgram;
import org.oneshottuner.jobs.stage.KernelFigures;
import org.oneshottuner.jobs.stage.Measuring;
import org.oneshottuner.jobs.stage.PeerLibraries;
import org.oneshottuner.jobs.stage.Targets;
import org.oneshottuner.jobs.storage.AtomicFile;
import org.oneshottuner.jobs.storage.Place;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.HostTarget;
import org.oneshottuner.report.KernelComparison;
import org.oneshottuner.report.KernelReport;
import org.oneshottuner.sample.WorkloadList;
import org.oneshottuner.search.SearchAlgorithm;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "kernels",
    mixinStandardHelpOptions = true,
    description =
        "Times our best kernels beside oneDNN, ONNX Runtime and OpenBLAS, taking turns in one"
            + " process for each number of threads.")
final class BenchKernelsCommand implements Callable<Integer> {
  @Mixin CommonOptions common = new CommonOptions();

  @Option(
      names = "--workloads",
      paramLabel = "FILE",
      description = "Workload texts, one a line; default: data/kernels.txt.")
  Optional<Path> workloads = Optional.empty();

  @Option(
      names = "--threads",
      split = ",",
      paramLabel = "N",
      description = "Numbers of threads; default: 1,2.")
  List<Integer> threads = List.of(1, 2);

  @Option(
      names = "--trials",
      paramLabel = "N",
      description =
          "Searches each task by N measurements first; by default what was measured before is"
              + " taken, and the default schedules where nothing was.")
  Optional<Integer> trials = Optional.empty();

  @Option(
      names = "--search",
      split = ",",
      paramLabel = "NAME",
      description = "How it searches by --trials, as for tune; default: evolutionary.")
  List<String> searches = List.of();

  @Option(
      names = "--csv",
      paramLabel = "FILE",
      description = "The table as a file; default: kernels.csv of the run.")
  Optional<Path> csv = Optional.empty();

  @Option(
      names = "--page",
      paramLabel = "FILE",
      description = "The page with the plot; default: kernels.html of the run.")
  Optional<Path> page = Optional.empty();

  /** What costs nothing is refused before libraries are fetched, and before hours of searching. */
  @Override
  public Integer call() throws InterruptedException {
    Settings settings = common.settings();
    common.checkJson();
    List<String> named = searches();
    List<TuningTask> tasks = tasks(settings);
    HostTarget.mustRun(tasks);
    PeerLibraries.mustExist();
    for (TuningTask task : tasks) {
      if (Templates.space(task).size() < 1) {
        throw new IllegalArgumentException("Cannot compare " + task.key() + ": its space is empty");
      }
    }
    RunFolder run = common.shared("tune").writable();
    Path table = csv.orElseGet(() -> run.local("kernels.csv", "--csv"));
    Path drawing = page.orElseGet(() -> run.local("kernels.html", "--page"));
    mustDiffer(table, drawing);
    Place.mustTakeFile(table, "Cannot write the table to " + table);
    Place.mustTakeFile(drawing, "Cannot write the page to " + drawing);
    Path home = CommonOptions.home().toAbsolutePath();
    ContestProgram program = ContestProgram.built(home);
    KernelComparison comparison;
    try (PeerLibraries.Held peers = PeerLibraries.of(home).fetched()) {
      common.sayRun();
      comparison = program.run(plan(settings, run, tasks, named), peers.folder());
    }
    AtomicFile.write(table, comparison.csv().getBytes(StandardCharsets.UTF_8));
    AtomicFile.write(drawing, KernelReport.html(comparison).getBytes(StandardCharsets.UTF_8));
    common.show(KernelFigures.of(comparison));
    return comparison.kernels().stream().allMatch(row -> row.oursMillis().isPresent()) ? 0 : 1;
  }

  private List<String> searches() {
    if (trials.orElse(1) < 1) {
      throw new IllegalArgumentException(
          "Cannot search by " + trials.get() + " trials: least is 1");
    }
    if (!searches.isEmpty() && trials.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot search by "
              + String.join(",", searches)
              + ": --trials is missing, which says by how many measurements");
    }
    return searches.isEmpty()
        ? List.of(SearchAlgorithm.EVOLUTIONARY.text())
        : searches.stream().map(name -> SearchAlgorithm.named(name).text()).toList();
  }

  /** One of them would be gone. */
  private void mustDiffer(Path table, Path drawing) {
    Map<String, Path> files = new LinkedHashMap<>();
    workloads.ifPresent(file -> files.put("--workloads", file));
    files.put("--csv", table);
    files.put("--page", drawing);
    common.json.ifPresent(file -> files.put("--json", file));
    Map<Path, String> options = new HashMap<>();
    files.forEach(
        (option, file) -> {
          String other = options.putIfAbsent(Place.real(file), option);
          if (other != null) {
            throw new IllegalArgumentException(
                "Cannot use " + file + " for " + option + ": it is the file of " + other);
          }
        });
  }

  private List<TuningTask> tasks(Settings settings) {
    CpuTarget target = Targets.named(settings.target());
    WorkloadList list =
        WorkloadList.read(
            workloads.orElseGet(() -> CommonOptions.home().resolve("data/kernels.txt")));
    List<TuningTask> tasks = new ArrayList<>();
    for (int count : threads.stream().distinct().toList()) {
      for (WorkloadList.Entry entry : list.entries()) {
        tasks.add(new TuningTask(entry.workload(), target, count));
      }
    }
    return tasks;
  }

  /** The device and its table are closed before anything is compared. */
  private String plan(
      Settings settings, RunFolder run, List<TuningTask> tasks, List<String> searches)
      throws InterruptedException {
    try (Measuring measuring = common.measuring(settings, run)) {
      BenchJob job = new BenchJob(settings, measuring);
      if (trials.isPresent()) {
        job.search(tasks, searches, trials.get()).lines().forEach(common.out()::println);
      }
      BenchJob.Plan plan = job.plan(tasks, trials.isPresent() ? Source.SEARCH : Source.KNOWN);
      plan.origins().forEach(common.out()::println);
      common.out().flush();
      return plan.text();
    }
  }
}
