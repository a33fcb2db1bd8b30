package org.oneshottuner.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToLongFunction;

/**
 * How steady a machine was over the visits of some outcomes, by their canaries against the least
 * that is known of it in the end. A visit that was put off leaves no canary. Used by one thread.
 */
public final class Steadiness {
  private final List<Canary> canaries = new ArrayList<>();
  private Optional<Canary> least = Optional.empty();

  /** Takes the visits of an outcome. */
  public void add(Outcome outcome) {
    outcome
        .fold(timed -> Optional.of(timed.quiet()), failed -> Optional.<Canary>empty())
        .ifPresent(this::know);
    for (Visit visit : outcome.visits()) {
      canaries.add(visit.canary());
      know(visit.canary());
    }
  }

  private void know(Canary canary) {
    least = Optional.of(least.map(canary::least).orElse(canary));
  }

  /**
   * Returns how much longer the slowest canary took for its multiply-adds than the least, relative
   * to it; empty without a visit.
   */
  public OptionalDouble multiplyAddDrift() {
    return drift(Canary::fmaNanos);
  }

  /** As {@link #multiplyAddDrift}, for the walk through memory. */
  public OptionalDouble memoryDrift() {
    return drift(Canary::memoryNanos);
  }

  private OptionalDouble drift(ToLongFunction<Canary> nanos) {
    return canaries.stream()
        .mapToDouble(
            canary ->
                (double) nanos.applyAsLong(canary) / nanos.applyAsLong(least.orElseThrow()) - 1)
        .max();
  }

  /** Returns the share of the visits that found the machine quiet; empty without a visit. */
  public OptionalDouble quietShare() {
    return canaries.stream()
        .mapToInt(canary -> canary.within(least.orElseThrow().quietMost()) ? 1 : 0)
        .average();
  }
}
