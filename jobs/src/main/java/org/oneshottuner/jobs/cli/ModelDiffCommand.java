package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.model.ModelDifference;
import org.oneshottuner.jobs.model.ModelDifference.Side;
import org.oneshottuner.predict.ServingPolicy;
import org.oneshottuner.sample.WorkloadList;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    description = "Says which picks change from one frozen model to another, and what that gains.")
final class ModelDiffCommand implements Callable<Integer> {
  @Mixin ReportOptions report = new ReportOptions();
  @Mixin PolicyOptions policy = new PolicyOptions();

  @Option(
      names = "--workloads",
      paramLabel = "FILE",
      description =
          "Operators, one a line; may hold # comments and network<TAB>count<TAB>; default:"
              + " data/kernels.txt.")
  Optional<Path> workloads = Optional.empty();

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many threads run an operator; default: ${DEFAULT-VALUE}.")
  int threads = 1;

  @Parameters(index = "0", paramLabel = "BEFORE", description = "A frozen model.")
  Path before = Path.of("");

  @Parameters(index = "1", paramLabel = "AFTER", description = "Another, for the same target.")
  Path after = Path.of("");

  @Override
  public Integer call() {
    report.checkJson();
    ServingPolicy asked = policy.policy();
    ServingOptions.checkFile(before);
    ServingOptions.checkFile(after);
    WorkloadList list =
        WorkloadList.read(
            workloads.orElseGet(() -> CommonOptions.home().resolve("data/kernels.txt")));
    if (list.entries().isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot compare models over nothing: the file of workloads has none");
    }
    Side one = side(before, asked);
    Side other = side(after, asked);
    String target = one.tuner().model().target().text();
    if (!other.tuner().model().target().text().equals(target)) {
      throw new IllegalArgumentException(
          "Cannot compare models for different targets: "
              + before
              + " is for "
              + target
              + ", "
              + after
              + " for "
              + other.tuner().model().target().text());
    }
    CpuTarget on = CpuTarget.parse(target);
    List<TuningTask> tasks =
        list.entries().stream()
            .map(entry -> new TuningTask(entry.workload(), on, threads))
            .toList();
    report.show(ModelDifference.of(one, other, tasks));
    return 0;
  }

  private static Side side(Path file, ServingPolicy asked) {
    return new Side(file.toString(), OneShotTuner.load(file, asked));
  }
}
