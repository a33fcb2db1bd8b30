package org.oneshottuner.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunsTest {
  @TempDir Path folder;

  private static Clock at(String instant) {
    return Clock.fixed(Instant.parse(instant), ZoneOffset.UTC);
  }

  @Test
  void aRunIsCalledAfterItsCampaignAndItsBegin() {
    Runs runs = new Runs(folder.resolve("runs"), "nightly");
    assertThat(runs.newest()).isEmpty();
    Path first = runs.begin(at("2026-01-31T02:00:00.9Z"));
    assertThat(first).isDirectory().hasFileName("nightly-20260131T020000Z");
    Path again = runs.begin(at("2026-01-31T02:00:00Z"));
    assertThat(again).isDirectory().hasFileName("nightly-20260131T020000Z-2");
    assertThat(runs.newest()).contains(again);
    Path later = runs.begin(at("2026-01-31T02:00:01Z"));
    assertThat(runs.newest()).contains(later);
  }

  @Test
  void othersRunsAreNotTaken() throws Exception {
    Runs runs = new Runs(folder, "a.b");
    Path run = runs.begin(at("2026-01-31T02:00:00Z"));
    new Runs(folder, "aXb").begin(at("2026-02-01T00:00:00Z"));
    new Runs(folder, "a.b-c").begin(at("2026-02-01T00:00:00Z"));
    Files.createDirectory(folder.resolve("a.b-latest"));
    Files.createFile(folder.resolve("a.b-20260301T000000Z"));
    assertThat(runs.newest()).contains(run);
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamed() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> new Runs(file, "main").begin(at("2026-01-31T02:00:00Z")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Cannot begin a run in " + file + ": " + file + " is not a folder");
  }
}
