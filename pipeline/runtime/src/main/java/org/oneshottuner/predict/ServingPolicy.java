package org.oneshottuner.predict;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which models a compiler serves, beyond those that are whole and fit it.
 *
 * @param keys none, or one of them must have signed the model: at most two, the one in use and the
 *     one that follows it
 * @param leastRelease models of a lesser {@link Release#number} are rolled back
 * @param now the time at which models may have expired; empty if those that have are served
 */
public record ServingPolicy(List<TrustedKey> keys, int leastRelease, Optional<Instant> now) {
  /** Every model that is whole. */
  public static final ServingPolicy ANY = new ServingPolicy(List.of(), 0, Optional.empty());

  /** Keys that may be trusted at a time. */
  public static final int MOST_KEYS = 2;

  /** Checks the ranges. */
  public ServingPolicy {
    keys = List.copyOf(keys);
    requireNonNull(now, "now");
    Set<String> ids = new HashSet<>();
    keys.forEach(key -> ids.add(key.id()));
    if (keys.size() > MOST_KEYS || ids.size() < keys.size()) {
      throw new IllegalArgumentException(
          "Cannot trust "
              + keys.size()
              + " keys, "
              + ids.size()
              + " of them different: expected at most "
              + MOST_KEYS
              + ", all different");
    }
    if (leastRelease < 0) {
      throw new IllegalArgumentException(
          "Cannot refuse models before release " + leastRelease + ": least is 0");
    }
  }
}
