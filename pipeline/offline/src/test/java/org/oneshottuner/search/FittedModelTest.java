package org.oneshottuner.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;

class FittedModelTest {
  private static TrialHistory history(int trials, int near) {
    ScheduleSpace space = Templates.space(TestTasks.PRODUCT);
    assertThat(space.size()).isGreaterThan(trials);
    TrialHistory history = new TrialHistory(TestTasks.PRODUCT, space);
    for (int member = 0; member < trials; member++) {
      // 100 ns and a little more, and twice that and more; one in ten fails
      double nanos = member % trials < near ? 100 + member * 1e-3 : 201 + member;
      history.add(
          member,
          member % 10 == 1 ? Trial.failed(space.at(member)) : Trial.timed(space.at(member), nanos));
    }
    return history;
  }

  private static long near(SortedMap<Long, Trial> trials) {
    return trials.values().stream()
        .filter(trial -> trial.nanos().isPresent() && trial.nanos().getAsDouble() < 200)
        .count();
  }

  @Test
  void learnsOfAllTrialsWhileTheyAreFew() {
    TrialHistory history = history(2048, 100);
    assertThat(FittedModel.learnt(history, new SplitMix64(1))).isEqualTo(history.byMember());
  }

  @Test
  void ofManyTrialsItLearnsOfAllThatComeNearToTheBestAndOfOthersAtRandom() {
    TrialHistory history = history(4000, 1000);
    SortedMap<Long, Trial> learnt = FittedModel.learnt(history, new SplitMix64(1));
    assertThat(learnt).hasSize(2048);
    assertThat(near(learnt)).isEqualTo(900);
    assertThat(learnt.values().stream().filter(trial -> trial.nanos().isEmpty())).isNotEmpty();
    assertThat(learnt.entrySet()).isSubsetOf(history.byMember().entrySet());
    assertThat(FittedModel.learnt(history, new SplitMix64(1))).isEqualTo(learnt);
    assertThat(FittedModel.learnt(history, new SplitMix64(2))).isNotEqualTo(learnt);
  }

  @Test
  void whereNearlyAllComeNearItStillLearnsOfOthers() {
    TrialHistory history = history(4000, 3900);
    SortedMap<Long, Trial> learnt = FittedModel.learnt(history, new SplitMix64(1));
    assertThat(learnt).hasSize(2048);
    assertThat(learnt.keySet()).containsAll(history.fastest(1536));
    assertThat(learnt.entrySet().stream().map(Map.Entry::getValue))
        .anyMatch(trial -> trial.nanos().isEmpty());
  }
}
