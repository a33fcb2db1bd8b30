package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Padding;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Window;
import org.oneshottuner.workload.Workload;

/** Traits against what the loop nests of small tasks do, and against counts by hand. */
class TraitsTest {
  private static final int MEMBERS = 12;
  private static final int DRAWN_PLANES = 500;
  private static final Set<String> PLANAR = Set.of(PlanarConv2d.NAME, DepthwisePlanar.NAME);

  /** What the phases of a loop nest access. */
  private static final class Counts implements Interpreter.Watcher {
    private static final Set<Role> OPERANDS =
        EnumSet.of(Role.INPUT, Role.RHS, Role.SHARED, Role.SLOT);
    private static final int LINE = 16;
    private long staged;
    private long vectorFloats;
    private long splits;

    @Override
    public void load(Place.Buffer buffer, long at, int lanes) {
      if (lanes > 1 && OPERANDS.contains(buffer.role())) {
        vectorFloats += lanes;
        splits += at % LINE + lanes > LINE ? 1 : 0;
      }
    }

    @Override
    public void store(Place.Buffer buffer, long at, int count) {
      staged += buffer.role() == Role.SHARED || buffer.role() == Role.SLOT ? count : 0;
    }

    static Counts of(Candidate candidate) {
      Counts counts = new Counts();
      SplitMix64 random = TestSeed.random("counts");
      Reference operands = new Reference(candidate.task(), random);
      assertThat(Interpreter.run(Templates.nest(candidate), operands, random, counts)).isNotEmpty();
      return counts;
    }
  }

  private static TuningTask task(String workload, CpuTarget target) {
    return new TuningTask(Workload.parse(workload), target, 1);
  }

  /** Draws members of the templates that load from rows of planes, or of a product's right side. */
  private static Stream<Candidate> members(TuningTask task) {
    return LoweringTest.drawn(task, MEMBERS, TestSeed.random("members", task.key()))
        .filter(
            candidate ->
                PLANAR.contains(candidate.schedule().template())
                    || task.workload().layout() == Layout.NCHW16C
                    || candidate.schedule().template().equals(MatrixProduct.BATCH));
  }

  private static double trait(Candidate candidate, Trait trait) {
    ScheduleSpace space = Templates.space(candidate.task());
    long member = space.indexOf(candidate.schedule());
    int place = space.templateOf(member);
    TemplateSpace template = space.templates().get(place);
    int[] digits = new int[template.knobs().size()];
    template.digits(member - space.start(place), digits);
    return Templates.traits(candidate.task(), template.template()).stream()
        .filter(reader -> reader.trait() == trait)
        .findFirst()
        .orElseThrow()
        .value()
        .applyAsDouble(template.values(digits));
  }

  private static String note(Candidate candidate) {
    return candidate.key() + ", " + TestSeed.rerun();
  }

  @ParameterizedTest
  @CsvSource({
    "conv2d n=1 c=3 h=6 w=7 k=4 r=3 s=3 pad=1",
    "conv2d n=2 c=3 h=8 w=8 k=4 r=1 s=1 stride=2",
    "conv2d n=1 c=2 h=9 w=11 k=4 r=3 s=3 stride=2 dilation=2",
    "conv2d n=1 c=2 h=12 w=31 k=4 r=3 s=3 stride=3 pad=1",
    "depthwise_conv2d n=2 c=3 h=7 w=21 r=3 s=3 pad=1",
    "depthwise_conv2d n=1 c=2 h=9 w=9 r=3 s=3 stride=2 pad=1",
    "depthwise_conv2d n=1 c=2 h=9 w=9 r=1 s=3 stride=2",
    "depthwise_conv2d n=1 c=2 h=14 w=40 r=3 s=3 stride=3",
    "depthwise_conv2d n=1 c=2 h=17 w=17 r=2 s=2 stride=4"
  })
  void scratchTrafficIsTwiceWhatIsStaged(String workload) {
    members(task(workload, CpuTarget.AVX512))
        .forEach(
            candidate ->
                assertThat(trait(candidate, Trait.SCRATCH_TRAFFIC))
                    .as(note(candidate))
                    .isEqualTo(2.0 * Float.BYTES * Counts.of(candidate).staged));
  }

  /** A plane of 8 by 8 has 4 by 4 elements that are read. */
  @Test
  void onlyRowsThatAreReadAreStaged() {
    members(task("conv2d n=1 c=2 h=8 w=8 k=4 r=1 s=1 stride=2", CpuTarget.AVX512))
        .forEach(
            candidate -> {
              assertThat(trait(candidate, Trait.SCRATCH_TRAFFIC)).isEqualTo(2 * 2 * 16 * 4);
              assertThat(trait(candidate, Trait.SCRATCH_BYTES)).isEqualTo(2 * 16 * 4);
            });
  }

