package org.oneshottuner.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Canary;
import org.oneshottuner.measure.Contender;
import org.oneshottuner.measure.Contender.Product;
import org.oneshottuner.measure.Outcome;
import org.oneshottuner.measure.Outcome.Failed;
import org.oneshottuner.measure.Outcome.Kind;
import org.oneshottuner.measure.Outcome.Timed;
import org.oneshottuner.measure.Peer;
import org.oneshottuner.measure.Standing;
import org.oneshottuner.measure.Visit;
import org.oneshottuner.report.KernelComparison;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

class TaskStandingsTest {
  private static final TuningTask TASK = task(1);
  private static final Canary QUIET = new Canary(1000, 1000);

  private static TuningTask task(int threads) {
    return new TuningTask(Workload.parse("dense m=16 n=64 k=32"), CpuTarget.AVX2, threads);
  }

  /** Two visits: the second least time counts, and how far it is from the least is the spread. */
  private static Outcome timed(long nanos) {
    return new Timed(List.of(visit(nanos), visit(nanos * 100 / 101)), QUIET);
  }

  private static Visit visit(long nanos) {
    return new Visit(0, OptionalLong.empty(), 1, List.of(nanos), 4, 0, QUIET);
  }

  private static Standing foreign(Rival rival, String variant, Outcome outcome) {
    Product product = variant.equals(Rival.REORDERS) ? Product.PART : Product.OUTPUT;
    Peer peer = new Peer("library", Path.of("adapter.so"));
    return new Standing(
        new Contender.Foreign(rival.contender(variant), TASK, peer, variant, product), outcome);
  }

  private static Standing ours(int number, Outcome outcome) {
    Candidate candidate = new Candidate(TASK, Templates.space(TASK).at(number));
    return new Standing(new Contender.Own(TaskStandings.OURS + number, candidate), outcome);
  }

  @Test
  void theFastestWayOfEachCounts() {
    List<Standing> standings =
        List.of(
            ours(0, timed(3_030_000)),
            ours(1, timed(1_010_000)),
            foreign(Rival.ONEDNN, Rival.BEST, timed(4_040_000)),
            foreign(Rival.ONEDNN, Rival.PLAIN, timed(6_060_000)),
            foreign(Rival.ONEDNN, Rival.MATMUL, timed(2_020_000)),
            foreign(Rival.ONEDNN, Rival.REORDERS, timed(505_000)),
            foreign(Rival.ONNX_RUNTIME, "gemm", new Failed(Kind.WRONG_OUTPUT, "off by one")),
            foreign(Rival.OPENBLAS, "gemm", timed(8_080_000)));
    KernelComparison.Row row = new TaskStandings(TASK, standings).row("searched", 64);
    assertThat(row.oursMillis()).hasValue(1.01);
    assertThat(row.schedule()).isEqualTo(Templates.space(TASK).at(1).text());
    assertThat(row.onednnMillis()).hasValue(2.02);
    assertThat(row.onednnPlainMillis()).hasValue(6.06);
    assertThat(row.onednnReorderMillis()).hasValue(0.505);
    assertThat(row.ortMillis()).isEmpty();
    assertThat(row.blasMillis()).hasValue(8.08);
    assertThat(row.spreadPercent().orElseThrow()).isBetween(0.99, 1.01);
    assertThat(row.notes()).isEqualTo("onnxruntime.gemm: off by one");
    assertThat(row.origin()).isEqualTo("searched");
    assertThat(row.ortNote())
        .isEqualTo(
            "it cannot be held back to the target's vectors of 32 bytes, and uses those of 64 that"
                + " this processor has");
  }

  @Test
  void aTaskOfWhichNothingRanHasARowAllTheSame() {
    KernelComparison.Row row =
        new TaskStandings(TASK, List.of(ours(0, new Failed(Kind.TIMED_OUT, "too late"))))
            .row("default", 32);
    assertThat(row.oursMillis()).isEmpty();
    assertThat(row.schedule()).isEqualTo("none");
    assertThat(row.ortNote()).isEmpty();
    assertThat(row.spreadPercent()).isEmpty();
    assertThat(row.notes()).isEqualTo("ours.0: too late");
  }

  @Test
  void tasksKeepTheirOrder() {
    List<Standing> standings = new ArrayList<>();
    for (int threads : List.of(2, 1, 2)) {
      Candidate candidate = new Candidate(task(threads), Templates.defaultSchedule(task(threads)));
      standings.add(new Standing(new Contender.Own("ours.0", candidate), timed(101)));
    }
    assertThat(TaskStandings.of(standings))
        .extracting(TaskStandings::task)
        .containsExactly(task(2), task(1));
  }
}
