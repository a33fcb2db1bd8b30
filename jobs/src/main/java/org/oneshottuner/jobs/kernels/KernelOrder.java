package org.oneshottuner.jobs.kernels;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.sample.WorkloadList;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;

/**
 * What kernels are wanted.
 *
 * @param tuner that chooses their schedules
 * @param workloads what they compute; not empty
 * @param target what they run on
 * @param threads how many threads run one
 */
public record KernelOrder(
    OneShotTuner tuner, WorkloadList workloads, CpuTarget target, int threads) {
  /** Checks that every workload can be run so. */
  public KernelOrder {
    requireNonNull(tuner, "tuner");
    if (tasks(workloads, target, threads).isEmpty()) {
      throw new IllegalArgumentException("Cannot compile nothing: no operator was named");
    }
  }

  /** Returns a task for each workload, in their order. */
  public List<TuningTask> tasks() {
    return tasks(workloads, target, threads);
  }

  private static List<TuningTask> tasks(WorkloadList workloads, CpuTarget target, int threads) {
    return workloads.entries().stream()
        .map(entry -> new TuningTask(entry.workload(), target, threads))
        .toList();
  }
}
