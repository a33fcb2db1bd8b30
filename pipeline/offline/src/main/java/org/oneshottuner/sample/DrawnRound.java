package org.oneshottuner.sample;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.oneshottuner.sample.Foremost.Kept;
import org.oneshottuner.sample.ScheduleDraw.Part;

/**
 * The end of a round: its draws and their probabilities, from what all ranges kept.
 *
 * <p>A member is drawn iff it is among the random draws or, failing that, its guided key passes a
 * threshold, which is set by the others in the world in which this one is not among the random
 * draws. Which others the random draws then take says nothing of whether this one beats them, so
 * that the first event has probability draws over members whatever the second one's threshold is.
 */
final class DrawnRound {
  private final RangeSample all;
  private final int randomDraws;
  private final int guidedDraws;
  private final double poolShare;
  private final double randomProposal;
  private final double logGuided;

  DrawnRound(RangeSample all, ScheduleSampler sampler, double poolShare) {
    boolean guided = all.unit > 0;
    this.all = all;
    this.randomDraws = guided ? sampler.randomDraws() : sampler.draws();
    this.guidedDraws = sampler.draws() - randomDraws;
    this.poolShare = poolShare;
    double share = (double) randomDraws / sampler.draws();
    this.randomProposal = share / all.members();
    this.logGuided =
        guided ? StrictMath.log1p(-share) - logSum(all.logSums) : Double.NEGATIVE_INFINITY;
  }

  /** Returns first the random draws, then the guided. */
  List<ScheduleDraw> draws() {
    Kept random = all.random;
    Kept guided = all.guided;
    int chosen = Math.min(randomDraws, random.size());
    List<ScheduleDraw> draws = new ArrayList<>();
    Set<Long> taken = first(random, chosen);
    for (int i = 0; i < chosen; i++) {
      long member = random.members[i];
      double given = either(guidedChance(takenWithout(member), member, random.scores[i]));
      draws.add(draw(member, random.scores[i], Part.RANDOM, given));
    }
    int left = guidedDraws;
    for (int i = 0; i < guided.size() && left > 0; i++) {
      long member = guided.members[i];
      if (!taken.contains(member)) {
        double given = either(guidedChance(taken, member, guided.scores[i]));
        draws.add(draw(member, guided.scores[i], Part.GUIDED, given));
        left--;
      }
    }
    return draws;
  }

  private ScheduleDraw draw(long member, float score, Part part, double given) {
    double guided = all.unit > 0 ? StrictMath.exp(logGuided + score / all.unit) : 0;
    // sums of exponentials are off by some bits, more where scores are far from zero
    return new ScheduleDraw(
        member, part, Math.min(1, randomProposal + guided), Math.min(1, given) * poolShare);
  }

  /** Returns the probability to be drawn at random or, failing that, by score. */
  private double either(double guidedChance) {
    double randomChance = Math.min(1, (double) randomDraws / all.members());
    return randomChance + (1 - randomChance) * guidedChance;
  }

  /**
   * Returns the probability that a guided draw takes a member, where {@code taken} were taken at
   * random.
   */
  private double guidedChance(Set<Long> taken, long member, float score) {
    if (guidedDraws == 0) {
      return 0;
    }
    Kept guided = all.guided;
    int left = guidedDraws;
    for (int i = 0; i < guided.size(); i++) {
      if (guided.members[i] != member && !taken.contains(guided.members[i])) {
        left--;
        if (left == 0) {
          // Kool, van Hoof, Welling 2019, section 4.2: 1 - exp(-exp(φ - κ))
          return -StrictMath.expm1(-StrictMath.exp(score / all.unit + guided.ranks[i]));
        }
      }
    }
    return 1;
  }

  /** Returns what the random draws take in the world in which they do not take {@code member}. */
  private Set<Long> takenWithout(long member) {
    if (guidedDraws == 0) {
      return Set.of();
    }
    Set<Long> taken = first(all.random, Math.min(randomDraws + 1, all.random.size()));
    taken.remove(member);
    return taken;
  }

  private static Set<Long> first(Kept kept, int count) {
    return Arrays.stream(kept.members, 0, count).boxed().collect(Collectors.toSet());
  }

  private static double logSum(double[] logs) {
    double most = Arrays.stream(logs).max().orElse(Double.NEGATIVE_INFINITY);
    if (most == Double.NEGATIVE_INFINITY) {
      return most;
    }
    double sum = 0;
    for (double log : logs) {
      sum += StrictMath.exp(log - most);
    }
    return most + StrictMath.log(sum);
  }
}
