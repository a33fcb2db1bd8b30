package org.oneshottuner.jobs.cli;

import java.time.Clock;

/** Makes the clock that commands hand on. */
final class WallClock {
  private WallClock() {}

  static Clock utc() {
    return Clock.systemUTC();
  }
}
