package org.oneshottuner.lower;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.TuningTask;

/**
 * Printed C, compiled and run, against naive loops: with the interpreter's tests, printer and
 * interpreter agree.
 */
class PrintedKernelTest {
  private static final int TARGETS = 3;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void printedKernelsCompileWithoutWarningAndComputeWhatTheNaiveLoopsDo(
      int target, @TempDir Path directory) throws Exception {
    SplitMix64 random = TestSeed.random("printed", Integer.toString(target));
    List<TuningTask> tasks = SmallTasks.corners().toList();
    CompiledKernels kernels = new CompiledKernels(directory, tasks.get(target).target());
    // a third of the corners for each target
    IntStream.range(0, tasks.size())
        .filter(i -> i % TARGETS == target && i / TARGETS % TARGETS == target)
        .mapToObj(tasks::get)
        .forEach(
            task -> {
              Reference reference = new Reference(task, random);
              LoweringTest.drawn(task, 1, random)
                  .forEach(candidate -> kernels.add(candidate, reference));
            });
    assumeTrue(kernels.check(TestSeed.rerun()), "This processor lacks the vectors");
  }
}
