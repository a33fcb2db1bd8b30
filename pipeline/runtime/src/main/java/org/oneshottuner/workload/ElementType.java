package org.oneshottuner.workload;

import java.util.Locale;

/** The type of a tensor's elements. */
public enum ElementType {
  /** IEEE 754 binary32. */
  F32(4);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Returns the size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Returns the name used in workload text, such as {@code f32}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
