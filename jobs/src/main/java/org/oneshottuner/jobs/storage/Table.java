package org.oneshottuner.jobs.storage;

import static java.util.Objects.requireNonNull;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Rows in Parquet files, appended batch by batch.
 *
 * <pre>
 * ROOT/commits/0000000001.json    manifests; the only thing that makes a file a part of the table
 * ROOT/data/device=…/BATCH-00000-DIGEST.parquet
 * ROOT/staging/WRITER/            what a writer is at
 * ROOT/lock                       who the writer is
 * ROOT/aside/WRITER/              data files of manifests that were lost, as a writer found them
 * </pre>
 *
 * <p>A manifest appears whole or not at all, after the files that it names are in place. So a
 * writer may be killed anywhere: readers see the batch or they do not, and the next writer clears
 * away what no manifest names.
 */
public final class Table {
  static final String COMMITS = "commits";
  static final String DATA = "data";
  static final String STAGING = "staging";
  static final String ASIDE = "aside";

  private final SparkSession spark;
  private final String location;
  private final TableFormat format;

  private Table(SparkSession spark, String location, TableFormat format) {
    this.spark = requireNonNull(spark, "spark");
    this.location = requireNonNull(location, "location");
    this.format = requireNonNull(format, "format");
  }

  /**
   * Returns the table at a place, which need not be there yet.
   *
   * @param location a path, or a URI of scheme {@code file} or {@code hdfs}
   */
  public static Table at(SparkSession spark, String location, TableFormat format) {
    return new Table(spark, location, format);
  }

