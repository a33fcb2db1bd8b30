package org.oneshottuner.jobs.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalTableTest extends TableContract {
  private static final AtomicInteger COUNTER = new AtomicInteger();
  @TempDir Path folder;

  @Override
  String location() {
    return folder.resolve("t" + COUNTER.incrementAndGet()).toString();
  }

  @Test
  void aPlaceThatIsAFileIsRefused() throws Exception {
    Path file = Files.writeString(folder.resolve("occupied"), "x");
    assertThatThrownBy(() -> table(file.toString()).write(CLOCK))
        .isInstanceOf(java.io.UncheckedIOException.class)
        .hasMessageStartingWith("Cannot write readings at " + file);
  }

  @Test
  void aStoreWithoutAtomicRenameIsRefused() {
    assertThatThrownBy(() -> Folder.at("viewfs:///x", new Configuration()))
        .isInstanceOf(Exception.class);
    assertThatThrownBy(() -> Folder.at("har:///x", new Configuration()))
        .isInstanceOf(Exception.class);
  }

  /** A disk that is full for data files: the batch fails as one, and can be appended later. */
  @Test
  void aFullDiskLeavesNothingHalfVisible() {
    String location = location();
    append(table(location), "a", 2);
    Configuration configuration = spark.sparkContext().hadoopConfiguration();
    configuration.set("fs.file.impl", FullDisk.class.getName());
    configuration.setBoolean("fs.file.impl.disable.cache", true);
    try (TableWriter writer = table(location).write(CLOCK)) {
      assertThatThrownBy(() -> writer.append("b", DEVICE, rows("b", 1000), Commit.Origin.unknown()))
          .isInstanceOf(java.io.UncheckedIOException.class)
          .hasMessageStartingWith("Cannot write batch b of readings at " + location)
          .hasMessageContaining("No space left on device");
    } finally {
      configuration.unset("fs.file.impl");
      configuration.unset("fs.file.impl.disable.cache");
    }
    assertThat(names(table(location))).containsExactly("a0", "a1");
    assertThat(Path.of(location, "staging")).doesNotExist();
    append(table(location), "b", 1);
    assertThat(names(table(location))).containsExactly("a0", "a1", "b0");
  }

  @Test
  void aBatchThatCannotBeCommittedLeavesNothing() throws Exception {
    Table table = table(location());
    append(table, "a", 1);
    List<TableWriter.Step> failed = new java.util.ArrayList<>();
    try (TableWriter writer =
        TableWriter.open(
            table,
            CLOCK,
            step -> {
              if (step == TableWriter.Step.MOVED && failed.isEmpty()) {
                failed.add(step);
                // a file where the folder of manifests was
                replaceCommits(table);
              }
            })) {
      assertThatThrownBy(() -> writer.append("b", DEVICE, rows("b", 1), Commit.Origin.unknown()))
          .isInstanceOf(java.io.UncheckedIOException.class)
          .hasMessageStartingWith("Cannot write batch b of readings");
      assertThat(table.folder().listDeep("data")).noneMatch(file -> file.contains("/b-"));
      table.folder().delete("commits");
      assertThat(table.folder().moveAway("kept", "commits")).isTrue();
      writer.append("b", DEVICE, rows("b", 2), Commit.Origin.unknown());
    }
    assertThat(names(table)).containsExactly("a0", "b0", "b1");
  }

  private static void replaceCommits(Table table) {
    try {
      assertThat(table.folder().moveAway("commits", "kept")).isTrue();
      table.folder().write("commits", new byte[] {1});
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Rows are in once their manifest is, whatever cannot be cleared away behind them. */
  @Test
  void aBatchIsInWhoseLeftoversCannotBeDeleted() throws Exception {
    String location = location();
    Configuration configuration = spark.sparkContext().hadoopConfiguration();
    configuration.set("fs.file.impl", StuckLeftovers.class.getName());
    configuration.setBoolean("fs.file.impl.disable.cache", true);
    try (TableWriter writer = table(location).write(CLOCK)) {
      assertThat(writer.append("a", DEVICE, rows("a", 2), Commit.Origin.unknown()).rows())
          .isEqualTo(2);
      assertThat(Path.of(location, "staging")).isNotEmptyDirectory();
      writer.append("b", DEVICE, rows("b", 1), Commit.Origin.unknown());
    } finally {
      configuration.unset("fs.file.impl");
      configuration.unset("fs.file.impl.disable.cache");
    }
    assertThat(names(table(location))).containsExactly("a0", "a1", "b0");
    assertThat(Path.of(location, "staging")).doesNotExist();
  }

  /** A writer that dies at each point of an append, and one that comes after it. */
  @Test
  void aWriterMayDieAnywhere() throws Exception {
    for (TableWriter.Step step : TableWriter.Step.values()) {
      String location = location();
      append(table(location), "a", 2);
      assertThat(DyingWriter.run(location, step)).as("at " + step).isEqualTo(DyingWriter.DIED);
      List<String> seen = names(table(location));
      assertThat(seen).as("at " + step).hasSize(step == TableWriter.Step.COMMITTED ? 5 : 2);
      append(table(location), "b", 3);
      assertThat(names(table(location)))
          .as("at " + step)
          .containsExactly("a0", "a1", "b0", "b1", "b2");
      assertThat(table(location).folder().listDeep("data"))
          .filteredOn(file -> file.endsWith(".parquet"))
          .hasSize(2);
      assertThat(Path.of(location, "staging")).doesNotExist();
      assertThat(Path.of(location, "lock")).doesNotExist();
    }
  }
}
