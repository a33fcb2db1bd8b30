package org.oneshottuner.search;

/** The seed of drawn tests: {@code -Dtests.seed=N}, or always the same. */
final class TestSeed {
  private static final long OTHERWISE = 20220402;

  private TestSeed() {}

  static long value() {
    return Long.getLong("tests.seed", OTHERWISE);
  }

  /** Returns what a failure must say so that it can be had again. */
  static String note() {
    return "rerun with -Dtests.seed=" + value();
  }
}
