package org.oneshottuner.search;

/** Tells when a search is stuck: when rounds have gone by that found nothing much faster. */
final class Patience {
  private static final int ROUNDS = 4;

  /** Less than this is as likely a lucky label as a faster schedule. */
  private static final double LEAST_GAIN = 0.005;

  private double bestNanos = Double.POSITIVE_INFINITY;
  private int idleRounds;

  /**
   * Looks at what the last round found.
   *
   * @param history with at least one time
   * @return whether it is time to look elsewhere; then the counting begins anew
   */
  boolean isSpent(TrialHistory history) {
    double nanos = history.best().orElseThrow().nanos().orElseThrow();
    if (nanos < bestNanos * (1 - LEAST_GAIN)) {
      bestNanos = nanos;
      idleRounds = 0;
    } else {
      idleRounds++;
    }
    boolean spent = idleRounds == ROUNDS;
    idleRounds = spent ? 0 : idleRounds;
    return spent;
  }
}
