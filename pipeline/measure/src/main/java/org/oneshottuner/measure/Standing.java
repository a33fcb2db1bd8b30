package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

/**
 * How a contender did. Times are of whole calls: they compare with those of the same contest, and
 * with no label of a {@link MeasuringDevice}.
 *
 * @param contender who
 * @param outcome every visit, or why it was not timed
 */
public record Standing(Contender contender, Outcome outcome) {
  /** Checks that both are there. */
  public Standing {
    requireNonNull(contender, "contender");
    requireNonNull(outcome, "outcome");
  }
}
