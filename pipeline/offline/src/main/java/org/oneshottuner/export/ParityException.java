package org.oneshottuner.export;

/**
 * A frozen ensemble scores a row otherwise than the booster it came from, so it is not exported.
 */
public final class ParityException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  /** Refuses to export, with the row and both scores in the message. */
  ParityException(String message) {
    super(message);
  }
}
