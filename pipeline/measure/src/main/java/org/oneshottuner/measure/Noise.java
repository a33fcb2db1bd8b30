package org.oneshottuner.measure;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** How noisy the machine is, as far as canaries tell. Used by one thread. */
final class Noise {
  /**
   * After so long without a canary, what the machine was like before says nothing. More than a
   * spacing: where few kernels are visited, there is no canary in between.
   */
  private static final long UNKNOWN_NANOS = Duration.ofSeconds(5).toNanos();

  private final LongSupplier nanoTime;
  private Optional<Canary> least = Optional.empty();
  private Optional<Canary> heard = Optional.empty();
  private OptionalLong since = OptionalLong.empty();
  private long lastNanos;

  /**
   * Has heard nothing yet.
   *
   * @param nanoTime a clock
   */
  Noise(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Takes a canary that is known from before. */
  void know(Canary canary) {
    least = Optional.of(least.map(canary::least).orElse(canary));
  }

  /** Takes what a canary took just now. */
  void hear(Canary canary) {
    know(canary);
    heard = Optional.of(heard.map(canary::least).orElse(canary));
    long now = nanoTime.getAsLong();
    if (isQuiet(canary) || !canary.tellsClock(least.get())) {
      since = OptionalLong.empty();
    } else if (since.isEmpty() || isUnknown(now)) {
      since = OptionalLong.of(now);
    }
    lastNanos = now;
  }

  /** Returns whether a canary is that of a quiet machine. */
  boolean isQuiet(Canary canary) {
    return least.isEmpty() || canary.within(least.get().quietMost());
  }

  /** Returns the least canary heard, whatever is known from before; empty before the first. */
  Optional<Canary> heard() {
    return heard;
  }

  /** Returns the least canary known; empty before the first is. */
  Optional<Canary> least() {
    return least;
  }

  /**
   * Returns for how long one canary after the other has been that of a noisy machine whose clock
   * could be told; zero when the last was long ago. A processor that others take away is worth
   * waiting for, however long it lasts.
   */
  Duration lasting() {
    return since.isEmpty() || isUnknown(nanoTime.getAsLong())
        ? Duration.ZERO
        : Duration.ofNanos(lastNanos - since.getAsLong());
  }

  private boolean isUnknown(long now) {
    return now - lastNanos > UNKNOWN_NANOS;
  }
}
