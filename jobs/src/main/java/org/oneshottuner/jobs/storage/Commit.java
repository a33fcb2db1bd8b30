package org.oneshottuner.jobs.storage;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One append to a table, as its manifest states it. A data file that no commit names is no part of
 * the table.
 *
 * @param format version of this form
 * @param table the table's name
 * @param sequence one more than the commit before it; the first is 1
 * @param previous digest of the commit before it, empty for the first
 * @param batch what was appended, as the writer calls it; a batch is appended once
 * @param columns the columns of the files
 * @param partition the value of each partition column, shared by all rows
 * @param files what was added
 * @param origin where the rows come from
 * @param digest SHA-256 of this manifest with an empty digest, in hexadecimal digits
 */
public record Commit(
    int format,
    String table,
    long sequence,
    String previous,
    String batch,
    List<Column> columns,
    SortedMap<String, String> partition,
    List<DataFile> files,
    Origin origin,
    String digest) {
  /** The only version of the form. */
  static final int FORMAT = 1;

  /** Copies lists and maps. */
  public Commit {
    columns = List.copyOf(columns);
    partition = Collections.unmodifiableSortedMap(new TreeMap<>(partition));
    files = List.copyOf(files);
  }

  /**
   * A column of a data file.
   *
   * @param name its name
   * @param type its type in Spark's words
   */
  public record Column(String name, String type) {}

  /**
   * A data file.
   *
   * @param path its place below the table's root
   * @param bytes its length
   * @param rows how many rows it holds
   * @param sha256 the digest of its bytes, in hexadecimal digits
   */
  public record DataFile(String path, long bytes, long rows, String sha256) {}

  /**
   * Where rows come from.
   *
   * @param settings the settings in force, by key
   * @param inputs the digest of every input, by place
   * @param software the versions that made them, by name
   */
  public record Origin(
      SortedMap<String, String> settings,
      SortedMap<String, String> inputs,
      SortedMap<String, String> software) {
    /** Copies the maps. */
    public Origin {
      settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
      inputs = Collections.unmodifiableSortedMap(new TreeMap<>(inputs));
      software = Collections.unmodifiableSortedMap(new TreeMap<>(software));
    }

    /** Returns an origin that says nothing. */
    public static Origin unknown() {
      return new Origin(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    }

    /** Joins settings and inputs with what is known of this process. */
    public static Origin of(Map<String, String> settings, Map<String, String> inputs) {
      TreeMap<String, String> software = new TreeMap<>();
      for (String property : List.of("java.version", "java.vendor", "os.name", "os.arch")) {
        software.put(property, System.getProperty(property, "unknown"));
      }
      Package build = Commit.class.getPackage();
      String version = build.getImplementationVersion();
      software.put("oneshot", version == null ? "unpackaged" : version);
      software.put("commit", System.getProperty("oneshot.commit", "unknown"));
      return new Origin(new TreeMap<>(settings), new TreeMap<>(inputs), software);
    }
  }

  /** Returns the rows of all files. */
  public long rows() {
    return files.stream().mapToLong(DataFile::rows).sum();
  }

  Commit withDigest(String other) {
    return new Commit(
        format, table, sequence, previous, batch, columns, partition, files, origin, other);
  }
}
