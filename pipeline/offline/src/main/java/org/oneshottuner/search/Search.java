package org.oneshottuner.search;

import java.util.List;
import java.util.OptionalDouble;

/**
 * Looks for a task's fastest schedule by measuring some. What it proposes is a pure function of its
 * seed and of what has been measured so far, so that an interrupted search goes on where it was.
 */
public interface Search {
  /** Returns the search's name, as rows keep it. */
  String name();

  /**
   * Returns members of the space to measure next.
   *
   * @param trials all that was measured so far, in the order in which it was proposed
   * @param most how many
   * @return members that differ from each other and from those tried; none once all were tried
   */
  List<Long> propose(List<Trial> trials, int most);

  /**
   * A measured member.
   *
   * @param member its number in the space
   * @param nanos its label; empty if it failed
   */
  record Trial(long member, OptionalDouble nanos) {
    /** Returns its speed, of which more is better; zero if it failed. */
    public double speed() {
      return nanos.isPresent() ? 1 / nanos.getAsDouble() : 0;
    }
  }
}
