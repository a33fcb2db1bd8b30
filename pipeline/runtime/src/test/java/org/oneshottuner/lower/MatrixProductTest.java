package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
            "dense m=1 n=130 k=272",
            "dense m=5 n=21 k=1024",
            "batch_matmul b=2 m=19 n=37 k=150 epilogue=add",
            "batch_matmul b=2 m=19 n=37 k=150 transpose=rhs epilogue=add",
            "batch_matmul b=2 m=19 n=53 k=130 transpose=lhs",
            "batch_matmul b=1 m=1024 n=17 k=5 transpose=both",
            "batch_matmul b=1 m=70 n=41 k=264",
            "batch_matmul b=1 m=65 n=19 k=1024",
            "batch_matmul b=1 m=1024 n=39 k=10 transpose=lhs",
            "dense m=3 n=200 k=33",
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
        "batch_matmul b=6 m=1024 n=64 k=197 transpose=lhs",
        "batch_matmul b=2 m=100 n=90 k=1024"
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
    "dense m=16 n=768 k=768, 1, 10000, 40000",
    "dense m=1 n=1000 k=2048, 1, 2000, 40000",
    "dense m=1 n=1000 k=2048, 2, 2000, 40000",
    "dense m=1 n=4096 k=4096, 1, 2000, 40000",
    "batch_matmul b=12 m=128 n=128 k=64, 1, 10000, 40000",
    "batch_matmul b=12 m=128 n=128 k=64, 2, 10000, 40000",
    "batch_matmul b=12 m=128 n=64 k=128, 1, 10000, 40000",
    "batch_matmul b=12 m=128 n=128 k=64 transpose=rhs, 1, 10000, 40000",
    "batch_matmul b=12 m=197 n=64 k=197, 1, 10000, 40000",
    "batch_matmul b=16 m=512 n=512 k=64, 1, 10000, 40000",
    "batch_matmul b=1 m=1024 n=1024 k=1024, 1, 10000, 40000"
  })
  void spacesAreLargeEnoughAndNotTooLarge(String workload, int threads, long least, long most) {
    assertThat(Templates.space(task(workload, CpuTarget.AVX512, threads)).size())
        .isBetween(least, most);
  }

  static Stream<TuningTask> shared() {
    return Stream.of(
            "dense m=1 n=64 k=512",
            "dense m=1 n=16 k=4096",
            "dense m=1 n=1 k=300",
            "dense m=1 n=1000 k=2048",
            "dense m=5 n=33 k=40",
            "dense m=128 n=768 k=768",
            "batch_matmul b=1 m=1 n=40 k=100000 transpose=rhs",
            "batch_matmul b=3 m=1 n=45 k=256 transpose=rhs",
            "batch_matmul b=3 m=7 n=9 k=11",
            "batch_matmul b=1 m=97 n=31 k=300 transpose=lhs",
            "batch_matmul b=12 m=128 n=128 k=64")
        .flatMap(
            workload ->
                Stream.of(2, 3, 4, 8)
                    .flatMap(
                        threads ->
                            CpuTarget.known().stream()
                                .map(target -> task(workload, ofEightCores(target), threads))));
  }

  private static CpuTarget ofEightCores(CpuTarget target) {
    return CpuTarget.parse(target.text().replaceAll("cores=\\d+", "cores=8"));
  }

  /** What a thread writes is counted here unit by unit, as the kernels go through them. */
  @ParameterizedTest
  @MethodSource("shared")
  void theImbalanceIsThatOfTheOutputThatThreadsWrite(TuningTask task) {
    SplitMix64 random = TestSeed.random("shares", task.key());
    ProductGrid grid = new ProductGrid(Product.of(task).orElseThrow());
    TemplateSpace space = Templates.space(task).templates().get(0);
    int[] digits = new int[space.knobs().size()];
    for (int i = 0; i < COMPARED; i++) {
      space.digits(random.nextLong(space.size()), digits);
      KnobValues values = space.values(digits);
      double counted = counted(grid, values, task);
      assertThat(grid.imbalance(values))
          .as(task.key() + " " + Arrays.toString(digits))
          .isCloseTo(counted, within(1e-9));
    }
  }

  private static double counted(ProductGrid grid, KnobValues v, TuningTask task) {
    Product product = Product.of(task).orElseThrow();
    Units units = grid.units(v);
    boolean columnsOutside = v.is("order", "n_outer");
    double most = 0;
    double all = 0;
    for (int thread = 0; thread < task.threads(); thread++) {
      double own = 0;
      long end = units.count() * (thread + 1) / task.threads();
      for (long unit = units.count() * thread / task.threads(); unit < end; unit++) {
        long range = Choices.ceil(units.inner().extent(), units.cuts());
        long rest = unit;
        long inner = rest % range;
        rest /= range;
        long outer = rest % units.outer().extent();
        inner += rest / units.outer().extent() / units.items() * range;
        if (inner < units.inner().extent()) {
          long group = columnsOutside ? outer : inner;
          long block = columnsOutside ? inner : outer;
          int tall = v.number("mc") * v.number("mr");
          int wide = v.number("nc") * v.number("nv");
          boolean last = group == grid.columnGroups(v) - 1;
          own +=
              Math.min(tall, product.m() - block * tall)
                  * (last ? grid.vectorsOfRow(v) - group * wide : wide);
        }
      }
      most = Math.max(most, own);
      all += own;
    }
    return most * task.threads() / all;
  }

  /** One tile of columns for two threads: each has half of the sum. */
  @ParameterizedTest
  @ValueSource(strings = {"dense m=1 n=64 k=512", "dense m=1 n=40 k=256", "dense m=1 n=16 k=4096"})
  void noThreadIsIdleWhereTheSumCanBeHalved(String workload) {
    TuningTask task = task(workload, CpuTarget.AVX512, 2);
    ProductGrid grid = new ProductGrid(Product.of(task).orElseThrow());
    TemplateSpace space = Templates.space(task).templates().get(0);
    int[] digits = new int[space.knobs().size()];
    for (long member = 0; member < space.size(); member++) {
      space.digits(member, digits);
      assertThat(grid.imbalance(space.values(digits))).isLessThanOrEqualTo(1.1);
    }
  }

  /** On Arm a scalar takes a register, and so does a vector that is loaded. */
  @ParameterizedTest
  @CsvSource({
    "avx512, 7x4, 31x1, 32x1",
    "avx512, 1x31, 6x4, 7x5",
    "avx2, 7x2, 14x1, 15x1",
    "neon, 6x4, 30x1, 7x4",
    "neon, 9x3, 30x1, 31x1"
  })
  void tilesAreThoseThatRegistersHold(String target, String one, String other, String none) {
    Set<String> found = new TreeSet<>();
    for (String workload : List.of("dense m=128 n=768 k=64", "dense m=1 n=768 k=64")) {
      found.addAll(tiles(task(workload, CpuTarget.named(target), 1)));
    }
    assertThat(found).contains(one, other).doesNotContain(none);
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
