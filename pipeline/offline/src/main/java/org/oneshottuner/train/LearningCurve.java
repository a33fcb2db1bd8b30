package org.oneshottuner.train;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * How a score grows with what is measured.
 *
 * @param name what the curve is of, such as the samplers
 * @param points with ever more labels; at least one
 */
public record LearningCurve(String name, List<Point> points) {

  /**
   * A training on part of the data.
   *
   * @param labels how many labels it had
   * @param deviceSeconds what they took to measure
   * @param score larger is better
   * @param low lower end of the score's interval
   * @param high upper end of the score's interval
   */
  public record Point(long labels, double deviceSeconds, double score, double low, double high) {
    /** Checks the bounds. */
    public Point {
      if (labels < 1 || !(deviceSeconds >= 0) || !Double.isFinite(score) || !(low <= high)) {
        throw new IllegalArgumentException(
            "Cannot plot "
                + labels
                + " labels of "
                + deviceSeconds
                + " s at "
                + score
                + " in "
                + low
                + " to "
                + high);
      }
    }
  }

  /** Copies the list, and checks that labels grow. */
  public LearningCurve {
    requireNonNull(name, "name");
    points = List.copyOf(points);
    if (points.isEmpty()) {
      throw new IllegalArgumentException("Cannot plot " + name + ": it has no point");
    }
    for (int i = 1; i < points.size(); i++) {
      if (points.get(i).labels() <= points.get(i - 1).labels()) {
        throw new IllegalArgumentException(
            "Cannot plot "
                + name
                + ": "
                + points.get(i).labels()
                + " labels come after "
                + points.get(i - 1).labels());
      }
    }
  }

  /**
   * Returns the labels it takes to reach a share of the score that all data gives, or empty if that
   * takes fewer than the first point has. Between points the score is taken to be linear in the
   * logarithm of the labels.
   *
   * @param share such as 0.95
   */
  public OptionalDouble labelsToReach(double share) {
    return toReach(share, Point::labels);
  }

  /** As {@link #labelsToReach}, in seconds of the device. */
  public OptionalDouble deviceSecondsToReach(double share) {
    return toReach(share, Point::deviceSeconds);
  }

  /**
   * Returns the area under the score over the logarithm of the labels, divided by its width: the
   * mean score. The score of a curve of one point.
   */
  public double area() {
    double area = 0;
    for (int i = 1; i < points.size(); i++) {
      Point left = points.get(i - 1);
      Point right = points.get(i);
      double width = StrictMath.log((double) right.labels() / left.labels());
      area += width * (left.score() + right.score()) / 2;
    }
    Point first = points.get(0);
    Point last = points.get(points.size() - 1);
    return points.size() == 1
        ? first.score()
        : area / StrictMath.log((double) last.labels() / first.labels());
  }

  private OptionalDouble toReach(double share, ToDoubleFunction<Point> spent) {
    double wanted = share * points.get(points.size() - 1).score();
    if (points.get(0).score() >= wanted) {
      return OptionalDouble.empty();
    }
    for (int i = 1; i < points.size(); i++) {
      Point left = points.get(i - 1);
      Point right = points.get(i);
      if (right.score() >= wanted) {
        double way = (wanted - left.score()) / (right.score() - left.score());
        double from = Math.max(spent.applyAsDouble(left), Double.MIN_NORMAL);
        return OptionalDouble.of(from * StrictMath.pow(spent.applyAsDouble(right) / from, way));
      }
    }
    return OptionalDouble.empty();
  }
}
