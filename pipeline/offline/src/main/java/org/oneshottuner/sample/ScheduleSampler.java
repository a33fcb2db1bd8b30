package org.oneshottuner.sample;

import static java.util.Objects.requireNonNull;

/**
 * How the schedules of a task are drawn in one round, without replacement: first some at random,
 * all members alike; then the rest, guided by scores, from the others with probabilities
 * proportional to {@code exp(score / unit)}, where {@code unit} is {@code temperature} times the
 * spread of the task's scores.
 *
 * @param name of the sampler, as rows keep it
 * @param draws most members drawn from a task
 * @param randomShare share of the draws that is random: above 0, so that every member can be drawn,
 *     and 1 where no score counts
 * @param temperature how far the scores are flattened, in standard deviations of the scores in a
 *     task; the smaller, the more the best predicted are preferred
 * @param pool most members looked at; a larger space is thinned to this many, all equally likely,
 *     before any is scored
 */
public record ScheduleSampler(
    String name, int draws, double randomShare, double temperature, long pool) {
  /** Members looked at where nothing else is said. */
  public static final long DEFAULT_POOL = 1L << 18;

  private static final double EXPLORATION_RANDOM_SHARE = 0.05;
  private static final double EXPLORATION_TEMPERATURE = 0.1;
  private static final double IMPORTANCE_RANDOM_SHARE = 0.1;
  private static final double IMPORTANCE_TEMPERATURE = 0.5;

  /** Checks every bound. */
  public ScheduleSampler {
    requireNonNull(name, "name");
    if (draws < 1) {
      throw refuse(name, "draws is " + draws + ", least is 1");
    }
    if (!(randomShare > 0 && randomShare <= 1)) {
      throw refuse(name, "randomShare is " + randomShare + ", bounds are above 0 and 1");
    }
    if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
      throw refuse(name, "temperature is " + temperature + ", least is above 0");
    }
    if (pool < draws) {
      throw refuse(name, "pool is " + pool + ", least is draws, " + draws);
    }
  }

  /** Returns the sampler for which all members are alike. */
  public static ScheduleSampler uniform(int draws) {
    return new ScheduleSampler("uniform", draws, 1, 1, Math.max(draws, DEFAULT_POOL));
  }

  /**
   * Returns the sampler for rounds guided by a model of what earlier rounds measured: nearly the
   * best predicted, and 3 of 64 at random. Its first round, without a model, is uniform.
   */
  public static ScheduleSampler exploration(int draws) {
    return new ScheduleSampler(
        "exploration",
        draws,
        EXPLORATION_RANDOM_SHARE,
        EXPLORATION_TEMPERATURE,
        Math.max(draws, DEFAULT_POOL));
  }

  /**
   * Returns the sampler that prefers what is predicted to be fast, with every member's probability
   * well above zero.
   */
  public static ScheduleSampler importance(int draws) {
    return new ScheduleSampler(
        "importance",
        draws,
        IMPORTANCE_RANDOM_SHARE,
        IMPORTANCE_TEMPERATURE,
        Math.max(draws, DEFAULT_POOL));
  }

  /** Returns this sampler with another share of random draws. */
  public ScheduleSampler withRandomShare(double share) {
    return new ScheduleSampler(name, draws, share, temperature, pool);
  }

  /** Returns this sampler with another temperature, in standard deviations of the scores. */
  public ScheduleSampler withTemperature(double spreads) {
    return new ScheduleSampler(name, draws, randomShare, spreads, pool);
  }

  /** Returns this sampler with another bound on the members looked at. */
  public ScheduleSampler withPool(long members) {
    return new ScheduleSampler(name, draws, randomShare, temperature, members);
  }

  /** Returns how many of the draws are random: the share of them, and one at least. */
  public int randomDraws() {
    return (int) Math.max(1, Math.round(randomShare * draws));
  }

  /** Returns whether scores count. */
  public boolean guided() {
    return randomDraws() < draws;
  }

  private static IllegalArgumentException refuse(String name, String reason) {
    return new IllegalArgumentException("Cannot sample schedules by " + name + ": " + reason);
  }
}
