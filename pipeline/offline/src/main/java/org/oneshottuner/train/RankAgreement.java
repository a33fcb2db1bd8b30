package org.oneshottuner.train;

import java.util.Arrays;
import java.util.Comparator;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * How far two orders of the same things agree. A figure is empty where it is not defined: with
 * fewer than two things, or where one side ties them all.
 *
 * @param kendallTau tau-b: concordant less discordant pairs, over the geometric mean of the pairs
 *     that each side does not tie (Kendall 1945, "The Treatment of Ties in Ranking Problems")
 * @param spearman Pearson's correlation of the ranks, ties given their mean rank
 * @param pairAccuracy concordant pairs over all pairs that neither side ties
 */
public record RankAgreement(
    OptionalDouble kendallTau, OptionalDouble spearman, OptionalDouble pairAccuracy) {

  /**
   * Compares two orders.
   *
   * @param left a value a thing
   * @param right another value a thing; agrees fully if it rises with {@code left}
   */
  public static RankAgreement of(double[] left, double[] right) {
    if (left.length != right.length) {
      throw new IllegalArgumentException(
          "Cannot compare orders of " + left.length + " and " + right.length + " things");
    }
    int[] order =
        IntStream.range(0, left.length)
            .boxed()
            .sorted(
                Comparator.<Integer>comparingDouble(i -> left[i])
                    .thenComparingDouble(i -> right[i]))
            .mapToInt(i -> i)
            .toArray();
    double[] byLeft = Arrays.stream(order).mapToDouble(i -> right[i]).toArray();
    double[] sortedLeft = Arrays.stream(order).mapToDouble(i -> left[i]).toArray();
    long both = 0;
    for (int from = 0, i = 1; i <= byLeft.length; i++) {
      if (i == byLeft.length || sortedLeft[i] != sortedLeft[from] || byLeft[i] != byLeft[from]) {
        both += pairs(i - from);
        from = i;
      }
    }
    double[] sortedRight = byLeft.clone();
    long discordant = sort(sortedRight, 0, sortedRight.length, new double[sortedRight.length]);
    long all = pairs(left.length);
    long tiedLeft = tied(sortedLeft);
    long tiedRight = tied(sortedRight);
    // Knight 1966, "A Computer Method for Calculating Kendall's Tau with Ungrouped Data"
    long untied = all - tiedLeft - tiedRight + both;
    long concordant = untied - discordant;
    double scale =
        StrictMath.sqrt((double) (all - tiedLeft)) * StrictMath.sqrt((double) (all - tiedRight));
    return new RankAgreement(
        scale == 0
            ? OptionalDouble.empty()
            : OptionalDouble.of((double) (concordant - discordant) / scale),
        pearson(ranks(left), ranks(right)),
        untied == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) concordant / untied));
  }

  /** Sorts by merging, and returns how many pairs stood in the wrong order. */
  private static long sort(double[] values, int from, int to, double[] spare) {
    if (to - from < 2) {
      return 0;
    }
    int middle = (from + to) >>> 1;
    long swaps = sort(values, from, middle, spare) + sort(values, middle, to, spare);
    System.arraycopy(values, from, spare, from, to - from);
    int left = from;
    int right = middle;
    for (int i = from; i < to; i++) {
      if (right == to || (left < middle && spare[left] <= spare[right])) {
        values[i] = spare[left++];
      } else {
        values[i] = spare[right++];
        swaps += middle - left;
      }
    }
    return swaps;
  }

  private static long pairs(long count) {
    return count * (count - 1) / 2;
  }

  private static long tied(double[] sorted) {
    long tied = 0;
    for (int from = 0, i = 1; i <= sorted.length; i++) {
      if (i == sorted.length || sorted[i] != sorted[from]) {
        tied += pairs(i - from);
        from = i;
      }
    }
    return tied;
  }

  private static double[] ranks(double[] values) {
    int[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .mapToInt(i -> i)
            .toArray();
    double[] ranks = new double[values.length];
    for (int from = 0, i = 1; i <= order.length; i++) {
      if (i == order.length || values[order[i]] != values[order[from]]) {
        double mean = (from + i - 1) / 2.0;
        for (int j = from; j < i; j++) {
          ranks[order[j]] = mean;
        }
        from = i;
      }
    }
    return ranks;
  }

  private static OptionalDouble pearson(double[] left, double[] right) {
    double meanLeft = Arrays.stream(left).average().orElse(0);
    double meanRight = Arrays.stream(right).average().orElse(0);
    double product = 0;
    double squaresLeft = 0;
    double squaresRight = 0;
    for (int i = 0; i < left.length; i++) {
      double l = left[i] - meanLeft;
      double r = right[i] - meanRight;
      product += l * r;
      squaresLeft += l * l;
      squaresRight += r * r;
    }
    double scale = StrictMath.sqrt(squaresLeft) * StrictMath.sqrt(squaresRight);
    return scale == 0 ? OptionalDouble.empty() : OptionalDouble.of(product / scale);
  }
}
