package org.oneshottuner.jobs.cli;

import java.nio.file.FileSystemException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.oneshottuner.jobs.storage.Place;

/**
 * What a command ends with when it does not end well.
 *
 * @param code the exit code
 * @param message one line
 */
record Failure(int code, String message) {
  private static final Pattern UNREADABLE =
      Pattern.compile("Encountered error while reading file (?:file://)?(\\S+?)\\.?(?:\\s|$)");

  /** While working. */
  static final int FAILED = 1;

  /** Before working: what was asked for, or given, cannot be used. */
  static final int REFUSED = 2;

  /** By Ctrl-C. */
  static final int INTERRUPTED = 130;

  /** Finds the failure that a person can act on among all that an exception is wrapped in. */
  static Failure of(String command, Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof InterruptedException) {
        return new Failure(INTERRUPTED, "Cannot go on with " + command + ": interrupted");
      }
      String message = firstLine(cause);
      if (message.startsWith("Cannot ")) {
        return new Failure(cause instanceof IllegalArgumentException ? REFUSED : FAILED, message);
      }
    }
    Throwable root = thrown;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String reason =
        root instanceof FileSystemException file
            ? file.getFile() + ": " + Place.reason(file)
            : firstLine(root);
    Optional<String> file = unreadable(thrown);
    if (file.isPresent()) {
      return new Failure(REFUSED, "Cannot read " + file.get() + ": " + reason);
    }
    return new Failure(
        FAILED,
        "Cannot " + command + ": " + (reason.isBlank() ? root.getClass().getSimpleName() : reason));
  }

  /** Returns the file of which Spark says that its bytes cannot be decoded. */
  private static Optional<String> unreadable(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      Matcher matcher = UNREADABLE.matcher(firstLine(cause));
      if (matcher.find()) {
        return Optional.of(matcher.group(1));
      }
    }
    return Optional.empty();
  }

  private static String firstLine(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? "" : message.lines().findFirst().orElse("");
  }
}
