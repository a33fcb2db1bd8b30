package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Kernels for NEON, built by a cross compiler and run by an emulator, against naive loops. */
class NeonTest {
  private static final int PROGRAMS = 2;
  private static final int KERNELS_OF_A_CORNER = 1;
  private static final int DRAWN = 20;

  @TempDir private Path directory;

  @BeforeEach
  void theToolsAreThere() throws InterruptedException {
    assumeTrue(
        CProgram.linksStatically("aarch64-linux-gnu-gcc") && CProgram.has("qemu-aarch64"),
        "Kernels for NEON are not run: install gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and"
            + " qemu-user (jobs/install-packages does)");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void theCornersOfEveryOperatorAreWhatTheNaiveLoopsMakeOfThem(int program) throws Exception {
    SplitMix64 random = TestSeed.random("neon", Integer.toString(program));
    List<TuningTask> corners =
        SmallTasks.corners().map(TuningTask::workload).distinct().map(NeonTest::task).toList();
    List<TuningTask> half =
        corners.stream().filter(task -> corners.indexOf(task) % PROGRAMS == program).toList();
    check(half.stream(), KERNELS_OF_A_CORNER, random);
  }

  @Test
  void drawnTasksAreWhatTheNaiveLoopsMakeOfThem() throws Exception {
    SplitMix64 random = TestSeed.random("neon drawn");
    check(Stream.generate(() -> task(SmallTasks.draw(random).workload())).limit(DRAWN), 1, random);
  }

  /** What the guard pages are there for: a store beyond a buffer does not go unseen. */
  @Test
  void aStoreBeyondABufferEndsTheProgram() throws Exception {
    CProgram program = new CProgram(directory);
    program.source("driver.c", CompiledKernels.driver());
    program.source(
        "kernels.inc",
        """
        static void phase(int p, const float *const *in, float *out, float *w, long s, long b, long e) {
          (void)p, (void)in, (void)w, (void)s, (void)b, (void)e;
          out[5] = 1;
        }
        static const struct kernel kernels[] = {{NULL, phase, (const long[]){1}, 1, 0, 0, 0, 0, 0, 5, 0, 0, 0}};
        """);
    program.floats("operands", List.of());
    program.compile(CpuTarget.NEON.march(), "driver.c");
    assertThatThrownBy(() -> program.run(0, "operands", "outputs"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("Segmentation fault");
  }

  private void check(Stream<TuningTask> tasks, int each, SplitMix64 random) throws Exception {
    CompiledKernels kernels = new CompiledKernels(directory, CpuTarget.NEON);
    tasks.forEach(
        task -> {
          Reference reference = new Reference(task, random);
          LoweringTest.drawn(task, each, random)
              .forEach(candidate -> kernels.add(candidate, reference));
        });
    assertThat(kernels.check(TestSeed.rerun())).isTrue();
  }

  private static TuningTask task(Workload workload) {
    return new TuningTask(workload, CpuTarget.NEON, 2);
  }
}
