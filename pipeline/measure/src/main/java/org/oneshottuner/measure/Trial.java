package org.oneshottuner.measure;

import java.nio.file.Path;
import java.util.List;
import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.workload.TuningTask;

/**
 * A built kernel, or a way in which a peer computes a task, in the words of the native runner.
 *
 * @param task what it computes
 * @param source its sizes and name
 * @param library that holds it, or the peer's adapter
 * @param tolerance of its output
 * @param variant which of the peer's ways; empty for a kernel
 */
record Trial(TuningTask task, KernelSource source, Path library, double tolerance, String variant) {
  /** What every adapter calls its entry. */
  private static final String PEER = "oneshot_peer";

  Trial(TuningTask task, KernelSource source, Path library, double tolerance) {
    this(task, source, library, tolerance, "");
  }

  /** Returns the trial of a peer. */
  static Trial of(Contender.Foreign foreign, double tolerance) {
    return new Trial(
        foreign.task(),
        new KernelSource(PEER, "", List.of(1L), 0, 0, 0),
        foreign.peer().adapter(),
        tolerance,
        foreign.variant());
  }

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
        + (variant.isEmpty() ? "" : " variant=" + variant)
        + " path="
        + library;
  }
}
