package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** The spaces of depthwise convolutions. */
class DepthwiseTest {
  private static final int MEMBERS = 300;
  private static final int TRIES = 12;
  private static final int KERNELS = 3;

  /** Members whose code differs differ in what is known of them, or no model could tell them. */
  @ParameterizedTest
  @CsvSource({
    "1, avx512, n=1 c=32 h=28 w=28 r=3 s=3 pad=1 layout=nchw16c",
    "2, avx512, n=1 c=64 h=14 w=14 r=3 s=3 pad=1 layout=nchw16c",
    "2, avx2, n=2 c=24 h=15 w=15 r=5 s=5 stride=2 pad=2 layout=nchw16c",
    "1, avx512, n=1 c=8 h=7 w=7 r=3 s=3 pad=1 layout=nchw16c",
    "1, avx512, n=1 c=4 h=28 w=28 r=3 s=3 pad=1",
    "2, avx2, n=1 c=4 h=14 w=14 r=3 s=3 pad=1",
    "2, avx512, n=1 c=4 h=30 w=41 r=5 s=5 stride=2 pad=2",
    "1, avx512, n=1 c=4 h=33 w=30 r=3 s=3"
  })
  void membersOfOtherCodeHaveOtherTraits(int threads, String target, String shape) {
    TuningTask task =
        new TuningTask(
            Workload.parse("depthwise_conv2d " + shape), CpuTarget.named(target), threads);
    ScheduleSpace space = Templates.space(task);
    TemplateSpace part = space.templates().get(0);
    List<Trait.Reader> traits = Templates.traits(task, part.template());
    SplitMix64 random = TestSeed.random("traits", task.key());
    Map<List<Double>, String> known = new HashMap<>();
    int[] digits = new int[part.knobs().size()];
    for (int i = 0; i < MEMBERS; i++) {
      long member = random.nextLong(part.size());
      part.digits(member, digits);
      List<Double> row =
          traits.stream().map(reader -> reader.value().applyAsDouble(part.values(digits))).toList();
      Candidate candidate = new Candidate(task, space.at(member));
      String text = Templates.lower(candidate, "kernel").text();
      String code = text.substring(text.indexOf("#ifndef"));
      String before = known.putIfAbsent(row, code);
      assertThat(before == null ? code : before)
          .as(candidate.key() + ", " + TestSeed.rerun())
          .isEqualTo(code);
    }
  }

  /** Vectors are shifted at the borders of planes, and reach beyond short rows. */
  @ParameterizedTest
  @ValueSource(strings = {"avx512", "avx2"})
  void planesThatAreReadInPlaceAreComputedAlike(String target, @TempDir Path directory)
      throws Exception {
    SplitMix64 random = TestSeed.random("in place", target);
    CompiledKernels kernels = new CompiledKernels(directory, CpuTarget.named(target));
    for (String shape :
        List.of(
            "n=2 c=3 h=14 w=14 r=3 s=3 pad=1 epilogue=bias+add+relu6",
            "n=1 c=5 h=7 w=7 r=5 s=5 pad=2",
            "n=1 c=2 h=20 w=37 r=7 s=7 pad=3 epilogue=add",
            "n=2 c=3 h=19 w=33 r=3 s=3 stride=2 pad=1 epilogue=bias",
            "n=1 c=3 h=15 w=15 r=5 s=5 stride=2 pad=2")) {
      TuningTask task =
          new TuningTask(Workload.parse("depthwise_conv2d " + shape), CpuTarget.named(target), 1);
      Reference reference = new Reference(task, random);
      LoweringTest.drawn(task, TRIES, random)
          .filter(candidate -> candidate.schedule().text("stage").equals("nothing"))
          .limit(KERNELS)
          .forEach(candidate -> kernels.add(candidate, reference));
    }
    assumeTrue(kernels.check(TestSeed.rerun()), "This processor lacks the vectors");
  }
}
