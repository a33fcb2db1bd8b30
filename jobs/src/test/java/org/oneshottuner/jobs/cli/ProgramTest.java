package org.oneshottuner.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.oneshottuner.jobs.Keys;
import org.oneshottuner.jobs.Ran;

class ProgramTest {
  private static final String NETWORKS = "../data/networks";

  @TempDir Path folder;

  private static void refused(Ran ended, String message) {
    assertThat(ended.err()).startsWith("oneshot: Cannot ").contains(message);
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).doesNotContain("\tat ").doesNotContain("Exception");
    assertThat(ended.out()).isEmpty();
  }

  @Test
  void helpListsTheCommands() {
    Ran ended = Ran.oneshot("--help");
    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .contains("quickstart", "sample", "measure", "train", "evaluate", "export")
        .contains("choose", "compile", "tune", "bench", "doctor");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quickstart",
        "doctor",
        "sample",
        "measure",
        "train",
        "evaluate",
        "export",
        "choose",
        "compile",
        "tune",
        "verify"
      })
  void helpNamesValuesInCapitals(String command) {
    Ran ended = Ran.oneshot(command, "--help");
    assertThat(ended.code()).isZero();
    assertThat(ended.out()).contains("--json=FILE").doesNotContainPattern("<[a-z]");
  }

  @Test
  void nearestNamesAreOffered() {
    refused(Ran.oneshot("mesure"), "run 'mesure': unknown command, known are quickstart, doctor");
    refused(Ran.oneshot("mesure"), "\nNearest: measure");
    refused(Ran.oneshot("bogus"), "\nTry: oneshot --help");
    refused(Ran.oneshot("sample", "--jsn"), "\nNearest: --json");
    refused(Ran.oneshot("compile", "a", "b", "--model", "m", "-o", "k"), "argument 'b'");
    refused(Ran.oneshot(), "expected a command");
    refused(Ran.oneshot("tune"), "Cannot tune nothing: expected TASK or --workloads");
    refused(Ran.oneshot("bench"), "expected one of kernels, scoring");
    refused(Ran.oneshot("model"), "expected one of show, verify, diff");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--modle x", "--modle=x"})
  void aMisspeltOptionIsNamedWhereTheRightOneIsMissing(String misspelt) {
    List<String> words = new ArrayList<>(List.of("choose", "dense m=1 n=8 k=8"));
    words.addAll(List.of(misspelt.split(" ")));
    refused(Ran.oneshot(words), "run oneshot choose: unknown option '--modle'\nNearest: --model");
  }

  @ParameterizedTest
  @ValueSource(strings = {"choose --model m", "tune"})
  void aWorkloadThatTheShellCutIsToBeQuoted(String command) {
    refused(
        Ran.oneshot((command + " dense m=1 n=8 k=8").split(" ")),
        "from 4 arguments: it is one, in quotes: 'dense m=1 n=8 k=8'");
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
    refused(
        Ran.oneshot("tune", "--workloads", folder.resolve("none.txt").toString()),
        "none.txt: there is no such file");
    refused(Ran.oneshot("tune", "--threads", "1,0", "dense m=1 n=8 k=8"), "0 threads");
    String none = folder.resolve("none.txt").toString();
    refused(Ran.oneshot("bench", "kernels", "--workloads", none), "there is no such file");
  }

  @Test
  void comparisonsThatCannotBeAreRefusedBeforehand() throws Exception {
    String file = Files.writeString(folder.resolve("one.txt"), "dense m=1 n=8 k=8\n").toString();
    refused(Ran.oneshot("bench", "kernels", "--workloads", file, "--threads", "0"), "0 threads");
    refused(Ran.oneshot("bench", "kernels", "--workloads", file, "--threads", "one"), "one");
    refused(
        Ran.oneshot("bench", "kernels", "--workloads", file, "--csv", folder.toString()),
        "it is a folder, expected a file");
    refused(
        Ran.oneshot("bench", "kernels", "--workloads", file, "--search", "random"),
        "Cannot search by random: --trials is missing, which says by how many measurements");
    refused(
        Ran.oneshot("bench", "kernels", "--workloads", file, "--set", "target=neon"),
        "Cannot measure for target neon: its kernels run on aarch64, this processor (");
  }

  @Test
  void filesOfAComparisonThatAreOneAreRefusedBeforehand() throws Exception {
    String file = Files.writeString(folder.resolve("one.txt"), "dense m=1 n=8 k=8\n").toString();
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder);
    List<String> words =
        List.of("bench", "kernels", "--run", folder.resolve("run").toString(), "--workloads", file);
    String table = folder.resolve("k.csv").toString();
    for (List<String> more :
        List.of(
            List.of("--csv", table, "--page", link.resolve("k.csv").toString()),
            List.of("--csv", table, "--json", folder.resolve("x/../k.csv").toString()),
            List.of("--json", folder.resolve("run/kernels.html").toString()),
            List.of("--csv", file))) {
      List<String> all = new ArrayList<>(words);
      all.addAll(more);
      refused(Ran.oneshot(all), ": it is the file of --");
    }
  }

  /** No build has left it in the folder of these tests, and no library is fetched in vain. */
  @Test
  void aComparisonWithoutItsProgramIsRefusedBeforeLibrariesAreFetched() throws Exception {
    String file = Files.writeString(folder.resolve("one.txt"), "dense m=1 n=8 k=8\n").toString();
    Ran ended =
        Ran.oneshot(
            "bench", "kernels", "--run", folder.resolve("run").toString(), "--workloads", file);
    assertThat(ended.err()).contains("oneshot-bench.jar is missing, mvn -Dfast");
    assertThat(Path.of("pipeline")).doesNotExist();
  }

  @Test
  void searchesThatCannotBeAreRefusedBeforehand() {
    refused(Ran.oneshot("tune", "--search", "anealing", "dense m=1 n=8 k=8"), "known are random");
    refused(Ran.oneshot("tune", "--trials", "0", "dense m=1 n=8 k=8"), "0 trials: least is 1");
    refused(Ran.oneshot("bench", "kernels", "--trials", "0"), "0 trials: least is 1");
    refused(Ran.oneshot("bench", "scoring", "--rounds", "0"), "0 rounds: expected 1 to 1000");
    refused(
        Ran.oneshot("evaluate", "--set", "evaluate.baselines=[anealing]"),
        "Cannot set evaluate.baselines to anealing: known are [random, ");
    refused(Ran.oneshot("train", "--set", "evaluate.splits=[network]"), "known are [within_task");
    for (String network : List.of("vgg16", "vgg-16")) {
      refused(
          Ran.oneshot(
              "quickstart",
              "--run",
              folder.toString(),
              "--networks",
              NETWORKS,
              "--set",
              "evaluate.networks=[" + network + "]"),
          network.equals("vgg16")
              ? "network 'vgg16': known are"
              : "[vgg-16] as unseen: they were not held out");
    }
    Path run = folder.resolve("run");
    refused(
        Ran.oneshot(
            "sample", "--run", run.toString(), "--networks", NETWORKS, "--set", "heldOut=[foo]"),
        "Cannot find network 'foo'");
    refused(
        Ran.oneshot("sample", "--run", run.toString(), "--networks", folder + "/none"),
        "catalogue in " + folder + "/none: there is no such folder");
    assertThat(run).doesNotExist();
    refused(Ran.oneshot("evaluate", "--label-sd", "2"), "relative standard deviation 2.0: least");
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
    refused(Ran.oneshot("sample", "--networks", NETWORKS, "--run", ""), "run at ''");
    refused(Ran.oneshot("measure", "--run", "file:run"), "run at 'file:run': expected a folder");
  }

  @Test
  void roundsBeforeTheFirstAreRefused() {
    refused(Ran.oneshot("sample", "--round", "-1"), "Cannot sample round -1: least is 0");
  }

  @Test
  void datasetsThatAreNotThereAreRefused() throws Exception {
    Path none = folder.resolve("none");
    refused(Ran.oneshot("verify", none.toString()), none + ": there is no such folder");
    Path file = Files.writeString(folder.resolve("file"), "text");
    refused(Ran.oneshot("verify", file.toString()), file + ": it is not a folder");
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
    for (String look : List.of("show", "verify")) {
      refused(Ran.oneshot("model", look, model.toString()), "Cannot load model " + model);
      refused(Ran.oneshot("model", look, none), none + ": there is no such file");
    }
    refused(Ran.oneshot("model", "diff", none, none), none + ": there is no such file");
  }

  @Test
  void badKeysAreRefused() throws Exception {
    String none = folder.resolve("none").toString();
    String key = Files.writeString(folder.resolve("key.pem"), "no key").toString();
    for (String[] words :
        new String[][] {
          {"model", "verify", none}, {"choose", "dense m=1 n=8 k=8", "--model", none}
        }) {
      List<String> more = new ArrayList<>(List.of(words));
      more.addAll(List.of("--trust", key));
      refused(Ran.oneshot(more), "Cannot trust key " + key + ": expected one PEM block");
      more.set(more.size() - 1, none);
      refused(Ran.oneshot(more), "Cannot read key " + none + ": no such file");
    }
    refused(
        Ran.oneshot("export", "-o", "x", "--model", none, "--sign", key, key),
        "Cannot trust key " + key + ": expected one PEM block");
    Keys keys = Keys.in(folder, "release");
    refused(
        Ran.oneshot("export", "-o", "x", "--model", none, "--sign", key, keys.open().toString()),
        "Cannot sign by key " + key + ": expected one PEM block");
    refused(
        Ran.oneshot("export", "-o", "x", "--model", none, "--expires", "tomorrow"),
        "until 'tomorrow': expected a day such as 2027-06-30");
    refused(
        Ran.oneshot("export", "-o", "x", "--model", none, "--release", "-1"),
        "Cannot release a model as number -1");
    refused(
        Ran.oneshot("model", "verify", none, "--least-release", "-1"), "release -1: least is 0");
  }

  @Test
  void stackTracesAreForTheVerbose() {
    Ran ended = Ran.oneshot("sample", "--verbose", "--set", "seed");
    assertThat(ended.code()).isEqualTo(2);
    Configurator.setRootLevel(Level.FATAL);
    assertThat(ended.err()).contains("Cannot set 'seed'").contains("\tat ");
  }

  /** What each command would fail at after its first look at the places is not there. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "quickstart|--json",
        "doctor|--json",
        "sample|--json",
        "measure|--json",
        "train|--json",
        "evaluate|--json",
        "export|-o|x|--json",
        "choose|dense m=1 n=8 k=8|--model|none|--json",
        "compile|none|--model|none|-o|x|--json",
        "tune|none|--json",
        "model|show|none|--json",
        "model|verify|none|--json",
        "model|diff|none|none|--json",
        "verify|none|--json",
        "export|--model|none|-o",
        "evaluate|--run|.|--model|none|--report"
      })
  void filesThatCannotBeWrittenAreRefusedBeforehand(String command) throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "text");
    refused(to(command, folder), " " + folder + ": it is a folder, expected a file");
    refused(to(command, file.resolve("a/b")), "a/b: " + file + " is not a folder");
    refused(to(command, Path.of("/proc/x")), "/proc/x: nothing can be made in /proc (");
    assertThat(folder).isDirectoryNotContaining(path -> !path.equals(file));
    assertThat(file).hasContent("text");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quickstart|--networks|" + NETWORKS + "|--run",
        "sample|--networks|" + NETWORKS + "|--run",
        "tune|--set|target=avx2|dense m=1 n=8 k=8|--run",
        "train|--run|.|--out"
      })
  void foldersThatCannotBeWrittenAreRefusedBeforehand(String command) throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "text");
    refused(to(command, file), file + ": " + file + " is not a folder");
    refused(to(command, file.resolve("a/b")), "a/b: " + file + " is not a folder");
    refused(to(command, Path.of("/proc/x")), "/proc/x: nothing can be made in /proc (");
    assertThat(folder).isDirectoryNotContaining(path -> !path.equals(file));
    assertThat(file).hasContent("text");
  }

  @ParameterizedTest
  @ValueSource(strings = {"measure", "train", "evaluate"})
  void runsThatCannotBeWrittenAreRefusedBeforehand(String stage) {
    refused(Ran.oneshot(stage, "--run", "/proc"), "nothing can be made in /proc (");
  }

  /** Runs a command whose words stand between bars, and after them a place. */
  private static Ran to(String command, Path place) {
    List<String> words = new ArrayList<>(List.of(command.split("\\|")));
    words.add(place.toString());
    return Ran.oneshot(words);
  }

  @Test
  void failuresShowWhatAPersonCanActOn() {
    Exception wrapped =
        new RuntimeException("Job aborted", new IllegalStateException("Cannot write x: held"));
    assertThat(Failure.of("measure", wrapped)).isEqualTo(new Failure(1, "Cannot write x: held"));
    assertThat(Failure.of("measure", new InterruptedException()).code()).isEqualTo(130);
    assertThat(Failure.of("train", new RuntimeException(new java.io.IOException("gone"))))
        .isEqualTo(new Failure(1, "Cannot train: gone"));
    assertThat(Failure.of("train", new UncheckedIOException(new NoSuchFileException("/x"))))
        .isEqualTo(new Failure(1, "Cannot train: /x: no such file or folder"));
  }
}
