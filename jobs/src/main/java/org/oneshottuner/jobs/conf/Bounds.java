package org.oneshottuner.jobs.conf;

import java.time.Duration;

/** Checks that settings share. */
final class Bounds {
  private Bounds() {}

  static void atLeast(String key, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "Cannot set " + key + " to " + value + ": least is " + least);
    }
  }

  static void atMost(String key, long value, long most) {
    if (value > most) {
      throw new IllegalArgumentException(
          "Cannot set " + key + " to " + value + ": most is " + most);
    }
  }

  static void positive(String key, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(
          "Cannot set " + key + " to " + value.toMillis() + "ms: it must be above 0");
    }
  }
}
