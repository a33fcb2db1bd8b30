package org.oneshottuner.jobs.storage;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one writer of a table, from its opening to its close. Not thread-safe. */
public final class TableWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TableWriter.class);
  private static final int DIGEST_DIGITS = 12;
  private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]*";

  /** After a batch in the name of a data file. */
  private static final String FILE = "-[0-9]{5,}-[0-9a-f]{" + DIGEST_DIGITS + "}\\.parquet$";

  /** Points of an append between which a writer may die. */
  enum Step {
    /** The files are written, under staging. */
    STAGED,
    /** All files are in place, and no manifest names them. */
    MOVED,
    /** The manifest is written, the lock was this writer's, and the manifest has no name yet. */
    CHECKED,
    /** The manifest is there. */
    COMMITTED
  }

  private final Table table;
  private final Folder folder;
  private final WriterLock lock;
  private final Consumer<Step> observer;
  private final List<Commit> commits;

  private TableWriter(
      Table table, Folder folder, WriterLock lock, Consumer<Step> observer, List<Commit> commits) {
    this.table = table;
    this.folder = folder;
    this.lock = lock;
    this.observer = observer;
    this.commits = commits;
  }

  static TableWriter open(Table table, Clock clock, Consumer<Step> observer) {
    try {
      Folder folder = table.folder();
      WriterLock lock = WriterLock.take(folder, clock);
      try {
        fence(folder, lock);
        List<Commit> commits = new ArrayList<>(table.snapshot(folder).commits());
        TableWriter writer = new TableWriter(table, folder, lock, observer, commits);
        writer.clear();
        return writer;
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw table.failure("write", e);
    }
  }

  /**
   * Takes from writers before this one the manifests that they have not named yet: one that was
   * stopped between its last look at the lock and its commit has nothing to commit when it goes on.
   * What it named before is read after this.
   */
  private static void fence(Folder folder, WriterLock lock) throws IOException {
    List<String> unnamed =
        folder.list(Table.COMMITS).stream().filter(name -> name.startsWith(".")).toList();
    // what is listed is not of a writer that takes over from this one
    lock.check();
    for (String name : unnamed) {
      folder.delete(Table.COMMITS + "/" + name);
    }
  }

  /** Returns what is committed. */
  public Snapshot snapshot() {
    return new Snapshot(table.location(), commits);
  }

  /**
   * Appends rows, or does nothing if the batch is there already.
   *
   * @param batch names what is appended: letters, digits, {@code .}, {@code _} and {@code -}
   * @param partition the value of each partition column
   * @param rows the columns of the data files; one file for each partition of theirs that has a row
   * @param origin where they come from
   * @return the commit of this batch
   * @throws java.io.UncheckedIOException if it cannot be written; then no part of it is visible
   */
  public Commit append(
      String batch, Map<String, String> partition, Dataset<Row> rows, Commit.Origin origin) {
    Optional<Commit> known = snapshot().batch(batch);
    if (known.isPresent()) {
      return known.get();
    }
    checkNames(batch, partition);
    checkColumns(rows);
    String staged = staging() + "/" + batch;
    try {
      lock.check();
      folder.delete(staged);
      stage(rows, staged);
      observer.accept(Step.STAGED);
      List<Commit.DataFile> files = place(batch, partition, staged);
      observer.accept(Step.MOVED);
      Commit commit = commit(batch, partition, files, origin);
      observer.accept(Step.COMMITTED);
      tidy(staged);
      return commit;
    } catch (IOException e) {
      sweep(batch, staged, e);
      throw table.failure("write batch " + batch + " of", e);
    }
  }

  /** Returns the batch that a data file is of; its own name if that is not one of a writer's. */
  static String batchOf(String file) {
    return file.substring(file.lastIndexOf('/') + 1).replaceFirst(FILE, "");
  }

  /** Returns the folder that this writer alone writes to. */
  private String staging() {
    return Table.STAGING + "/" + lock.writer();
  }

  private void checkNames(String batch, Map<String, String> partition) {
    if (!batch.matches(NAME)) {
      throw new IllegalArgumentException(
          "Cannot append batch '" + batch + "': letters, digits, ., _ and - only");
    }
    if (!new TreeSet<>(partition.keySet()).equals(new TreeSet<>(table.format().partitions()))) {
      throw new IllegalArgumentException(
          "Cannot append batch "
              + batch
              + ": partitioned by "
              + partition.keySet()
              + ", expected "
              + table.format().partitions());
    }
    for (Map.Entry<String, String> value : partition.entrySet()) {
      if (!value.getValue().matches(NAME)) {
        throw new IllegalArgumentException(
            "Cannot append batch "
                + batch
                + ": "
                + value.getKey()
                + " is '"
                + value.getValue()
                + "', letters, digits, ., _ and - only");
      }
    }
  }

  private void checkColumns(Dataset<Row> rows) {
    List<String> given = List.of(rows.columns());
    List<String> expected = List.of(table.format().columns().fieldNames());
    if (!given.equals(expected)) {
      throw new IllegalArgumentException(
          "Cannot append to "
              + table.format().name()
              + ": columns are "
              + given
              + ", expected "
              + expected);
    }
  }

  private void stage(Dataset<Row> rows, String staged) throws IOException {
    try {
      rows.write()
          .mode(SaveMode.ErrorIfExists)
          .option("compression", "zstd")
          .option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
          .parquet(folder.path(staged).toString());
    } catch (RuntimeException e) {
      throw ioCause(e).orElseThrow(() -> e);
    } catch (Exception e) {
      // Spark throws checked exceptions that its signatures do not name
      throw ioCause(e).orElseGet(() -> new IOException(e.getMessage(), e));
    }
  }

  /** Returns the failure of the file system that lies below one of Spark's. */
  private static Optional<IOException> ioCause(Throwable failure) {
    Throwable cause = failure;
    IOException deepest = null;
    while (cause != null) {
      if (cause instanceof IOException io) {
        deepest = io;
      }
      cause = cause.getCause();
    }
    return Optional.ofNullable(deepest);
  }

  private List<Commit.DataFile> place(String batch, Map<String, String> partition, String staged)
      throws IOException {
    StringBuilder home = new StringBuilder(Table.DATA);
    for (String column : table.format().partitions()) {
      home.append('/').append(column).append('=').append(partition.get(column));
    }
    List<Commit.DataFile> files = new ArrayList<>();
    for (String name : folder.list(staged)) {
      if (name.startsWith(".") || name.startsWith("_")) {
        continue;
      }
      String from = staged + "/" + name;
      long rows = Table.DataFooter.read(folder, from).rows();
      if (rows > 0) {
        folder.force(from);
        String digest = folder.digest(from);
        // a name of its content: what stands under it already, another writer's too, is the same
        String to =
            String.format(
                Locale.ROOT,
                "%s/%s-%05d-%s.parquet",
                home,
                batch,
                files.size(),
                digest.substring(0, DIGEST_DIGITS));
        long bytes = folder.status(from).getLen();
        if (!folder.move(from, to) && !folder.digest(to).equals(digest)) {
          throw new IOException(folder.place(to) + " is there already, and is not this batch's");
        }
        files.add(new Commit.DataFile(to, bytes, rows, digest));
      }
    }
    return files;
  }

  private Commit commit(
      String batch,
      Map<String, String> partition,
      List<Commit.DataFile> files,
      Commit.Origin origin)
      throws IOException {
    long sequence = commits.size() + 1L;
    Commit commit =
        ManifestFormat.seal(
            new Commit(
                Commit.FORMAT,
                table.format().name(),
                sequence,
                commits.isEmpty() ? "" : commits.get(commits.size() - 1).digest(),
                batch,
                table.format().described(),
                new TreeMap<>(partition),
                files,
                origin,
                ""));
    name(commit);
    commits.add(commit);
    return commit;
  }

  /**
   * Gives a manifest its name. The manifest is there before the lock is looked at, and a writer
   * that takes over deletes it before it reads what is committed: so this commits before the other
   * took over, or not at all. Whatever fails once the manifest has its name, the batch is in.
   */
  private void name(Commit commit) throws IOException {
    String name = Table.COMMITS + "/" + Table.commitName(commit.sequence());
    String unnamed = Table.COMMITS + "/." + lock.writer() + "-" + commit.sequence();
    byte[] manifest = ManifestFormat.bytes(commit);
    try {
      folder.write(unnamed, manifest);
      lock.check();
      for (Commit.DataFile file : commit.files()) {
        if (!folder.exists(file.path())) {
          throw new IOException(folder.place(file.path()) + " was cleared away before its commit");
        }
      }
      observer.accept(Step.CHECKED);
      if (!folder.move(unnamed, name)) {
        throw new IOException("another writer committed " + folder.place(name));
      }
    } catch (IOException e) {
      if (folder.exists(name) && Arrays.equals(folder.read(name), manifest)) {
        LOG.warn("{} is committed, although {}", folder.place(name), e.getMessage());
      } else if (!folder.exists(unnamed)) {
        throw new IOException(
            "another writer took over before " + folder.place(name) + " was committed", e);
      } else {
        throw e;
      }
    } finally {
      tidy(unnamed);
    }
  }

  /**
   * Clears away what no manifest names: of a batch that is staged, a writer died before its commit;
   * of another, the manifest was lost, and its files are set aside for somebody to look at. A
   * writer that may only have been silent keeps all that it may be about to commit.
   */
  private void clear() throws IOException {
    if (lock.wasSilent()) {
      return;
    }
    Set<String> staged = Table.staged(folder);
    Set<String> named = new HashSet<>();
    commits.forEach(commit -> commit.files().forEach(file -> named.add(file.path())));
    for (String file : folder.listDeep(Table.DATA)) {
      if (!named.contains(file)) {
        lock.check();
        if (staged.contains(batchOf(file))) {
          LOG.info("Clearing away {}, which was not committed", folder.place(file));
          folder.delete(file);
        } else {
          setAside(file);
        }
      }
    }
    for (String writer : folder.list(Table.STAGING)) {
      lock.check();
      folder.delete(Table.STAGING + "/" + writer);
    }
    folder.deleteEmpty(Table.STAGING);
  }

  private void setAside(String file) throws IOException {
    String aside = Table.ASIDE + "/" + lock.writer() + "/" + file;
    if (folder.move(file, aside)) {
      LOG.warn(
          "Setting aside {}, which no manifest names, as {}",
          folder.place(file),
          folder.place(aside));
    }
  }

  /** Deletes what was needed for a commit, once it is made; what cannot be is left to others. */
  private void tidy(String leftover) {
    try {
      folder.delete(leftover);
    } catch (IOException e) {
      LOG.warn("Cannot clear away {} yet: {}", folder.place(leftover), e.getMessage());
    }
  }

  /** Takes back what was written of a batch, unless it may have been committed all the same. */
  private void sweep(String batch, String staged, IOException failure) {
    try {
      boolean named = folder.exists(Table.COMMITS + "/" + Table.commitName(commits.size() + 1L));
      for (String file : named ? List.<String>of() : folder.listDeep(Table.DATA)) {
        if (batchOf(file).equals(batch)) {
          lock.check();
          folder.delete(file);
        }
      }
      folder.delete(staged);
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  @Override
  public void close() {
    try {
      folder.delete(staging());
      folder.deleteEmpty(Table.STAGING);
      lock.close();
    } catch (IOException e) {
      throw table.failure("finish writing", e);
    }
  }
}
