package org.oneshottuner.sample;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.List;
import org.oneshottuner.sample.RangeSample.Setting;
import org.oneshottuner.sample.RangeSample.Sums;

/**
 * One round of drawing schedules from one task's space. Ranges may be sampled anywhere and merged
 * in any order:
 *
 * <pre>{@code
 * round.draws(round.sample(0, guide).merge(round.sample(1, guide)) …)
 * }</pre>
 *
 * <p>The random draws are the members of largest noise; the guided draws are, of the others, those
 * of largest {@code score / unit} plus noise. With Gumbel noise made from (seed, task, round,
 * member) that is drawing without replacement from either part of the proposal (Vieira 2014; Kool,
 * van Hoof, Welling 2019), in one pass, and in any order of ranges. Immutable, and thread-safe if
 * the scorer is.
 */
public final class ScheduleRound {
  /** Members of a range; the last of a space has fewer. */
  public static final int RANGE_MEMBERS = 1 << 16;

  private static final int PILOT_MEMBERS = 1 << 10;

  /** Below this, a weight has lost so many bits that the logarithm must decide. */
  private static final double LEAST_WEIGHT = 1e-280;

  private final ScheduleSampler sampler;
  private final RoundKey key;
  private final long spaceSize;
  private final long[] measured;
  private final long pool;
  private final Permutation thinning;
  private final long randomStream;
  private final long guidedStream;

