package org.oneshottuner.search;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/** What has been tried of a task's space so far. Not thread-safe. */
final class TrialHistory {
  private static final Comparator<Trial> BY_TIME =
      Comparator.comparingDouble(trial -> trial.nanos().orElse(Double.POSITIVE_INFINITY));

  private final TuningTask task;
  private final ScheduleSpace space;
  private final SpaceFeatures features;
  private final List<Trial> inOrder = new ArrayList<>();
  private final TreeMap<Long, Trial> byMember = new TreeMap<>();
  private final TriedMembers tried = new TriedMembers();

  TrialHistory(TuningTask task, ScheduleSpace space) {
    this.task = task;
    this.space = space;
    this.features = SpaceFeatures.of(task, space);
  }

  TuningTask task() {
    return task;
  }

  ScheduleSpace space() {
    return space;
  }

  SpaceFeatures features() {
    return features;
  }

  TriedMembers tried() {
    return tried;
  }

  long untried() {
    return space.size() - tried.size();
  }

  void add(long member, Trial trial) {
    if (tried.add(member)) {
      inOrder.add(trial);
      byMember.put(member, trial);
    }
  }

  /** Returns the trials in the order in which they were added; a live view. */
  List<Trial> trials() {
    return Collections.unmodifiableList(inOrder);
  }

  /**
   * Returns the trials by member, so that what is made of them does not depend on the order in
   * which they were added.
   */
  SortedMap<Long, Trial> byMember() {
    return Collections.unmodifiableSortedMap(byMember);
  }

  /** Returns the fastest trial, the first of equals, if any has a time. */
  Optional<Trial> best() {
    return best(inOrder);
  }

  /** Returns the fastest of some trials, the first of equals, if any has a time. */
  static Optional<Trial> best(Collection<Trial> trials) {
    return trials.stream().filter(trial -> trial.nanos().isPresent()).min(BY_TIME);
  }

  /** Returns the members with times, fastest first. */
  List<Long> fastest(int atMost) {
    return byMember.entrySet().stream()
        .filter(entry -> entry.getValue().nanos().isPresent())
        .sorted(Map.Entry.comparingByValue(BY_TIME))
        .limit(atMost)
        .map(Map.Entry::getKey)
        .toList();
  }
}
