package org.oneshottuner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.OptionalDouble;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class RankedTaskTest {
  static final Offset<Double> EXACTLY = within(1e-12);

  static Prediction timed(String schedule, double score, double nanos) {
    return new Prediction(schedule, score, OptionalDouble.of(nanos));
  }

  static Prediction failed(String schedule, double score) {
    return new Prediction(schedule, score, OptionalDouble.empty());
  }

  /** Predicted order: 200, 100, failed (as the default's 400), 125, 150; the best known is 80. */
  private static final RankedTask TASK =
      new RankedTask(
          "task",
          80,
          400,
          List.of(
              timed("d", 2, 125),
              timed("a", 5, 200),
              failed("c", 3),
              timed("e", 1, 150),
              timed("b", 4, 100)));

  @Test
  void regretIsOfTheBestOfTheFirstK() {
    assertThat(TASK.regretAt(1)).isEqualTo(200.0 / 80 - 1, EXACTLY);
    assertThat(TASK.regretAt(2)).isEqualTo(100.0 / 80 - 1, EXACTLY);
    assertThat(TASK.regretAt(64)).isEqualTo(100.0 / 80 - 1, EXACTLY);
  }

  @Test
  void aFailedPickCountsAsTheDefaultSchedule() {
    RankedTask task = new RankedTask("t", 80, 400, List.of(failed("a", 2), timed("b", 1, 80)));
    assertThat(task.regretAt(1)).isEqualTo(4, EXACTLY);
    assertThat(task.regretAt(2)).isEqualTo(0, EXACTLY);
  }

  @Test
  void equalScoresComeInTheOrderOfTheirSchedules() {
    Prediction slow = timed("a", 1, 300);
    Prediction fast = timed("b", 1, 100);
    assertThat(new RankedTask("t", 100, 300, List.of(fast, slow)).regretAt(1))
        .isEqualTo(2, EXACTLY);
    assertThat(new RankedTask("t", 100, 300, List.of(slow, fast)).regretAt(1))
        .isEqualTo(2, EXACTLY);
  }

  @Test
  void peakIsTheMeanOfTheBestSoFar() {
    double expected = (80 / 200.0 + 80 / 100.0 + 80 / 100.0) / 3;
    assertThat(TASK.peakAt(3)).isEqualTo(expected, EXACTLY);
    assertThat(TASK.peakAt(64)).isEqualTo((0.4 + 4 * 0.8) / 5, EXACTLY);
  }

  @Test
  void ndcgHasLinearGain() {
    // gains in predicted order 0.4, 0.8, 0.2, 0.64, 0.5333
    double third = 80 / 150.0;
    double log3 = Math.log(3) / Math.log(2);
    double log6 = Math.log(6) / Math.log(2);
    double log5 = Math.log(5) / Math.log(2);
    double found = 0.4 + 0.8 / log3 + 0.2 / 2 + 0.64 / log5 + third / log6;
    double ideal = 0.8 + 0.64 / log3 + third / 2 + 0.4 / log5 + 0.2 / log6;
    assertThat(TASK.ndcgAt(10)).isEqualTo(found / ideal, EXACTLY);
    assertThat(TASK.ndcgAt(2)).isEqualTo((0.4 + 0.8 / log3) / (0.8 + 0.64 / log3), EXACTLY);
  }

  @Test
  void agreementLeavesFailuresOut() {
    // 200, 100, 125, 150 in predicted order: of six pairs, 100 before 125 and 150, 125 before 150
    // are right
    RankAgreement agreement = TASK.agreement();
    assertThat(agreement.kendallTau().orElseThrow()).isEqualTo(0, EXACTLY);
    assertThat(agreement.pairAccuracy().orElseThrow()).isEqualTo(0.5, EXACTLY);
    // ranks 4 3 2 1 against 1 4 3 2: 1 - 6 (9 + 1 + 1 + 1) / (4 * 15)
    assertThat(agreement.spearman().orElseThrow()).isEqualTo(-0.2, EXACTLY);
  }

  @Test
  void refusesWhatCannotBe() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RankedTask("t", 80, 400, List.of()))
        .withMessageContaining("no candidate");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RankedTask("t", 80, 400, List.of(timed("a", 1, 79))))
        .withMessageContaining("below the best");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RankedTask("t", 80, 79, List.of(timed("a", 1, 80))));
    assertThatIllegalArgumentException().isThrownBy(() -> timed("a", Double.NaN, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> timed("a", 1, 0));
  }

  @Test
  void aRandomPickGetsTheGeometricMeanOfAll() {
    RankedTask task =
        new RankedTask(
            "task",
            100,
            200,
            List.of(
                new Prediction("a", 3, OptionalDouble.of(100)),
                new Prediction("b", 2, OptionalDouble.of(400)),
                new Prediction("failed", 1, OptionalDouble.empty())));
    assertThat(task.randomRegret()).isEqualTo(1, org.assertj.core.api.Assertions.within(1e-12));
  }
}
