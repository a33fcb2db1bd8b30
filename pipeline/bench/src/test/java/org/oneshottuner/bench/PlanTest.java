package org.oneshottuner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

class PlanTest {
  private static final Workload WORKLOAD = Workload.parse("dense m=16 n=64 k=32");

  @TempDir Path folder;

  private static Candidate candidate(int threads) {
    TuningTask task = new TuningTask(WORKLOAD, CpuTarget.AVX2, threads);
    return new Candidate(task, Templates.defaultSchedule(task));
  }

  private static String line(Candidate candidate) {
    return candidate.task().key() + "\tdefault\t" + candidate.schedule().text() + "\n";
  }

  @Test
  void aPlanIsReadByThreads() throws Exception {
    Candidate one = candidate(1);
    Candidate two = candidate(2);
    Plan plan = Plan.read(Files.writeString(folder.resolve("plan.tsv"), line(two) + line(one)));
    assertThat(plan.schedules())
        .containsExactly(Map.entry(two.task(), List.of(two)), Map.entry(one.task(), List.of(one)));
    assertThat(plan.origin(one.task())).isEqualTo("default");
    assertThat(plan.byThreads())
        .containsExactly(Map.entry(2, List.of(two.task())), Map.entry(1, List.of(one.task())));
  }

  @Test
  void aLineOfAnotherFormIsRefusedByItsNumber() throws Exception {
    Path bad = Files.writeString(folder.resolve("bad.tsv"), "\ndense m=1 n=1 k=1\n");
    assertThatThrownBy(() -> Plan.read(bad))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot read " + bad + ":2: expected TASK<TAB>ORIGIN<TAB>SCHEDULE");
    Path other =
        Files.writeString(
            folder.resolve("other.tsv"),
            candidate(1).task().key() + "\tsearched\tno.template x=1\n");
    assertThatThrownBy(() -> Plan.read(other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot ");
    assertThatThrownBy(() -> Plan.read(Files.writeString(folder.resolve("empty.tsv"), "\n")))
        .hasMessage("Cannot compare kernels of no task");
  }
}