  /**
   * By hand, for vectors of four. Stride 1: 8 rows of 8 columns are copied in 16 vectors, 6 rows of
   * 4 columns and 4 that overlap them stored in 12. Stride 2: 9 rows of 2 phases of 5 columns in 36
   * vectors of two loads each, 4 rows of 4 stored. Stride 3: 12 rows of 3 phases of 4 columns in
   * 144 elements, 4 rows of 4 stored.
   */
  @ParameterizedTest
  @CsvSource({"h=6 w=6 pad=1, 28", "h=9 w=9 stride=2, 76", "h=12 w=12 stride=3, 148"})
  void transformsOfStagedPlanesAreCountedAlike(String shape, double operations) {
    for (String kind : Set.of("conv2d n=1 c=1 k=1 r=3 s=3 ", "depthwise_conv2d n=1 c=1 r=3 s=3 ")) {
      members(task(kind + shape, SmallTasks.FOUR_LANES))
          .filter(
              candidate ->
                  candidate.schedule().template().equals(PlanarConv2d.NAME)
                      || candidate.schedule().text("stage").equals("plane"))
          .forEach(
              candidate ->
                  assertThat(trait(candidate, Trait.TRANSFORM_OPS))
                      .as(note(candidate))
                      .isEqualTo(operations));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "depthwise_conv2d n=1 c=2 h=11 w=16 r=3 s=3 pad=2 dilation=2",
    "depthwise_conv2d n=1 c=2 h=13 w=20 r=3 s=3 dilation=2",
    "depthwise_conv2d n=1 c=2 h=9 w=17 r=1 s=3 stride=2",
    "'depthwise_conv2d n=1 c=2 h=12 w=19 r=3 s=3 stride=2 pad=1,0,1,0 dilation=2'",
    "depthwise_conv2d n=1 c=2 h=11 w=24 r=2 s=2 stride=3",
    "depthwise_conv2d n=1 c=1 h=10 w=18 r=3 s=3"
  })
  void onlyRowsThatAreLoadedCount(String workload) {
    members(task(workload, SmallTasks.FOUR_LANES))
        // every other element is loaded in place then, which nobody sees
        .filter(
            candidate ->
                !(workload.contains("stride=2")
                    && candidate.schedule().text("stage").equals("nothing")))
        .forEach(
            candidate ->
                assertThat(trait(candidate, Trait.INNER_TRAFFIC))
                    .as(note(candidate))
                    .isEqualTo((double) Float.BYTES * Counts.of(candidate).vectorFloats));
  }

  @Test
  void rowsReadAreThoseOfTheDefinition() {
    SplitMix64 random = TestSeed.random("rows");
    for (int i = 0; i < DRAWN_PLANES; i++) {
      int r = 1 + (int) random.nextLong(7);
      int stride = 1 + (int) random.nextLong(6);
      int dilation = 1 + (int) random.nextLong(6);
      int rows = 1 + (int) random.nextLong(20);
      Plane plane = Plane.rows(new Window(200, 200, r, r, stride, Padding.NONE, dilation));
      Set<Integer> read = new TreeSet<>();
      for (int y = 0; y < rows; y++) {
        for (int k = 0; k < r; k++) {
          read.add(y * stride + k * dilation);
        }
      }
      assertThat(plane.rowsRead(rows)).as(plane + ", " + rows).isEqualTo(read.size());
      assertThat(plane.columnsRead(rows)).as(plane + ", " + rows).isEqualTo(read.size());
    }
  }

  /** By hand: 13 elements are a block of eight, one of four, and one element alone. */
  @ParameterizedTest
  @CsvSource({"16, 6, 0", "13, 9, 1", "7, 4, 3", "3, 0, 3", "37, 16, 1"})
  void blocksThatAreTransposedAreCountedBySize(int extent, int operations, int alone) {
    assertThat(ChannelOutput.turns(extent, 16)).isEqualTo(operations);
    assertThat(ChannelOutput.oneByOne(extent, 16)).isEqualTo(alone);
  }

  /** A plane of 5 by 5, four lanes: six blocks of four by four and an element, in each of 4. */
  @ParameterizedTest
  @CsvSource({"8, 2 * 4 * (6 * 4 + 1)", "9, 2 * 4 * (6 * 4 + 1) + 4 * 25"})
  void aReorderedInputIsCountedByItsBlocks(int channels, String count) {
    Conv2d conv =
        (Conv2d) Workload.parse("conv2d n=1 c=%d h=5 w=5 k=4 r=1 s=1".formatted(channels));
    assertThat(BlockedInput.operations(conv, 4)).as(count).isEqualTo(channels == 8 ? 200 : 300);
  }

  /** A scalar that each multiply-add reads itself is read once for each column of the tile. */
  @Test
  void embeddedScalarsAreReadAgainForEachColumn() {
    members(task("conv2d n=1 c=16 h=1 w=8 k=32 r=1 s=1 layout=nchw16c", CpuTarget.AVX512))
        .forEach(
            candidate -> {
              int columns = Integer.parseInt(candidate.schedule().text("ocb"));
              int rows = Integer.parseInt(candidate.schedule().text("owt"));
              boolean embedded = candidate.schedule().text("broadcast").equals("embedded");
              assertThat(trait(candidate, Trait.INNER_TRAFFIC))
                  .as(note(candidate))
                  .isEqualTo(
                      4.0 * 16 * (8 * 2 * 16 / (double) rows + 8 * (embedded ? 2 : 2 / columns)));
            });
  }

