package org.oneshottuner.sample;

import java.util.List;
import org.oneshottuner.space.Seeds;
import org.oneshottuner.space.SplitMix64;

/** The random numbers behind one task. Not thread-safe. */
final class Draws {
  private final SplitMix64 random;

  private Draws(SplitMix64 random) {
    this.random = random;
  }

  /** Returns the numbers behind draw {@code index} of a sampler. */
  static Draws of(long seed, String sampler, long index) {
    return new Draws(new SplitMix64(Seeds.derive(Seeds.derive(seed, "tasks", sampler), index)));
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  /** Returns a whole number from {@code least} to {@code most}, all equally likely. */
  int between(int least, int most) {
    return least + (int) random.nextLong(most - least + 1L);
  }

  /**
   * Returns a whole number from {@code least} to {@code most}, whose logarithm is uniform but for
   * rounding down.
   */
  int logBetween(int least, int most) {
    double ratio = (most + 1.0) / least;
    return Math.min(most, (int) (least * StrictMath.pow(ratio, random.nextDouble())));
  }

  /** Returns {@code value} times a log-normal factor. */
  double scaled(double value, double sd) {
    // Box and Muller 1958; the second number is left
    double radius = StrictMath.sqrt(-2 * StrictMath.log1p(-random.nextDouble()));
    double normal = radius * StrictMath.cos(2 * Math.PI * random.nextDouble());
    return value * StrictMath.exp(sd * normal);
  }

  <T> T pick(List<T> choices) {
    return choices.get((int) random.nextLong(choices.size()));
  }

  /** Returns a place of {@code weights}, as likely as its weight is large. */
  int place(List<Double> weights) {
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    double left = random.nextDouble() * sum;
    int last = 0;
    for (int i = 0; i < weights.size(); i++) {
      if (weights.get(i) > 0) {
        last = i;
        left -= weights.get(i);
        if (left < 0) {
          break;
        }
      }
    }
    return last;
  }
}
