package org.oneshottuner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

class CompileTimesTest {
  private static final List<Workload> LISTED =
      List.of(Workload.parse("dense m=1 n=100 k=20"), Workload.parse("dense m=8 n=64 k=32"));

  @TempDir private Path folder;

  private static CompileCost cost(double seconds) {
    TuningTask task = new TuningTask(LISTED.get(0), CpuTarget.AVX2, 1);
    return new CompileCost(
        new Candidate(task, Templates.defaultSchedule(task)), 2 * seconds, seconds);
  }

  @Test
  void aPercentileIsTheLeastThatItsShareDoesNotExceed() {
    List<CompileCost> costs =
        new ArrayList<>(IntStream.rangeClosed(1, 200).mapToObj(i -> cost(i / 100.0)).toList());
    CompileFigures figures = CompileFigures.of(costs, 4);
    assertThat(figures.medianSeconds()).isEqualTo(1.0);
    assertThat(figures.percentile99Seconds()).isEqualTo(1.98);
    assertThat(figures.aloneMedianSeconds()).isEqualTo(2.0);
    assertThat(figures.worst()).hasSize(10);
    assertThat(figures.worst().get(0).seconds()).isEqualTo(2.0);
    assertThat(figures.lines().get(0))
        .isEqualTo(
            "200 kernels, 4 a file: median 1.000 s (at most 0.1), 99th percentile 1.980 s (at most"
                + " 0.5); alone: 2.000 s, 3.960 s");
  }

  @Test
  void membersDifferAndComeFromTheSeed() {
    List<Candidate> members = CompileTimes.members(LISTED, CpuTarget.AVX2, 12, 3);
    assertThat(members).hasSize(12).doesNotHaveDuplicates();
    assertThat(members.stream().map(member -> member.task().workload())).containsAll(LISTED);
    assertThat(CompileTimes.members(LISTED, CpuTarget.AVX2, 12, 3)).isEqualTo(members);
    assertThat(CompileTimes.members(LISTED, CpuTarget.AVX2, 12, 4)).isNotEqualTo(members);
  }

  @Test
  void compilesAndTellsInJson() throws Exception {
    Path listed =
        Files.writeString(folder.resolve("list"), "# one\nnet\t3\t" + LISTED.get(0).text() + "\n");
    Path json = folder.resolve("figures.json");
    CompileTimes.main(
        new String[] {
          "--members",
          "5",
          "--workloads",
          listed.toString(),
          "--target",
          "avx2",
          "--json",
          json.toString()
        });
    assertThat(Files.readString(json))
        .contains("\"kernels\" : 5", "\"kernelsOfAFile\" : 4", "\"percentile99Seconds\" : ");
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    assertThatThrownBy(() -> CompileTimes.main(new String[] {"--member", "5"}))
        .hasMessage(
            "Cannot use --member: expected a value after one of [--json, --members, --seed,"
                + " --target, --workloads]");
    assertThatThrownBy(() -> CompileTimes.main(new String[] {"--members", "0"}))
        .hasMessage("Cannot use --members 0: expected a whole number, 1 to 9999999");
  }
}
