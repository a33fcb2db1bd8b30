package org.oneshottuner.jobs.stage;

import org.oneshottuner.measure.HostTarget;
import org.oneshottuner.workload.CpuTarget;

/** What a setting of {@code target} means. */
public final class Targets {
  /** Stands for the machine that this runs on. */
  public static final String HOST = "host";

  private Targets() {}

  /**
   * Returns a target by its name.
   *
   * @param name {@link #HOST}, with the caches and processors that it has, or a known target's
   * @throws IllegalArgumentException if there is none, or this machine is none that is known
   */
  public static CpuTarget named(String name) {
    if (!name.equals(HOST)) {
      return CpuTarget.named(name);
    }
    return HostTarget.detect()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot compile for this machine: it has none of AVX-512, AVX2 and NEON, name"
                        + " a target, one of "
                        + CpuTarget.known().stream().map(CpuTarget::name).toList()));
  }
}