  /**
   * Prepares a round.
   *
   * @param sampler what to draw, and how many
   * @param key what the noise is made from
   * @param spaceSize number of members of the task's space
   * @param measured members that earlier rounds measured, and that this one leaves out; in any
   *     order
   * @throws IllegalArgumentException if the space is empty or too large, or a measured member is
   *     not in it
   */
  public ScheduleRound(ScheduleSampler sampler, RoundKey key, long spaceSize, long[] measured) {
    this.sampler = requireNonNull(sampler, "sampler");
    this.key = requireNonNull(key, "key");
    this.spaceSize = spaceSize;
    this.measured = Arrays.stream(measured).sorted().distinct().toArray();
    this.pool = Math.min(spaceSize, sampler.pool());
    if (spaceSize < 1 || pool / RANGE_MEMBERS >= Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "Cannot sample " + pool + " of " + spaceSize + " members of " + key.taskKey());
    }
    if (this.measured.length > 0
        && (this.measured[0] < 0 || this.measured[this.measured.length - 1] >= spaceSize)) {
      throw new IllegalArgumentException(
          "Cannot leave out members "
              + this.measured[0]
              + " to "
              + this.measured[this.measured.length - 1]
              + " of "
              + key.taskKey()
              + ": its space has "
              + spaceSize);
    }
    this.thinning = new Permutation(spaceSize, key.stream("pool"));
    this.randomStream = key.stream("random");
    this.guidedStream = key.stream("guided");
  }

  /**
   * A model's view of the space.
   *
   * @param scorer the model
   * @param unit difference in score that changes a member's probability by the factor e; infinite
   *     where scores do not differ
   */
  public record Guide(RangeScorer scorer, double unit) {
    /** Checks the unit. */
    public Guide {
      requireNonNull(scorer, "scorer");
      if (!(unit > 0)) {
        throw new IllegalArgumentException(
            "Cannot be guided at a score unit of " + unit + ": least is above 0");
      }
    }
  }

  /** Returns into how many ranges the round's work is cut, whoever does it. */
  public int ranges() {
    return ranges(sampler, spaceSize);
  }

  /** Returns into how many ranges a round over a space of this size is cut. */
  public static int ranges(ScheduleSampler sampler, long spaceSize) {
    long pool = Math.min(spaceSize, sampler.pool());
    return Math.toIntExact((pool + RANGE_MEMBERS - 1) / RANGE_MEMBERS);
  }

  /** Returns how many members are looked at: all, or the sampler's pool. */
  public long pool() {
    return pool;
  }

  /**
   * Scores a few members to learn how far scores spread in this task, which the temperature is
   * counted in. Its result depends on the round's key and the scorer alone. Where one range holds
   * the whole space, all are scored here, once for the pilot and the draws.
   */
  public Guide guide(RangeScorer model) {
    RangeScorer scorer =
        pool == spaceSize && spaceSize <= RANGE_MEMBERS
            ? new KnownScores(model, (int) spaceSize)
            : model;
    Permutation order = new Permutation(spaceSize, key.stream("pilot"));
    int count = (int) Math.min(spaceSize, PILOT_MEMBERS);
    long[] members = new long[count];
    for (int i = 0; i < count; i++) {
      members[i] = order.at(i);
    }
    float[] scores = new float[count];
    scorer.score(members, count, scores);
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += finite(scores[i], members[i]);
    }
    double mean = sum / count;
    double squares = 0;
    for (float score : scores) {
      squares += (score - mean) * (score - mean);
    }
    double unit = sampler.temperature() * StrictMath.sqrt(squares / count);
    return new Guide(scorer, unit > 0 ? unit : Double.POSITIVE_INFINITY);
  }

  /**
   * Samples a range in which all members are alike.
   *
   * @param range from 0 to {@code ranges() - 1}
   */
  public RangeSample sample(int range) {
    long from = first(range);
    long to = end(range);
    Foremost random = new Foremost(capacity());
    long count;
    if (pool == spaceSize) {
      count = sweep(from, to, random);
    } else {
      Block block = new Block(from, to);
      for (int i = 0; i < block.count; i++) {
        random.offer((double) Noise.rank(randomStream, block.members[i]), block.members[i], 0);
      }
      count = block.count;
    }
    return new RangeSample(
        new Setting(capacity(), 0),
        new Sums(new int[] {range}, new long[] {count}, new double[] {0}),
        random.kept(),
        new Foremost(0).kept());
  }

  /**
   * Samples a range by a model's scores; as {@link #sample(int)} if the sampler does not look at
   * scores.
   *
   * @param range from 0 to {@code ranges() - 1}
   * @param guide the same for every range of the round
   * @throws IllegalArgumentException if a score is not finite
   */
  public RangeSample sample(int range, Guide guide) {
    if (!sampler.guided()) {
      return sample(range);
    }
    Block block = new Block(first(range), end(range));
    block.score(guide.scorer());
    float best = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < block.count; i++) {
      best = Math.max(best, finite(block.scores[i], block.members[i]));
    }
    Foremost random = new Foremost(capacity());
    Foremost guided = new Foremost(capacity());
    double sum = block.race(best, guide.unit(), random, guided);
    double logSum =
        block.count == 0 ? Double.NEGATIVE_INFINITY : best / guide.unit() + StrictMath.log(sum);
    return new RangeSample(
        new Setting(capacity(), guide.unit()),
        new Sums(new int[] {range}, new long[] {block.count}, new double[] {logSum}),
        random.kept(),
        guided.kept());
  }

  /**
   * Returns the draws of the round, first the random, then the guided, each from the first drawn
   * on; fewer than the sampler's number only where no more members are left.
   *
   * @param all what all ranges contribute, merged
   * @throws IllegalArgumentException if a range is missing
   */
  public List<ScheduleDraw> draws(RangeSample all) {
    if (all.rangeCount() != ranges() || all.capacity != capacity()) {
      throw new IllegalArgumentException(
          "Cannot draw from "
              + all.rangeCount()
              + " of "
              + ranges()
              + " ranges of "
              + key.taskKey());
    }
    return new DrawnRound(all, sampler, (double) pool / spaceSize).draws();
  }

  /** One more than is drawn, for the threshold. */
  private int capacity() {
    return Math.addExact(sampler.draws(), 1);
  }

  private long first(int range) {
    if (range < 0 || range >= ranges()) {
      throw new IndexOutOfBoundsException(
          "Cannot sample range " + range + " of " + key.taskKey() + ": it has " + ranges());
    }
    return (long) range * RANGE_MEMBERS;
  }

  private long end(int range) {
    return Math.min(pool, first(range) + RANGE_MEMBERS);
  }

  private int firstMeasured(long from) {
    int place = Arrays.binarySearch(measured, from);
    return place < 0 ? -place - 1 : place;
  }

  /**
   * Offers the members from {@code from} to before {@code to}, leaving out the measured, and counts
   * them.
   */
  private long sweep(long from, long to, Foremost random) {
    long count = 0;
    long start = from;
    for (int place = firstMeasured(from); start < to; place++) {
      long end = place < measured.length ? Math.min(to, measured[place]) : to;
      double bound = random.bound();
      for (long member = start; member < end; member++) {
        long rank = Noise.rank(randomStream, member);
        if (rank <= bound) {
          random.offer((double) rank, member, 0);
          bound = random.bound();
        }
      }
      count += end - start;
      start = end + 1;
    }
    return count;
  }

  private static float finite(float score, long member) {
    if (!Float.isFinite(score)) {
      throw new IllegalArgumentException(
          "Cannot sample by score: member " + member + " has " + score);
    }
    return score;
  }

  /** The members of a range that may be drawn. */
  private final class Block {
    final long from;
    final long to;
    final long[] members;
    final float[] scores;
    final int count;

    Block(long from, long to) {
      this.from = from;
      this.to = to;
      int length = Math.toIntExact(to - from);
      members = new long[length];
      scores = new float[length];
      int kept = 0;
      for (long place = from; place < to; place++) {
        long member = pool == spaceSize ? place : thinning.at(place);
        if (measured.length == 0 || Arrays.binarySearch(measured, member) < 0) {
          members[kept] = member;
          kept++;
        }
      }
      count = kept;
    }

    void score(RangeScorer scorer) {
      if (pool == spaceSize && count == members.length) {
        scorer.score(from, to, scores);
      } else {
        scorer.score(members, count, scores);
      }
    }

    /**
     * Offers all members to both orders; returns the sum of their weights, the best's being one.
     */
    double race(float best, double unit, Foremost random, Foremost guided) {
      double sum = 0;
      double randomBound = random.bound();
      double guidedBound = Double.POSITIVE_INFINITY;
      for (int i = 0; i < count; i++) {
        long member = members[i];
        long rank = Noise.rank(randomStream, member);
        if (rank <= randomBound) {
          random.offer((double) rank, member, scores[i]);
          randomBound = random.bound();
        }
        double weight = StrictMath.exp((scores[i] - best) / unit);
        sum += weight;
        // an exponential number is never below the uniform one it is made from: most members need
        // no logarithm
        long guidedRank = Noise.rank(guidedStream, member);
        if (weight < LEAST_WEIGHT || Noise.uniform(guidedRank) <= guidedBound * weight) {
          guided.offer(-(scores[i] / unit + Noise.gumbel(guidedRank)), member, scores[i]);
          guidedBound = widened(StrictMath.exp(guided.bound() + best / unit));
        }
      }
      return sum;
    }
  }

  /** Keeps rounding from turning away a member that belongs. */
  private static double widened(double bound) {
    return bound * (1 + 0x1.0p-30);
  }
}
