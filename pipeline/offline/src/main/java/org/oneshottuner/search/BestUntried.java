package org.oneshottuner.search;

import java.util.List;
import java.util.TreeSet;

/** The members of highest score among those that were met and have not been tried. */
final class BestUntried {
  private final TriedMembers tried;
  private final int capacity;
  private final TreeSet<Scored> best = new TreeSet<>();
  private long gains;

  BestUntried(TriedMembers tried, int capacity) {
    this.tried = tried;
    this.capacity = capacity;
  }

  /** Meets a member, which has the same score whenever it is met. */
  void meet(long member, float score) {
    Scored scored = new Scored(score, member);
    boolean good = best.size() < capacity || scored.compareTo(best.last()) < 0;
    if (good && !tried.contains(member) && best.add(scored)) {
      gains++;
      if (best.size() > capacity) {
        best.remove(best.last());
      }
    }
  }

  /** Returns how often a member was kept when it was met. */
  long gains() {
    return gains;
  }

  /** Returns what is kept, best first. */
  List<Long> members() {
    return best.stream().map(Scored::member).toList();
  }

  /** Comes first if its score is higher, or else if its number is lower. */
  private record Scored(float score, long member) implements Comparable<Scored> {
    @Override
    public int compareTo(Scored other) {
      int byScore = Float.compare(other.score, score);
      return byScore != 0 ? byScore : Long.compare(member, other.member);
    }
  }
}
