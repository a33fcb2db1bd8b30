package org.oneshottuner.search;

import java.util.Arrays;

/**
 * Members of a space that are not to be tried again, and the order of those that are left. Not
 * thread-safe.
 */
final class TriedMembers {
  private static final int LEAST_CAPACITY = 64;

  /** Rising. */
  private long[] members;

  private int size;

  TriedMembers() {
    this.members = new long[LEAST_CAPACITY];
  }

  /** Copies another. */
  TriedMembers(TriedMembers other) {
    this.members = other.members.clone();
    this.size = other.size;
  }

  int size() {
    return size;
  }

  boolean contains(long member) {
    return Arrays.binarySearch(members, 0, size, member) >= 0;
  }

  /** Adds a member, and returns whether it was not there before. */
  boolean add(long member) {
    int place = Arrays.binarySearch(members, 0, size, member);
    if (place >= 0) {
      return false;
    }
    if (size == members.length) {
      members = Arrays.copyOf(members, Math.multiplyExact(size, 2));
    }
    int at = -place - 1;
    System.arraycopy(members, at, members, at + 1, size - at);
    members[at] = member;
    size++;
    return true;
  }

  /** Returns how many members from {@code from}, and before {@code to}, are left to be tried. */
  long untried(long from, long to) {
    return to - from - (triedBefore(to) - triedBefore(from));
  }

  /**
   * Returns one of the members that are left to be tried.
   *
   * @param from the first member that counts
   * @param rank how many untried members from {@code from} on come before it
   */
  long untriedAt(long from, long rank) {
    int first = triedBefore(from);
    int low = first;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      // how many untried members from `from` on come before members[middle]
      if (members[middle] - from - (middle - first) <= rank) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return from + rank + (low - first);
  }

  private int triedBefore(long member) {
    int place = Arrays.binarySearch(members, 0, size, member);
    return place < 0 ? -place - 1 : place;
  }
}
