package org.oneshottuner.search;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.Seeds;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.TuningTask;

/**
 * An online search of one task's space, as a state machine that knows no device: it proposes
 * schedules, is told how they did, and proposes others.
 *
 * <p>It plans in rounds, and plans the next one only when all of the last have been reported; how a
 * round is cut into batches changes nothing. No schedule is proposed that was proposed or reported
 * before. The state is a function of the seed and of the trials reported: a new search with the
 * same seed that is told the trials of an interrupted one goes on as that one would have, and
 * proposes first what is missing of the last round. Trials of schedules that the search did not
 * propose are allowed, and learnt from when the next round is planned.
 *
 * <p>Not thread-safe.
 */
public final class OnlineSearch {
  /** How many schedules AutoTVM and Ansor plan at a time, the first of them at random. */
  public static final int ROUND_TRIALS = 64;

  private final TrialHistory history;
  private final Planner planner;
  private final List<Schedule> start;
  private final long seed;
  private final int roundTrials;

  /** Planned, but neither proposed nor reported. */
  private final LinkedHashSet<Long> waiting = new LinkedHashSet<>();

  /** Proposed, but not reported. */
  private final Set<Long> pending = new HashSet<>();

  private int rounds;

  /**
   * Starts a search.
   *
   * @param start members that the first round begins with, as far as it has room; different
   * @param roundTrials of a round, at least 2
   */
  OnlineSearch(
      TrialHistory history, Planner planner, List<Schedule> start, long seed, int roundTrials) {
    this.history = history;
    this.planner = planner;
    this.start = List.copyOf(start);
    this.seed = seed;
    this.roundTrials = roundTrials;
    if (roundTrials < 2) {
      throw new IllegalArgumentException(
          "Cannot search in rounds of " + roundTrials + " trials: the least is 2");
    }
  }

  /** Returns the task whose space is searched. */
  public TuningTask task() {
    return history.task();
  }

  /** Returns the space that is searched. */
  public ScheduleSpace space() {
    return history.space();
  }

  /**
   * Returns schedules to try next.
   *
   * @param atMost the most to return
   * @return at least one, unless every member of the space has been tried; fewer than {@code
   *     atMost} where a round ends
   * @throws IllegalStateException if all of the round has been proposed, and not all reported
   */
  public List<Schedule> propose(int atMost) {
    if (atMost < 1) {
      throw new IllegalArgumentException("Cannot propose " + atMost + " schedules: the least is 1");
    }
    if (waiting.isEmpty() && !pending.isEmpty()) {
      throw new IllegalStateException(
          "Cannot plan round "
              + rounds
              + ": "
              + pending.size()
              + " schedules of the last have not been reported");
    }
    if (waiting.isEmpty()) {
      plan();
    }
    List<Schedule> proposed = new ArrayList<>();
    Iterator<Long> next = waiting.iterator();
    while (proposed.size() < atMost && next.hasNext()) {
      long member = next.next();
      next.remove();
      pending.add(member);
      proposed.add(space().at(member));
    }
    return proposed;
  }

  /**
   * Learns how schedules did, in this or in an earlier process. A schedule that was reported before
   * is passed over.
   *
   * @param trials in the order in which they were made
   * @throws IllegalArgumentException if a schedule is not of this space; those before it count
   */
  public void report(List<Trial> trials) {
    for (Trial trial : trials) {
      long member = space().indexOf(trial.schedule());
      if (!history.tried().contains(member)) {
        if (waiting.isEmpty() && pending.isEmpty()) {
          // as a search that had proposed this schedule would have done
          plan();
        }
        history.add(member, trial);
        waiting.remove(member);
        pending.remove(member);
      }
    }
  }

  /** Returns the fastest trial so far, the first of equals; empty if none has a time. */
  public Optional<Trial> best() {
    return history.best();
  }

  /** Returns every trial so far, each schedule once, in the order in which they were reported. */
  public List<Trial> trials() {
    return List.copyOf(history.trials());
  }

  /** Returns how many members of the space have been reported. */
  public int tried() {
    return history.tried().size();
  }

  /** Returns how many members of the space have not been reported. */
  public long untried() {
    return history.untried();
  }

  private void plan() {
    SearchRound round = new SearchRound(history, roundTrials);
    if (round.missing() > 0) {
      if (rounds == 0) {
        start.stream()
            .mapToLong(space()::indexOf)
            .filter(round::offers)
            .limit(round.missing())
            .forEach(round::add);
      }
      planner.fill(round, history, new SplitMix64(Seeds.derive(seed, rounds)));
      waiting.addAll(round.members());
      rounds++;
    }
  }
}
