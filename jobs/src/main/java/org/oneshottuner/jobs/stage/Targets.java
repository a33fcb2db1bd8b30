package org.oneshottuner.jobs.stage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.oneshottuner.workload.CpuTarget;

/** What a setting of {@code target} means. */
public final class Targets {
  /** Stands for the machine that this runs on. */
  public static final String HOST = "host";

  private static final Path CPUINFO = Path.of("/proc/cpuinfo");

  private Targets() {}

  /**
   * Returns a target by its name.
   *
   * @param name {@link #HOST}, or a known target's
   * @throws IllegalArgumentException if there is none, or this machine is none that is known
   */
  public static CpuTarget named(String name) {
    if (!name.equals(HOST)) {
      return CpuTarget.named(name);
    }
    Set<String> flags = flags();
    if (flags.containsAll(List.of("avx512f", "avx512bw", "avx512dq", "avx512vl"))) {
      return CpuTarget.AVX512;
    } else if (flags.containsAll(List.of("avx2", "fma"))) {
      return CpuTarget.AVX2;
    }
    throw new IllegalArgumentException(
        "Cannot compile for this machine: it has neither AVX-512 nor AVX2, name a target, one of "
            + CpuTarget.known().stream().map(CpuTarget::name).toList());
  }

  private static Set<String> flags() {
    try {
      for (String line : Files.readAllLines(CPUINFO, StandardCharsets.UTF_8)) {
        if (line.startsWith("flags")) {
          return Set.of(line.substring(line.indexOf(':') + 1).strip().split("\\s+", -1));
        }
      }
      return Set.of();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot tell what this machine is: " + e.getMessage(), e);
    }
  }
}
