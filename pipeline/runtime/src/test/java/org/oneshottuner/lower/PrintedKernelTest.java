package org.oneshottuner.lower;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/**
 * Printed C, compiled and run, against naive loops: with the interpreter's tests, printer and
 * interpreter agree.
 */
class PrintedKernelTest {
  private static final int TARGETS = 3;
  private static final int NARROW = 3;
  private static final int NARROW_TRIES = 40;
  private static final int NARROW_KERNELS = 4;

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

  /** Narrow tiles at the borders have kernel columns of which none of their outputs takes part. */
  @Test
  void whatNothingReadsIsLeftOutOfBorderTiles(@TempDir Path directory) throws Exception {
    SplitMix64 random = TestSeed.random("borders");
    CompiledKernels kernels = new CompiledKernels(directory, SmallTasks.FOUR_LANES);
    for (String shape : List.of("h=9 w=10 r=7 s=7 stride=2 pad=3", "h=2 w=2 r=3 s=3 pad=4")) {
      TuningTask task =
          new TuningTask(Workload.parse("conv2d n=1 c=2 k=16 " + shape), SmallTasks.FOUR_LANES, 1);
      Reference reference = new Reference(task, random);
      LoweringTest.drawn(task, NARROW_TRIES, random)
          .filter(candidate -> candidate.schedule().template().equals(DirectConv2d.NAME))
          .filter(candidate -> candidate.schedule().number("owt") <= NARROW)
          .limit(NARROW_KERNELS)
          .forEach(candidate -> kernels.add(candidate, reference));
    }
    assumeTrue(kernels.check(TestSeed.rerun()), "This processor lacks the vectors");
  }
}
