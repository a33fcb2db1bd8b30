package org.oneshottuner.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;

class NeighboursTest {
  private static final int DRAWS = 2000;

  private final ScheduleSpace space = Templates.space(TestTasks.CONVOLUTION);
  private final Neighbours neighbours = new Neighbours(space, new SplitMix64(TestSeed.value()));

  @Test
  void stepChangesOneKnobOrTheTemplate() {
    Set<String> changed = new HashSet<>();
    long member = neighbours.any();
    for (int i = 0; i < DRAWS; i++) {
      Schedule from = space.at(member);
      member = neighbours.step(member);
      Schedule to = space.at(member);
      if (from.template().equals(to.template())) {
        assertThat(to.settings().stream().filter(setting -> !from.settings().contains(setting)))
            .as("%s to %s; %s", from, to, TestSeed.note())
            .hasSize(1)
            .allSatisfy(setting -> changed.add(to.template() + " " + setting.knob()));
      }
    }
    assertThat(space.templates()).hasSizeGreaterThan(1);
    assertThat(changed).hasSizeGreaterThan(10);
  }

  @Test
  void crossIsBetweenItsParents() {
    int mixed = 0;
    for (int i = 0; i < DRAWS; i++) {
      Schedule first = space.at(neighbours.any());
      Schedule second = space.at(neighbours.any());
      Schedule child = space.at(neighbours.cross(space.indexOf(first), space.indexOf(second)));
      assertThat(child.template()).isEqualTo(first.template());
      if (first.template().equals(second.template())) {
        mixed += child.equals(first) || child.equals(second) ? 0 : 1;
      } else {
        assertThat(child).isEqualTo(first);
      }
    }
    assertThat(mixed).as(TestSeed.note()).isGreaterThan(DRAWS / 10);
  }

  @Test
  void crossOfTwinsIsTheSame() {
    for (int i = 0; i < DRAWS; i++) {
      long member = neighbours.any();
      assertThat(neighbours.cross(member, member)).isEqualTo(member);
    }
  }
}
