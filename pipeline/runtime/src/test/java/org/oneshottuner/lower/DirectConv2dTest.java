package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Each way through the loops of a direct convolution, and what its traits tell of it. */
class DirectConv2dTest {
  private static final int TRIES = 160;
  private static final int PRINTED = 12;

  /** Enough channels for partial sums on vectors of four, and planes of odd and even extents. */
  private static final List<String> WORKLOADS =
      List.of(
          "conv2d n=1 c=33 h=7 w=7 k=32 r=3 s=3 pad=1 layout=nchw16c epilogue=bias+add+relu",
          "conv2d n=2 c=18 h=6 w=9 k=18 r=3 s=3 pad=1 layout=nchw16c epilogue=bias+sigmoid",
          "conv2d n=2 c=34 h=7 w=6 k=22 r=3 s=3 pad=1 epilogue=bias+add+relu",
          "conv2d n=1 c=66 h=5 w=6 k=24 r=1 s=1 layout=nchw16c epilogue=bias+gelu",
          "conv2d n=1 c=66 h=5 w=6 k=23 r=1 s=1 epilogue=add+relu6",
          "conv2d n=1 c=68 h=9 w=11 k=16 r=1 s=1 stride=2 layout=nchw16c epilogue=swish",
          "conv2d n=1 c=16 h=9 w=8 k=16 r=3 s=2 stride=2 pad=2,0,3,1 layout=nchw16c epilogue=bias",
          "conv2d n=1 c=20 h=5 w=4 k=16 r=3 s=3 pad=3 dilation=3 layout=nchw16c",
          "conv2d n=1 c=24 h=6 w=6 k=24 r=3 s=3 pad=1 groups=3 layout=nchw16c epilogue=bias+relu",
          "conv2d n=1 c=3 h=11 w=12 k=16 r=5 s=5 stride=2 pad=2 epilogue=bias+relu");

  static Stream<TuningTask> tasks() {
    return WORKLOADS.stream()
        .map(Workload::parse)
        .flatMap(
            workload ->
                Stream.of(
                    new TuningTask(workload, SmallTasks.FOUR_LANES, 2),
                    new TuningTask(workload, CpuTarget.AVX512, 2)));
  }

  /** Draws a member for each combination of what has code of its own. */
  private static List<Candidate> ways(TuningTask task, SplitMix64 random) {
    ScheduleSpace space = Templates.space(task);

    Set<String> seen = new HashSet<>();
    List<Candidate> ways = new ArrayList<>();
    for (int i = 0; i < TRIES; i++) {
      Schedule schedule = space.at(random.nextLong(space.templates().get(0).size()));
      String way =
          Stream.of(
                  "parallel", "order", "inner", "icb", "kt", "rows", "columns", "broadcast", "oht")
              .map(schedule::text)
              .collect(Collectors.joining(" "));
      if (schedule.template().equals(DirectConv2d.NAME) && seen.add(way)) {
        ways.add(new Candidate(task, schedule));
      }
    }
    return ways;
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void everyWayThroughTheLoopsComputesWhatTheNaiveLoopsDo(TuningTask task) {
    SplitMix64 random = TestSeed.random("ways", task.key());
    Reference reference = new Reference(task, random);
    for (Candidate candidate : ways(task, random)) {
      OutputCheck.check(
          candidate.key() + ", " + TestSeed.rerun(),
          candidate,
          Interpreter.run(Templates.nest(candidate), reference, random),
          reference);
    }
  }

  @Test
  void everyWayThroughTheLoopsIsPrintedAsItIs(@TempDir Path directory) throws Exception {
    SplitMix64 random = TestSeed.random("printed ways");
    CompiledKernels kernels = new CompiledKernels(directory, SmallTasks.FOUR_LANES);
    tasks()
        .filter(task -> task.target().equals(SmallTasks.FOUR_LANES))
        .forEach(
            task -> {
              Reference reference = new Reference(task, random);
              ways(task, random).stream()
                  .limit(PRINTED)
                  .forEach(candidate -> kernels.add(candidate, reference));
            });
    assumeTrue(kernels.check(TestSeed.rerun()), "This processor lacks the vectors");
  }

  @ParameterizedTest
  @CsvSource({
    "7000, c=64 h=56 w=56 k=64 r=3 s=3 pad=1 layout=nchw16c",
    "10000, c=256 h=14 w=14 k=256 r=3 s=3 pad=1 layout=nchw16c",
    "4000, c=512 h=7 w=7 k=512 r=3 s=3 pad=1 layout=nchw16c",
    "10000, c=512 h=28 w=28 k=128 r=1 s=1 layout=nchw16c",
    "10000, c=64 h=56 w=56 k=256 r=1 s=1 layout=nchw16c",
    "5000, c=64 h=56 w=56 k=64 r=3 s=3 pad=1",
    "4000, c=3 h=224 w=224 k=64 r=7 s=7 stride=2 pad=3"
  })
  void membersThatDifferInCodeDifferInTraits(int least, String shape) {
    for (int threads = 1; threads <= 2; threads++) {
      TuningTask task =
          new TuningTask(Workload.parse("conv2d n=1 " + shape), CpuTarget.AVX512, threads);
      TemplateSpace space = Templates.space(task).templates().get(0);
      List<Trait.Reader> traits = Templates.traits(task, DirectConv2d.NAME);
      assertThat(space.size()).isBetween((long) least, 40_000L * threads);
      Map<List<Float>, Long> rows = new HashMap<>();
      int[] digits = new int[space.knobs().size()];
      for (long member = 0; member < space.size(); member++) {
        space.digits(member, digits);
        KnobValues values = space.values(digits);
        List<Float> row =
            traits.stream().map(trait -> (float) trait.value().applyAsDouble(values)).toList();
        assertThat(rows.put(row, member)).as(task.key() + " " + member).isNull();
      }
    }
  }
}
