package org.oneshottuner.jobs.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * A folder on a file system with an atomic way to add a file that must not be there yet.
 *
 * <p>Hadoop's local file system has none (its rename replaces what is there), so {@code file:}
 * paths go through a hard link; on HDFS a rename onto a file fails.
 */
final class Folder {
  /** Whose file systems add a file atomically. */
  private static final List<String> SCHEMES = List.of("file", "hdfs");

  private static final AtomicLong TEMPORARY = new AtomicLong();
  private final FileSystem files;
  private final Path root;
  private final boolean local;

  private Folder(FileSystem files, Path root, boolean local) {
    this.files = files;
    this.root = root;
    this.local = local;
  }

  /**
   * Returns the folder at a place, which need not be there.
   *
   * @throws IllegalArgumentException if its file system is not one that datasets are kept on
   * @throws UnreachableException if the file system does not answer
   */
  static Folder at(String location, Configuration configuration) throws IOException {
    Path path = new Path(location);
    String named = path.toUri().getScheme();
    if (named != null) {
      checkScheme(location, named);
    }
    try {
      FileSystem files = path.getFileSystem(configuration);
      checkScheme(location, files.getScheme());
      boolean local = files.getScheme().equals("file");
      if (!local) {
        files.exists(path); // to learn here, not in the midst of work, that nobody answers
      }
      return new Folder(files, files.makeQualified(path), local);
    } catch (IOException | IllegalArgumentException e) {
      if (UnreachableException.isCauseOf(e)) {
        throw UnreachableException.of(location, e);
      }
      throw e;
    }
  }

  private static void checkScheme(String location, String scheme) {
    if (!SCHEMES.contains(scheme)) {
      throw new IllegalArgumentException(
          "Cannot keep a dataset at "
              + location
              + ": scheme "
              + scheme
              + " is not supported, known are "
              + String.join(", ", SCHEMES));
    }
  }

  Path path(String name) {
    return name.isEmpty() ? root : new Path(root, name);
  }

  FileSystem files() {
    return files;
  }

  @Override
  public String toString() {
    return local ? root.toUri().getPath() : root.toString();
  }

  /** Returns a place as a message names it. */
  String place(String name) {
    return this + "/" + name;
  }

  boolean exists(String name) throws IOException {
    return files.exists(path(name));
  }

  byte[] read(String name) throws IOException {
    try (FSDataInputStream in = files.open(path(name))) {
      return in.readAllBytes();
    }
  }

  String digest(String name) throws IOException {
    try (InputStream in = files.open(path(name))) {
      return Digests.of(in);
    }
  }

  /**
   * Makes what was written survive a loss of power, where this can be asked for. Its name survives
   * once {@link #add} or {@link #move} has given it one.
   */
  void force(String name) throws IOException {
    if (local) {
      try (FileChannel channel = FileChannel.open(nio(name), StandardOpenOption.WRITE)) {
        channel.force(true);
      }
    }
  }

  /** Makes a file's name survive, and those of the folders on the way to it. */
  private void forceName(String name) throws IOException {
    if (local) {
      java.nio.file.Path top = nio("");
      java.nio.file.Path folder = nio(name).getParent();
      while (folder != null && folder.startsWith(top)) {
        AtomicFile.forceFolder(folder);
        folder = folder.getParent();
      }
    }
  }

  /**
   * Adds a file, whole or not at all.
   *
   * @return whether it was added; if not, a file of this name is there already
   */
  boolean add(String name, byte[] content) throws IOException {
    String temporary = sibling(name);
    try {
      write(temporary, content);
      if (!local) {
        return files.rename(path(temporary), path(name));
      }
      Files.createLink(nio(name), nio(temporary));
      forceName(name);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } finally {
      delete(temporary);
    }
  }

  /**
   * Gives a file another name, in another folder of the same file system.
   *
   * @return whether it has it now; if not, another file has, and both are where they were
   */
  boolean move(String from, String to) throws IOException {
    files.mkdirs(path(to).getParent());
    if (local) {
      try {
        Files.createLink(nio(to), nio(from));
      } catch (FileAlreadyExistsException e) {
        return false;
      }
      forceName(to);
      Files.deleteIfExists(nio(from));
      return true;
    }
    if (files.rename(path(from), path(to))) {
      return true;
    }
    if (files.exists(path(to))) {
      return false;
    }
    throw new IOException("Cannot move " + place(from) + " to " + to);
  }

  /** Moves a file away; false if it was not there. */
  boolean moveAway(String from, String to) throws IOException {
    if (!exists(from)) {
      return false;
    }
    if (local) {
      try {
        Files.move(nio(from), nio(to), StandardCopyOption.ATOMIC_MOVE);
        return true;
      } catch (java.nio.file.NoSuchFileException e) {
        return false;
      }
    }
    return files.rename(path(from), path(to));
  }

  void delete(String name) throws IOException {
    files.delete(path(name), true);
  }

  /** Deletes a folder, unless something is in it, even if that came this moment. */
  void deleteEmpty(String name) throws IOException {
    try {
      if (local) {
        Files.deleteIfExists(nio(name));
      } else {
        files.delete(path(name), false);
      }
    } catch (IOException e) {
      // file systems have different exceptions for a folder that is not empty
      if (list(name).isEmpty() && exists(name)) {
        throw e;
      }
    }
  }

  void makeFolder(String name) throws IOException {
    if (!files.mkdirs(path(name)) || !files.getFileStatus(path(name)).isDirectory()) {
      throw new IOException("Cannot make folder " + place(name));
    }
  }

  FileStatus status(String name) throws IOException {
    return files.getFileStatus(path(name));
  }

  void touch(String name, long millis) throws IOException {
    files.setTimes(path(name), millis, -1);
  }

  /** Returns the names of what is in a folder, sorted; none if it is not there. */
  List<String> list(String name) throws IOException {
    if (!exists(name)) {
      return List.of();
    }
    return Arrays.stream(files.listStatus(path(name)))
        .map(status -> status.getPath().getName())
        .sorted()
        .toList();
  }

  /** Returns all files below a folder as paths below the root, sorted; none if it is not there. */
  List<String> listDeep(String name) throws IOException {
    List<String> found = new ArrayList<>();
    if (exists(name)) {
      String prefix = root.toUri().getPath() + "/";
      RemoteIterator<LocatedFileStatus> all = files.listFiles(path(name), true);
      while (all.hasNext()) {
        found.add(all.next().getPath().toUri().getPath().substring(prefix.length()));
      }
    }
    found.sort(Comparator.naturalOrder());
    return found;
  }

  /** Writes a new file, which may be seen in part until this returns. */
  void write(String name, byte[] content) throws IOException {
    files.mkdirs(path(name).getParent());
    if (local) {
      // not through Hadoop, which would leave a checksum file beside it
      try (FileChannel channel =
          FileChannel.open(nio(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        java.nio.ByteBuffer buffer = java.nio.ByteBuffer.wrap(content);
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
        channel.force(true);
      }
    } else {
      try (OutputStream out = files.create(path(name), false)) {
        out.write(content);
      }
    }
  }

  private java.nio.file.Path nio(String name) {
    return java.nio.file.Path.of(path(name).toUri().getPath());
  }

  private static String sibling(String name) {
    int slash = name.lastIndexOf('/') + 1;
    return name.substring(0, slash)
        + "."
        + name.substring(slash)
        + "."
        + ProcessHandle.current().pid()
        + "-"
        + TEMPORARY.incrementAndGet()
        + ".tmp";
  }
}
