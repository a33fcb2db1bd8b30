package org.oneshottuner.workload;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * A processor with SIMD registers and three levels of cache.
 *
 * @param name short name: lower-case letters, digits, {@code _} and {@code -}
 * @param march what the C compiler is given as {@code -march}. One that GCC's manual does not name
 *     is for the compiler to judge; its vectors are of 16 bytes, as longer ones are not known of it
 * @param vectorBytes bytes of a vector register: a power of two from 16 to 64, no more than {@code
 *     march} has
 * @param vectorRegisters number of architectural vector registers
 * @param l1Bytes first-level data cache of one core
 * @param l2Bytes second-level cache of one core
 * @param l3Bytes last-level cache, shared by all cores
 * @param cores processors that one kernel may use
 */
public record CpuTarget(
    String name,
    String march,
    int vectorBytes,
    int vectorRegisters,
    long l1Bytes,
    long l2Bytes,
    long l3Bytes,
    int cores)
    implements Target {

  private static final int KIB = 1024;
  private static final int MIB = 1024 * 1024;

  /** Processors with 512-bit vectors: AMD Zen 4 and later, Intel Skylake-X and later. */
  public static final CpuTarget AVX512 =
      new CpuTarget("avx512", "x86-64-v4", 64, 32, 32 * KIB, MIB, 32L * MIB, 2);

  /** Processors with 256-bit vectors and fused multiply-add: Intel Haswell, AMD Zen, and later. */
  public static final CpuTarget AVX2 =
      new CpuTarget("avx2", "haswell", 32, 16, 32 * KIB, MIB, 32L * MIB, 2);

  /**
   * Processors with Arm's Advanced SIMD, 128-bit vectors: Arm Neoverse N1, Apple M1, and others.
   */
  public static final CpuTarget NEON =
      new CpuTarget("neon", "armv8-a", 16, 32, 64 * KIB, MIB, 8L * MIB, 4);

  /** Checks every limit. */
  public CpuTarget {
    if (!name.matches("[a-z0-9_-]+")) {
      throw new IllegalArgumentException(
          "Cannot name a target '" + name + "': lower-case letters, digits, _ and - only");
    }
    if (!march.matches("[A-Za-z0-9_.+=-]+")) {
      throw new IllegalArgumentException("Cannot build for -march='" + march + "'");
    }
    if (vectorBytes < 16 || vectorBytes > 64 || Integer.bitCount(vectorBytes) != 1) {
      throw refuse(name, "vector", vectorBytes, "expected 16, 32 or 64 bytes");
    }
    if (vectorBytes > Architecture.LEAST_VECTOR_BYTES) {
      mustHave(name, march, vectorBytes);
    }
    if (vectorRegisters < 8) {
      throw refuse(name, "registers", vectorRegisters, "least is 8");
    }
    if (l1Bytes < 4 * KIB) {
      throw refuse(name, "l1", l1Bytes, "least is 4096 bytes");
    }
    if (l2Bytes < l1Bytes) {
      throw refuse(name, "l2", l2Bytes, "least is l1's " + l1Bytes + " bytes");
    }
    if (l3Bytes < l2Bytes) {
      throw refuse(name, "l3", l3Bytes, "least is l2's " + l2Bytes + " bytes");
    }
    if (cores < 1) {
      throw refuse(name, "cores", cores, "least is 1");
    }
  }

  /** Vectors that a processor lacks would be taken apart by the compiler, in silence. */
  private static void mustHave(String name, String march, int vectorBytes) {
    OptionalInt most = Architecture.mostVectorBytes(march);
    if (most.isEmpty()) {
      throw refuse(
          name,
          "vector",
          vectorBytes,
          "-march="
              + march
              + " is not known to have more than "
              + Architecture.LEAST_VECTOR_BYTES
              + " bytes; x86-64-v3 stands for every processor with 32, x86-64-v4 for every one with"
              + " 64");
    }
    if (vectorBytes > most.getAsInt()) {
      throw refuse(
          name,
          "vector",
          vectorBytes,
          "-march=" + march + " has " + most.getAsInt() + " bytes at most");
    }
  }

  /** Returns the targets known by name, with the cache sizes of a common processor of the kind. */
  public static List<CpuTarget> known() {
    return List.of(AVX512, AVX2, NEON);
  }

  /**
   * Returns the known target called {@code name}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static CpuTarget named(String name) {
    return known().stream()
        .filter(target -> target.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot find target '"
                        + name
                        + "': known are "
                        + known().stream().map(CpuTarget::name).collect(Collectors.joining(", "))));
  }

  @Override
  public Architecture architecture() {
    return Architecture.of(march);
  }

  /** Returns how many f32 elements a vector register holds. */
  public int vectorLanes() {
    return vectorBytes / ElementType.F32.bytes();
  }

  @Override
  public String text() {
    return "cpu name="
        + name
        + " march="
        + march
        + " vector="
        + vectorBytes
        + " registers="
        + vectorRegisters
        + " l1="
        + l1Bytes
        + " l2="
        + l2Bytes
        + " l3="
        + l3Bytes
        + " cores="
        + cores;
  }

  /**
   * Reads the form that {@link #text()} writes.
   *
   * @throws IllegalArgumentException if a field is missing, unknown or out of bounds
   */
  public static CpuTarget parse(String text) {
    WorkloadText fields = WorkloadText.read(text);
    try {
      if (!fields.kind().equals("cpu")) {
        throw new IllegalArgumentException("kind is '" + fields.kind() + "', known is cpu");
      }
      fields.only("name", "march", "vector", "registers", "l1", "l2", "l3", "cores");
      return new CpuTarget(
          fields.word("name"),
          fields.word("march"),
          fields.number("vector"),
          fields.number("registers"),
          fields.bytes("l1"),
          fields.bytes("l2"),
          fields.bytes("l3"),
          fields.number("cores"));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Cannot read target '" + text.strip() + "': " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return text();
  }

  private static IllegalArgumentException refuse(
      String name, String limit, long value, String bound) {
    return new IllegalArgumentException(
        "Cannot use target " + name + ": " + limit + " is " + value + ", " + bound);
  }
}
