package org.oneshottuner.jobs.conf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfReaderTest {
  @TempDir Path folder;

  private Path file(String text) throws Exception {
    return Files.writeString(folder.resolve("job.conf"), text);
  }

  @Test
  void leavesDefaultsWhereNothingIsSaid() {
    assertThat(Settings.read(List.of(), List.of())).isEqualTo(Settings.DEFAULTS);
  }

  @Test
  void readsUnitsListsAndNamesAndThenOverrides() throws Exception {
    Path conf =
        file(
            """
            heldOut = [bert-tiny]
            measure { budget = 5m, protocol = quick }
            sample.tasks = 7
            """);
    Settings settings = Settings.read(List.of(conf), List.of("sample.tasks=9", "seed=-3"));
    assertThat(settings.heldOut()).containsExactly("bert-tiny");
    assertThat(settings.measure().budget()).isEqualTo(Duration.ofMinutes(5));
    assertThat(settings.measure().protocol()).isEqualTo(MeasureSettings.Timing.QUICK);
    assertThat(settings.sample().tasks()).isEqualTo(9);
    assertThat(settings.seed()).isEqualTo(-3);
    assertThat(ConfReader.inForce(settings))
        .containsEntry("measure.budget", "300s")
        .containsEntry("measure.protocol", "quick")
        .containsEntry("sample.tasks", "9");
  }

  @Test
  void refusesAnUnknownKeyWithItsLineAndTheKnownOnes() throws Exception {
    Path conf = file("seed = 1\nsample {\n  tsaks = 3\n}\n");
    assertThatThrownBy(() -> Settings.read(List.of(conf), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot use unknown keys sample.tsaks (" + conf + ":3)")
        .hasMessageContaining("sample.tasks");
    assertThatThrownBy(() -> Settings.read(List.of(), List.of("sede=1")))
        .hasMessageContaining("--set sede=1");
  }

  @Test
  void refusesValuesOfAnotherKindWithTheirPlace() throws Exception {
    Path conf = file("sample.tasks = many\n");
    assertThatThrownBy(() -> Settings.read(List.of(conf), List.of()))
        .hasMessage("Cannot set sample.tasks to many: expected a whole number (" + conf + ":1)");
    assertThatThrownBy(() -> Settings.read(List.of(), List.of("measure.budget=30")))
        .hasMessageContaining("expected a duration such as 30s");
    assertThatThrownBy(() -> Settings.read(List.of(), List.of("sample.tasks=1.5")))
        .hasMessageContaining("expected a whole number");
    assertThatThrownBy(() -> Settings.read(List.of(), List.of("sample.prior=nets")))
        .hasMessageContaining("expected one of [networks, uniform]");
  }

  @Test
  void refusesAQuotedPath() throws Exception {
    Path conf = file("\"sample.tasks\" = 5\n");
    assertThatThrownBy(() -> Settings.read(List.of(conf), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot use unknown keys \"sample.tasks\" (" + conf + ":1); known");
  }

  @Test
  void refusesNullsAndUnknownEmptyBlocks() throws Exception {
    Path conf = file("messure {}\nsample { taks = null, tasks = 3 }\n");
    assertThatThrownBy(() -> Settings.read(List.of(conf), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "Cannot use unknown keys messure ("
                + conf
                + ":1), sample.taks ("
                + conf
                + ":2); known");
    assertThatThrownBy(() -> Settings.read(List.of(), List.of("seed=null")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot set seed to null: expected a value (--set seed=null)");
    assertThat(Settings.read(List.of(file("sample {}\n")), List.of())).isEqualTo(Settings.DEFAULTS);
  }

  @Test
  void refusesValuesOutOfBoundsWithTheirPlace() throws Exception {
    Path conf = file("sample.tasks = 0\n");
    assertThatThrownBy(() -> Settings.read(List.of(conf), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot set sample.tasks to 0: least is 1 (" + conf + ":1)");
  }

  @Test
  void blamesThePlaceOfTheRefusedSettingAlone() throws Exception {
    Path conf = file("evaluate {\n  tasks = 20\n  trials = 16\n}\n");
    for (String bad :
        List.of(
            "evaluate.seeds=0",
            "evaluate.seeds=101",
            "evaluate.baselines=[x]",
            "evaluate.splits=[within_task,within_task]")) {
      assertThatThrownBy(() -> Settings.read(List.of(conf), List.of(bad)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageEndingWith(" (--set " + bad + ")")
          .hasMessageNotContaining(conf.toString());
    }
  }

  @Test
  void refusesAFileThatIsMissingUnreadableOrMalformed() throws Exception {
    assertThatThrownBy(() -> Settings.read(List.of(folder.resolve("none.conf")), List.of()))
        .hasMessageContaining("none.conf: it is not there");
    assertThatThrownBy(() -> Settings.read(List.of(folder), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot read conf file " + folder + ": it is a folder, expected a file");
    // open to read, even for root, and then unreadable
    assertThatThrownBy(() -> Settings.read(List.of(Path.of("/proc/self/mem")), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot read conf file /proc/self/mem: Input/output error");
    Path conf = file("sample {\n");
    assertThatThrownBy(() -> Settings.read(List.of(conf), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot read conf file");
    assertThatThrownBy(() -> Settings.read(List.of(), List.of("seed")))
        .hasMessage("Cannot set 'seed': expected key=value");
  }

  @Test
  void everyConfOfTheRepositoryReads() throws Exception {
    Path conf = Path.of("..", "conf");
    try (var files = Files.list(conf)) {
      List<Path> all = files.filter(path -> path.toString().endsWith(".conf")).toList();
      assertThat(all).isNotEmpty();
      for (Path one : all) {
        assertThat(Settings.read(List.of(one), List.of()).campaign()).isNotEqualTo("main");
      }
    }
  }
}
