package org.oneshottuner.jobs.cli;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.oneshottuner.jobs.storage.Place;

/**
 * Where a run keeps what it makes.
 *
 * @param location a folder: a path, or a URI of scheme {@code file} or {@code hdfs}
 */
record RunFolder(String location) {
  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):.*");

  /** Checks that it is a folder on a file system that tables can be kept on. */
  RunFolder {
    if (location.isBlank() || (location.startsWith("file:") && !location.startsWith("file:/"))) {
      throw new IllegalArgumentException(
          "Cannot keep a run at '"
              + location
              + "': expected a folder, such as DIR, file:/DIR or hdfs://HOST/DIR");
    }
    Matcher scheme = SCHEME.matcher(location);
    if (scheme.matches() && !List.of("file", "hdfs").contains(scheme.group(1))) {
      throw new IllegalArgumentException(
          "Cannot keep a run at "
              + location
              + ": scheme "
              + scheme.group(1)
              + " is not supported, known are file, hdfs");
    }
  }

  /** Holds the frozen model and the booster. */
  static final String MODEL = "model";

  /** Holds the page. */
  static final String REPORT = "report";

  /** The page. */
  static final String PAGE = "index.html";

  /** Holds the kernels. */
  static final String KERNELS = "kernels";

  /** Returns whether it is not on a disk of this machine. */
  boolean remote() {
    return location.startsWith("hdfs:");
  }

  /**
   * Checks that it is there; of what is not on this machine, its tables know.
   *
   * @param refusal how the message begins
   */
  void mustBeThere(String refusal) {
    if (!remote() && !Files.isDirectory(path())) {
      throw new IllegalArgumentException(
          refusal + (Files.exists(path()) ? ": it is not a folder" : ": there is no such folder"));
    }
  }

  /** Returns this, after a check that it can be written to, if it is on this machine. */
  RunFolder writable() {
    if (!remote()) {
      Place.mustTakeFiles(path(), "Cannot keep a run in " + location);
    }
    return this;
  }

  String sample() {
    return location + "/sample";
  }

  String measurements() {
    return location + "/measurements";
  }

  /**
   * Returns a place for what is no table; it must be on this machine.
   *
   * @param option that names another place
   * @throws IllegalArgumentException if the run is not on this machine
   */
  Path local(String name, String option) {
    if (remote()) {
      throw new IllegalArgumentException(
          "Cannot keep "
              + name
              + " in "
              + location
              + ": it is kept on this machine, "
              + option
              + " names a place");
    }
    return path().resolve(name);
  }

  private Path path() {
    return Path.of(location.startsWith("file:") ? URI.create(location).getPath() : location);
  }
}
