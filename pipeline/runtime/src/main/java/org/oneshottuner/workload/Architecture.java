package org.oneshottuner.workload;

/** A family of processors that run each other's machine code, as far as their extensions go. */
public enum Architecture {
  /** Intel's and AMD's 64-bit processors. */
  X86_64("x86_64"),
  /** Arm's 64-bit processors. */
  AARCH64("aarch64");

  private static final int NEON_BYTES = 16;
  private static final int SSE_BYTES = 16;
  private static final int AVX_BYTES = 32;

  /** The longest that there is. */
  private static final int AVX512_BYTES = 64;

  private final String text;

  Architecture(String text) {
    this.text = text;
  }

  /** Returns the name that Linux and compilers have for it. */
  public String text() {
    return text;
  }

  /**
   * Returns the architecture that a value of {@code -march} is of: that of Arm's 64-bit processors
   * names a version of the architecture, {@code armv8-a} and later.
   */
  static Architecture of(String march) {
    return march.matches("armv[89].*") ? AARCH64 : X86_64;
  }

  /**
   * Returns how many bytes a vector of a fixed length has at most under a value of {@code -march},
   * as far as its name tells.
   */
  static int mostVectorBytes(String march) {
    if (of(march) == AARCH64) {
      return NEON_BYTES;
    }
    return switch (march) {
      case "x86-64", "x86-64-v2" -> SSE_BYTES;
      case "x86-64-v3", "haswell" -> AVX_BYTES;
      default -> AVX512_BYTES;
    };
  }
}
