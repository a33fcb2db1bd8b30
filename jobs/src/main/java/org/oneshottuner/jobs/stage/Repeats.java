package org.oneshottuner.jobs.stage;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.LongSupplier;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Request;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Seeds;

/**
 * Requests with some of those that were timed asked again later on, evenly over the whole time:
 * what the labels of one candidate then differ by is what the labels of a campaign are worth, quiet
 * hours and noisy ones. A device takes requests some seconds ahead of its measurements; what could
 * not be repeated among the requests of a short run is repeated in the end. Safe for use by several
 * threads.
 */
final class Repeats implements Iterator<Request> {
  /** Timed between the first time and the second, of many: the machine is not as it was. */
  private static final int APART = 100;

  /** The least part of all requests that lies between, of few. */
  private static final int APART_SHARE = 4;

  private final Iterator<Request> requests;
  private final long count;
  private final int most;
  private final int apart;
  private final Duration budget;
  private final LongSupplier nanoTime;
  // those that may be repeated, in the order in which they were timed; known ones first
  private final List<Request> timed;
  private int unripe;
  private long given;
  private int repeated;
  // when the next is repeated, as a share of all; infinite before the first can be
  private double due = Double.POSITIVE_INFINITY;
  private long begin = Long.MIN_VALUE;

  /**
   * Plans repetitions.
   *
   * @param requests to be measured for the first time
   * @param known candidates that were timed before, and that may be repeated at any time
   * @param most how many are repeated
   * @param budget of time, which may end before the requests do
   * @param nanoTime a clock
   */
  Repeats(
      List<Request> requests,
      List<Request> known,
      int most,
      Duration budget,
      LongSupplier nanoTime) {
    this.requests = requests.iterator();
    this.count = requests.size();
    this.timed = new ArrayList<>(known);
    this.most = (int) Math.min(most, count + known.size());
    this.apart = (int) Math.min(APART, count / APART_SHARE);
    this.budget = budget;
    this.nanoTime = nanoTime;
  }

  /** Returns how many candidates are repeated at most. */
  int most() {
    return most;
  }

  /** Takes that a candidate was timed for the first time. */
  synchronized void timed(Candidate candidate) {
    timed.add(new Request(candidate, Draw.chosen(MeasureJob.REPEAT)));
    unripe = Math.min(unripe + 1, apart);
  }

  @Override
  public synchronized boolean hasNext() {
    return requests.hasNext();
  }

  @Override
  public synchronized Request next() {
    if (begin == Long.MIN_VALUE) {
      begin = nanoTime.getAsLong();
    }
    int ripe = timed.size() - unripe;
    if (repeated < most && ripe > 0) {
      double share = share();
      if (due == Double.POSITIVE_INFINITY) {
        due = nextDue(share);
      }
      if (share >= due) {
        Request repetition = again(ripe);
        due = nextDue(share);
        return repetition;
      }
    }
    given++;
    return requests.next();
  }

  /** Returns the repetitions that are left, of all that were timed. */
  synchronized List<Request> rest() {
    List<Request> rest = new ArrayList<>();
    while (repeated < most && !timed.isEmpty()) {
      rest.add(again(timed.size()));
    }
    return rest;
  }

  /** Returns when the next is repeated, so that all that are left are spread over what is left. */
  private double nextDue(double share) {
    return share + Math.max(0, 1 - share) / (most - repeated + 1);
  }

  /** Returns how much is over, of the requests or of the time, whichever is more. */
  private double share() {
    double time = (double) (nanoTime.getAsLong() - begin) / budget.toNanos();
    return Math.max(time, (double) given / count);
  }

  /** Returns one of the first candidates that were timed, and lets it be repeated no more. */
  private Request again(int ripe) {
    int place = (int) Long.remainderUnsigned(Seeds.derive(repeated++, "repeat"), ripe);
    return new Request(timed.remove(place).candidate(), Draw.chosen(MeasureJob.REPEAT));
  }
}
