package org.oneshottuner.sample;

import java.util.stream.IntStream;

/**
 * The members of least rank among all that were offered, ties going to the smaller member: a
 * bounded heap whose top is the last to stay. What it keeps does not depend on the order of offers.
 * Not thread-safe.
 */
final class Foremost {
  private final double[] ranks;
  private final long[] members;
  private final float[] scores;
  private int size;

  Foremost(int capacity) {
    ranks = new double[capacity];
    members = new long[capacity];
    scores = new float[capacity];
  }

  /** Returns the largest rank that can still enter. */
  double bound() {
    return size < ranks.length ? Double.POSITIVE_INFINITY : ranks[0];
  }

  void offer(double rank, long member, float score) {
    if (size < ranks.length) {
      size++;
      up(size - 1, rank, member, score);
    } else if (before(rank, member, ranks[0], members[0])) {
      down(rank, member, score);
    }
  }

  /** Returns what was kept, from the least rank on. */
  Kept kept() {
    int[] order =
        IntStream.range(0, size)
            .boxed()
            .sorted(
                (left, right) -> {
                  int byRank = Double.compare(ranks[left], ranks[right]);
                  return byRank != 0 ? byRank : Long.compare(members[left], members[right]);
                })
            .mapToInt(Integer::intValue)
            .toArray();
    Kept kept = new Kept(new double[size], new long[size], new float[size]);
    for (int i = 0; i < size; i++) {
      kept.ranks[i] = ranks[order[i]];
      kept.members[i] = members[order[i]];
      kept.scores[i] = scores[order[i]];
    }
    return kept;
  }

  private void up(int from, double rank, long member, float score) {
    int place = from;
    while (place > 0) {
      int parent = (place - 1) / 2;
      if (!before(ranks[parent], members[parent], rank, member)) {
        break;
      }
      put(place, ranks[parent], members[parent], scores[parent]);
      place = parent;
    }
    put(place, rank, member, score);
  }

  private void down(double rank, long member, float score) {
    int place = 0;
    while (true) {
      int child = 2 * place + 1;
      if (child >= size) {
        break;
      }
      int right = child + 1;
      if (right < size && before(ranks[child], members[child], ranks[right], members[right])) {
        child = right;
      }
      if (!before(rank, member, ranks[child], members[child])) {
        break;
      }
      put(place, ranks[child], members[child], scores[child]);
      place = child;
    }
    put(place, rank, member, score);
  }

  private void put(int place, double rank, long member, float score) {
    ranks[place] = rank;
    members[place] = member;
    scores[place] = score;
  }

  private static boolean before(double rank, long member, double otherRank, long otherMember) {
    return rank < otherRank || (rank == otherRank && member < otherMember);
  }

  /** Members in order of rank, in arrays of one length. Not to be changed once it is shared. */
  static final class Kept {
    final double[] ranks;
    final long[] members;
    final float[] scores;

    Kept(double[] ranks, long[] members, float[] scores) {
      this.ranks = ranks;
      this.members = members;
      this.scores = scores;
    }

    int size() {
      return members.length;
    }

    /** Returns the first {@code capacity} of both. */
    Kept merge(Kept other, int capacity) {
      int size = Math.min(capacity, size() + other.size());
      Kept merged = new Kept(new double[size], new long[size], new float[size]);
      int left = 0;
      int right = 0;
      for (int i = 0; i < size; i++) {
        boolean mine =
            right == other.size()
                || (left < size()
                    && before(
                        ranks[left], members[left], other.ranks[right], other.members[right]));
        Kept from = mine ? this : other;
        int place = mine ? left++ : right++;
        merged.ranks[i] = from.ranks[place];
        merged.members[i] = from.members[place];
        merged.scores[i] = from.scores[place];
      }
      return merged;
    }
  }
}
