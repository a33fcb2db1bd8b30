package org.oneshottuner.jobs.cli;

import java.nio.file.FileSystemException;

/**
 * What a command ends with when it does not end well.
 *
 * @param code the exit code
 * @param message one line
 */
record Failure(int code, String message) {
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
    String kind = root instanceof FileSystemException ? root.getClass().getSimpleName() + " " : "";
    String reason = firstLine(root);
    return new Failure(
        FAILED,
        "Cannot "
            + command
            + ": "
            + kind
            + (reason.isBlank() ? root.getClass().getSimpleName() : reason));
  }

  private static String firstLine(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? "" : message.lines().findFirst().orElse("");
  }
}
