package org.oneshottuner.jobs.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;

/** A file system does not answer: nothing is known of what lies there. */
public final class UnreachableException extends UncheckedIOException {
  private static final long serialVersionUID = 1;

  private UnreachableException(String message, IOException cause) {
    super(message, cause);
  }

  /** Returns that a place cannot be reached, with the reason in the innermost of the causes. */
  static UnreachableException of(String place, Throwable thrown) {
    Throwable root = thrown;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String reason =
        root instanceof UnknownHostException ? "unknown host " + host(root) : root.getMessage();
    return new UnreachableException(
        "Cannot reach " + place + ": " + reason,
        thrown instanceof IOException io ? io : new IOException(thrown));
  }

  private static String host(Throwable unknown) {
    String message = unknown.getMessage();
    return message == null ? "" : message;
  }

  /** Returns whether a failure is one of reaching the other side, and not of what lies there. */
  static boolean isCauseOf(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof SocketException
          || cause instanceof SocketTimeoutException
          || cause instanceof UnknownHostException) {
        return true;
      }
    }
    return false;
  }
}
