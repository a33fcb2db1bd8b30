package org.oneshottuner.train;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import org.oneshottuner.space.Seeds;
import org.oneshottuner.space.SplitMix64;

/**
 * How far a figure would move had other tasks been drawn: the percentile bootstrap (Efron and
 * Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3). What is drawn again are whole
 * tasks, never rows: rows of a task are not independent.
 *
 * @param resamples how many times all tasks are drawn again, at least 2
 * @param confidence share of the resampled figures inside the interval, between 0 and 1
 * @param seed of the draws
 */
public record Bootstrap(int resamples, double confidence, long seed) {
  /** Of fewer tasks, an interval says next to nothing, and there is none. */
  public static final int FEWEST_TASKS = 5;

  /**
   * An interval around a figure.
   *
   * @param low lower end; empty of fewer than {@link #FEWEST_TASKS} tasks
   * @param figure of the tasks as they are
   * @param high upper end, likewise
   */
  public record Interval(OptionalDouble low, double figure, OptionalDouble high) {
    /** Checks that both ends are known, or neither. */
    public Interval {
      if (low.isPresent() != high.isPresent()) {
        throw new IllegalArgumentException(
            "Cannot tell an interval of one end: from " + low + " to " + high);
      }
    }

    /** Returns the interval of a figure whose ends are known. */
    public static Interval of(double low, double figure, double high) {
      return new Interval(OptionalDouble.of(low), figure, OptionalDouble.of(high));
    }

    /** Returns a figure of too few tasks for an interval. */
    public static Interval ofFew(double figure) {
      return new Interval(OptionalDouble.empty(), figure, OptionalDouble.empty());
    }
  }

  /** Checks the bounds. */
  public Bootstrap {
    if (resamples < 2 || !(confidence > 0 && confidence < 1)) {
      throw new IllegalArgumentException(
          "Cannot bootstrap " + resamples + " times at a confidence of " + confidence);
    }
  }

  /**
   * Returns the interval of a figure.
   *
   * @param tasks at least one
   * @param figure a pure function of the tasks, in any order and with any repeated
   */
  public <T> Interval interval(List<T> tasks, ToDoubleFunction<List<T>> figure) {
    requireNonNull(figure, "figure");
    if (tasks.isEmpty()) {
      throw new IllegalArgumentException("Cannot bootstrap a figure of no tasks");
    }
    if (tasks.size() < FEWEST_TASKS) {
      return Interval.ofFew(figure.applyAsDouble(tasks));
    }
    SplitMix64 draw = new SplitMix64(Seeds.derive(seed, "bootstrap"));
    double[] figures = new double[resamples];
    for (int i = 0; i < resamples; i++) {
      List<T> drawn = new ArrayList<>(tasks.size());
      for (int j = 0; j < tasks.size(); j++) {
        drawn.add(tasks.get((int) draw.nextLong(tasks.size())));
      }
      figures[i] = figure.applyAsDouble(drawn);
    }
    Arrays.sort(figures);
    double tail = (1 - confidence) / 2;
    int low = (int) StrictMath.floor(tail * (resamples - 1));
    return Interval.of(figures[low], figure.applyAsDouble(tasks), figures[resamples - 1 - low]);
  }
}
