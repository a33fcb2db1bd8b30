package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Traits of matrix products against what their loop nests do, and what their text is. */
class ProductTraitsTest {
  private static final int MEMBERS = 25;

  /** The stores of a loop nest, by the role of the buffer, and the workspace that they are to. */
  private static final class Stores implements Interpreter.Watcher {
    private final Map<Role, Long> floats = new HashMap<>();
    private final Map<Place.Buffer, BitSet> workspace = new HashMap<>();

    @Override
    public void load(Place.Buffer buffer, long at, int lanes) {
      // only stores count
    }

    @Override
    public void store(Place.Buffer buffer, long at, int count) {
      floats.merge(buffer.role(), (long) count, Long::sum);
      if (buffer.role() == Role.SLOT || buffer.role() == Role.SHARED) {
        workspace.computeIfAbsent(buffer, key -> new BitSet()).set((int) at, (int) at + count);
      }
    }

    long to(Role role) {
      return floats.getOrDefault(role, 0L);
    }

    static Stores of(Candidate candidate) {
      Stores stores = new Stores();
      SplitMix64 random = TestSeed.random("stores");
      Reference operands = new Reference(candidate.task(), random);
      assertThat(Interpreter.run(Templates.nest(candidate), operands, random, stores)).isNotEmpty();
      return stores;
    }
  }

  static Stream<TuningTask> tasks() {
    return Stream.of(
            "dense m=1 n=75 k=264",
            "dense m=1 n=50 k=1031",
            "dense m=5 n=21 k=1024",
            "dense m=9 n=77 k=300",
            "batch_matmul b=2 m=19 n=37 k=150",
            "batch_matmul b=2 m=19 n=37 k=150 transpose=rhs",
            "batch_matmul b=1 m=1 n=45 k=520 transpose=rhs",
            "batch_matmul b=1 m=70 n=90 k=150",
            "batch_matmul b=1 m=70 n=41 k=1024",
            "batch_matmul b=1 m=1024 n=19 k=7 transpose=lhs")
        .flatMap(
            workload ->
                Stream.of(CpuTarget.AVX512, SmallTasks.FOUR_LANES)
                    .map(target -> new TuningTask(Workload.parse(workload), target, 2)));
  }

  private static Stream<Candidate> members(TuningTask task) {
    return LoweringTest.drawn(task, MEMBERS, TestSeed.random("product traits", task.key()));
  }

  private static double trait(Candidate candidate, Trait trait) {
    TemplateSpace space = Templates.space(candidate.task()).templates().get(0);
    int[] digits = new int[space.knobs().size()];
    space.digits(Templates.space(candidate.task()).indexOf(candidate.schedule()), digits);
    return Templates.traits(candidate.task(), space.template()).stream()
        .filter(reader -> reader.trait() == trait)
        .findFirst()
        .orElseThrow()
        .value()
        .applyAsDouble(space.values(digits));
  }

  private static String note(Candidate candidate) {
    return candidate.key() + ", " + TestSeed.rerun();
  }

  /** Whatever is stored, but for the output's final elements, is workspace or a partial sum. */
  @ParameterizedTest
  @MethodSource("tasks")
  void scratchTrafficIsTwiceWhatIsStoredToBeReadAgain(TuningTask task) {
    Product product = Product.of(task).orElseThrow();
    members(task)
        .forEach(
            candidate -> {
              Stores stores = Stores.of(candidate);
              boolean overlaps = candidate.schedule().text("tail").equals("overlap");
              long columns =
                  overlaps
                      ? Choices.ceil(product.n(), product.lanes()) * product.lanes()
                      : product.n();
              long again =
                  stores.to(Role.SLOT)
                      + stores.to(Role.SHARED)
                      + stores.to(Role.OUTPUT)
                      - columns * product.batch() * product.m();
              assertThat(trait(candidate, Trait.SCRATCH_TRAFFIC))
                  .as(note(candidate))
                  .isEqualTo(2.0 * Float.BYTES * again);
            });
  }

  /** Returns how much of a panel may be beyond the last column. */
  private static long unused(TuningTask task) {
    Product product = Product.of(task).orElseThrow();
    return product.mustPackColumns() || product.mayPackColumns()
        ? (long) (product.lanes() - 1) * product.k()
        : 0;
  }

