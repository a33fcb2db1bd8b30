package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Golden;
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

class TemplatesTest {
  private static final int DRAWN_TASKS = 500;
  private static final int DRAWN_MEMBERS = 100;
  private static final int DRAWN_KERNELS = 3;

  static Stream<TuningTask> tasks() {
    SplitMix64 random = TestSeed.random("tasks of templates");
    return Stream.concat(
        GoldenTasks.all(), Stream.generate(() -> SmallTasks.draw(random)).limit(DRAWN_TASKS));
  }

  @Test
  void spacesAreThoseOfTheirVersion() throws IOException {
    Golden.check(
        "spaces-" + Templates.VERSION + ".txt",
        GoldenTasks.all().map(TemplatesTest::description).collect(Collectors.joining("\n")));
  }

  /**
   * Measurements carry the version and nothing else of the code that they are of: code that changed
   * under it would keep the labels of what it was.
   */
  @Test
  void codeIsThatOfItsVersion() throws IOException {
    Golden.check(
        "kernels-" + Templates.VERSION + ".txt",
        GoldenTasks.all().map(TemplatesTest::kernels).collect(Collectors.joining("\n")));
  }

  /** Returns the digests of some kernels of each template: its default, and drawn ones. */
  private static String kernels(TuningTask task) {
    ScheduleSpace space = Templates.space(task);
    StringBuilder text = new StringBuilder(task.key()).append('\n');
    for (int place = 0; place < space.templates().size(); place++) {
      SplitMix64 random = new SplitMix64(place);
      String template = space.templates().get(place).template();
      List<Schedule> members =
          Templates.templateDefaults(task).stream()
              .filter(schedule -> schedule.template().equals(template))
              .collect(Collectors.toCollection(ArrayList::new));
      for (int i = 0; i < DRAWN_KERNELS; i++) {
        long index = space.start(place) + random.nextLong(space.templates().get(place).size());
        members.add(space.at(index));
      }
      for (Schedule member : members) {
        String source = Templates.lower(new Candidate(task, member), "kernel").text();
        text.append("  ").append(sha256(source)).append(' ').append(member.text()).append('\n');
      }
    }
    return text.toString();
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Cannot digest: no SHA-256", e);
    }
  }

  @Test
  void whetherTheTemplateOfPlanesComputesATaskIsKnownWithoutItsSpace() {
    SplitMix64 random = TestSeed.random("planes");
    List<Integer> groupWidths = List.of(1, 2, 3, 5, 7, 11, 13, 16, 64);
    for (int i = 0; i < DRAWN_TASKS; i++) {
      int width = groupWidths.get((int) random.nextLong(groupWidths.size()));
      long size = 1 + random.nextLong(40);
      long filter = 1 + 2 * random.nextLong(4);
      Workload workload =
          Workload.parse(
              "conv2d n=1 c=%d h=%d w=%d k=%d r=%d s=%d pad=%d groups=4"
                  .formatted(4 * width, size, size, 4 * width, filter, filter, filter / 2));
      for (CpuTarget target : CpuTarget.known()) {
        TuningTask task = new TuningTask(workload, target, 1);
        boolean found =
            PlanarConv2d.of(task)
                .map(planar -> new TemplateSpace("any", planar.knobs(), planar.constraints()))
                .filter(space -> space.size() > 0)
                .isPresent();
        assertThat(PlanarConv2d.computes(task)).as(note(task)).isEqualTo(found);
      }
    }
  }

  @Test
  void everyTaskHasASchedule() {
    tasks()
        .forEach(task -> assertThat(Templates.templateDefaults(task)).as(note(task)).isNotEmpty());
  }

  /**
   * Whatever can be written down can be computed: no limit leaves a task without a schedule, but
   * for depthwise kernels so wide that their borders make a text that no compiler gets through, and
   * for grouped weights that no buffer holds once each block of channels spans its groups.
   */
  @Test
  void everyShapeOnEveryTargetHasASchedule() {
    SplitMix64 random = TestSeed.random("shapes");
    int refused = 0;
    for (int i = 0; i < DRAWN_TASKS; i++) {
      TuningTask task = AnyTasks.draw(random);
      try {
        assertThat(Templates.space(task).size()).as(note(task)).isPositive();
        assertThat(Templates.templateDefaults(task)).as(note(task)).isNotEmpty();
      } catch (IllegalArgumentException e) {
        refused++;
        assertThat(e)
            .hasMessageMatching(
                "Cannot schedule (depthwise_conv2d .*layout=nchw16c.* fmas in the text<=102400.*"
                    + "|conv2d .*groups=.*packed constants are \\d{10,} floats, most is \\d+)");
      }
    }
    assertThat(refused).isLessThan(DRAWN_TASKS / 20);
  }

  @Test
  void aKernelTooWideForAnyTextIsRefusedAtOnce() {
    TuningTask task =
        new TuningTask(
            Workload.parse(
                "depthwise_conv2d n=1 c=16 h=1 w=4096 r=1 s=2047 pad=0,1023,0,1023 layout=nchw16c"),
            CpuTarget.AVX512,
            1);
    assertThatThrownBy(() -> Templates.space(task))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot schedule depthwise_conv2d n=1 c=16 h=1 w=4096")
        .hasMessageContaining("fmas in the text<=102400");
  }

  @ParameterizedTest
  @CsvSource({
    "r=3 s=3 pad=1, fmas of a body<=400, fmas in the text<=1600",
    "r=27 s=27 pad=13, fmas of a body<=400, fmas in the text<=6400",
    "r=31 s=31 pad=15, fmas of a body<=400, fmas in the text<=6400",
    "'r=1 s=101 pad=0,50,0,50', fmas of a body<=1600, fmas in the text<=6400"
  })
  void kernelsThatAreTooWideForTheUsualLimitsHaveOthers(String window, String body, String text) {
    TuningTask task =
        new TuningTask(
            Workload.parse("depthwise_conv2d n=1 c=64 h=56 w=56 layout=nchw16c " + window),
            CpuTarget.AVX512,
            1);
    assertThat(Templates.space(task).templates())
        .singleElement()
        .satisfies(
            space -> {
              assertThat(space.constraints()).extracting(Constraint::name).contains(body, text);
              assertThat(space.size()).isGreaterThan(40);
            });
  }

  @Test
  void aTaskThatIsLeftWithoutAScheduleIsNamedWithWhatLeftItSo() {
    TuningTask task = task("dense m=8 n=64 k=64");
    List<Constraint> rules =
        List.of(
            new Constraint("unroll<=4", List.of("unroll"), v -> v.number("unroll") <= 4),
            new Constraint("unroll>=2", List.of("unroll"), v -> v.number("unroll") >= 2),
            new Constraint("never", List.of("unroll"), v -> false));
    List<Knob> knobs = List.of(new Knob.Count("unroll", List.of(1, 8)));
    TemplateSpace empty = new TemplateSpace("plain", knobs, rules);
    TemplateSpace other = new TemplateSpace("other", knobs, rules.subList(2, 3));
    assertThatThrownBy(() -> Templates.joined(task, List.of(empty, other)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot schedule "
                + task.key()
                + ": nothing of plain keeps [unroll<=4, unroll>=2]"
                + ", nothing of other keeps [never]");
    TemplateSpace some = new TemplateSpace("some", knobs, rules.subList(0, 1));
    assertThat(Templates.joined(task, List.of(empty, some)).templates()).containsExactly(some);
  }

  @Test
  void drawnMembersAreFoundUnderTheirNumbersAndKeepAllConstraints() {
    tasks()
        .forEach(
            task -> {
              ScheduleSpace space = Templates.space(task);
              SplitMix64 random = TestSeed.random("members", task.key());
              for (int i = 0; i < DRAWN_MEMBERS; i++) {
                long index = random.nextLong(space.size());
                assertThat(space.indexOf(space.at(index))).as(note(task)).isEqualTo(index);
                keepsConstraints(task, space, index);
              }
            });
  }

  @Test
  void constraintsReadOnlyTheKnobsThatTheyDeclare() {
    SplitMix64 random = TestSeed.random("digits");
    tasks()
        .flatMap(task -> Templates.space(task).templates().stream())
        .forEach(
            space -> {
              int[] digits =
                  space.knobs().stream()
                      .mapToInt(knob -> (int) random.nextLong(knob.size()))
                      .toArray();
              KnobValues all = space.values(digits);
              for (Constraint rule : space.constraints()) {
                assertThat(rule.holds().test(new OnlyKnobs(rule.knobs(), all)))
                    .isEqualTo(rule.holds().test(all));
              }
            });
  }

  @Test
  void aSpaceIsBuiltTheSameEveryTime() {
    tasks()
        .forEach(
            task ->
                assertThat(Templates.space(task).id())
                    .as(note(task))
                    .isEqualTo(Templates.space(task).id()));
  }

  @Test
  void everyTemplateHasADefaultAndTheFirstIsTheTasks() {
    tasks()
        .forEach(
            task -> {
              List<Schedule> defaults = Templates.templateDefaults(task);
              assertThat(defaults)
                  .extracting(Schedule::template)
                  .as(note(task))
                  .containsExactlyInAnyOrderElementsOf(
                      Templates.space(task).templates().stream()
                          .map(TemplateSpace::template)
                          .toList());
              assertThat(Templates.defaultSchedule(task)).isEqualTo(defaults.get(0));
            });
  }

  /**
   * Layers of which it was measured that Winograd's best is faster, and some that it is not for.
   */
  @ParameterizedTest
  @CsvSource({
    "conv2d.winograd, c=64 h=56 w=56 k=64 r=3 s=3 pad=1 layout=nchw16c",
    "conv2d.winograd, c=128 h=28 w=28 k=128 r=3 s=3 pad=1 layout=nchw16c",
    "conv2d.winograd, c=256 h=14 w=14 k=256 r=3 s=3 pad=1 layout=nchw16c",
    "conv2d.winograd, c=512 h=7 w=7 k=512 r=3 s=3 pad=1 layout=nchw16c",
    "conv2d.winograd, c=64 h=56 w=56 k=64 r=3 s=3 pad=1",
    "conv2d.direct, c=512 h=3 w=3 k=512 r=3 s=3 pad=1 layout=nchw16c",
    "conv2d.direct, c=64 h=56 w=56 k=64 r=3 s=3 pad=1 stride=2 layout=nchw16c",
    "conv2d.direct, c=3 h=224 w=224 k=64 r=7 s=7 stride=2 pad=3",
    "conv2d.direct, c=64 h=56 w=56 k=256 r=1 s=1"
  })
  void theDefaultIsThatOfTheTemplateWithLeastWork(String template, String shape) {
    for (int threads = 1; threads <= 2; threads++) {
      TuningTask task =
          new TuningTask(Workload.parse("conv2d n=1 " + shape), CpuTarget.AVX512, threads);
      assertThat(Templates.defaultSchedule(task).template()).as(task.key()).isEqualTo(template);
    }
  }

  @ParameterizedTest
  @MethodSource("allGolden")
  void buffersOfARoleLieApartOnWholeCacheLines(TuningTask task) {
    for (Schedule schedule : Templates.templateDefaults(task)) {
      LoopNest nest = Templates.nest(new Candidate(task, schedule));
      for (Place.Role role : Place.Role.values()) {
        long end = 0;
        for (Place.Buffer buffer : nest.buffers()) {
          if (buffer.role() == role) {
            assertThat(nest.offset(buffer)).isGreaterThanOrEqualTo(end);
            assertThat(nest.offset(buffer) % 16).isZero();
            end = nest.offset(buffer) + buffer.floats();
          }
        }
        assertThat(nest.floats(role)).isGreaterThanOrEqualTo(end);
      }
    }
  }

  static Stream<TuningTask> allGolden() {
    return GoldenTasks.all();
  }

  @Test
  void theSameCandidateIsPrintedTheSameEveryTime() {
    SplitMix64 random = TestSeed.random("printed twice");
    for (int i = 0; i < 50; i++) {
      TuningTask task = SmallTasks.draw(random);
      LoweringTest.drawn(task, 1, random)
          .forEach(
              candidate ->
                  assertThat(Templates.lower(candidate, "kernel"))
                      .as(note(task))
                      .isEqualTo(Templates.lower(candidate, "kernel")));
    }
  }

  @Test
  void aScheduleOfAnotherTasksSpaceIsRefused() {
    TuningTask dense = task("dense m=8 n=64 k=64");
    TuningTask product = task("batch_matmul b=1 m=8 n=64 k=64");
    Candidate candidate = new Candidate(product, Templates.defaultSchedule(dense));
    assertThatThrownBy(() -> Templates.lower(candidate, "kernel"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("it is of space " + Templates.space(dense).id())
        .hasMessageContaining("asked of " + Templates.space(product).id());
  }

  @Test
  void aNameThatIsNoIdentifierIsRefused() {
    TuningTask task = task("dense m=8 n=64 k=64");
    Candidate candidate = new Candidate(task, Templates.defaultSchedule(task));
    assertThatThrownBy(() -> Templates.lower(candidate, "2nd kernel"))
        .hasMessage("Cannot name a kernel '2nd kernel': not a C identifier");
  }

  private static TuningTask task(String workload) {
    return new TuningTask(Workload.parse(workload), CpuTarget.AVX2, 1);
  }

  private static String description(TuningTask task) {
    ScheduleSpace space = Templates.space(task);
    return task.workload().text()
        + " @ "
        + task.target().name()
        + "\n  "
        + space.id()
        + space.templates().stream()
            .map(template -> " " + template.template() + "=" + template.size())
            .collect(Collectors.joining())
        + Templates.templateDefaults(task).stream()
            .map(schedule -> "\n  " + schedule.text())
            .collect(Collectors.joining())
        + "\n";
  }

  private static void keepsConstraints(TuningTask task, ScheduleSpace space, long index) {
    int place = space.templateOf(index);
    TemplateSpace template = space.templates().get(place);
    int[] digits = new int[template.knobs().size()];
    template.digits(index - space.start(place), digits);
    assertThat(template.constraints())
        .as(note(task))
        .allMatch(rule -> rule.holds().test(template.values(digits)));
  }

  private static String note(TuningTask task) {
    return task.key() + ", " + TestSeed.rerun();
  }
}
