package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.OptionalLong;

/**
 * One visit to a kernel: a run on cold caches, then runs until the visit's budget was spent.
 *
 * <p>A run is cut into windows, each a share of one call, so that a disturbance spoils one window
 * and not the run. Kernels too short for that, and parallel ones, have one window of several whole
 * calls.
 *
 * @param offsetMillis since the first visit to the kernel
 * @param coldNanos of the cold run; empty if it was disturbed
 * @param callsPerWindow whole calls in the one window, or 1
 * @param windowNanos least nanoseconds of each window over the visit's runs; empty if all runs of a
 *     window were disturbed
 * @param runs warm runs
 * @param discarded windows, over all runs, in which the thread was preempted; they do not count
 * @param canary around the visit
 */
public record Visit(
    long offsetMillis,
    OptionalLong coldNanos,
    int callsPerWindow,
    List<Long> windowNanos,
    long runs,
    long discarded,
    Canary canary) {
  /** Copies the list and checks the ranges. */
  public Visit {
    requireNonNull(coldNanos, "coldNanos");
    requireNonNull(canary, "canary");
    windowNanos = List.copyOf(windowNanos);
    if (offsetMillis < 0 || callsPerWindow < 1 || runs < 1 || discarded < 0) {
      throw new IllegalArgumentException(
          "Cannot visit at "
              + offsetMillis
              + " ms for "
              + runs
              + " runs of "
              + callsPerWindow
              + " calls, "
              + discarded
              + " discarded");
    }
    if (coldNanos.orElse(1) < 1 || windowNanos.stream().anyMatch(nanos -> nanos < 1)) {
      throw new IllegalArgumentException(
          "Cannot have run in " + coldNanos + " and " + windowNanos + " ns: least is 1");
    }
  }

  /** Returns whether every window has a time. */
  public boolean complete() {
    return !windowNanos.isEmpty();
  }

  /** Returns the nanoseconds of one call by this visit alone; zero unless it is complete. */
  public double totalNanos() {
    long sum = 0;
    for (long nanos : windowNanos) {
      sum += nanos;
    }
    return (double) sum / callsPerWindow;
  }
}
