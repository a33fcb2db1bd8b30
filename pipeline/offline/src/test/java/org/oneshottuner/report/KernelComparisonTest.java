package org.oneshottuner.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.oneshottuner.report.KernelComparison.Row;
import org.oneshottuner.report.KernelComparison.Summary;

class KernelComparisonTest {
  private static final OptionalDouble NONE = OptionalDouble.empty();

  private static OptionalDouble of(double value) {
    return OptionalDouble.of(value);
  }

  private static final KernelComparison COMPARISON =
      new KernelComparison(
          List.of(
              new Row(
                  "conv2d n=1 c=17 h=31 w=29 k=33 r=3 s=3 pad=2,1,1,2 layout=nchw16c",
                  1,
                  of(1),
                  "conv2d.direct owt=7 ocb=1",
                  "best known",
                  of(2),
                  of(3),
                  of(0.25),
                  of(4),
                  "not held back, \"free\"",
                  NONE,
                  of(0.75),
                  "openblas.gemm: says \"no\", twice"),
              new Row(
                  "dense m=7 n=1001 k=513",
                  1,
                  of(1),
                  "dense.gemm mr=7",
                  "searched",
                  of(0.5),
                  of(0.5),
                  NONE,
                  of(1),
                  "",
                  of(2),
                  of(1.5),
                  ""),
              new Row(
                  "batch_matmul b=12 m=128 n=128 k=64",
                  2,
                  NONE,
                  "none",
                  "default",
                  of(1),
                  of(1),
                  NONE,
                  of(1),
                  "",
                  NONE,
                  NONE,
                  "ours.0: wrong")));

  @Test
  void whatIsWrittenIsReadBack() {
    assertThat(KernelComparison.read(COMPARISON.csv())).isEqualTo(COMPARISON);
  }

  @Test
  void summariesAreGeometricMeansOfWhatIsKnown() {
    List<Summary> summaries = COMPARISON.summaries();
    assertThat(summaries).extracting(Summary::threads).containsExactly(1, 2);
    Summary one = summaries.get(0);
    assertThat(one.workloads()).isEqualTo(2);
    assertThat(one.overOnednn().getAsDouble()).isCloseTo(1, within(1e-12));
    assertThat(one.overOrt().getAsDouble()).isCloseTo(2, within(1e-12));
    assertThat(one.overBetter().getAsDouble()).isCloseTo(1, within(1e-12));
    assertThat(one.leastOverBetter()).hasValue(0.5);
    assertThat(one.complete()).isEqualTo(2);
    assertThat(summaries.get(1).overOnednn()).isEmpty();
    assertThat(summaries.get(1).complete()).isZero();
  }

  @Test
  void whereOneLibraryHasNoTimeTheOtherIsTheBetter() {
    Row row =
        new Row(
            "dense m=7 n=1001 k=513",
            1,
            of(2),
            "any",
            "default",
            of(1),
            of(1),
            NONE,
            NONE,
            "",
            NONE,
            NONE,
            "");
    assertThat(row.overBetter()).hasValue(0.5);
    assertThat(row.behind()).isTrue();
    assertThat(new KernelComparison(List.of(row)).summaries().get(0).complete()).isZero();
  }

  @Test
  void rowsOnWhichALibraryIsFasterTellHowFastItIsInEveryLayout() {
    assertThat(COMPARISON.kernels()).extracting(Row::behind).containsExactly(false, true, true);
    assertThat(COMPARISON.kernels().get(0).standing())
        .isEqualTo(
            "2.00 x oneDNN in its best layout, 2.25 x it with its reorders,"
                + " 3.00 x it on plain activations, 4.00 x ONNX Runtime");
    assertThat(COMPARISON.kernels().get(2).standing()).isEqualTo("ours was not timed");
    assertThat(KernelReport.html(COMPARISON))
        .contains("dense 7×1001×513: 0.50 x oneDNN in its best layout");
  }

  @Test
  void whatSpoilsAColumnIsToldAtIt() {
    assertThat(COMPARISON.ortNotes()).containsExactly("not held back, \"free\"");
    assertThat(COMPARISON.csv().lines().toList().get(0)).contains(",ortMillis,ortNote,blasMillis,");
    assertThat(COMPARISON.csv()).contains(",4.000000,\"not held back, \"\"free\"\"\",,");
    assertThat(KernelReport.html(COMPARISON))
        .contains("* ONNX Runtime: not held back, &quot;free&quot;.", "<td>4.000 *</td>")
        .contains("<td>1.000</td>");
  }

  @Test
  void aDamagedFileIsRefusedByItsLine() {
    assertThatThrownBy(() -> KernelComparison.read("workload,threads\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "Cannot read a comparison: expected the columns [workload, threads, ");
    String csv = COMPARISON.csv();
    assertThatThrownBy(() -> KernelComparison.read(csv.substring(0, csv.length() - 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot read line 4 of a comparison: ");
    assertThatThrownBy(() -> KernelComparison.read(csv.replace(",1,", ",one,")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot read line 2 of a comparison: ");
  }

  @Test
  void thePageHasEveryFigureAndNothingFromElsewhere() {
    String page = KernelReport.html(COMPARISON);
    assertThat(page)
        .contains("conv 17×31×29→33 3×3", "dense 7×1001×513", "On 1 thread", "On 2 threads")
        .contains("openblas.gemm: says &quot;no&quot;, twice")
        .doesNotContain("http", "<script", "NaN");
    assertThat(KernelReport.html(COMPARISON)).isEqualTo(page);
  }
}
