package org.oneshottuner.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.oneshottuner.jobs.LocalSpark;
import org.oneshottuner.jobs.Main;
import org.oneshottuner.jobs.Processes;
import org.oneshottuner.jobs.Ran;
import org.oneshottuner.jobs.stage.Measuring;
import org.oneshottuner.jobs.stage.SampleJob;
import org.oneshottuner.jobs.storage.Table;

/**
 * Ctrl-C, as a terminal sends it: to every process of the job at once. A shell without a terminal
 * has its background jobs ignore it; TERM does the same there.
 */
@Timeout(240)
class InterruptTest {
  private static final List<String> SETTINGS =
      List.of(
          "sample.size=quick",
          "sample.tasks=5",
          "sample.schedules=12",
          "measure.protocol=quick",
          "measure.commitEvery=1s");

  @TempDir Path folder;

  private List<String> command(String name) {
    List<String> words = new ArrayList<>(List.of(name, "--run", folder.resolve("run").toString()));
    SETTINGS.forEach(setting -> words.addAll(List.of("--set", setting)));
    return words;
  }

  @Test
  void measuringEndsAtOnceAndGoesOnLater() throws Exception {
    List<String> sample = command("sample");
    sample.addAll(List.of("--networks", Path.of("..", "data", "networks").toString()));
    assertThat(Ran.oneshot(sample).code()).isZero();
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    Path output = folder.resolve("output.txt");
    // a group of its own, and no signal ignored, as it is behind a shell's `&`
    List<String> words = new ArrayList<>(List.of("env", "--default-signal=INT", "setsid"));
    words.addAll(Processes.start(Main.class, command("measure").toArray(new String[0])).command());
    ProcessBuilder builder =
        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("TMPDIR", temporary.toString());
    Process process = builder.start();
    List<ProcessHandle> children = List.of();
    try {
      while (!committed() && !process.waitFor(100, TimeUnit.MILLISECONDS)) {
        // until something was measured
      }
      children = process.descendants().toList();
      interrupt("INT", process.pid());
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    String said = Files.readString(output, StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(said).isEqualTo(130);
    assertThat(said.lines().filter(line -> line.startsWith("oneshot: ")))
        .singleElement()
        .asString()
        .startsWith("oneshot: Cannot go on with measure: interrupted; to go on: oneshot measure ")
        .contains("--run " + folder.resolve("run"));
    assertThat(said).doesNotContain("Exception", "\tat ");
    assertThat(children).isNotEmpty();
    for (ProcessHandle child : children) {
      assertThat(child.onExit()).as(child.info().toString()).succeedsWithin(Duration.ofSeconds(5));
    }
    try (Stream<Path> left = Files.list(temporary)) {
      assertThat(left).isEmpty();
    }
    goesOn();
  }

  /** The native runner is built before anything is measured, by a compiler of the terminal's. */
  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  void aCompilerThatIsEndedTooIsNoFailure(String signal, int code) throws Exception {
    Path began = folder.resolve("began");
    Path compiler = folder.resolve("cc.sh");
    Files.writeString(
        compiler,
        "#!/bin/sh\ncase $1 in --version) echo slow 1.0;; *) touch '"
            + began
            + "'; exec sleep 100;; esac\n");
    assertThat(compiler.toFile().setExecutable(true)).isTrue();
    Files.createDirectory(folder.resolve("run"));
    Path output = folder.resolve("output.txt");
    List<String> words = new ArrayList<>(List.of("env", "--default-signal=INT", "setsid"));
    words.addAll(Processes.start(Main.class, command("measure").toArray(new String[0])).command());
    ProcessBuilder builder =
        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("CC", compiler.toString());
    builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    Process process = builder.start();
    try {
      while (!Files.exists(began) && !process.waitFor(100, TimeUnit.MILLISECONDS)) {
        // until the compiler runs
      }
      interrupt(signal, process.pid());
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    String said = Files.readString(output, StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(said).isEqualTo(code);
    assertThat(said.lines().filter(line -> line.startsWith("oneshot: ")))
        .singleElement()
        .asString()
        .startsWith("oneshot: Cannot go on with measure: interrupted");
  }

  private boolean committed() {
    Path commits = folder.resolve("run/measurements/commits");
    if (!Files.isDirectory(commits)) {
      return false;
    }
    try (Stream<Path> listed = Files.list(commits)) {
      return listed.anyMatch(file -> file.toString().endsWith(".json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void interrupt(String signal, long group)
      throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + signal, "--", "-" + group).start();
    assertThat(kill.waitFor()).isZero();
  }

  private void goesOn() {
    SparkSession spark = LocalSpark.session();
    String run = folder.resolve("run").toString();
    long candidates = SampleJob.candidates(spark, run + "/sample").existing().rows();
    Table table = Measuring.measurements(spark, run + "/measurements");
    long before = table.existing().rows();
    assertThat(before).isBetween(1L, candidates - 1);
    assertThat(table.read(table.existing()).filter("outcome <> 'TIMED'").count()).isZero();
    Ran again = Ran.oneshot(command("measure"));
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.out()).contains(before + " known before, 0 left");
    assertThat(table.existing().rows()).isEqualTo(candidates);
  }
}
