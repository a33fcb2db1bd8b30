package org.oneshottuner.jobs.storage;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Places on this machine that work is to be written to, looked at before the work is done. */
public final class Place {
  private Place() {}

  /**
   * Checks that a file can be written, there or not, and leaves no trace.
   *
   * @param refusal how the message begins, such as {@code Cannot write figures to a.json}
   * @throws IllegalArgumentException if it is no regular file, or nothing can be made beside it
   */
  public static void mustTakeFile(Path file, String refusal) {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(refusal + ": it is a folder, expected a file");
    }
    if (Files.exists(file, NOFOLLOW_LINKS) && !Files.isRegularFile(file)) {
      throw new IllegalArgumentException(refusal + ": it is there, and is no regular file");
    }
    mustTakeFiles(file.toAbsolutePath().resolveSibling(""), refusal);
  }

  /**
   * Checks that files can be made in a folder, which need not be there, and leaves no trace.
   *
   * @param refusal how the message begins, such as {@code Cannot keep a run in a/b}
   * @throws IllegalArgumentException if it, or what is there of the way to it, takes no file
   */
  public static void mustTakeFiles(Path folder, String refusal) {
    Path there = folder.toAbsolutePath();
    while (!Files.exists(there, NOFOLLOW_LINKS)) {
      there = there.resolveSibling("");
    }
    if (!Files.isDirectory(there)) {
      throw new IllegalArgumentException(refusal + ": " + there + " is not a folder");
    }
    try {
      // what permissions say is not enough: of /proc they say nothing
      Files.delete(Files.createTempFile(there, ".oneshot", ".tmp"));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          refusal + ": nothing can be made in " + there + " (" + reason(e) + ")", e);
    }
  }

  /** Returns the one path of a file that may have several, and need not be there. */
  public static Path real(Path file) {
    Path there = file.toAbsolutePath().normalize();
    Path rest = Path.of("");
    while (!Files.exists(there)) {
      rest = there.getFileName().resolve(rest);
      there = there.resolveSibling("");
    }
    try {
      return there.toRealPath().resolve(rest).normalize();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot find " + file + ": " + reason(e), e);
    }
  }

  /** Returns in words why a file system refuses: Java's message may be a file's name alone. */
  public static String reason(IOException failure) {
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    } else if (failure instanceof NoSuchFileException) {
      return "no such file or folder";
    } else if (failure instanceof FileAlreadyExistsException) {
      return "a file of this name is there";
    } else if (failure instanceof DirectoryNotEmptyException) {
      return "it is a folder that is not empty";
    } else if (failure instanceof FileSystemException file) {
      return file.getReason() == null ? "the file system refuses it" : file.getReason();
    }
    return failure.getMessage() == null ? "it was interrupted" : failure.getMessage();
  }
}
