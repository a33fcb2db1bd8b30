package org.oneshottuner.jobs.conf;

import java.time.Duration;

/**
 * How to label candidates.
 *
 * @param budget time after which no more are begun
 * @param commitEvery time after which what is measured is committed
 * @param commitRows number of measurements after which they are committed
 * @param protocol how kernels are timed
 * @param repeat how many candidates are measured again, to tell the deviation of a label
 */
public record MeasureSettings(
    Duration budget, Duration commitEvery, int commitRows, Timing protocol, int repeat) {
  /** What holds where no file says otherwise. */
  public static final MeasureSettings DEFAULTS =
      new MeasureSettings(Duration.ofHours(1), Duration.ofSeconds(30), 2000, Timing.CAREFUL, 0);

  /** Checks the bounds. */
  public MeasureSettings {
    Bounds.positive("measure.budget", budget);
    Bounds.positive("measure.commitEvery", commitEvery);
    Bounds.atLeast("measure.commitRows", commitRows, 1);
    Bounds.atLeast("measure.repeat", repeat, 0);
  }

  /** How kernels are timed. */
  public enum Timing {
    /** Visits seconds apart. */
    CAREFUL,
    /** For someone who waits. */
    QUICK
  }
}
