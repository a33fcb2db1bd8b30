package org.oneshottuner.predict;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;

/**
 * Which one of a line of models a model is, and until when it is meant to be served.
 *
 * @param number greater than that of every model released before; 0 for one that was not released
 * @param expires a whole second after 1970; empty if never
 */
public record Release(int number, Optional<Instant> expires) {
  /** Of a model that was trained and not released. */
  public static final Release NONE = new Release(0, Optional.empty());

  /** Checks the ranges. */
  public Release {
    requireNonNull(expires, "expires");
    if (number < 0) {
      throw new IllegalArgumentException("Cannot release a model as number " + number);
    }
    expires.ifPresent(
        instant -> {
          if (instant.getNano() != 0 || instant.getEpochSecond() <= 0) {
            throw new IllegalArgumentException(
                "Cannot release a model until "
                    + instant
                    + ": expected a whole second after the year 1969");
          }
        });
  }
}
