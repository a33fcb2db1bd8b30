package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import org.oneshottuner.space.Candidate;

/**
 * A candidate to measure.
 *
 * @param candidate what to build and run
 * @param draw who asked for it
 */
public record Request(Candidate candidate, Draw draw) {
  /** Checks that both are there. */
  public Request {
    requireNonNull(candidate, "candidate");
    requireNonNull(draw, "draw");
  }
}
