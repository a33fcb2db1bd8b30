package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TestSeed;

class FoldingTest {
  private static final Axis X = new Axis("x");
  private static final Axis Y = new Axis("y");
  private static final Place.Buffer OUT = new Place.Buffer("out", Place.Role.OUTPUT, 64);
  private static final Value ONE = new Value.Constant(1, 1);

  @Test
  void anIndexHasTheSameNumbersAfterwards() {
    SplitMix64 random = TestSeed.random("folded indices");
    for (int i = 0; i < 20_000; i++) {
      long xs = 1 + random.nextLong(5);
      long ys = 1 + random.nextLong(9);
      Index index = draw(random, 3);
      Index folded =
          Folding.of(
              index, Map.of(X, new Folding.Range(0, xs - 1), Y, new Folding.Range(2, ys + 1)));
      assertThat(folded.text().length())
          .as("%s -> %s", index, folded)
          .isLessThanOrEqualTo(index.text().length());
      for (long x = 0; x < xs; x++) {
        for (long y = 2; y < ys + 2; y++) {
          Map<Axis, Long> values = Map.of(X, x, Y, y);
          assertThat(folded.evaluate(values::get))
              .as("%s -> %s at %s, %s", index, folded, values, TestSeed.rerun())
              .isEqualTo(index.evaluate(values::get));
        }
      }
    }
  }

  /** Draws an index that is never negative. */
  private static Index draw(SplitMix64 random, int depth) {
    Index leaf =
        (random.nextLong(2) == 0 ? X : Y)
            .index()
            .times(1 + random.nextLong(6))
            .plus(random.nextLong(8));
    if (depth == 0) {
      return leaf;
    }
    Index inner = draw(random, depth - 1);
    return switch ((int) random.nextLong(5)) {
      case 0 -> inner.dividedBy(1 + random.nextLong(9)).plus(leaf);
      case 1 -> inner.remainder(1 + random.nextLong(9)).plus(leaf);
      case 2 -> inner.least(leaf);
      case 3 -> inner.greatest(leaf).times(2);
      default -> inner.plus(leaf);
    };
  }

  @Test
  void quotientsAndRemaindersOfSumsAreTakenApart() {
    Map<Axis, Folding.Range> ranges =
        Map.of(X, new Folding.Range(0, 3), Y, new Folding.Range(0, 15));
    Index sum = X.index().times(32).plus(Y.index()).plus(64);
    assertThat(Folding.of(sum.dividedBy(16), ranges)).hasToString("2 * x + 4");
    assertThat(Folding.of(sum.remainder(16), ranges)).hasToString("y");
    assertThat(Folding.of(sum.dividedBy(15), ranges)).isEqualTo(sum.dividedBy(15));
    assertThat(Folding.of(sum.least(Index.of(192)), ranges)).hasToString("32 * x + y + 64");
  }

  @Test
  void whatIsDecidedIsNotPrinted() {
    String text =
        print(
            (code, unit) -> {
              code.clear(OUT, Index.ZERO, Index.of(0));
              Index row = code.define("row", unit.dividedBy(8));
              code.loop(
                  "x",
                  Index.ZERO,
                  Index.of(4).least(Index.of(16).minus(unit)),
                  4,
                  (body, x) ->
                      body.when(
                          Condition.within(0, x.plus(unit), 8),
                          then -> then.store(OUT, x.plus(unit), ONE),
                          not -> not.store(OUT, Index.of(60), ONE)));
              code.when(
                  Condition.less(Index.of(0), row), then -> then.store(OUT, Index.of(62), ONE));
            });
    assertThat(text)
        .contains("out[unit] = 1.0f;")
        .doesNotContain("clear", "row", "for (long x", "if", "out[60]", "out[62]");
  }

  @Test
  void whatIsOpenStays() {
    String text =
        print(
            (code, unit) ->
                code.loop(
                    "x",
                    Index.ZERO,
                    Index.of(6).minus(unit),
                    1,
                    (body, x) ->
                        body.when(
                            Condition.less(x, Index.of(3)),
                            then -> then.store(OUT, x.plus(unit), ONE))));
    assertThat(text).contains("for (long x = 0; x < -unit + 6; x++) {", "if (x < 3) {");
  }

  @Test
  void registersAreDeclaredWhereTheyAreFirstSet() {
    String text =
        print(
            (code, unit) -> {
              Local sum = code.declare("sum", 1);
              Local last = code.declare("last", 1);
              code.assign(sum.at(), ONE);
              code.loop("x", 3, (body, x) -> body.assign(last.at(), ONE));
              code.assign(sum.at(), new Value.Fma(last.at(), ONE, sum.at()));
              code.store(OUT, unit, sum.at());
            });
    assertThat(text)
        .contains("float sum = 1.0f;", "float last;\n    for (long x", "sum += last * 1.0f;");
  }

  /** Prints what each of eight units does. */
  private static String print(BiConsumer<Code, Index> body) {
    Axis unit = new Axis("unit");
    LoopNest nest =
        new LoopNest(
            List.of(OUT),
            Optional.empty(),
            List.of(
                new LoopNest.Phase(unit, 8, Code.block(code -> body.accept(code, unit.index())))));
    return CPrinter.print("kernel", List.of(), Folding.of(nest)).text();
  }
}
