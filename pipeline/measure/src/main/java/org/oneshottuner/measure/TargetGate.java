package org.oneshottuner.measure;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;

/** Lets through the tasks that can be built and run here; each target is tried once. */
final class TargetGate {
  private final Host host;
  private final Compiler compiler;
  private final Set<CpuTarget> admitted = ConcurrentHashMap.newKeySet();

  TargetGate(Host host, Compiler compiler) {
    this.host = host;
    this.compiler = compiler;
  }

  /**
   * Checks a task's target and threads.
   *
   * @throws IllegalArgumentException if this processor cannot run it
   * @throws DeviceException if the compiler cannot build for it
   */
  void mustAdmit(TuningTask task) throws InterruptedException {
    host.mustRun(task);
    CpuTarget target = task.target();
    if (admitted.contains(target)) {
      return;
    }
    compiler.mustBuildFor(target);
    admitted.add(target);
  }
}
