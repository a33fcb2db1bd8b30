package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.report.KernelComparison;

class ContestProgramTest {
  private static final KernelComparison EMPTY = new KernelComparison(List.of());

  @TempDir Path folder;

  /** A program that gets the files of plan and results and the folder of peers. */
  private ContestProgram script(String lines) throws Exception {
    Path script = Files.writeString(folder.resolve("contest.sh"), lines);
    return new ContestProgram(List.of("sh", script.toString()), folder);
  }

  @Test
  void whatTheProgramWritesIsRead() throws Exception {
    ContestProgram program =
        script(
            "echo 'INFO Cannot be a refusal'; grep -q 'dense m=1' \"$1\" && test -d \"$3\" && echo '"
                + EMPTY.csv().strip()
                + "' > \"$2\"");
    assertThat(program.run("dense m=1\n")).isEqualTo(EMPTY);
  }

  @Test
  void whatTheProgramRefusesIsSaidInItsWords() throws Exception {
    String uncaught = "echo 'Exception in thread \"main\" java.lang.%s: Cannot do it: why'\nexit 1";
    assertThatThrownBy(() -> script(String.format(uncaught, "IllegalArgumentException")).run(""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot do it: why");
    assertThatThrownBy(() -> script(String.format(uncaught, "IllegalStateException")).run(""))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot do it: why");
    assertThatThrownBy(() -> script("echo 'INFO Cannot be it'; exit 3").run(""))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "Cannot compare kernels: the program ended with status 3 and says nothing more than how far"
                + " it was");
    assertThatThrownBy(() -> script("exit 3").run(""))
        .hasMessageEndingWith("ended with status 3 and says nothing more than how far it was");
    assertThatThrownBy(() -> script("echo INFO so far; echo Killed; exit 137").run(""))
        .hasMessage("Cannot compare kernels: the program ended with status 137 and says Killed");
  }

  @Test
  @Timeout(60)
  void anInterruptionEndsTheProgram() throws Exception {
    ContestProgram program = script("exec sleep 600");
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> program.run("")).isInstanceOf(InterruptedException.class);
  }

  @Test
  void aProgramThatWasNotBuiltIsMissedWithWhatBuildsIt() {
    assertThatThrownBy(() -> ContestProgram.built(folder, folder))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("Cannot compare kernels: " + folder)
        .hasMessageContaining("mvn -Dfast");
  }
}
