package org.oneshottuner.predict;

import static java.util.Objects.requireNonNull;

/** A model file is refused; its message names the file, the reason and the place. */
public final class ModelFormatException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** Why a model file is refused. */
  public enum Reason {
    /** The file cannot be read at all. */
    UNREADABLE,
    /** It does not begin as a model file does. */
    NOT_A_MODEL,
    /** It is of a format version that this reader does not know. */
    UNKNOWN_VERSION,
    /** It is shorter than it says it is. */
    TRUNCATED,
    /** It is longer than it says it is. */
    TRAILING_BYTES,
    /** Its bytes are not those that were written: the digest differs. */
    ALTERED,
    /** Its digest is right and its content impossible. */
    MALFORMED,
    /** The policy asks for a signature, and it has none. */
    UNSIGNED,
    /** None of the keys that signed it is trusted. */
    UNKNOWN_KEY,
    /** It names a trusted key, which did not sign it. */
    FORGED,
    /** The policy forbids models of so early a release. */
    ROLLED_BACK,
    /** The policy forbids expired models, and it is one. */
    EXPIRED,
    /** It scores its own golden rows otherwise than it did when it was written. */
    WRONG_SCORES,
    /** It was trained on another feature schema than this compiler's. */
    OTHER_SCHEMA,
    /** It was trained on another family of schedule spaces than this compiler's. */
    OTHER_SPACES
  }

  private final Reason reason;
  private final String source;
  private final long offset;

  /**
   * Refuses a model file.
   *
   * @param reason why
   * @param source the file's name
   * @param offset how many bytes into the file the trouble was met
   * @param detail what was found and what was expected
   */
  public ModelFormatException(Reason reason, String source, long offset, String detail) {
    super(message(reason, source, offset, detail));
    this.reason = requireNonNull(reason, "reason");
    this.source = requireNonNull(source, "source");
    this.offset = offset;
  }

  /**
   * Refuses a model file because of something else that failed.
   *
   * @param reason why
   * @param source the file's name
   * @param offset how many bytes into the file the trouble was met
   * @param cause what failed
   */
  public ModelFormatException(Reason reason, String source, long offset, Exception cause) {
    super(message(reason, source, offset, cause.toString()), cause);
    this.reason = requireNonNull(reason, "reason");
    this.source = requireNonNull(source, "source");
    this.offset = offset;
  }

  /** Returns why the file is refused. */
  public Reason reason() {
    return reason;
  }

  /** Returns the file's name. */
  public String source() {
    return source;
  }

  /** Returns how many bytes into the file the trouble was met. */
  public long offset() {
    return offset;
  }

  private static String message(Reason reason, String source, long offset, String detail) {
    return "Cannot load model " + source + " (" + reason + " at byte " + offset + "): " + detail;
  }
}
