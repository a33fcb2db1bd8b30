package org.oneshottuner.jobs.stage;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.OptionalDouble;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.Request;
import org.oneshottuner.search.OnlineSearch;
import org.oneshottuner.search.Trial;
import org.oneshottuner.space.Schedule;

/**
 * What searches want to have measured. Each plans its next round when the device asks for it and
 * its own last round is known: mostly while the device still has rounds of other searches to
 * measure. What a search does depends on no other's speed.
 *
 * <p>It has no next request where all that can be planned has been handed out: once that is
 * measured, it may have more. Thread-safe.
 */
final class SearchQueue implements Iterator<Request> {
  private final Labels labels;
  private final Progress progress;
  private final long seed;
  private final List<Advance> searches;

  /** The keys of what is handed out and has no measurement yet. */
  private final Set<String> measuring = ConcurrentHashMap.newKeySet();

  /** The search that hands out its round. */
  private int turn;

  /**
   * Begins.
   *
   * @param running at least one search
   * @param seed that they were started with
   * @param progress counts a label for each trial of each search
   */
  SearchQueue(Labels labels, List<TuneJob.Running> running, long seed, Progress progress) {
    this.labels = labels;
    this.progress = progress;
    this.seed = seed;
    this.searches = running.stream().map(Advance::new).toList();
  }

  /** Takes all searches as far as the known labels lead; returns how many have more to measure. */
  int replay() throws InterruptedException {
    int unfinished = 0;
    for (Advance search : searches) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      unfinished += search.wants() ? 1 : 0;
    }
    return unfinished;
  }

  @Override
  public synchronized boolean hasNext() {
    for (int i = 0; i < searches.size() && !Thread.currentThread().isInterrupted(); i++) {
      if (searches.get(turn).wants()) {
        return true;
      }
      turn = (turn + 1) % searches.size();
    }
    return false;
  }

  @Override
  public synchronized Request next() {
    if (!hasNext()) {
      throw new NoSuchElementException("Cannot search on: what is planned is not measured yet");
    }
    return searches.get(turn).take();
  }

  /** Learns that a candidate was measured; the labels know it already. */
  void done(Measurement measurement) {
    measuring.remove(measurement.candidate().key());
  }

  /**
   * A schedule of a round.
   *
   * @param key of the candidate
   */
  private record Planned(String key, Schedule schedule) {}

  /** One search and its round. */
  private final class Advance {
    private final TuneJob.Running running;
    private final OnlineSearch search;
    private final List<Planned> round = new ArrayList<>();

    /** What of the round was not looked at yet. */
    private final Queue<Planned> waiting = new ArrayDeque<>();

    private int rounds;
    private long handedOut;
    private long beginNanos;

    Advance(TuneJob.Running running) {
      this.running = running;
      this.search = running.search();
    }

    /** Returns whether something must be measured for this search, and can be now. */
    boolean wants() {
      do {
        while (!waiting.isEmpty()) {
          String key = waiting.element().key();
          // in this order: what was measured is known before it is no longer being measured
          if (!measuring.contains(key) && !labels.knows(key)) {
            return true;
          }
          waiting.remove();
          progress.fewer(1);
        }
      } while (goOn());
      return false;
    }

    /** Hands out what {@link #wants} found. */
    Request take() {
      Planned planned = waiting.remove();
      measuring.add(planned.key());
      if (handedOut == 0) {
        beginNanos = System.nanoTime();
      }
      handedOut++;
      return new Request(
          running.candidate(planned.schedule()), new Draw(running.name(), rounds - 1, seed, 1, 1));
    }

    /** Waits for the round, or ends it and plans another; returns whether there is more to do. */
    private boolean goOn() {
      boolean complete = true;
      for (Planned planned : round) {
        if (measuring.contains(planned.key())) {
          complete = false;
        } else if (!labels.knows(planned.key())) {
          complete = false;
          waiting.add(planned); // it failed, perhaps by chance
          progress.fewer(-1);
        }
      }
      if (complete) {
        report();
        propose();
      }
      return !waiting.isEmpty();
    }

    private void report() {
      search.report(
          round.stream()
              .map(one -> new Trial(one.schedule(), labels.steadyNanos(one.key())))
              .toList());
      if (!round.isEmpty() && handedOut > 0) {
        progress.note(line());
      }
      round.clear();
    }

    private void propose() {
      int left = running.trials() - search.tried();
      if (left > 0) {
        search
            .propose(left)
            .forEach(
                schedule -> round.add(new Planned(running.candidate(schedule).key(), schedule)));
      }
      waiting.addAll(round);
      rounds += round.isEmpty() ? 0 : 1;
    }

    private String line() {
      long failed = search.trials().stream().filter(trial -> trial.nanos().isEmpty()).count();
      int left = running.most() - search.tried();
      double seconds = (System.nanoTime() - beginNanos) / 1e9;
      OptionalDouble best =
          search
              .best()
              .map(trial -> labels.nanos(running.candidate(trial.schedule()).key()))
              .orElse(OptionalDouble.empty());
      return String.format(
          Locale.ROOT,
          "%s threads=%d %s: %d of %d trials, %d failed, best %s us, %d s left",
          running.task().workload().text(),
          running.task().threads(),
          running.name(),
          search.tried(),
          running.most(),
          failed,
          TextTable.micros(best),
          Math.round(seconds / handedOut * left));
    }
  }
}
