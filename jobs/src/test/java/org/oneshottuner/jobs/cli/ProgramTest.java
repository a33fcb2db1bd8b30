package org.oneshottuner.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.jobs.Ran;

class ProgramTest {
  @TempDir Path folder;

  private static void refused(Ran ended, String message) {
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).startsWith("oneshot: Cannot ").contains(message);
    assertThat(ended.err()).doesNotContain("\tat ").doesNotContain("Exception");
    assertThat(ended.out()).isEmpty();
  }

  @Test
  void helpListsTheCommands() {
    Ran ended = Ran.oneshot("--help");
    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .contains("quickstart", "sample", "measure", "train", "evaluate", "export")
        .contains("choose", "compile", "tune", "doctor");
  }

  @Test
  void nearestNamesAreOffered() {
    refused(Ran.oneshot("mesure"), "Nearest: measure");
    refused(Ran.oneshot("sample", "--jsn"), "Nearest: --json");
    refused(Ran.oneshot(), "expected a command");
    refused(Ran.oneshot("tune"), "TASK");
    refused(Ran.oneshot("choose", "--modle", "x", "dense m=1 n=8 k=8"), "Nearest: --model");
  }

  @Test
  void unknownKeysAreRefused() throws Exception {
    Path conf = Files.writeString(folder.resolve("a.conf"), "sample.taks = 3\n");
    refused(Ran.oneshot("sample", "--conf", conf.toString()), "sample.taks (" + conf + ":1)");
  }

  @Test
  void badWorkloadsAndTargetsAreRefused() {
    refused(
        Ran.oneshot("tune", "conv2d n=1 c=64 h=5 w=5 k=64 r=9 s=3"),
        "r is 9 at dilation 1, reaching over 9 elements of a padded input of 5");
    refused(Ran.oneshot("tune", "dense m=0 n=1 k=1"), "m is 0, least is 1");
    refused(
        Ran.oneshot("tune", "--set", "target=gpu", "dense m=1 n=8 k=8"),
        "Cannot find target 'gpu'");
    refused(Ran.oneshot("tune", folder.resolve("none.txt").toString()), "none.txt");
  }

  @Test
  void searchesThatCannotBeAreRefusedBeforehand() {
    refused(Ran.oneshot("tune", "--search", "anealing", "dense m=1 n=8 k=8"), "known are random");
    refused(Ran.oneshot("tune", "--trials", "0", "dense m=1 n=8 k=8"), "0 trials: least is 1");
    refused(Ran.oneshot("evaluate", "--set", "evaluate.baselines=[anealing]"), "known are random");
    refused(Ran.oneshot("train", "--set", "evaluate.splits=[network]"), "known are [within_task");
  }

  @Test
  void runsThatAreNotThereAreRefused() {
    String none = folder.resolve("none").toString();
    for (String stage : new String[] {"measure", "train", "evaluate"}) {
      refused(Ran.oneshot(stage, "--run", none), "run " + none + ": there is no such folder");
    }
    refused(Ran.oneshot("export", "-o", "x", "--set", "campaign=never"), "run of campaign never");
    assertThat(Path.of(none)).doesNotExist();
    refused(Ran.oneshot("train", "--run", "s3://b/run"), "s3 is not supported, known are file");
    refused(Ran.oneshot("quickstart", "--run", "hdfs://h/r"), "needs a folder of this machine");
  }

  @Test
  void badModelsAreRefused() throws Exception {
    Path model = Files.writeString(folder.resolve("m.ost"), "no model");
    refused(
        Ran.oneshot("export", "--model", model.toString(), "-o", "x"),
        "Cannot load model " + model);
    refused(
        Ran.oneshot("export", "--model", folder.resolve("none").toString(), "-o", "x"),
        "Cannot load model");
    String none = folder.resolve("none").toString();
    refused(
        Ran.oneshot("choose", "--model", none, "dense m=1 n=8 k=8"),
        "Cannot load model " + none + ": there is no such file");
    refused(
        Ran.oneshot("choose", "--model", folder.toString(), "dense m=1 n=8 k=8"),
        "Cannot load model " + folder + ": it is a folder");
  }

  @Test
  void stackTracesAreForTheVerbose() {
    Ran ended = Ran.oneshot("sample", "--verbose", "--set", "seed");
    assertThat(ended.code()).isEqualTo(2);
    Configurator.setRootLevel(Level.FATAL);
    assertThat(ended.err()).contains("Cannot set 'seed'").contains("\tat ");
  }

  @Test
  void figuresThatCannotBeWrittenAreRefusedBeforehand() {
    refused(Ran.oneshot("doctor", "--json", folder.toString()), "not a writable place");
  }

  @Test
  void failuresShowWhatAPersonCanActOn() {
    Exception wrapped =
        new RuntimeException("Job aborted", new IllegalStateException("Cannot write x: held"));
    assertThat(Failure.of("measure", wrapped)).isEqualTo(new Failure(1, "Cannot write x: held"));
    assertThat(Failure.of("measure", new InterruptedException()).code()).isEqualTo(130);
    assertThat(Failure.of("train", new RuntimeException(new java.io.IOException("gone"))))
        .isEqualTo(new Failure(1, "Cannot train: gone"));
  }
}
