package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** What is particular to matrix products: every knob in every shape that it matters to. */
class MatrixProductTest {
  private static final int MEMBERS = 40;
  private static final int COMPARED = 300;

  private static TuningTask task(String workload, CpuTarget target, int threads) {
    return new TuningTask(Workload.parse(workload), target, threads);
  }

  static Stream<TuningTask> odd() {
    return Stream.of(
            "dense m=7 n=67 k=257 epilogue=bias+relu",
            "dense m=33 n=36 k=140 epilogue=add",
            "dense m=1 n=75 k=264 epilogue=bias+add",
            "dense m=5 n=21 k=1024",
            "batch_matmul b=2 m=19 n=37 k=150 epilogue=add",
            "batch_matmul b=2 m=19 n=37 k=150 transpose=rhs epilogue=add",
            "batch_matmul b=2 m=19 n=53 k=130 transpose=lhs",
            "batch_matmul b=1 m=1024 n=17 k=5 transpose=both",
            "batch_matmul b=3 m=1 n=45 k=256 transpose=rhs epilogue=bias")
        .flatMap(
            workload ->
                Stream.of(CpuTarget.AVX512, SmallTasks.FOUR_LANES)
                    .flatMap(
                        target -> Stream.of(task(workload, target, 1), task(workload, target, 2))));
  }

  @ParameterizedTest
  @MethodSource("odd")
  void manyMembersComputeWhatTheNaiveLoopsDo(TuningTask task) {
    SplitMix64 random = TestSeed.random("odd products", task.key());
    Reference reference = new Reference(task, random);
    LoweringTest.drawn(task, MEMBERS, random)
        .forEach(candidate -> LoweringTest.check(candidate, reference, random));
  }

  /** Members that only a predictor could not tell apart would be labelled as if they were one. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "dense m=128 n=768 k=768",
        "dense m=1 n=1000 k=2048",
        "dense m=7 n=1001 k=1024",
        "batch_matmul b=12 m=128 n=128 k=64",
        "batch_matmul b=6 m=197 n=197 k=64 transpose=rhs",
        "batch_matmul b=6 m=1024 n=64 k=197 transpose=lhs"
      })
  void membersOfEqualFeaturesAreOfEqualCode(String workload) {
    for (int threads = 1; threads <= 2; threads++) {
      TuningTask task = task(workload, CpuTarget.AVX512, threads);
      Map<String, Candidate> seen = new HashMap<>();
      SplitMix64 random = TestSeed.random("features", task.key());
      ScheduleSpace space = Templates.space(task);
      for (int i = 0; i < COMPARED; i++) {
        Schedule drawn = space.at(random.nextLong(space.size()));
        for (Schedule schedule : neighbours(space, drawn)) {
          Candidate candidate = new Candidate(task, schedule);
          String row = Arrays.toString(FeatureSchema.CURRENT.read(candidate));
          Candidate other = seen.putIfAbsent(row, candidate);
          if (other != null && !other.equals(candidate)) {
            assertThat(Templates.nest(candidate))
                .as(other.schedule().text() + " and " + schedule.text())
                .isEqualTo(Templates.nest(other));
          }
        }
      }
    }
  }

  /** Returns a member and those that differ from it in one knob. */
  private static List<Schedule> neighbours(ScheduleSpace space, Schedule schedule) {
    TemplateSpace template = space.templates().get(0);
    int[] digits = new int[template.knobs().size()];
    template.digits(space.indexOf(schedule), digits);
    Stream.Builder<Schedule> near = Stream.builder();
    near.add(schedule);
    for (int knob = 0; knob < digits.length; knob++) {
      int own = digits[knob];
      for (int digit = 0; digit < template.knobs().get(knob).size(); digit++) {
        digits[knob] = digit;
        long index = template.indexOf(digits);
        if (digit != own && index >= 0) {
          near.add(space.at(index));
        }
      }
      digits[knob] = own;
    }
    return near.build().toList();
  }

  /** Bounds on sizes: enough to choose from, few enough to score. */
  @ParameterizedTest
  @CsvSource({
    "dense m=128 n=768 k=768, 1, 10000, 30000",
    "dense m=128 n=3072 k=768, 1, 10000, 40000",
    "dense m=128 n=768 k=3072, 1, 10000, 40000",
    "dense m=1 n=1000 k=2048, 1, 80, 1000",
    "dense m=1 n=1000 k=2048, 2, 80, 1000",
    "batch_matmul b=12 m=128 n=128 k=64, 1, 1000, 10000",
    "batch_matmul b=12 m=128 n=128 k=64, 2, 1000, 20000",
    "batch_matmul b=12 m=128 n=64 k=128, 1, 1000, 10000"
  })
  void spacesAreLargeEnoughAndNotTooLarge(String workload, int threads, long least, long most) {
    assertThat(Templates.space(task(workload, CpuTarget.AVX512, threads)).size())
        .isBetween(least, most);
  }

  @Test
  void theTilesThatFillTheRegistersAreThere() {
    assertThat(tiles(task("dense m=128 n=768 k=768", CpuTarget.AVX512, 1)))
        .contains("12x2", "14x2", "28x1", "24x1", "9x3", "6x4", "7x4", "4x6", "8x3");
    assertThat(tiles(task("dense m=128 n=768 k=768", CpuTarget.AVX2, 1))).contains("6x2", "4x3");
  }

  private static Set<String> tiles(TuningTask task) {
    TemplateSpace template = Templates.space(task).templates().get(0);
    int[] digits = new int[template.knobs().size()];
    Set<String> found = new TreeSet<>();
    for (long member = 0; member < template.size(); member++) {
      template.digits(member, digits);
      KnobValues values = template.values(digits);
      found.add(values.number("mr") + "x" + values.number("nv"));
    }
    return found;
  }

  @Test
  void oneThreadHasNothingToShare() {
    Knob parallel =
        Templates.space(task("dense m=8 n=64 k=64", CpuTarget.AVX512, 1))
            .templates()
            .get(0)
            .knobs()
            .get(0);
    assertThat(parallel.name()).isEqualTo(Units.PARALLEL);
    assertThat(parallel.size()).isOne();
  }

  /** 197 columns are 12 vectors of 16 and 5 more. */
  @Test
  void anOverlappingVectorIsNeverShorterThanAVector() {
    TuningTask task = task("batch_matmul b=1 m=8 n=197 k=64", CpuTarget.AVX512, 1);
    ScheduleSpace space = Templates.space(task);
    long found = 0;
    for (long member = 0; member < space.size(); member++) {
      Schedule schedule = space.at(member);
      if (schedule.text("tail").equals("overlap") && member % 7 == 0) {
        String text = Templates.lower(new Candidate(task, schedule), "kernel").text();
        assertThat(
                Stream.of("v8", "v4", "v2")
                    .filter(type -> text.contains(type + " sum"))
                    .collect(Collectors.toSet()))
            .as(schedule.text())
            .isEmpty();
        found++;
      }
    }
    assertThat(found).isPositive();
  }
}
