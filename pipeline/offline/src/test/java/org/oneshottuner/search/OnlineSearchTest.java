package org.oneshottuner.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

class OnlineSearchTest {
  private static final TuningTask TASK = TestTasks.CONVOLUTION;
  private static final int BUDGET = 160;

  /** Rounds of 64, 64 and 32. */
  private static List<Trial> uninterrupted(SearchAlgorithm algorithm, int batch) {
    OnlineSearch search = algorithm.search(TASK, TestSeed.value());
    return new SearchRun(search, BUDGET, batch).run(Landscape.failing(TASK, 5)::measure).trials();
  }

  @ParameterizedTest
  @EnumSource
  void triesNoScheduleTwice(SearchAlgorithm algorithm) {
    List<Trial> trials = uninterrupted(algorithm, 16);
    assertThat(trials).hasSize(BUDGET);
    assertThat(trials.stream().map(Trial::schedule)).doesNotHaveDuplicates();
    assertThat(trials.stream().filter(trial -> trial.nanos().isEmpty())).isNotEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void dependsOnItsSeedAloneAndOnNoBatch(SearchAlgorithm algorithm) {
    List<Trial> trials = uninterrupted(algorithm, 64);
    assertThat(uninterrupted(algorithm, 64)).isEqualTo(trials);
    assertThat(uninterrupted(algorithm, 7)).isEqualTo(trials);
    OnlineSearch other = algorithm.search(TASK, TestSeed.value() + 1);
    if (algorithm != SearchAlgorithm.EXHAUSTIVE) {
      assertThat(other.propose(16))
          .isNotEqualTo(trials.stream().limit(16).map(Trial::schedule).toList());
    }
  }

  @ParameterizedTest
  @EnumSource
  void goesOnWhereItWasInterrupted(SearchAlgorithm algorithm) {
    List<Trial> trials = uninterrupted(algorithm, 16);
    for (int done : List.of(0, 5, 64, 100, 128, 150)) {
      OnlineSearch resumed = algorithm.search(TASK, TestSeed.value());
      resumed.report(trials.subList(0, done));
      assertThat(
              new SearchRun(resumed, BUDGET, 16).run(Landscape.failing(TASK, 5)::measure).trials())
          .as("resumed after %d trials; %s", done, TestSeed.note())
          .isEqualTo(trials);
    }
  }

  @ParameterizedTest
  @EnumSource
  void goesOnAsItWouldHaveHoweverARoundWasOrdered(SearchAlgorithm algorithm) {
    List<Trial> trials = uninterrupted(algorithm, 64);
    List<Trial> disordered = new ArrayList<>(trials.subList(0, 64));
    Collections.reverse(disordered);
    // and the middle of the next round is missing
    disordered.addAll(trials.subList(64, 80));
    disordered.addAll(trials.subList(96, 128));
    OnlineSearch resumed = algorithm.search(TASK, TestSeed.value());
    resumed.report(disordered);
    assertThat(resumed.propose(64))
        .isEqualTo(trials.subList(80, 96).stream().map(Trial::schedule).toList());
  }

  @ParameterizedTest
  @EnumSource
  void moreTrialsBeginWithThoseOfFewer(SearchAlgorithm algorithm) {
    List<Trial> fewer = uninterrupted(algorithm, 64);
    OnlineSearch search = algorithm.search(TASK, TestSeed.value());
    List<Trial> more =
        new SearchRun(search, 500, 64).run(Landscape.failing(TASK, 5)::measure).trials();
    assertThat(more).hasSize(500).startsWith(fewer.toArray(new Trial[0]));
  }

  @ParameterizedTest
  @EnumSource
  void triesASmallSpaceWhole(SearchAlgorithm algorithm) {
    ScheduleSpace space = Templates.space(TestTasks.SMALL);
    assertThat(space.size()).isBetween(2L, 2000L);
    OnlineSearch search = algorithm.search(TestTasks.SMALL, TestSeed.value());
    SearchCurve curve =
        new SearchRun(search, Integer.MAX_VALUE, 50).run(Landscape.of(TestTasks.SMALL)::measure);
    Set<Schedule> tried = new HashSet<>();
    curve.trials().forEach(trial -> tried.add(trial.schedule()));
    assertThat(tried).hasSize(Math.toIntExact(space.size())).hasSameSizeAs(curve.trials());
    assertThat(search.untried()).isZero();
    assertThat(search.propose(1)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void goesOnAtRandomWhileAllFails(SearchAlgorithm algorithm) {
    OnlineSearch search = algorithm.search(TASK, TestSeed.value());
    Function<List<Schedule>, List<Trial>> fail =
        schedules -> schedules.stream().map(Trial::failed).toList();
    SearchCurve curve = new SearchRun(search, 150, 50).run(fail);
    assertThat(curve.trials()).hasSize(150);
    assertThat(curve.failures()).isEqualTo(150);
    assertThat(curve.best()).isEmpty();
    assertThat(curve.bestNanosAfter(150)).isEmpty();
    assertThat(search.best()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void learnsOfSchedulesThatItDidNotPropose(SearchAlgorithm algorithm) {
    ScheduleSpace space = Templates.space(TASK);
    Landscape landscape = Landscape.of(TASK);
    List<Schedule> foreign = List.of(space.at(0), space.at(1), space.at(space.size() - 1));
    OnlineSearch search = algorithm.search(TASK, TestSeed.value());
    search.report(landscape.measure(foreign));
    SearchCurve curve = new SearchRun(search, 100, 32).run(landscape::measure);
    assertThat(curve.trials().stream().map(Trial::schedule))
        .startsWith(foreign.toArray(new Schedule[0]))
        .doesNotHaveDuplicates()
        .hasSize(100);
  }

  @ParameterizedTest
  @EnumSource(names = {"ANNEALING", "EVOLUTIONARY", "GENETIC"})
  void beginsWithTheDefaultsOfAllTemplates(SearchAlgorithm algorithm) {
    List<Schedule> defaults = Templates.templateDefaults(TASK);
    assertThat(defaults.stream().map(Schedule::template)).contains("conv2d.winograd");
    for (int roundTrials : List.of(8, 64)) {
      OnlineSearch search = algorithm.search(TASK, TestSeed.value(), roundTrials);
      assertThat(search.propose(defaults.size())).isEqualTo(defaults);
    }
    assertThat(SearchAlgorithm.RANDOM.search(TASK, TestSeed.value()).propose(64))
        .doesNotContainAnyElementsOf(defaults);
  }

  @Test
  void namesAreThoseOfTheCommandLine() {
    for (SearchAlgorithm algorithm : SearchAlgorithm.values()) {
      assertThat(SearchAlgorithm.named(algorithm.text())).isEqualTo(algorithm);
    }
    assertThatThrownBy(() -> SearchAlgorithm.named("grid"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Cannot search by 'grid': known are random, annealing, evolutionary, genetic,"
                + " exhaustive");
  }

  @Test
  void refusesWhatItCannotDo() {
    OnlineSearch search = SearchAlgorithm.RANDOM.search(TASK, 1);
    assertThatThrownBy(() -> search.propose(0)).hasMessageStartingWith("Cannot propose 0");
    assertThat(search.propose(100)).hasSize(OnlineSearch.ROUND_TRIALS);
    assertThatThrownBy(() -> search.propose(1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot plan round 1: 64 schedules of the last have not been reported");
    Schedule other = Templates.space(TestTasks.PRODUCT).at(0);
    assertThatThrownBy(() -> search.report(List.of(Trial.failed(other))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot find schedule");
    assertThatThrownBy(() -> Trial.timed(other, 0)).hasMessageStartingWith("Cannot report 0.0 ns");
    assertThatThrownBy(() -> Trial.timed(other, Double.NaN))
        .hasMessageStartingWith("Cannot report NaN ns");
    assertThatThrownBy(() -> SearchAlgorithm.RANDOM.search(TASK, 1, 1))
        .hasMessageStartingWith("Cannot search in rounds of 1");
    assertThatThrownBy(() -> new SearchRun(search, 0, 1))
        .hasMessageStartingWith("Cannot search with a budget of 0");
    OnlineSearch unmeasured = SearchAlgorithm.RANDOM.search(TASK, 1);
    assertThatThrownBy(() -> new SearchRun(unmeasured, 8, 8).run(schedules -> List.of()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot go on searching: 8 of 8 schedules came back without a trial");
  }

  @Test
  void curveFalls() {
    Landscape landscape = Landscape.of(TASK);
    OnlineSearch search = SearchAlgorithm.RANDOM.search(TASK, TestSeed.value());
    SearchCurve curve = new SearchRun(search, 64, 8).run(landscape::measure);
    double last = Double.POSITIVE_INFINITY;
    for (int count : List.of(1, 8, 64)) {
      double best = curve.bestNanosAfter(count).orElseThrow();
      assertThat(best).isLessThanOrEqualTo(last);
      last = best;
    }
    assertThat(curve.best().orElseThrow().nanos()).hasValue(last);
    assertThat(search.best()).isEqualTo(curve.best());
    assertThat(curve.bestNanosAfter(0)).isEmpty();
  }
}
