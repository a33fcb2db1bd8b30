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

  /** So many times longer than other noise does one last in which no clock can be told. */
  private static final int UNTOLD = 12;

  private final LongSupplier nanoTime;
  private Optional<Canary> least = Optional.empty();
  private Optional<Canary> heard = Optional.empty();

  /** Since when no canary has been quiet. */
  private OptionalLong noisySince = OptionalLong.empty();

  /** Since when none has been quiet, and all have told the clock. */
  private OptionalLong toldSince = OptionalLong.empty();

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
    boolean noisy = !isQuiet(canary);
    noisySince = since(noisySince, noisy, now);
    toldSince = since(toldSince, noisy && canary.tellsClock(least.get()), now);
    lastNanos = now;
  }

  private OptionalLong since(OptionalLong before, boolean still, long now) {
    if (!still) {
      return OptionalLong.empty();
    }
    return before.isEmpty() || isUnknown(now) ? OptionalLong.of(now) : before;
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
   * Returns for how long one canary after the other has been that of a noisy machine; zero when the
   * last was long ago. Where the clock could not be told, a twelfth of the time counts: a processor
   * that others take away is worth waiting for, but one that was quicker yesterday is not.
   */
  Duration lasting() {
    if (isUnknown(nanoTime.getAsLong())) {
      return Duration.ZERO;
    }
    return Duration.ofNanos(
        Math.max(
            lastNanos - toldSince.orElse(lastNanos),
            (lastNanos - noisySince.orElse(lastNanos)) / UNTOLD));
  }

  private boolean isUnknown(long now) {
    return now - lastNanos > UNKNOWN_NANOS;
  }
}
