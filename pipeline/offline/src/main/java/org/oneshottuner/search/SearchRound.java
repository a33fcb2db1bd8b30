package org.oneshottuner.search;

import java.util.ArrayList;
import java.util.List;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;

/** The members that are to be tried next, while they are being chosen; none has been tried. */
final class SearchRound {
  private final ScheduleSpace space;
  private final TriedMembers taken;
  private final List<Long> members = new ArrayList<>();
  private final int capacity;

  /**
   * Starts an empty round.
   *
   * @param capacity how many members it is to have, if as many are left
   */
  SearchRound(TrialHistory history, int capacity) {
    this.space = history.space();
    this.taken = new TriedMembers(history.tried());
    this.capacity = (int) Math.min(capacity, history.untried());
  }

  /** Returns how many members are still to be chosen. */
  int missing() {
    return capacity - members.size();
  }

  /** Returns the members in the order in which they were chosen. */
  List<Long> members() {
    return List.copyOf(members);
  }

  /** Returns whether a member has neither been tried nor been chosen. */
  boolean offers(long member) {
    return !taken.contains(member);
  }

  /** Chooses a member, unless it was tried or chosen before. */
  void add(long member) {
    if (taken.add(member)) {
      members.add(member);
    }
  }

  /** Chooses the first member that is left. */
  void addFirst() {
    add(taken.untriedAt(0, 0));
  }

  /** Chooses one of the members that are left, all equally likely. */
  void addOfAll(SplitMix64 random) {
    addBetween(0, space.size(), random);
  }

  /**
   * Chooses one of the templates that have members left, all equally likely, and one of its
   * members: templates differ in size by orders of magnitude, and the smallest may be the best.
   */
  void addOfTemplates(SplitMix64 random) {
    List<Integer> places = new ArrayList<>();
    for (int place = 0; place < space.templates().size(); place++) {
      if (taken.untried(space.start(place), space.start(place + 1)) > 0) {
        places.add(place);
      }
    }
    int place = places.get((int) random.nextLong(places.size()));
    addBetween(space.start(place), space.start(place + 1), random);
  }

  private void addBetween(long from, long to, SplitMix64 random) {
    add(taken.untriedAt(from, random.nextLong(taken.untried(from, to))));
  }
}
