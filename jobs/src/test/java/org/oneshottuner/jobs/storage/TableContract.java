package org.oneshottuner.jobs.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.oneshottuner.jobs.DamagedParquet;
import org.oneshottuner.jobs.LocalSpark;

/** What a table promises, on every file system. */
abstract class TableContract {
  static final Clock CLOCK = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);
  static final TableFormat FORMAT =
      new TableFormat(
          "readings",
          new StructType()
              .add("name", DataTypes.StringType, false)
              .add("nanos", DataTypes.LongType, false),
          List.of("device"));
  static final Map<String, String> DEVICE = Map.of("device", "0012");

  /** Returns a place at which nothing is. */
  abstract String location();

  final SparkSession spark = LocalSpark.session();

  Table table(String location) {
    return Table.at(spark, location, FORMAT);
  }

  Dataset<Row> rows(String prefix, int count) {
    List<Row> rows = new java.util.ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(RowFactory.create(prefix + i, (long) i));
    }
    return spark.createDataFrame(rows, FORMAT.columns()).coalesce(1);
  }

  static List<String> names(Table table) {
    return table.read(table.snapshot()).select("name").collectAsList().stream()
        .map(row -> row.getString(0))
        .sorted()
        .toList();
  }

  void append(Table table, String batch, int count) {
    try (TableWriter writer = table.write(CLOCK)) {
      writer.append(batch, DEVICE, rows(batch, count), Commit.Origin.unknown());
    }
  }

  @Test
  void rowsInAreRowsOut() {
    Table table = table(location());
    assertThat(names(table)).isEmpty();
    append(table, "a", 2);
    append(table, "b", 1);
    assertThat(names(table)).containsExactly("a0", "a1", "b0");
    Row row = table.read(table.snapshot()).orderBy("name").first();
    assertThat(row.<String>getAs("device")).isEqualTo("0012");
    assertThat(table.snapshot().rows()).isEqualTo(3);
    table.verify(table.snapshot());
  }

  @Test
  void aBatchIsAppendedOnce() {
    Table table = table(location());
    append(table, "a", 2);
    String digest = table.snapshot().digest();
    append(table, "a", 5);
    assertThat(names(table)).hasSize(2);
    assertThat(table.snapshot().digest()).isEqualTo(digest);
  }

  @Test
  void aBatchWhoseAppendFailedAfterItsCommitIsNotAppendedAgain() {
    Table table = table(location());
    List<TableWriter.Step> failed = new java.util.ArrayList<>();
    try (TableWriter writer =
        TableWriter.open(
            table,
            CLOCK,
            step -> {
              if (step == TableWriter.Step.COMMITTED && failed.isEmpty()) {
                failed.add(step);
                throw new IllegalStateException("too late");
              }
            })) {
      assertThatThrownBy(() -> writer.append("a", DEVICE, rows("a", 2), Commit.Origin.unknown()))
          .hasMessage("too late");
      assertThat(writer.append("a", DEVICE, rows("a", 2), Commit.Origin.unknown()).rows())
          .isEqualTo(2);
    }
    assertThat(names(table)).containsExactly("a0", "a1");
  }

  @Test
  void theSameRowsMakeTheSameDigests() {
    Table one = table(location());
    Table other = table(location());
    append(one, "a", 3);
    append(other, "a", 3);
    assertThat(one.snapshot().digest()).isEqualTo(other.snapshot().digest());
  }

  @Test
  void aSecondWriterIsRefusedAndTheFirstGoesOn() {
    Table table = table(location());
    try (TableWriter first = table.write(CLOCK)) {
      assertThatThrownBy(() -> table.write(CLOCK))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("Cannot write to")
          .hasMessageContaining("process " + ProcessHandle.current().pid());
      first.append("a", DEVICE, rows("a", 1), Commit.Origin.unknown());
    }
    append(table, "b", 1);
    assertThat(names(table)).containsExactly("a0", "b0");
  }

  @Test
  void theLockOfADeadWriterIsTakenOver() throws Exception {
    Table table = table(location());
    append(table, "a", 1);
    leaveLock(table);
    append(table, "b", 1);
    assertThat(names(table)).containsExactly("a0", "b0");
  }

  private static void leaveLock(Table table) throws Exception {
    String host = java.net.InetAddress.getLocalHost().getHostName();
    long pid = ProcessHandle.current().pid();
    // a process that ran as this one's number, at another time
    String start = WriterLock.startOf(pid).replaceFirst("[0-9]+", "1");
    String dead =
        "{\"host\":\"%s\",\"pid\":%d,\"started\":\"%s\",\"writer\":\"1-1\"}"
            .formatted(host, pid, start);
    assertThat(table.folder().add("lock", dead.getBytes(StandardCharsets.UTF_8))).isTrue();
  }

  @Test
  void theSilentLockOfAnotherHostIsTakenOverAndALivingOneIsNot() throws Exception {
    Table table = table(location());
    append(table, "a", 1);
    byte[] other =
        "{\"host\":\"elsewhere\",\"pid\":1,\"started\":\"1970-01-01T00:00:00Z\",\"writer\":\"1-1\"}"
            .getBytes(StandardCharsets.UTF_8);
    assertThat(table.folder().add("lock", other)).isTrue();
    table.folder().touch("lock", CLOCK.millis() - 60_000);
    assertThatThrownBy(() -> table.write(CLOCK)).hasMessageContaining("elsewhere");
    table.folder().touch("lock", CLOCK.millis() - 121_000);
    append(table, "b", 1);
    assertThat(names(table)).containsExactly("a0", "b0");
  }

  @Test
  void aLockTakenOverStopsItsOldOwner() throws Exception {
    Table table = table(location());
    try (TableWriter old = table.write(CLOCK)) {
      table.folder().delete("lock");
      try (TableWriter fresh = table.write(CLOCK)) {
        assertThatThrownBy(() -> old.append("a", DEVICE, rows("a", 1), Commit.Origin.unknown()))
            .isInstanceOf(IllegalStateException.class);
        fresh.append("b", DEVICE, rows("b", 1), Commit.Origin.unknown());
      }
    }
    assertThat(names(table)).containsExactly("b0");
  }

  @Test
  void aLivingWriterKeepsItsLockWhateverTheClockSays() throws Exception {
    Table table = table(location());
    long pid = ProcessHandle.current().pid();
    String owner =
        "{\"host\":\"%s\",\"pid\":%d,\"started\":\"%s\",\"writer\":\"1-1\"}"
            .formatted(
                java.net.InetAddress.getLocalHost().getHostName(), pid, WriterLock.startOf(pid));
    assertThat(table.folder().add("lock", owner.getBytes(StandardCharsets.UTF_8))).isTrue();
    table.folder().touch("lock", CLOCK.millis() - 1_000_000);
    assertThatThrownBy(() -> table.write(CLOCK)).hasMessageContaining("process " + pid);
  }

  @Test
  void anOwnerThatWakesAgainSpoilsNothingOfTheNext() throws Exception {
    Table table = table(location());
    List<TableWriter> fresh = new java.util.ArrayList<>();
    TableWriter old =
        TableWriter.open(
            table,
            CLOCK,
            step -> {
              if (step == TableWriter.Step.STAGED) {
                take(table, fresh);
                fresh.get(0).append("a", DEVICE, rows("n", 2), Commit.Origin.unknown());
              }
            });
    assertThatThrownBy(() -> old.append("a", DEVICE, rows("o", 3), Commit.Origin.unknown()))
        .isInstanceOf(IllegalStateException.class);
    old.close();
    assertThat(names(table)).containsExactly("n0", "n1");
    table.verify(table.snapshot());
    fresh.get(0).append("b", DEVICE, rows("b", 1), Commit.Origin.unknown());
    fresh.get(0).close();
    assertThat(names(table)).containsExactly("b0", "n0", "n1");
    append(table, "c", 1);
    assertThat(table.folder().listDeep("data")).filteredOn(f -> f.endsWith(".parquet")).hasSize(3);
  }

  @Test
  void anOwnerThatWakesAgainClearsAwayNothingThatTheNextIsAt() throws Exception {
    Table table = table(location());
    TableWriter old = table.write(CLOCK);
    table.folder().delete("lock");
    try (TableWriter fresh =
        TableWriter.open(
            table,
            CLOCK,
            step -> {
              if (step == TableWriter.Step.STAGED) {
                old.close();
              }
            })) {
      fresh.append("a", DEVICE, rows("a", 1), Commit.Origin.unknown());
    }
    assertThat(names(table)).containsExactly("a0");
  }

  @Test
  void anOwnerThatSleepsBeforeItsCommitCommitsBeforeTheNextOpensOrNever() throws Exception {
    Table table = table(location());
    append(table, "a", 1);
    List<TableWriter> fresh = new java.util.ArrayList<>();
    TableWriter old =
        TableWriter.open(
            table,
            CLOCK,
            step -> {
              if (step == TableWriter.Step.CHECKED) {
                take(table, fresh);
              }
            });
    assertThatThrownBy(() -> old.append("b", DEVICE, rows("o", 3), Commit.Origin.unknown()))
        .isInstanceOf(java.io.UncheckedIOException.class)
        .hasMessageStartingWith("Cannot write batch b of readings at ")
        .hasMessageContaining("another writer took over before")
        .hasMessageContaining("0000000002.json");
    old.close();
    assertThat(names(table)).containsExactly("a0");
    fresh.get(0).append("b", DEVICE, rows("n", 2), Commit.Origin.unknown());
    fresh.get(0).close();
    assertThat(names(table)).containsExactly("a0", "n0", "n1");
    assertThat(table.folder().list("commits"))
        .containsExactly("0000000001.json", "0000000002.json");
  }

  @Test
  void aFolderIsDeletedOnlyWhileNothingIsInIt() throws Exception {
    Folder folder = table(location()).folder();
    folder.makeFolder("staging/other");
    folder.deleteEmpty("staging");
    assertThat(folder.exists("staging/other")).isTrue();
    folder.delete("staging/other");
    folder.deleteEmpty("staging");
    assertThat(folder.exists("staging")).isFalse();
    folder.deleteEmpty("staging");
  }

  @Test
  void everyDamagedFileIsNamed() throws Exception {
    Table table = table(location());
    append(table, "a", 100);
    append(table, "b", 100);
    append(table, "c", 100);
    assertThat(table.damage(table.snapshot())).isEmpty();
    List<String> files =
        table.snapshot().commits().stream().map(commit -> commit.files().get(0).path()).toList();
    byte[] content = table.folder().read(files.get(0));
    content[content.length / 3] ^= 4;
    replace(table, files.get(0), content);
    table.folder().delete(files.get(2));
    List<String> damage = table.damage(table.snapshot());
    assertThat(damage).hasSize(2);
    assertThat(damage.get(0)).startsWith("Cannot read ").contains(files.get(0), "its SHA-256 is");
    assertThat(damage.get(1)).startsWith("Cannot read ").contains(files.get(2), "it is not there");
  }

  @Test
  void aFileWithADamagedFooterIsNamedAndHidesNoOther() throws Exception {
    Table table = table(location());
    append(table, "a", 100);
    append(table, "b", 100);
    List<String> files =
        table.snapshot().commits().stream().map(commit -> commit.files().get(0).path()).toList();
    replace(table, files.get(0), DamagedParquet.footer(table.folder().read(files.get(0))));
    replace(table, files.get(1), DamagedParquet.rows(table.folder().read(files.get(1))));
    List<String> damage = table.damage(table.snapshot());
    assertThat(damage).hasSize(2);
    assertThat(damage.get(0)).startsWith("Cannot read ").contains(files.get(0), "its SHA-256 is");
    assertThat(damage.get(1)).startsWith("Cannot read ").contains(files.get(1), "its SHA-256 is");
    assertThatThrownBy(() -> table.read(table.snapshot()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "Cannot read " + table.folder().place(files.get(0)) + ": its SHA-256 is ");
  }

  @Test
  void whateverOfTheTailIsDamagedTheFileIsNamed() throws Exception {
    Table table = table(location());
    append(table, "a", 100);
    String file = table.snapshot().commits().get(0).files().get(0).path();
    byte[] content = table.folder().read(file);
    for (byte[] damaged :
        List.of(DamagedParquet.magic(content), DamagedParquet.footerLength(content))) {
      replace(table, file, damaged);
      assertThatThrownBy(() -> table.read(table.snapshot()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(
              "Cannot read " + table.folder().place(file) + ": its SHA-256 is ");
    }
    replace(table, file, content);
    assertThat(table.read(table.snapshot()).count()).isEqualTo(100);
  }

  @Test
  void filesThatNoManifestNamesAreToldByBatch() throws Exception {
    Table table = table(location());
    append(table, "a", 10);
    append(table, "b-00001", 10);
    append(table, "c", 10);
    List<Commit> commits = table.snapshot().commits();
    List<String> files = Table.dataFiles(table.spark(), table.location());
    assertThat(files).hasSize(3);
    assertThat(Table.unnamed(files, commits)).isEmpty();
    assertThat(Table.unnamed(files, commits.subList(0, 1)))
        .containsExactly(
            Map.entry("b-00001", List.of(commits.get(1).files().get(0).path())),
            Map.entry("c", List.of(commits.get(2).files().get(0).path())));
    assertThat(Table.unnamed(List.of("data/device=0012/stray"), commits))
        .containsExactly(Map.entry("stray", List.of("data/device=0012/stray")));
  }

  private static void take(Table table, List<TableWriter> into) {
    try {
      table.folder().delete("lock");
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    into.add(table.write(CLOCK));
  }

  @Test
  void aByteFlippedInsideAPageIsNotRead() throws Exception {
    Table table = table(location());
    append(table, "a", 1000);
    String file = table.snapshot().commits().get(0).files().get(0).path();
    byte[] content = table.folder().read(file);
    content[content.length / 4] ^= 1;
    replace(table, file, content);
    assertThatThrownBy(() -> table.read(table.snapshot()).collectAsList())
        .hasMessageContaining("Encountered error while reading file")
        .hasMessageContaining(file)
        .rootCause()
        .hasMessageContaining("CRC checksum verification failed");
  }

  @Test
  void filesThatNoManifestNamesAreNotReadAndAreSetAside() throws Exception {
    Table table = table(location());
    append(table, "a", 1);
    append(table, "b", 1);
    byte[] content = table.folder().read(table.snapshot().commits().get(1).files().get(0).path());
    String manifest = "commits/0000000002.json";
    table.folder().delete(manifest);
    assertThat(names(table)).containsExactly("a0");
    append(table, "c", 1);
    assertThat(names(table)).containsExactly("a0", "c0");
    assertThat(table.folder().listDeep("data")).noneMatch(file -> file.contains("/b-"));
    assertThat(table.folder().listDeep("aside"))
        .singleElement()
        .satisfies(file -> assertThat(table.folder().read(file)).isEqualTo(content));
  }

  @Test
  void aLockThatWasLeftIsNoLeaveToClearAwayCommittedRows() throws Exception {
    Table table = table(location());
    append(table, "a", 1);
    append(table, "b", 1);
    append(table, "c", 1);
    table.folder().delete("commits/0000000002.json");
    table.folder().delete("commits/0000000003.json");
    leaveLock(table);
    append(table, "d", 1);
    assertThat(names(table)).containsExactly("a0", "d0");
    assertThat(table.folder().listDeep("aside")).hasSize(2);
    assertThat(Table.aside(table.spark(), table.location())).hasSize(2);
  }

  @Test
  void whatAKilledWriterHadStagedIsClearedAway() throws Exception {
    Table table = table(location());
    append(table, "a", 1);
    append(table, "b", 1);
    table.folder().delete("commits/0000000002.json");
    table.folder().makeFolder("staging/1-1/b");
    assertThat(Table.begun(table.spark(), table.location())).containsExactly("b");
    append(table, "c", 1);
    assertThat(names(table)).containsExactly("a0", "c0");
    assertThat(table.folder().listDeep("data")).noneMatch(file -> file.contains("/b-"));
    assertThat(table.folder().exists("aside")).isFalse();
    assertThat(table.folder().exists("staging")).isFalse();
  }

  @Test
  void aBatchIsInWhoseManifestGotItsNameThoughNobodyWasTold() throws Exception {
    Table table = table(location());
    try (TableWriter writer =
        TableWriter.open(
            table,
            CLOCK,
            step -> {
              if (step == TableWriter.Step.CHECKED) {
                nameUnnamed(table);
              }
            })) {
      assertThat(writer.append("a", DEVICE, rows("a", 2), Commit.Origin.unknown()).rows())
          .isEqualTo(2);
      assertThat(writer.append("b", DEVICE, rows("b", 1), Commit.Origin.unknown()).sequence())
          .isEqualTo(2);
    }
    assertThat(names(table)).containsExactly("a0", "a1", "b0");
    assertThat(table.folder().list("commits"))
        .containsExactly("0000000001.json", "0000000002.json");
  }

  /** Does what the writer is about to do, as if the answer to it had been lost. */
  private static void nameUnnamed(Table table) {
    try {
      List<String> manifests = table.folder().list("commits");
      for (String name : manifests) {
        if (name.startsWith(".")) {
          assertThat(
                  table
                      .folder()
                      .add(
                          "commits/" + Table.commitName(manifests.size()),
                          table.folder().read("commits/" + name)))
              .isTrue();
        }
      }
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void anAlteredManifestIsRefused() throws Exception {
    Table table = table(location());
    append(table, "a", 1);
    String name = "commits/0000000001.json";
    String text = new String(table.folder().read(name), StandardCharsets.UTF_8);
    for (String altered :
        List.of(
            text.replace("\"rows\" : 1", "\"rows\" : 2"),
            text.substring(0, text.length() / 2),
            text + " ",
            text.replace("\"format\" : 1", "\"format\" : 9"),
            "")) {
      table.folder().delete(name);
      put(table, name, altered.getBytes(StandardCharsets.UTF_8));
      assertThatThrownBy(table::snapshot)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Cannot read manifest")
          .hasMessageContaining(name);
    }
  }

  @Test
  void aMissingManifestIsRefused() throws Exception {
    Table table = table(location());
    append(table, "a", 1);
    append(table, "b", 1);
    table.folder().delete("commits/0000000001.json");
    assertThatThrownBy(table::snapshot).hasMessageContaining("expected 0000000001.json");
  }

  @Test
  void alteredDataIsRefused() throws Exception {
    Table table = table(location());
    append(table, "a", 100);
    String file = table.snapshot().commits().get(0).files().get(0).path();
    byte[] content = table.folder().read(file);
    byte[] flipped = content.clone();
    flipped[10] ^= 1;
    replace(table, file, flipped);
    assertThatThrownBy(() -> table.verify(table.snapshot()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(file)
        .hasMessageContaining("SHA-256");
    replace(table, file, java.util.Arrays.copyOf(content, content.length - 1));
    assertThatThrownBy(() -> table.read(table.snapshot()))
        .hasMessageContaining("its manifest says " + content.length);
    table.folder().delete(file);
    assertThatThrownBy(() -> table.read(table.snapshot())).hasMessageContaining("not there");
  }

  private static void replace(Table table, String file, byte[] content) throws Exception {
    table.folder().delete(file);
    put(table, file, content);
  }

  private static void put(Table table, String file, byte[] content) throws Exception {
    assertThat(table.folder().add(file, content)).isTrue();
  }

  @Test
  void otherColumnsAreRefusedByName() {
    String location = location();
    append(table(location), "a", 1);
    TableFormat other =
        new TableFormat(
            "readings",
            new StructType()
                .add("name", DataTypes.StringType, false)
                .add("cycles", DataTypes.LongType, false),
            List.of("device"));
    assertThatThrownBy(() -> Table.at(spark, location, other).snapshot())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[cycles] are missing")
        .hasMessageContaining("[nanos] are foreign");
    TableFormat elsewhere = new TableFormat("others", FORMAT.columns(), List.of("device"));
    assertThatThrownBy(() -> Table.at(spark, location, elsewhere).snapshot())
        .hasMessageContaining("it is of table readings, expected others");
    try (TableWriter writer = table(location).write(CLOCK)) {
      Dataset<Row> foreign = rows("b", 1).withColumnRenamed("nanos", "cycles");
      assertThatThrownBy(() -> writer.append("b", DEVICE, foreign, Commit.Origin.unknown()))
          .hasMessageContaining("columns are [name, cycles], expected [name, nanos]");
    }
  }

  @Test
  void foreignColumnsInAFileAreRefusedByName() throws Exception {
    Table table = table(location());
    append(table, "a", 1);
    String file = table.snapshot().commits().get(0).files().get(0).path();
    rows("x", 1)
        .withColumnRenamed("nanos", "cycles")
        .write()
        .parquet(table.folder().path("staging/x").toString());
    String written =
        table.folder().list("staging/x").stream()
            .filter(name -> name.startsWith("part-"))
            .findFirst()
            .orElseThrow();
    byte[] content = table.folder().read("staging/x/" + written);
    // with a manifest that vouches for it, as a writer of another version would have made
    table.folder().delete(file);
    put(table, file, content);
    Commit old = table.snapshot().commits().get(0);
    Commit forged =
        new Commit(
            old.format(),
            old.table(),
            old.sequence(),
            old.previous(),
            old.batch(),
            old.columns(),
            old.partition(),
            List.of(new Commit.DataFile(file, content.length, 1, Digests.of(content))),
            old.origin(),
            "");
    table.folder().delete("commits/0000000001.json");
    put(table, "commits/0000000001.json", ManifestFormat.bytes(ManifestFormat.seal(forged)));
    assertThatThrownBy(() -> table.read(table.snapshot()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[nanos] are missing")
        .hasMessageContaining("[cycles] are foreign");
  }

  @Test
  void aTableThatMustBeThereIsMissed() {
    assertThatThrownBy(() -> table(location()).existing())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no manifest vouches for any row");
  }

  @Test
  void namesThatCannotBeFoldersAreRefused() {
    try (TableWriter writer = table(location()).write(CLOCK)) {
      assertThatThrownBy(() -> writer.append("../x", DEVICE, rows("a", 1), Commit.Origin.unknown()))
          .hasMessageContaining("Cannot append batch '../x'");
      assertThatThrownBy(
              () ->
                  writer.append(
                      "x", Map.of("device", "a/b"), rows("a", 1), Commit.Origin.unknown()))
          .hasMessageContaining("device is 'a/b'");
      assertThatThrownBy(() -> writer.append("x", Map.of(), rows("a", 1), Commit.Origin.unknown()))
          .hasMessageContaining("expected [device]");
    }
  }
}
