package org.oneshottuner.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.oneshottuner.workload.CpuTarget;

class HostTargetTest {
  private static final Set<String> WIDE =
      Set.of("avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl");

  private static Host host(Set<String> flags, List<Integer> cpus, String... caches) {
    return new Host("any", flags, cpus, List.of(caches), "Linux");
  }

  @Test
  void aMachineHasItsOwnCachesAndProcessors() {
    CpuTarget target =
        HostTarget.of(
                host(
                    WIDE,
                    List.of(0, 1, 2, 5),
                    "L1 Data 48K",
                    "L1 Instruction 32K",
                    "L2 Unified 2048K",
                    "L3 Unified 36M"))
            .orElseThrow();

    assertThat(target)
        .isEqualTo(new CpuTarget("avx512", "x86-64-v4", 64, 32, 48 << 10, 2 << 20, 36 << 20, 4));
  }

  @Test
  void whatAMachineDoesNotSayIsAsUsual() {
    CpuTarget target = HostTarget.of(host(Set.of("avx2", "fma"), List.of(0))).orElseThrow();

    assertThat(target)
        .isEqualTo(new CpuTarget("avx2", "haswell", 32, 16, 32 << 10, 1 << 20, 32 << 20, 1));
  }

  @Test
  void cachesOfOneLevelStandForThoseBelow() {
    CpuTarget target =
        HostTarget.of(host(WIDE, List.of(0), "L1 Data 64K", "L2 Unified 64M", "L3 Unified 1M"))
            .orElseThrow();

    assertThat(target.l3Bytes()).isEqualTo(64 << 20);
  }

  @Test
  void otherMachinesAreNoTarget() {
    assertThat(HostTarget.of(host(Set.of("sse2"), List.of(0)))).isEmpty();
  }
}
