package org.oneshottuner.bench;

import java.time.Clock;

/** The one place of this module that reads the wall clock. */
final class WallClock {
  private WallClock() {}

  static Clock utc() {
    return Clock.systemUTC();
  }
}