  /** All of the workspace is used, but for what keeps rows apart and fills vectors. */
  @ParameterizedTest
  @MethodSource("tasks")
  void scratchBytesAreThoseInUse(TuningTask task) {
    members(task)
        .forEach(
            candidate -> {
              Map<Place.Buffer, BitSet> used = Stores.of(candidate).workspace;
              long bytes = 0;
              for (Map.Entry<Place.Buffer, BitSet> entry : used.entrySet()) {
                Place.Buffer buffer = entry.getKey();
                bytes += Float.BYTES * buffer.floats();
                if (buffer.name().equals("rows")) {
                  assertThat((long) entry.getValue().cardinality()).isLessThan(buffer.floats());
                } else {
                  assertThat((long) entry.getValue().cardinality())
                      .as(buffer.name() + " of " + note(candidate))
                      .isBetween(buffer.floats() - unused(task), buffer.floats());
                }
              }
              assertThat(trait(candidate, Trait.SCRATCH_BYTES))
                  .as(note(candidate))
                  .isEqualTo((double) bytes);
            });
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void multiplyAddsOfTheTextAreCounted(TuningTask task) {
    members(task)
        .forEach(
            candidate ->
                assertThat(trait(candidate, Trait.CODE_FMAS))
                    .as(note(candidate))
                    .isEqualTo(
                        Templates.nest(candidate).phases().stream()
                            .mapToDouble(phase -> multiplyAdds(phase.body()))
                            .sum()));
  }

  private static double multiplyAdds(Statement statement) {
    if (statement instanceof Statement.Block block) {
      return block.steps().stream().mapToDouble(ProductTraitsTest::multiplyAdds).sum();
    }
    if (statement instanceof Statement.Branch branch) {
      return multiplyAdds(branch.then()) + multiplyAdds(branch.otherwise());
    }
    if (statement instanceof Statement.Loop loop) {
      long times =
          loop.form() == Statement.Form.UNROLLED ? loop.to().evaluate(axis -> 0) / loop.step() : 1;
      return times * multiplyAdds(loop.body());
    }
    return statement instanceof Statement.Assign assign && assign.value() instanceof Value.Fma
        ? 1
        : 0;
  }

  /** A sum of 1024 terms in blocks is as many sums; the last block of 300 is shorter. */
  @ParameterizedTest
  @CsvSource({
    "dense m=8 n=64 k=1024, 1024, 1, 1024",
    "dense m=8 n=64 k=1024, 256, 1, 256",
    "dense m=8 n=64 k=1024, 256, 2, 128",
    "dense m=8 n=64 k=300, 128, 1, 100",
    "dense m=8 n=64 k=300, 256, 1, 150"
  })
  void sumsAreAsLongAsTheirBlocks(String workload, String kc, String unroll, double trips) {
    TuningTask task = new TuningTask(Workload.parse(workload), CpuTarget.AVX512, 1);
    ScheduleSpace space = Templates.space(task);
    long found = 0;
    for (long member = 0; member < space.size(); member++) {
      Schedule schedule = space.at(member);
      if (schedule.text("kc").equals(kc) && schedule.text("unroll").equals(unroll)) {
        Candidate candidate = new Candidate(task, schedule);
        assertThat(trait(candidate, Trait.REDUCTION_TRIPS)).isEqualTo(trips);
        found++;
        if (found > MEMBERS) {
          return;
        }
      }
    }
    assertThat(found).isPositive();
  }

  /** Only AVX-512 has multiply-adds that broadcast; as many registers do not make them. */
  @Test
  void onlyAvx512EmbedsBroadcasts() {
    for (CpuTarget target : CpuTarget.known()) {
      TuningTask task = new TuningTask(Workload.parse("dense m=64 n=16 k=64"), target, 1);
      assertThat(members(task).mapToDouble(candidate -> trait(candidate, Trait.EMBEDDED)).max())
          .hasValue(target.equals(CpuTarget.AVX512) ? 1 : 0);
    }
  }

  /** Lines of a whole number of pages would meet in the same sets again. */
  @Test
  void packedLinesAreNotAPageApart() {
    TuningTask task =
        new TuningTask(
            Workload.parse("batch_matmul b=1 m=1024 n=64 k=64 transpose=lhs"), CpuTarget.AVX512, 1);
    ProductGrid grid = new ProductGrid(Product.of(task).orElseThrow());
    TemplateSpace space = Templates.space(task).templates().get(0);
    int[] digits = new int[space.knobs().size()];
    boolean found = false;
    for (long member = 0; member < space.size(); member++) {
      space.digits(member, digits);
      if (grid.packsRows(space.values(digits))) {
        found = true;
        assertThat(grid.rowPitch(space.values(digits)) * Float.BYTES % 4096).isNotZero();
      }
    }
    assertThat(found).isTrue();
  }
}
