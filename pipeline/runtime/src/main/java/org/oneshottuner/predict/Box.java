package org.oneshottuner.predict;

/**
 * An extent that holds a member, and what is known of its members. Boxes are ordered by falling
 * upper bound, those of equal bounds by their first member: the order in which they are searched.
 *
 * @param extent its bounds
 * @param first number of its first member in the space
 * @param upper no member scores more
 * @param alike whether all members are known to score {@code upper}
 * @param knob which to halve it by, or -1 if there is none left
 */
record Box(Extent extent, long first, float upper, boolean alike, int knob)
    implements Comparable<Box> {
  @Override
  public int compareTo(Box other) {
    if (upper != other.upper) {
      return upper > other.upper ? -1 : 1;
    }
    return Long.compare(first, other.first);
  }
}
