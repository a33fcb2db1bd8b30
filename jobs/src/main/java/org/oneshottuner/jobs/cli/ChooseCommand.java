package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.kernels.ChooseFigures;
import org.oneshottuner.sample.WorkloadList;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "choose",
    mixinStandardHelpOptions = true,
    description = "Picks the schedule predicted to be fastest, and says why; measures nothing.")
final class ChooseCommand implements Callable<Integer> {
  @Mixin ReportOptions report = new ReportOptions();
  @Mixin ServingOptions serving = new ServingOptions();

  @Option(
      names = "--file",
      paramLabel = "TASKS",
      description = "Operators, one a line; may hold # comments and network<TAB>count<TAB>.")
  Optional<Path> file = Optional.empty();

  @Option(
      names = "--explain",
      description =
          "Also says which features move the score from the default schedule's to the pick's.")
  boolean explain;

  @Parameters(
      paramLabel = "WORKLOAD",
      arity = "0..*",
      description = "Operators, such as 'conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1'.")
  List<String> texts = new ArrayList<>();

  @Override
  public Integer call() {
    report.checkJson();
    WorkloadList workloads = WorkloadList.of(texts);
    if (file.isPresent()) {
      workloads = workloads.and(WorkloadList.read(file.get()));
    }
    if (workloads.entries().isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot choose for nothing: expected an operator, such as 'dense m=128 n=768 k=768', or --file");
    }
    OneShotTuner tuner = serving.tuner();
    report.show(
        ChooseFigures.of(
            tuner, serving.model.toString(), serving.tasks(tuner, workloads), explain));
    return 0;
  }
}
