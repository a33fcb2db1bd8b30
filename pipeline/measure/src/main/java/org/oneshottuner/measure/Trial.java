package org.oneshottuner.measure;

import java.nio.file.Path;
import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.workload.TuningTask;

/**
 * A built kernel in the words of the native runner.
 *
 * @param task what it computes
 * @param source its sizes and name
 * @param library that holds it
 * @param tolerance of its output
 */
record Trial(TuningTask task, KernelSource source, Path library, double tolerance) {

  /** Returns the fields that describe the kernel; the path comes last. */
  String fields() {
    return "threads="
        + task.threads()
        + " symbol="
        + source.name()
        + " units="
        + String.join(",", source.phaseUnits().stream().map(String::valueOf).toList())
        + " packed="
        + source.packedFloats()
        + " shared="
        + source.sharedWorkspaceFloats()
        + " slot="
        + source.slotWorkspaceFloats()
        + " path="
        + library;
  }
}
