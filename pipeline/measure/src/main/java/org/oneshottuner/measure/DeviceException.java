package org.oneshottuner.measure;

/**
 * The device, its compiler or its disk failed, not a candidate; the message says what to do about
 * it.
 */
public final class DeviceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String text;

  DeviceException(String message) {
    super(message);
    text = message;
  }

  DeviceException(String message, Throwable cause) {
    super(message, cause);
    text = message;
  }

  @Override
  public String getMessage() {
    return text;
  }
}
