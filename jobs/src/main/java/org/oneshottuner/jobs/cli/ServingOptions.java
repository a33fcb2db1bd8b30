package org.oneshottuner.jobs.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.stage.Targets;
import org.oneshottuner.predict.ServingPolicy;
import org.oneshottuner.sample.WorkloadList;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What commands understand that serve a frozen model. */
final class ServingOptions {
  @Mixin PolicyOptions policy = new PolicyOptions();

  /** Stands for the target that the model was trained for. */
  private static final String MODEL = "model";

  /** Stands for the machine that this runs on. */
  private static final String DETECT = "detect";

  @Option(
      names = "--model",
      paramLabel = "FILE",
      required = true,
      description = "A frozen model, as export writes it.")
  Path model = Path.of("");

  @Option(
      names = "--target",
      paramLabel = "NAME",
      defaultValue = MODEL,
      description =
          "What the kernels are to run on: model (what the model was trained for), detect (this"
              + " machine), avx512, avx2 or neon; default: ${DEFAULT-VALUE}.")
  String target = MODEL;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many threads run an operator; default: ${DEFAULT-VALUE}.")
  int threads = 1;

  OneShotTuner tuner() {
    ServingPolicy asked = policy.policy();
    checkFile(model);
    return OneShotTuner.load(model, asked);
  }

  /** Refuses a model that is no file. */
  static void checkFile(Path model) {
    if (!Files.isRegularFile(model)) {
      throw new IllegalArgumentException(
          "Cannot load model "
              + model
              + (Files.isDirectory(model)
                  ? ": it is a folder, expected a frozen model"
                  : ": there is no such file"));
    }
  }

  /** Returns what is compiled for. */
  CpuTarget target(OneShotTuner tuner) {
    return switch (target) {
      case MODEL -> CpuTarget.parse(tuner.model().target().text());
      case DETECT -> Targets.named(Targets.HOST);
      default ->
          CpuTarget.known().stream()
              .filter(known -> known.name().equals(target))
              .findFirst()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "Cannot find target '"
                              + target
                              + "': known are "
                              + MODEL
                              + ", "
                              + DETECT
                              + ", "
                              + String.join(
                                  ", ", CpuTarget.known().stream().map(CpuTarget::name).toList())));
    };
  }

  /** Returns the tasks of some workloads, in their order. */
  List<TuningTask> tasks(OneShotTuner tuner, WorkloadList workloads) {
    CpuTarget on = target(tuner);
    return workloads.entries().stream()
        .map(entry -> new TuningTask(entry.workload(), on, threads))
        .toList();
  }
}
