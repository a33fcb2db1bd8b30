package org.oneshottuner.space;

/** Derives the seed of one purpose from a run's seed, so that no two purposes share a sequence. */
public final class Seeds {
  private Seeds() {}

  /**
   * Returns the seed for a purpose.
   *
   * @param seed the run's seed
   * @param names what the draws are for, from the general to the particular, such as a task key and
   *     {@code "schedules"}
   */
  public static long derive(long seed, String... names) {
    long state = SplitMix64.mix(seed);
    for (String name : names) {
      for (int i = 0; i < name.length(); i++) {
        state = SplitMix64.mix(state * 31 + name.charAt(i));
      }
      // a separator that no character is, so that ("ab", "c") and ("a", "bc") differ
      state = SplitMix64.mix(state + 0x10000L + name.length());
    }
    return state;
  }

  /** Returns the seed for one of a numbered sequence of purposes, such as a round. */
  public static long derive(long seed, long number) {
    return SplitMix64.mix(SplitMix64.mix(seed) + number);
  }
}
