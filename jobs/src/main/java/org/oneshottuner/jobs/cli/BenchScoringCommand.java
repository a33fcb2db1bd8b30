package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.oneshottuner.jobs.stage.ScoringFigures;
import org.oneshottuner.jobs.stage.ScoringProgram;
import org.oneshottuner.jobs.stage.Targets;
import org.oneshottuner.workload.CpuTarget;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "scoring",
    mixinStandardHelpOptions = true,
    description =
        "Times our picks beside XGBoost in place and H2O's predictor, on ensembles that are"
            + " trained for it, taking turns in one process.")
final class BenchScoringCommand implements Callable<Integer> {
  @Mixin ReportOptions report = new ReportOptions();

  @Option(
      names = "--workloads",
      paramLabel = "FILE",
      description = "Workload texts, one a line, at least 17; default: data/kernels.txt.")
  Optional<Path> workloads = Optional.empty();

  @Option(
      names = "--target",
      paramLabel = "NAME",
      defaultValue = "avx512",
      description = "Whose spaces are scored, on any machine; default: ${DEFAULT-VALUE}.")
  String target = CpuTarget.AVX512.name();

  @Option(
      names = "--ensembles",
      paramLabel = "SIZES",
      defaultValue = "100x6,300x8,500x10",
      description = "Trees by depth; default: ${DEFAULT-VALUE}.")
  String ensembles = "";

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "How often each program has its turn; default: ${DEFAULT-VALUE}.")
  int rounds;

  @Override
  public Integer call() throws InterruptedException {
    report.checkJson();
    Path home = CommonOptions.home().toAbsolutePath();
    ScoringProgram.Request request =
        new ScoringProgram.Request(
            workloads.orElseGet(() -> home.resolve("data/kernels.txt")),
            Targets.named(target).name(),
            ensembles,
            rounds);
    report.show(ScoringFigures.of(ScoringProgram.built(home).run(request)));
    return 0;
  }
}
