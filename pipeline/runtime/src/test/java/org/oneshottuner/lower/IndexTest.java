package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TestSeed;

class IndexTest {
  private static final List<Axis> AXES = List.of(new Axis("x"), new Axis("y"), new Axis("z"));
  private static final Index X = AXES.get(0).index();
  private static final Index Y = AXES.get(1).index();

  @Test
  void foldingAllVariablesGivesTheValue() {
    SplitMix64 random = TestSeed.random("indices");
    for (int i = 0; i < 2000; i++) {
      Index index = drawn(random, 4);
      Map<Axis, Long> values = values(random);
      Index folded = index.with(values);
      assertThat(folded.isConstant()).as("%s, %s", index, TestSeed.rerun()).isTrue();
      assertThat(folded.constant())
          .as("%s at %s, %s", index, values, TestSeed.rerun())
          .isEqualTo(index.evaluate(values::get));
    }
  }

  @Test
  void foldingSomeVariablesKeepsTheValue() {
    SplitMix64 random = TestSeed.random("partly folded");
    for (int i = 0; i < 2000; i++) {
      Index index = drawn(random, 4);
      Map<Axis, Long> values = values(random);
      Map<Axis, Long> some = new HashMap<>(values);
      some.remove(AXES.get((int) random.nextLong(AXES.size())));
      assertThat(index.with(some).evaluate(values::get))
          .as("%s at %s, %s", index, values, TestSeed.rerun())
          .isEqualTo(index.evaluate(values::get));
    }
  }

  @Test
  void equalSumsAreEqual() {
    assertThat(X.plus(Y).plus(3)).isEqualTo(Y.plus(3).plus(X));
    assertThat(X.times(2).minus(X).minus(X)).isEqualTo(Index.ZERO);
    assertThat(X.plus(1).times(4)).isEqualTo(X.times(4).plus(4));
  }

  @Test
  void textIsAnExpressionInC() {
    assertThat(X.times(3).minus(Y).plus(-2).text()).isEqualTo("3 * x - y - 2");
    assertThat(X.times(-1).text()).isEqualTo("-x");
    assertThat(X.plus(1).dividedBy(4).text()).isEqualTo("((x + 1) / 4)");
    assertThat(X.remainder(4).times(2).text()).isEqualTo("2 * (x % 4)");
    assertThat(X.least(Y).text()).isEqualTo("least(x, y)");
    assertThat(Index.of(-7).text()).isEqualTo("-7");
  }

  @Test
  void whatIsKnownIsFolded() {
    assertThat(X.least(X.plus(1))).isEqualTo(X);
    assertThat(X.greatest(X.plus(1))).isEqualTo(X.plus(1));
    assertThat(X.dividedBy(1)).isEqualTo(X);
    assertThat(X.remainder(1)).isEqualTo(Index.ZERO);
    assertThat(Index.of(7).dividedBy(2)).isEqualTo(Index.of(3));
  }

  @Test
  void aSumThatOverflowsIsRefused() {
    assertThatThrownBy(() -> Index.of(Long.MAX_VALUE).plus(1))
        .isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> X.times(Long.MAX_VALUE).times(2))
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void aConditionFoldsToWhatItIs() {
    SplitMix64 random = TestSeed.random("conditions");
    for (int i = 0; i < 2000; i++) {
      Condition condition =
          Condition.less(drawn(random, 3), drawn(random, 3))
              .and(Condition.within(-5, drawn(random, 2), 50));
      Map<Axis, Long> values = values(random);
      Condition folded = condition.with(values);
      assertThat(folded.bounds().isEmpty())
          .as("%s at %s, %s", condition.text(), values, TestSeed.rerun())
          .isEqualTo(condition.evaluate(values::get))
          .isNotEqualTo(folded.isFalse());
    }
  }

  /** Draws an index whose dividends are never negative. */
  private static Index drawn(SplitMix64 random, int depth) {
    if (depth == 0) {
      return random.nextLong(3) == 0
          ? Index.of(random.nextLong(9) - 4)
          : AXES.get((int) random.nextLong(AXES.size())).index();
    }
    Index a = drawn(random, depth - 1);
    Index b = drawn(random, depth - 1);
    return switch ((int) random.nextLong(7)) {
      case 0 -> a.plus(b);
      case 1 -> a.minus(b);
      case 2 -> a.times(random.nextLong(7) - 3);
      case 3 -> a.least(b);
      case 4 -> a.greatest(b);
      case 5 -> a.greatest(Index.ZERO).dividedBy(1 + random.nextLong(5));
      default -> a.greatest(Index.ZERO).remainder(1 + random.nextLong(5));
    };
  }

  private static Map<Axis, Long> values(SplitMix64 random) {
    Map<Axis, Long> values = new HashMap<>();
    AXES.forEach(axis -> values.put(axis, random.nextLong(40) - 10));
    return values;
  }
}
