package org.oneshottuner.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;

class PatienceTest {
  /** Returns what is said after each round, of which each finds one time. */
  private static List<Boolean> spent(double... nanos) {
    ScheduleSpace space = Templates.space(TestTasks.PRODUCT);
    TrialHistory history = new TrialHistory(TestTasks.PRODUCT, space);
    Patience patience = new Patience();
    List<Boolean> said = new ArrayList<>();
    for (int round = 0; round < nanos.length; round++) {
      history.add(round, Trial.timed(space.at(round), nanos[round]));
      said.add(patience.isSpent(history));
    }
    return said;
  }

  @Test
  void isSpentAfterFourRoundsWithoutMuchGainAndThenBeginsAnew() {
    assertThat(spent(100, 110, 99.8, 100, 99.7, 90, 90, 90, 90, 90))
        .containsExactly(false, false, false, false, true, false, false, false, false, true);
  }

  @Test
  void manySmallGainsAreAGain() {
    assertThat(spent(100, 99.8, 99.6, 99.4, 99.2, 99.0)).doesNotContain(true);
  }

  @ParameterizedTest
  @EnumSource(names = {"ANNEALING", "EVOLUTIONARY", "GENETIC"})
  void aSearchThatIsStuckTriesAllTemplates(SearchAlgorithm algorithm) {
    ScheduleSpace space = Templates.space(TestTasks.CONVOLUTION);
    assertThat(space.templates().size()).isGreaterThan(1);
    OnlineSearch search = algorithm.search(TestTasks.CONVOLUTION, TestSeed.value());
    // the first found is the best, and the first template's members are twice as fast as others
    List<List<Schedule>> rounds = new ArrayList<>();
    for (int round = 0; round < 6; round++) {
      List<Schedule> proposed = search.propose(OnlineSearch.ROUND_TRIALS);
      rounds.add(proposed);
      search.report(
          proposed.stream().map(one -> Trial.timed(one, first(space, one) ? 100 : 200)).toList());
    }
    assertThat(others(space, rounds.get(5)))
        .as(TestSeed.note())
        .isGreaterThan(OnlineSearch.ROUND_TRIALS / 8)
        .isGreaterThan(others(space, rounds.get(4)));
  }

  private static boolean first(ScheduleSpace space, Schedule schedule) {
    return space.templateOf(space.indexOf(schedule)) == 0;
  }

  private static long others(ScheduleSpace space, List<Schedule> schedules) {
    return schedules.stream().filter(one -> !first(space, one)).count();
  }
}