  /**
   * Returns the name of the table that lies at a place; empty if none has a commit there.
   *
   * @throws IllegalArgumentException if its first manifest is missing, cut or altered
   */
  public static Optional<String> nameAt(SparkSession spark, String location) {
    try {
      Folder folder = Folder.at(location, spark.sparkContext().hadoopConfiguration());
      if (folder.list(COMMITS).stream().allMatch(name -> name.startsWith("."))) {
        return Optional.empty();
      }
      String first = COMMITS + "/" + commitName(1);
      String place = folder.place(first);
      if (!folder.exists(first)) {
        throw refuse(place, "it is not there, and later manifests are");
      }
      return Optional.of(ManifestFormat.read(folder.read(first), place).table());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + location + ": " + e.getMessage(), e);
    }
  }

  /**
   * Returns whether anything is at a place.
   *
   * @throws IllegalArgumentException if its file system is not one that datasets are kept on
   * @throws UnreachableException if the file system does not answer
   */
  public static boolean isAnythingAt(SparkSession spark, String location) {
    try {
      return Folder.at(location, spark.sparkContext().hadoopConfiguration()).exists("");
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + location + ": " + e.getMessage(), e);
    }
  }

  /**
   * Returns the data files at a place, in order of their paths below it. If they are listed first,
   * then {@link #begun}, and then the commits, no file of a writer that is at the table meanwhile
   * is of a batch that is in neither.
   */
  public static List<String> dataFiles(SparkSession spark, String location) {
    try {
      return Folder.at(location, spark.sparkContext().hadoopConfiguration()).listDeep(DATA);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + location + ": " + e.getMessage(), e);
    }
  }

  /**
   * Returns the batches that a writer is at, or was killed at: what is staged of a batch stays
   * until it is committed.
   */
  public static Set<String> begun(SparkSession spark, String location) {
    try {
      return staged(Folder.at(location, spark.sparkContext().hadoopConfiguration()));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + location + ": " + e.getMessage(), e);
    }
  }

  static Set<String> staged(Folder folder) throws IOException {
    Set<String> batches = new TreeSet<>();
    for (String writer : folder.list(STAGING)) {
      batches.addAll(folder.list(STAGING + "/" + writer));
    }
    return batches;
  }

  /** Returns the data files whose manifests were lost, and that a writer has set aside. */
  public static List<String> aside(SparkSession spark, String location) {
    try {
      return Folder.at(location, spark.sparkContext().hadoopConfiguration()).listDeep(ASIDE);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + location + ": " + e.getMessage(), e);
    }
  }

  /** Returns which of some data files no commit names, by batch. */
  public static SortedMap<String, List<String>> unnamed(List<String> files, List<Commit> commits) {
    TreeSet<String> left = new TreeSet<>(files);
    commits.forEach(
        commit -> commit.files().stream().map(Commit.DataFile::path).forEach(left::remove));
    SortedMap<String, List<String>> unnamed = new TreeMap<>();
    for (String file : left) {
      unnamed.computeIfAbsent(TableWriter.batchOf(file), batch -> new ArrayList<>()).add(file);
    }
    return unnamed;
  }

  /** Returns the place. */
  public String location() {
    return location;
  }

  TableFormat format() {
    return format;
  }

  SparkSession spark() {
    return spark;
  }

  Folder folder() throws IOException {
    return Folder.at(location, spark.sparkContext().hadoopConfiguration());
  }

  /**
   * Returns what is committed.
   *
   * @throws IllegalArgumentException if a manifest is missing, cut or altered, is of another table
   *     or has other columns
   */
  public Snapshot snapshot() {
    try {
      return snapshot(folder());
    } catch (IOException e) {
      throw failure("read the manifests of", e);
    }
  }

  /**
   * Returns what is committed, of a table that must be there.
   *
   * @throws IllegalArgumentException also if there is no commit
   */
  public Snapshot existing() {
    Snapshot snapshot = snapshot();
    if (snapshot.commits().isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot read " + format.name() + " at " + location + ": no manifest vouches for any row");
    }
    return snapshot;
  }

  Snapshot snapshot(Folder folder) throws IOException {
    List<Commit> commits = new ArrayList<>();
    String previous = "";
    for (String name : folder.list(COMMITS)) {
      if (name.startsWith(".")) {
        continue;
      }
      String place = folder.place(COMMITS + "/" + name);
      if (!name.equals(commitName(commits.size() + 1))) {
        throw new IllegalArgumentException(
            "Cannot read manifests: "
                + place
                + " is there, expected "
                + commitName(commits.size() + 1));
      }
      Commit commit = ManifestFormat.read(folder.read(COMMITS + "/" + name), place);
      check(commit, commits.size() + 1, previous, place);
      previous = commit.digest();
      commits.add(commit);
    }
    return new Snapshot(location, commits);
  }

  private void check(Commit commit, long sequence, String previous, String place) {
    if (!commit.table().equals(format.name())) {
      throw refuse(place, "it is of table " + commit.table() + ", expected " + format.name());
    }
    if (commit.sequence() != sequence || !commit.previous().equals(previous)) {
      throw refuse(
          place,
          "it follows "
              + (commit.previous().isEmpty() ? "nothing" : commit.previous())
              + ", before it stands "
              + (previous.isEmpty() ? "nothing" : previous));
    }
    checkColumns(commit.columns(), place);
    if (!List.copyOf(commit.partition().keySet())
        .equals(format.partitions().stream().sorted().toList())) {
      throw refuse(
          place,
          "it is partitioned by "
              + commit.partition().keySet()
              + ", expected "
              + format.partitions());
    }
  }

  private void checkColumns(List<Commit.Column> found, String place) {
    List<Commit.Column> expected = format.described();
    if (found.equals(expected)) {
      return;
    }
    TreeSet<String> missing = new TreeSet<>(expected.stream().map(Commit.Column::name).toList());
    missing.removeAll(found.stream().map(Commit.Column::name).toList());
    TreeSet<String> foreign = new TreeSet<>(found.stream().map(Commit.Column::name).toList());
    foreign.removeAll(expected.stream().map(Commit.Column::name).toList());
    List<Commit.Column> other = new ArrayList<>(found);
    other.removeAll(expected);
    throw refuse(
        place,
        "columns "
            + missing
            + " are missing, "
            + foreign
            + " are foreign, and "
            + other.stream().map(column -> column.name() + ": " + column.type()).toList()
            + " are not as expected in "
            + expected.stream().map(column -> column.name() + ": " + column.type()).toList());
  }

  /**
   * Returns the rows of a snapshot.
   *
   * @throws IllegalArgumentException if a file is missing, or its length, rows or columns are not
   *     those of its manifest, or its footer is altered
   * @throws UncheckedIOException if a file cannot be read
   */
  public Dataset<Row> read(Snapshot snapshot) {
    try {
      Folder folder = folder();
      List<String> paths = new ArrayList<>();
      for (Commit commit : snapshot.commits()) {
        for (Commit.DataFile file : commit.files()) {
          read(folder, file, this::checkRows);
          paths.add(folder.path(file.path()).toString());
        }
      }
      if (paths.isEmpty()) {
        return spark.createDataFrame(List.of(), format.schema());
      }
      return spark
          .read()
          .schema(format.schema())
          .option("parquet.page.verify-checksum.enabled", "true")
          .option("basePath", folder.path(DATA).toString())
          .parquet(paths.toArray(new String[0]));
    } catch (IOException e) {
      throw failure("read", e);
    }
  }

  /**
   * Compares every file of a snapshot with its digest.
   *
   * @throws IllegalArgumentException naming the first that differs or cannot be read
   */
  public void verify(Snapshot snapshot) {
    for (String damage : damage(snapshot)) {
      throw new IllegalArgumentException(damage);
    }
  }

  /**
   * Returns what is wrong with the files of a snapshot, one message for each file that is missing,
   * that cannot be read, or whose length, digest, rows or columns are not those of its manifest.
   */
  public List<String> damage(Snapshot snapshot) {
    try {
      Folder folder = folder();
      List<String> damage = new ArrayList<>();
      for (Commit commit : snapshot.commits()) {
        for (Commit.DataFile file : commit.files()) {
          try {
            read(folder, file, this::checkAll);
          } catch (IllegalArgumentException | UncheckedIOException e) {
            if (Thread.currentThread().isInterrupted() || e instanceof UnreachableException) {
              throw e; // a file of which no more is known than that Ctrl-C came, or nobody answers
            }
            damage.add(e.getMessage());
          }
        }
      }
      return damage;
    } catch (IOException e) {
      throw failure("read", e);
    }
  }

  /** Reads something of a data file; names it where that fails. */
  private static void read(Folder folder, Commit.DataFile file, Reading reading) {
    try {
      reading.read(folder, file);
    } catch (IOException e) {
      if (UnreachableException.isCauseOf(e)) {
        throw UnreachableException.of(folder.place(file.path()), e);
      }
      throw new UncheckedIOException(
          "Cannot read " + folder.place(file.path()) + ": " + e.getMessage(), e);
    }
  }

  /** Something to read of a data file. */
  private interface Reading {
    void read(Folder folder, Commit.DataFile file) throws IOException;
  }

  /** The digest before the footer: what Parquet says of altered bytes tells nobody what to do. */
  private void checkAll(Folder folder, Commit.DataFile file) throws IOException {
    checkLength(folder, file);
    checkDigest(folder, file);
    checkFooter(folder, file);
  }

  private void checkRows(Folder folder, Commit.DataFile file) throws IOException {
    checkLength(folder, file);
    try {
      checkFooter(folder, file);
    } catch (IOException | IllegalArgumentException e) {
      // Parquet throws either for altered bytes, and only the digest tells them from a bad disk
      checkDigest(folder, file);
      throw e;
    }
  }

  private static void checkDigest(Folder folder, Commit.DataFile file) throws IOException {
    String digest = folder.digest(file.path());
    if (!digest.equals(file.sha256())) {
      throw refuse(
          folder.place(file.path()),
          "its SHA-256 is " + digest + ", its manifest says " + file.sha256());
    }
  }

  private static void checkLength(Folder folder, Commit.DataFile file) throws IOException {
    String place = folder.place(file.path());
    long bytes;
    try {
      bytes = folder.status(file.path()).getLen();
    } catch (FileNotFoundException e) {
      throw new IllegalArgumentException(
          "Cannot read " + place + ": a manifest names it, and it is not there", e);
    }
    if (bytes != file.bytes()) {
      throw refuse(place, "it has " + bytes + " bytes, its manifest says " + file.bytes());
    }
  }

  private void checkFooter(Folder folder, Commit.DataFile file) throws IOException {
    String place = folder.place(file.path());
    DataFooter footer = DataFooter.read(folder, file.path());
    if (footer.rows() != file.rows()) {
      throw refuse(place, "it has " + footer.rows() + " rows, its manifest says " + file.rows());
    }
    List<String> expected = List.of(format.columns().fieldNames());
    if (!footer.columns().equals(expected)) {
      TreeSet<String> missing = new TreeSet<>(expected);
      missing.removeAll(footer.columns());
      TreeSet<String> foreign = new TreeSet<>(footer.columns());
      expected.forEach(foreign::remove);
      throw refuse(
          place,
          "columns " + missing + " are missing, " + foreign + " are foreign; expected " + expected);
    }
  }

  /**
   * Starts writing. At most one writer is at a table.
   *
   * @throws IllegalStateException if another is
   */
  public TableWriter write(Clock clock) {
    return TableWriter.open(this, clock, step -> {});
  }

  UncheckedIOException failure(String what, IOException cause) {
    return new UncheckedIOException(
        "Cannot " + what + " " + format.name() + " at " + location + ": " + cause.getMessage(),
        cause);
  }

  static String commitName(long sequence) {
    return String.format(Locale.ROOT, "%010d.json", sequence);
  }

  private static IllegalArgumentException refuse(String place, String reason) {
    return new IllegalArgumentException("Cannot read " + place + ": " + reason);
  }

  /** What the end of a Parquet file says of it. */
  record DataFooter(List<String> columns, long rows) {
    static DataFooter read(Folder folder, String name) throws IOException {
      try (ParquetFileReader reader =
          ParquetFileReader.open(
              HadoopInputFile.fromPath(folder.path(name), folder.files().getConf()))) {
        ParquetMetadata footer = reader.getFooter();
        return new DataFooter(
            footer.getFileMetaData().getSchema().getFields().stream()
                .map(org.apache.parquet.schema.Type::getName)
                .toList(),
            footer.getBlocks().stream().mapToLong(BlockMetaData::getRowCount).sum());
      } catch (RuntimeException e) {
        // how Parquet says that the bytes are none of its own
        throw new IllegalArgumentException(
            "Cannot read " + folder.place(name) + ": its footer is damaged", e);
      }
    }
  }
}