  /** Shapes whose rows begin equally often at each place of a line where they may. */
  @ParameterizedTest
  @CsvSource({
    "avx512, conv2d n=1 c=2 h=4 w=20 k=4 r=3 s=3 pad=1",
    "avx512, conv2d n=1 c=16 h=3 w=11 k=4 r=3 s=3",
    "avx512, conv2d n=1 c=2 h=8 w=32 k=4 r=1 s=1 stride=2",
    "avx512, depthwise_conv2d n=1 c=2 h=4 w=20 r=3 s=3 pad=1",
    "avx512, batch_matmul b=1 m=5 n=20 k=16",
    "avx512, batch_matmul b=2 m=3 n=33 k=16",
    "avx2, conv2d n=1 c=2 h=4 w=16 k=4 r=3 s=3 pad=1",
    "avx2, conv2d n=1 c=16 h=3 w=11 k=4 r=3 s=3",
    "avx2, 'conv2d n=1 c=2 h=9 w=33 k=4 r=3 s=3 stride=2 pad=1,0,1,0'",
    "avx2, 'depthwise_conv2d n=16 c=2 h=4 w=14 r=3 s=3 pad=1,1,0,0'",
    "avx2, batch_matmul b=1 m=5 n=20 k=16",
    "avx2, batch_matmul b=1 m=5 n=24 k=16"
  })
  void splitLoadsAreThoseThatStraddleLines(String target, String workload) {
    members(task(workload, CpuTarget.named(target)))
        .forEach(
            candidate ->
                assertThat(trait(candidate, Trait.SPLIT_LOADS))
                    .as(note(candidate))
                    .isCloseTo(Counts.of(candidate).splits, within(1e-6)));
  }

  /** Members that traits do not tell apart would have to be equally fast. */
  @ParameterizedTest
  @CsvSource({
    "conv2d.winograd, 1, conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1 layout=nchw16c",
    "conv2d.winograd, 2, conv2d n=1 c=256 h=14 w=14 k=256 r=3 s=3 pad=1 layout=nchw16c",
    "conv2d.winograd, 2, conv2d n=1 c=512 h=7 w=7 k=512 r=3 s=3 pad=1",
    "conv2d.winograd, 2, conv2d n=1 c=64 h=20 w=20 k=96 r=3 s=3 pad=1",
    "conv2d.planar, 1, conv2d n=1 c=3 h=224 w=224 k=64 r=7 s=7 stride=2 pad=3",
    "conv2d.planar, 2, conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1",
    "conv2d.planar, 2, conv2d n=1 c=64 h=56 w=56 k=256 r=1 s=1",
    "depthwise_conv2d.blocked, 1, depthwise_conv2d n=1 c=32 h=112 w=112 r=3 s=3 pad=1 layout=nchw16c",
    "depthwise_conv2d.blocked, 2, depthwise_conv2d n=1 c=96 h=57 w=57 r=5 s=5 stride=2 pad=2 layout=nchw16c",
    "depthwise_conv2d.blocked, 2, depthwise_conv2d n=1 c=512 h=14 w=14 r=3 s=3 pad=1 layout=nchw16c",
    "depthwise_conv2d.planar, 2, depthwise_conv2d n=1 c=96 h=112 w=112 r=3 s=3 stride=2 pad=1"
  })
  void traitsTellMembersApart(String name, int threads, String workload) {
    TuningTask task = new TuningTask(Workload.parse(workload), CpuTarget.AVX512, threads);
    List<Trait.Reader> readers = Templates.traits(task, name);
    TemplateSpace space =
        Templates.space(task).templates().stream()
            .filter(template -> template.template().equals(name))
            .findFirst()
            .orElseThrow();
    Map<List<Double>, List<String>> members = new HashMap<>();
    int[] digits = new int[space.knobs().size()];
    for (long member = 0; member < space.size(); member++) {
      space.digits(member, digits);
      KnobValues values = space.values(digits);
      List<Double> traits =
          readers.stream().map(reader -> reader.value().applyAsDouble(values)).toList();
      String text =
          space.knobs().stream().map(knob -> values.text(knob.name())).toList().toString();
      members.computeIfAbsent(traits, key -> new ArrayList<>()).add(text);
    }
    assertThat(members.values()).filteredOn(alike -> alike.size() > 1).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 16, 16, 0",
    "1, 16, 16, 1",
    "8, 16, 8, 0",
    "9, 16, 8, 1",
    "3, 8, 8, 0.5",
    "0, 24, 8, 0",
    "0, 12, 8, 0.25",
    "0, 7, 8, 0.4375",
    "0, 7, 16, 0.9375",
    "5, 7, 1, 0"
  })
  void vectorsStraddleAsOftenAsTheirPlacesTell(
      long offset, long pitch, int lanes, double expected) {
    assertThat(CacheLine.splitShare(offset, pitch, lanes)).isEqualTo(expected);
  }
}
