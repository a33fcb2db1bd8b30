package org.oneshottuner.jobs.conf;

/**
 * Which candidates to label.
 *
 * @param tasks how many tasks are drawn
 * @param prior what tasks are drawn from: {@code networks}, fitted to the catalogue, or {@code
 *     uniform}
 * @param size how large tasks may be: {@code quick} to 0.3 GFLOP, {@code wide} to 8 GFLOP
 * @param sampler how schedules are drawn: {@code uniform}, {@code exploration} or {@code
 *     importance}
 * @param schedules how many of each task
 * @param pool most members of a space that are looked at
 * @param partitions into which the ranges of all spaces are cut; 0 leaves it to Spark
 */
public record SampleSettings(
    int tasks, Prior prior, Size size, Sampler sampler, int schedules, long pool, int partitions) {
  /** What holds where no file says otherwise. */
  public static final SampleSettings DEFAULTS =
      new SampleSettings(120, Prior.NETWORKS, Size.WIDE, Sampler.UNIFORM, 24, 1L << 18, 0);

  /** Checks the bounds. */
  public SampleSettings {
    Bounds.atLeast("sample.tasks", tasks, 1);
    Bounds.atLeast("sample.schedules", schedules, 1);
    Bounds.atLeast("sample.pool", pool, schedules);
    Bounds.atLeast("sample.partitions", partitions, 0);
  }

  /** What tasks are drawn from. */
  public enum Prior {
    /** A generative prior fitted to the catalogue's networks. */
    NETWORKS,
    /** The legal ranges, all shapes alike: the control. */
    UNIFORM
  }

  /** How large tasks may be. */
  public enum Size {
    /** To 0.3 GFLOP: many labels in a short time. */
    QUICK,
    /** To 8 GFLOP: all that networks use. */
    WIDE
  }

  /** How schedules are drawn. */
  public enum Sampler {
    /** All members alike. */
    UNIFORM,
    /** Nearly the best predicted, some at random. */
    EXPLORATION,
    /** By predicted performance, flattened. */
    IMPORTANCE;

    /** Returns whether a model guides it. */
    public boolean guided() {
      return this != UNIFORM;
    }
  }
}
