package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** What is refused before any text of a kernel is written. */
class RefusalTest {
  private static TuningTask task(String workload) {
    return new TuningTask(Workload.parse(workload), CpuTarget.AVX512, 1);
  }

  @Test
  void aScheduleOfAnotherSpaceIsRefused() {
    TuningTask own = task("conv2d n=1 c=16 h=8 w=8 k=32 r=3 s=3 pad=1 layout=nchw16c");
    Schedule other = Templates.defaultSchedule(task("dense m=8 n=64 k=160"));
    assertThatThrownBy(() -> Templates.lower(new Candidate(own, other), "k"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot find schedule '"
                + other.text()
                + "': it is of space "
                + other.spaceId()
                + ", asked of "
                + Templates.space(own).id());
  }

  @Test
  void aMemberOutsideOfTheSpaceIsRefused() {
    ScheduleSpace space = Templates.space(task("dense m=8 n=64 k=160"));
    for (long index : List.of(-1L, space.size(), Long.MIN_VALUE, Long.MAX_VALUE)) {
      assertThatThrownBy(() -> space.at(index))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessage(
              "Cannot take member "
                  + index
                  + " of space "
                  + space.id()
                  + ": size is "
                  + space.size());
    }
  }

  /** 6.6 GB of reordered input. */
  @Test
  void aTemplateWithoutTheMemoryIsLeftOut() {
    TuningTask large = task("conv2d n=64 c=512 h=224 w=224 k=64 r=3 s=3 pad=1");
    assertThat(WinogradConv2d.of(large)).isPresent();
    assertThat(Templates.space(large).templates().stream().map(TemplateSpace::template))
        .containsExactly(DirectConv2d.NAME);
  }

  /**
   * Weights are a sixteenth of what is packed of them, zeros for all other channels of a vector.
   */
  @Test
  void aTaskWithoutTheMemoryIsRefused() {
    TuningTask large =
        task(
            "conv2d n=1 c=16777216 h=1 w=1 k=16777216 r=3 s=3 pad=1 groups=16777216"
                + " layout=nchw16c");
    assertThatThrownBy(() -> Templates.space(large))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot schedule " + large.key() + ": conv2d.direct's packed")
        .hasMessageEndingWith(" floats, most is 2147483647");
  }

  @Test
  void packedConstantsAreCountedInElementsAndWorkspaceInBytes() {
    assertThat(excess(Role.PACKED, Integer.MAX_VALUE - 15)).isEmpty();
    assertThat(excess(Role.PACKED, 1L << 31))
        .contains("packed constants are 2147483648 floats, most is 2147483647");
    assertThat(excess(Role.SHARED, 1L << 28)).isEmpty();
    assertThat(excess(Role.SLOT, (1L << 28) + 1))
        .contains("workspace is 1073741888 bytes, most is 1073741824");
    assertThat(excess(Role.INPUT, 1L << 31)).isEmpty();
  }

  private static Optional<String> excess(Role role, long floats) {
    return new LoopNest(List.of(new Buffer("b", role, floats)), Optional.empty(), List.of())
        .excess();
  }

  @Test
  void aTensorThatCannotBeAddressedIsRefused() {
    assertThatThrownBy(() -> task("dense m=65536 n=65536 k=1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a tensor has 4294967296 elements, most is 2147483647");
  }

  @Test
  void aTargetWithoutTheVectorsIsRefused() {
    assertThatThrownBy(
            () -> new CpuTarget("thin", "x86-64-v3", 64, 32, 1 << 15, 1 << 20, 1 << 25, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot use target thin: vector is 64, -march=x86-64-v3 has 32 bytes at most");
    assertThatThrownBy(() -> new CpuTarget("thin", "armv8-a", 8, 32, 1 << 15, 1 << 20, 1 << 25, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot use target thin: vector is 8, expected 16, 32 or 64 bytes");
  }
}
