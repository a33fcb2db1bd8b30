package org.oneshottuner.workload;

import java.util.OptionalInt;

/** A family of processors that run each other's machine code, as far as their extensions go. */
public enum Architecture {
  /** Intel's and AMD's 64-bit processors. */
  X86_64("x86_64"),
  /** Arm's 64-bit processors. */
  AARCH64("aarch64");

  /** What a vector has under any value of {@code -march}: no processor here has shorter ones. */
  static final int LEAST_VECTOR_BYTES = 16;

  private static final int NEON_BYTES = 16;
  private static final int SSE_BYTES = 16;
  private static final int AVX_BYTES = 32;
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
   * Returns how many bytes a vector of a fixed length has at most under a value of {@code -march}:
   * with AVX-512F 64, with AVX alone 32, with neither 16, as under every 64-bit x86.
   *
   * <p>Which of them a name stands for is said in GCC's manual, "x86 Options", at {@code -march},
   * of GCC 7 to 15, 64-bit processors all of them. A processor that has no name there is served by
   * the level of the x86-64 psABI (section 3.1.1, "Micro-architecture levels") that it is of:
   * {@code x86-64-v3} has vectors of 32 bytes, {@code x86-64-v4} of 64.
   *
   * @return empty if the name is none of those; every processor has {@link #LEAST_VECTOR_BYTES}
   */
  static OptionalInt mostVectorBytes(String march) {
    if (of(march) == AARCH64) {
      return OptionalInt.of(NEON_BYTES);
    }
    return switch (march) {
      case "x86-64", "x86-64-v2" -> OptionalInt.of(SSE_BYTES);
      case "x86-64-v3" -> OptionalInt.of(AVX_BYTES);
      case "x86-64-v4" -> OptionalInt.of(AVX512_BYTES);
      // Intel
      case "nocona", "core2", "nehalem", "corei7", "westmere" -> OptionalInt.of(SSE_BYTES);
      case "bonnell", "atom", "silvermont", "slm", "goldmont", "goldmont-plus", "tremont" ->
          OptionalInt.of(SSE_BYTES);
      case "sandybridge", "corei7-avx", "ivybridge", "core-avx-i" -> OptionalInt.of(AVX_BYTES);
      case "haswell", "core-avx2", "broadwell", "skylake" -> OptionalInt.of(AVX_BYTES);
      case "alderlake", "raptorlake", "meteorlake", "gracemont", "arrowlake", "arrowlake-s" ->
          OptionalInt.of(AVX_BYTES);
      case "lunarlake", "pantherlake", "sierraforest", "grandridge", "clearwaterforest" ->
          OptionalInt.of(AVX_BYTES);
      case "knl", "knm", "skylake-avx512", "cascadelake", "cooperlake", "cannonlake" ->
          OptionalInt.of(AVX512_BYTES);
      case "icelake-client", "icelake-server", "tigerlake", "rocketlake" ->
          OptionalInt.of(AVX512_BYTES);
      case "sapphirerapids", "emeraldrapids", "graniterapids", "graniterapids-d", "diamondrapids" ->
          OptionalInt.of(AVX512_BYTES);
      // AMD
      case "k8", "opteron", "athlon64", "athlon-fx", "k8-sse3", "opteron-sse3", "athlon64-sse3" ->
          OptionalInt.of(SSE_BYTES);
      case "amdfam10", "barcelona", "btver1" -> OptionalInt.of(SSE_BYTES);
      case "bdver1", "bdver2", "bdver3", "bdver4", "btver2" -> OptionalInt.of(AVX_BYTES);
      case "znver1", "znver2", "znver3" -> OptionalInt.of(AVX_BYTES);
      case "znver4", "znver5" -> OptionalInt.of(AVX512_BYTES);
      // VIA and Zhaoxin
      case "nano", "nano-1000", "nano-2000", "nano-3000", "nano-x2", "nano-x4" ->
          OptionalInt.of(SSE_BYTES);
      case "eden-x2", "eden-x4", "lujiazui" -> OptionalInt.of(SSE_BYTES);
      case "yongfeng", "shijidadao" -> OptionalInt.of(AVX_BYTES);
      default -> OptionalInt.empty();
    };
  }
}
