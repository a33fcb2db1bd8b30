package org.oneshottuner.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.oneshottuner.dataset.Split.Side;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

class SplitTest {
  private static SplitTask task(String workload, String... networks) {
    return new SplitTask(
        new TuningTask(Workload.parse(workload), CpuTarget.AVX2, 1), List.of(networks));
  }

  private static final SplitTask HELD =
      task("conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1", "resnet-18", "vgg-11");
  private static final SplitTask HELD_BATCH =
      task("conv2d n=8 c=64 h=56 w=56 k=64 r=3 s=3 pad=1", "resnet-18");
  private static final SplitTask OTHER_BATCH = task("conv2d n=4 c=64 h=56 w=56 k=64 r=3 s=3 pad=1");
  private static final SplitTask NEAR = task("conv2d n=1 c=64 h=55 w=57 k=62 r=3 s=3");
  private static final SplitTask FAR =
      task("conv2d n=1 c=64 h=50 w=56 k=64 r=3 s=3 pad=1", "vgg-11");
  private static final SplitTask OTHER_KIND = task("dense m=128 n=768 k=768", "bert-mini");
  private static final List<SplitTask> TASKS =
      List.of(HELD, HELD_BATCH, OTHER_BATCH, NEAR, FAR, OTHER_KIND);

  private static String key(SplitTask task) {
    return task.task().key();
  }

  @Test
  void anUnseenNetworkLeavesNothingLikeItInTraining() {
    Split split = Split.unseenNetwork(TASKS, Set.of("resnet-18"));
    assertThat(split.keys(Side.TEST)).containsExactly(key(HELD), key(HELD_BATCH));
    assertThat(split.keys(Side.LEFT_OUT)).containsExactly(key(OTHER_BATCH), key(NEAR));
    assertThat(split.keys(Side.TRAIN)).containsExactly(key(FAR), key(OTHER_KIND));
    assertThatCode(() -> LeakAudit.check(split.keys(Side.TRAIN), split.keys(Side.TEST)))
        .doesNotThrowAnyException();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Split.unseenNetwork(TASKS, Set.of("resnet-18", "lenet")))
        .withMessageContaining("[lenet]");
    assertThatIllegalArgumentException().isThrownBy(() -> split.side("unheard of"));
  }

  @Test
  void unseenTasksAreDrawnOneByOne() {
    List<SplitTask> tasks = new ArrayList<>();
    for (int n = 1; n <= 400; n++) {
      tasks.add(task("dense m=" + (1 << (n % 10)) + " n=" + 64 * n + " k=512"));
    }
    Split split = Split.unseenTask(tasks, 0.1, 3);
    assertThat(split.keys(Side.TEST)).hasSizeBetween(20, 65);
    assertThatCode(() -> LeakAudit.check(split.keys(Side.TRAIN), split.keys(Side.TEST)))
        .doesNotThrowAnyException();
    // another task more or less changes no draw
    Split fewer = Split.unseenTask(tasks.subList(0, 200), 0.1, 3);
    assertThat(split.keys(Side.TEST)).containsAll(fewer.keys(Side.TEST));
    assertThat(Split.unseenTask(tasks, 0.1, 4)).isNotEqualTo(split);
    assertThatIllegalArgumentException().isThrownBy(() -> Split.unseenTask(tasks, 0, 3));
  }

  @Test
  void withinATaskEnoughSchedulesAreHeldOutToBeRanked() {
    assertThat(within(3)).isEmpty();
    assertThat(within(4)).hasSize(2);
    assertThat(within(8)).hasSize(4);
    assertThat(within(12)).hasSize(4);
    assertThat(within(100)).hasSize(20).doesNotHaveDuplicates().isEqualTo(within(100));
    assertThat(Split.heldOutWithinTask("other", schedules(100), 0.2, 9)).isNotEqualTo(within(100));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Split.heldOutWithinTask("task", schedules(8), 1, 9));
  }

  private static List<String> within(int schedules) {
    return Split.heldOutWithinTask("task", schedules(schedules), 0.2, 9);
  }

  private static List<String> schedules(int count) {
    return IntStream.range(0, count).mapToObj(i -> "tiled rows=" + i).toList();
  }

  @Test
  void whatIsLaterIsJudgedByWithSomeOfWhatWasBegunEarlier() {
    List<SplitTask> tasks = new ArrayList<>();
    for (int n = 1; n <= 40; n++) {
      tasks.add(task("dense m=" + (1 << (n % 10)) + " n=" + 64 * n + " k=512"));
    }
    Set<String> earlier = Set.copyOf(tasks.subList(0, 30).stream().map(SplitTest::key).toList());
    Split split = Split.laterInTime(tasks, earlier, 0.2, 3);
    assertThat(split.keys(Side.TEST))
        .containsAll(tasks.subList(30, 40).stream().map(SplitTest::key).toList())
        .hasSizeBetween(12, 25);
    assertThat(earlier).containsAll(split.keys(Side.TRAIN));
    assertThat(split.keys(Side.TRAIN)).isNotEmpty();
    assertThatCode(() -> LeakAudit.check(split.keys(Side.TRAIN), split.keys(Side.TEST)))
        .doesNotThrowAnyException();
  }

  @Test
  void anUnseenKindTakesWhatIsNearlyOfItOutOfTraining() {
    SplitTask depthwise = task("depthwise_conv2d n=1 c=64 h=56 w=56 r=3 s=3 pad=1");
    SplitTask grouped = task("conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1 groups=64");
    List<SplitTask> tasks = List.of(depthwise, grouped, FAR, OTHER_KIND);
    Split split = Split.unseenKind(tasks, "depthwise_conv2d");
    assertThat(split.keys(Side.TEST)).containsExactly(key(depthwise));
    assertThat(split.keys(Side.LEFT_OUT)).containsExactly(key(grouped));
    assertThat(split.keys(Side.TRAIN)).containsExactly(key(FAR), key(OTHER_KIND));
  }

  @Test
  void unseenShapesAreTheLargestOfEachKind() {
    List<SplitTask> tasks = new ArrayList<>();
    for (int i = 1; i <= 10; i++) {
      tasks.add(task("dense m=" + 64 * i + " n=512 k=512"));
      tasks.add(task("batch_matmul b=1 m=" + 64 * i + " n=64 k=64"));
    }
    Split split = Split.unseenShape(tasks, 0.2);
    assertThat(split.keys(Side.TEST))
        .containsExactly(
            key(tasks.get(16)), key(tasks.get(17)), key(tasks.get(18)), key(tasks.get(19)));
    assertThatCode(() -> LeakAudit.check(split.keys(Side.TRAIN), split.keys(Side.TEST)))
        .doesNotThrowAnyException();
  }

  @Test
  void theAuditNamesWhatLeaks() {
    assertThatThrownBy(
            () ->
                LeakAudit.check(List.of(key(FAR), key(HELD)), List.of(key(NEAR), key(OTHER_KIND))))
        .isInstanceOfSatisfying(LeakException.class, leak -> assertThat(leak.leaks()).hasSize(1))
        .hasMessageStartingWith("Cannot score: 1 of 2 tasks are known from training")
        .hasMessageContaining("'" + key(NEAR) + "' is near '" + key(HELD) + "'");
    assertThatThrownBy(() -> LeakAudit.check(List.of(key(HELD)), List.of(key(HELD))))
        .isInstanceOf(LeakException.class);
  }
}
