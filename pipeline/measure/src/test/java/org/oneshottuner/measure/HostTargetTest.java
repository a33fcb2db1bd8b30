package org.oneshottuner.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

class HostTargetTest {
  private static final Set<String> WIDE =
      Set.of("avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl");

  private static Host host(Set<String> flags, int online, String... caches) {
    return new Host("any", flags, online, List.of(0), List.of(caches), "Linux");
  }

  @Test
  void aMachineHasItsOwnCachesAndProcessors() {
    CpuTarget target =
        HostTarget.of(
                host(
                    WIDE,
                    4,
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
    CpuTarget target = HostTarget.of(host(Set.of("avx2", "fma"), 1)).orElseThrow();

    assertThat(target)
        .isEqualTo(new CpuTarget("avx2", "haswell", 32, 16, 32 << 10, 1 << 20, 32 << 20, 1));
  }

  @Test
  void cachesOfOneLevelStandForThoseBelow() {
    CpuTarget target =
        HostTarget.of(host(WIDE, 1, "L1 Data 64K", "L2 Unified 64M", "L3 Unified 1M"))
            .orElseThrow();

    assertThat(target.l3Bytes()).isEqualTo(64 << 20);
  }

  @Test
  void theProcessorsThatAProcessMayUseAreNoMatter() {
    Host all = Host.read();
    Host bound =
        new Host(
            all.model(),
            all.flags(),
            all.online(),
            all.cpus().subList(0, 1),
            all.caches(),
            all.system());

    assertThat(all.online()).isGreaterThanOrEqualTo(all.cpus().size());
    assertThat(HostTarget.of(bound)).isEqualTo(HostTarget.of(all));
  }

  @Test
  void machinesOfArmsAreNeon() {
    Host graviton =
        host(Set.of("asimd", "fp"), 4, "L1 Data 64K", "L2 Unified 1M", "L3 Unified 32M");

    assertThat(HostTarget.of(graviton))
        .contains(new CpuTarget("neon", "armv8-a", 16, 32, 64 << 10, 1 << 20, 32 << 20, 4));
    assertThat(graviton.runs(CpuTarget.AVX2)).isFalse();
  }

  @Test
  void noX86RunsWhatIsNeons() throws InterruptedException {
    Host x86 = host(WIDE, 2);
    TuningTask task = new TuningTask(Workload.parse("dense m=1 n=2 k=3"), CpuTarget.NEON, 1);
    TargetGate gate = new TargetGate(x86, new Compiler(Path.of("/no/such/cc"), "none"));

    assertThat(x86.runs(CpuTarget.NEON)).isFalse();
    assertThatThrownBy(() -> gate.mustAdmit(task))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot measure for target neon: its kernels run on aarch64, this processor (any) is"
                + " of x86_64");
  }

  @Test
  void otherMachinesAreNoTarget() {
    assertThat(HostTarget.of(host(Set.of("sse2"), 1))).isEmpty();
  }
}
