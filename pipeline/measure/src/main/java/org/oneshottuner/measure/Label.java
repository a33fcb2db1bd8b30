package org.oneshottuner.measure;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.DoubleStream;

/**
 * What is learnt of a timed kernel, derived from its visits and never stored in their place.
 *
 * <p>Processors lower their clock by up to a tenth while their neighbours work, for seconds or
 * minutes. A canary of multiply-adds tells the clock of each visit, and warm times are told as they
 * would be at the clock of the fastest canary. Of visits that did not find the machine quiet the
 * canary may have been disturbed itself: they count as long as they took, and at the clock that
 * theirs tells only where no two found quiet. A canary that was disturbed a little makes its visit
 * too fast; so of each window not the least time counts but the second least.
 *
 * <p>The fastest canary is the fastest of those known when the kernel was timed, and a later one
 * may be faster. Labels of different times are compared once all are {@linkplain #warmNanosAt told
 * by one}.
 *
 * @param warmNanos of one call with warm caches, at the fastest clock: over the windows that a call
 *     is cut into, the sum of each window's second least time among the visits that count; its only
 *     time where one visit does
 * @param spread how far the second fastest of these visits is from the fastest, each as a whole and
 *     at the fastest clock, relative to the fastest; infinite where one visit counts
 * @param coldNanos least of the cold runs of all visits, at whatever clock: operands come from
 *     memory; empty if all were disturbed
 */
public record Label(double warmNanos, double spread, OptionalLong coldNanos) {
  /** Checks the ranges. */
  public Label {
    if (!(warmNanos > 0) || !(spread >= 0)) {
      throw new IllegalArgumentException(
          "Cannot label a kernel with " + warmNanos + " ns, spread " + spread);
    }
  }

  /** Returns the label of a timed kernel. */
  public static Label of(Outcome.Timed timed) {
    List<Told> told = counting(timed);
    Visit first = told.get(0).visit();
    double sum = 0;
    for (int window = 0; window < first.windowNanos().size(); window++) {
      int place = window;
      sum += secondLeast(told.stream().mapToDouble(visit -> visit.windowNanos(place)));
    }
    OptionalLong cold =
        timed.visits().stream().flatMapToLong(visit -> visit.coldNanos().stream()).min();
    return new Label(sum / first.callsPerWindow(), spread(told), cold);
  }

  /**
   * Returns {@code warmNanos} at the clock of a canary that may be faster than all that were known
   * when the kernel was timed: which of its visits count, and their clock beside each other, is as
   * it was told then.
   *
   * @param fmaNanos of the canary's part that is bound by multiply-adds
   */
  public static double warmNanosAt(Outcome.Timed timed, long fmaNanos) {
    return of(timed).warmNanos() * fmaNanos / timed.quiet().fmaNanos();
  }

  /** A visit, and what its times are multiplied by to be those at the fastest clock. */
  private record Told(Visit visit, double clock) {
    double windowNanos(int window) {
      return visit.windowNanos().get(window) * clock;
    }

    double totalNanos() {
      return visit.totalNanos() * clock;
    }
  }

  /**
   * Returns the complete visits: those that found the machine quiet at the clock of their canaries,
   * the others as long as they took, which may be too long but never too short. Where fewer than
   * two found it quiet, only those whose canary tells a clock, at that; all, where none does.
   */
  private static List<Told> counting(Outcome.Timed timed) {
    List<Visit> complete = timed.visits().stream().filter(Visit::complete).toList();
    Canary quiet = timed.quiet();
    Canary most = quiet.quietMost();
    long found = complete.stream().filter(visit -> visit.canary().within(most)).count();
    if (found >= Protocol.QUIET_VISITS) {
      return complete.stream()
          .map(
              visit ->
                  new Told(visit, visit.canary().within(most) ? visit.canary().clock(quiet) : 1))
          .toList();
    }
    List<Told> told =
        complete.stream()
            .filter(visit -> visit.canary().tellsClock(quiet))
            .map(visit -> new Told(visit, visit.canary().clock(quiet)))
            .toList();
    return told.isEmpty() ? complete.stream().map(visit -> new Told(visit, 1)).toList() : told;
  }

  private static double secondLeast(DoubleStream values) {
    double[] sorted = values.sorted().toArray();
    return sorted[Math.min(1, sorted.length - 1)];
  }

  private static double spread(List<Told> told) {
    double[] totals = told.stream().mapToDouble(Told::totalNanos).sorted().toArray();
    return totals.length < 2 ? Double.POSITIVE_INFINITY : totals[1] / totals[0] - 1;
  }

  /**
   * Returns the standard deviation of repeated labels of the same candidates, relative to their
   * mean: over all candidates, the root of the mean of their relative variances.
   *
   * @param repeats for each candidate, at least two warm labels in nanoseconds
   */
  public static double relativeDeviation(List<List<Double>> repeats) {
    if (repeats.isEmpty() || repeats.stream().anyMatch(labels -> labels.size() < 2)) {
      throw new IllegalArgumentException(
          "Cannot tell the deviation of labels: every candidate must be measured at least twice");
    }
    return Math.sqrt(repeats.stream().mapToDouble(Label::relativeVariance).average().orElseThrow());
  }

  private static double relativeVariance(List<Double> labels) {
    double[] values = labels.stream().mapToDouble(Double::doubleValue).toArray();
    double mean = Arrays.stream(values).average().orElseThrow();
    double squares =
        Arrays.stream(values).map(value -> (value / mean - 1) * (value / mean - 1)).sum();
    return squares / (values.length - 1);
  }
}
