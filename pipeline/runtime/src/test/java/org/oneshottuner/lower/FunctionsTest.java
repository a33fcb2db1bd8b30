package org.oneshottuner.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;

/** The functions that kernels call, as printed and compiled, against their values in double. */
class FunctionsTest {
  private static final int COUNT = 1 << 16;
  private static final int SKIPPED = 77;
  private static final Buffer INPUT = new Buffer("input", Role.INPUT, COUNT);
  private static final Buffer OUT = new Buffer("out", Role.OUTPUT, COUNT);

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8})
  void theExponentialIsWithinTwoUnitsInTheLastPlace(int lanes) throws Exception {
    float[] x = range(-87, 88);
    float[] y = run(Value.Function.EXP, lanes, x);
    for (int i = 0; i < COUNT; i++) {
      double exact = StrictMath.exp(x[i]);
      assertThat((double) y[i])
          .as("exp %s", x[i])
          .isBetween(exact - 2 * Math.ulp((float) exact), exact + 2 * Math.ulp((float) exact));
    }
  }

  @Test
  void theExponentialIsPositiveAndFiniteEverywhere() throws Exception {
    for (float y : run(Value.Function.EXP, 8, range(-1e6f, 1e6f))) {
      assertThat(y).isPositive().isFinite();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8})
  void theErrorFunctionIsWithinAMillionth(int lanes) throws Exception {
    float[] x = range(-9, 9);
    float[] y = run(Value.Function.ERF, lanes, x);
    for (int i = 0; i < COUNT; i++) {
      double exact = Reference.erf(x[i]);
      assertThat((double) y[i]).as("erf %s", x[i]).isBetween(exact - 1e-6, exact + 1e-6);
    }
  }

  @Test
  void theReferencesErrorFunctionIsThatOfTheTables() {
    // Abramowitz and Stegun 1964, table 7.1
    assertThat(Reference.erf(0.5)).isEqualTo(0.5204998778, within(1e-10));
    assertThat(Reference.erf(1)).isEqualTo(0.8427007929, within(1e-10));
    assertThat(Reference.erf(-2)).isEqualTo(-0.9953222650, within(1e-10));
  }

  private static org.assertj.core.data.Offset<Double> within(double offset) {
    return org.assertj.core.data.Offset.offset(offset);
  }

  private static float[] range(float from, float to) {
    float[] range = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      range[i] = from + (to - from) * i / (COUNT - 1);
    }
    return range;
  }

  /** Blocks of rows that lie apart, to rows that do not. */
  @ParameterizedTest
  @ValueSource(ints = {4, 8, 16})
  void columnsOfABlockBecomeRows(int lanes) throws Exception {
    int stride = 3 * lanes;
    int places = COUNT / stride / lanes * 3;
    float[] x = range(0, COUNT - 1);
    float[] y =
        run(
            lanes,
            x,
            (code, unit) -> {
              Index block = unit.dividedBy(3).times((long) stride * lanes);
              Index column = unit.remainder(3).times(lanes);
              code.when(
                  Condition.less(unit, Index.of(places)),
                  inside ->
                      inside.transpose(
                          new Statement.Rows(OUT, unit.times((long) lanes * lanes), lanes),
                          new Statement.Rows(INPUT, block.plus(column), stride),
                          lanes));
            });
    for (int place = 0; place < places; place++) {
      for (int i = 0; i < lanes; i++) {
        for (int j = 0; j < lanes; j++) {
          assertThat(y[(place * lanes + i) * lanes + j])
              .isEqualTo(x[(place / 3 * lanes + j) * stride + place % 3 * lanes + i]);
        }
      }
    }
  }

  private float[] run(Value.Function function, int lanes, float[] input) throws Exception {
    return run(
        lanes,
        input,
        (code, unit) ->
            code.store(
                OUT,
                unit.times(lanes),
                new Value.Call(function, new Value.Load(INPUT, unit.times(lanes), lanes))));
  }

  private float[] run(int lanes, float[] input, BiConsumer<Code, Index> writer) throws Exception {
    Axis unit = new Axis("unit");
    Statement body = Code.block(code -> writer.accept(code, unit.index()));
    LoopNest nest =
        new LoopNest(
            List.of(INPUT, OUT),
            Optional.empty(),
            List.of(new LoopNest.Phase(unit, COUNT / lanes, body)));
    CProgram program = new CProgram(directory);
    program.source("main.c", CPrinter.print("kernel", List.of(), nest).text() + main(lanes));
    program.floats("input", List.of(input));
    program.compile(lanes > 8 ? "x86-64-v4" : "x86-64-v3", "main.c");
    assumeTrue(program.run(SKIPPED) != SKIPPED, "This processor lacks the vectors");
    return program.floats("output");
  }

  private static String main(int lanes) {
    return """
        #include <stdio.h>
        static float input[%1$d], output[%1$d];
        int main(void) {
          if (%3$d > 8 && !__builtin_cpu_supports("avx512f")) return %4$d;
          const float *in[4] = {input, 0, 0, 0};
          FILE *file = fopen("input", "rb");
          if (!file || fread(input, 4, %1$d, file) != %1$d) return 1;
          fclose(file);
          kernel_phase(0, in, output, 0, 0, 0, %2$d);
          file = fopen("output", "wb");
          return !file || fwrite(output, 4, %1$d, file) != %1$d || fclose(file);
        }
        """
        .formatted(COUNT, COUNT / lanes, lanes, SKIPPED);
  }
}
