package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.kernels.KernelFolder;
import org.oneshottuner.jobs.kernels.KernelOrder;
import org.oneshottuner.measure.Compiler;
import org.oneshottuner.sample.WorkloadList;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "compile",
    mixinStandardHelpOptions = true,
    description =
        "Writes the kernels of operators: C sources, headers and a library that C programs link.")
final class CompileCommand implements Callable<Integer> {
  @Mixin ReportOptions report = new ReportOptions();
  @Mixin ServingOptions serving = new ServingOptions();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      required = true,
      description = "Takes the kernels; replaced if compile wrote it, refused if another did.")
  Path output = Path.of("");

  @Option(
      names = "--example",
      description = "Also writes a C program that runs and checks every kernel, and its Makefile.")
  boolean example;

  @Parameters(
      paramLabel = "TASKS",
      description = "Operators, one a line; may hold # comments and network<TAB>count<TAB>.")
  Path tasks = Path.of("");

  @Override
  public Integer call() throws InterruptedException {
    report.checkJson();
    WorkloadList workloads = WorkloadList.read(tasks);
    KernelFolder folder = KernelFolder.at(output);
    KernelFolder.Extras extras = example ? KernelFolder.Extras.EXAMPLE : KernelFolder.Extras.NONE;
    OneShotTuner tuner = serving.tuner();
    KernelOrder order = new KernelOrder(tuner, workloads, serving.target(tuner), serving.threads);
    Compiler compiler = Compiler.find(System.getenv(), order.target());
    report.show(folder.write(order, compiler, extras));
    return 0;
  }
}
