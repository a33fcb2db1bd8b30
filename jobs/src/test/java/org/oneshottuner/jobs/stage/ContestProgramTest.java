package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.jobs.Processes;
import org.oneshottuner.report.KernelComparison;

class ContestProgramTest {
  private static final KernelComparison EMPTY = new KernelComparison(List.of());

  @TempDir Path folder;

  /** A program that gets the files of plan and results and the folder of peers. */
  private ContestProgram script(String lines) throws Exception {
    Path script = Files.writeString(folder.resolve("contest.sh"), lines);
    return new ContestProgram(List.of("sh", script.toString()));
  }

  @Test
  void whatTheProgramWritesIsRead() throws Exception {
    ContestProgram program =
        script(
            "echo 'INFO Cannot be a refusal'; grep -q 'dense m=1' \"$1\" && test -d \"$3\" && echo '"
                + EMPTY.csv().strip()
                + "' > \"$2\"");
    assertThat(program.run("dense m=1\n", folder)).isEqualTo(EMPTY);
  }

  @Test
  void whatTheProgramRefusesIsSaidInItsWords() throws Exception {
    String uncaught = "echo 'Exception in thread \"main\" java.lang.%s: Cannot do it: why'\nexit 1";
    assertThatThrownBy(
            () -> script(String.format(uncaught, "IllegalArgumentException")).run("", folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot do it: why");
    assertThatThrownBy(
            () -> script(String.format(uncaught, "IllegalStateException")).run("", folder))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot do it: why");
    assertThatThrownBy(() -> script("echo 'INFO Cannot be it'; exit 3").run("", folder))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "Cannot compare kernels: the program ended with status 3 and says nothing more than how far"
                + " it was");
    assertThatThrownBy(() -> script("exit 3").run("", folder))
        .hasMessageEndingWith("ended with status 3 and says nothing more than how far it was");
    assertThatThrownBy(() -> script("echo INFO so far; echo Killed; exit 137").run("", folder))
        .hasMessage("Cannot compare kernels: the program ended with status 137 and says Killed");
  }

  @Test
  @Timeout(60)
  void anInterruptionEndsTheProgram() throws Exception {
    ContestProgram program = script("exec sleep 600");
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> program.run("", folder)).isInstanceOf(InterruptedException.class);
  }

  /** Runs a contest of the script in a folder. */
  static final class Contest {
    private Contest() {}

    public static void main(String[] arguments) throws Exception {
      Path folder = Path.of(arguments[0]);
      new ContestProgram(List.of("sh", folder.resolve("contest.sh").toString())).run("", folder);
    }
  }

  /** What it runs reads its input, as KernelContest does, and sees the end of it. */
  @Test
  @Timeout(120)
  void theProgramEndsWithACommandThatIsKilled() throws Exception {
    script(
        "echo $$ > '"
            + folder
            + "/pid.new'; mv '"
            + folder
            + "/pid.new' '"
            + folder
            + "/pid'; cat");
    Path pid = folder.resolve("pid");
    Process command = Processes.start(Contest.class, folder.toString()).start();
    ProcessHandle program;
    try {
      while (!Files.exists(pid) && !command.waitFor(20, TimeUnit.MILLISECONDS)) {
        // until the program runs
      }
      program = ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
      assertThat(program.isAlive()).isTrue();
    } finally {
      command.destroyForcibly().waitFor();
    }
    assertThat(program.onExit()).succeedsWithin(Duration.ofSeconds(20));
  }

  @Test
  void aProgramThatWasNotBuiltIsMissedWithWhatBuildsIt() {
    assertThatThrownBy(() -> ContestProgram.built(folder))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("Cannot compare kernels: " + folder)
        .hasMessageContaining("mvn -Dfast");
  }
}
