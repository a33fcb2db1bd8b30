package org.oneshottuner.predict;

/**
 * How much work finding the best members of a space may take. It is counted, not timed, so that
 * what is found never depends on the machine.
 *
 * @param members spaces of at most so many members are scored whole
 * @param boxes in larger spaces, how many boxes of members are bounded before the search ends
 *     without a proof; at most half of them wait at a time, in some 150 bytes each
 */
public record SearchBudget(long members, int boxes) {
  /**
   * With 300 trees of depth 8, about a quarter of a second on one core for all members, and one to
   * two seconds for all boxes.
   */
  public static final SearchBudget DEFAULT = new SearchBudget(1L << 18, 1 << 17);

  /** Checks that there is something to spend. */
  public SearchBudget {
    if (members < 0 || boxes < 1) {
      throw new IllegalArgumentException(
          "Cannot search with a budget of "
              + members
              + " members and "
              + boxes
              + " boxes: least are 0 and 1");
    }
  }
}
