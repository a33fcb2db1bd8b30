package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.report.ScoringComparison;

class ScoringProgramTest {
  private static final ScoringComparison COMPARISON =
      new ScoringComparison(
          "17",
          2,
          18,
          1000,
          List.of(
              new ScoringComparison.Row("9x3", "pick", "oneshot", 1, 100, 110),
              new ScoringComparison.Row("9x3", "pick", "oneshot", 2, 60, 60),
              new ScoringComparison.Row("9x3", "pick", "xgboost", 1, 900, 990),
              new ScoringComparison.Row("9x3", "pick", "xgboost", 2, 600, 600),
              new ScoringComparison.Row("9x3", "rows", "oneshot", 1, 50, 50)));

  @TempDir Path folder;

  private ScoringProgram.Request request(int rounds) {
    return new ScoringProgram.Request(folder.resolve("workloads.txt"), "avx2", "9x3", rounds);
  }

  private ScoringProgram script(String lines) throws Exception {
    Path script = Files.writeString(folder.resolve("scoring.sh"), lines);
    return new ScoringProgram(List.of("sh", script.toString()));
  }

  @Test
  void whatTheProgramWritesIsRead() throws Exception {
    String results =
        """
        {"java": "17", "processors": 2, "tasks": 18, "members": 1000, "rows": [
        {"ensemble": "9x3", "work": "pick", "program": "oneshot", "threads": 1,
        "nanosOfMember": 100, "wallNanosOfMember": 110}]}
        """;
    ScoringProgram program =
        script(
            "echo INFO so far; test \"$2 $3 $4\" = 'avx2 9x3 4' && cat > \"$5\" <<E\n"
                + results
                + "E\n");
    assertThat(program.run(request(4)))
        .isEqualTo(new ScoringComparison("17", 2, 18, 1000, List.of(COMPARISON.rows().get(0))));
  }

  @Test
  void whatTheProgramRefusesIsSaidInItsWords() throws Exception {
    String uncaught =
        "echo 'Exception in thread \"main\" java.lang.IllegalArgumentException: Cannot do it: why'\nexit 1";
    assertThatThrownBy(() -> script(uncaught).run(request(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot do it: why");
    assertThatThrownBy(() -> script("echo Killed; exit 137").run(request(1)))
        .hasMessage("Cannot compare scoring: the program ended with status 137 and says Killed");
    assertThatThrownBy(() -> request(0))
        .hasMessage("Cannot compare scoring in 0 rounds: expected 1 to 1000");
  }

  @Test
  void figuresSayHowManyTimesAsFastAsXgboostEachIs() {
    ScoringFigures figures = ScoringFigures.of(COMPARISON);
    // by processor time where both have one thread, else by the clock
    assertThat(figures.rows())
        .extracting(ScoringFigures.Row::timesXgboost)
        .containsExactly(
            OptionalDouble.of(9),
            OptionalDouble.of(16.5),
            OptionalDouble.of(1),
            OptionalDouble.of(1.65),
            OptionalDouble.empty());
    assertThat(figures.rows().get(0).timesXgboostOfTwo()).hasValue(600 / 110.0);
    assertThat(figures.rows().get(0).membersPerSecond()).isEqualTo(1e7);
    assertThat(figures.lines())
        .hasSize(7)
        .anyMatch(line -> line.matches("9x3 +pick +oneshot +1 +10,000,000 +9.00 +5.45"))
        .anyMatch(line -> line.startsWith("1,000 members of 18 tasks"));
  }
}
