package org.oneshottuner.space;

/** The seed of this run's drawn tests: a new one each time, or that of {@code -Dtests.seed=N}. */
public final class TestSeed {
  private static final long SEED = seed(System.getProperty("tests.seed", ""));

  private TestSeed() {}

  /** Returns draws for a purpose. */
  public static SplitMix64 random(String... purpose) {
    return new SplitMix64(Seeds.derive(SEED, purpose));
  }

  /** Returns what to give Maven to draw the same again. */
  public static String rerun() {
    return "rerun with -Dtests.seed=" + SEED;
  }

  private static long seed(String given) {
    return given.isEmpty() ? SplitMix64.mix(System.nanoTime()) : Long.parseLong(given);
  }
}
