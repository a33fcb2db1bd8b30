package org.oneshottuner.jobs.stage;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.LongSupplier;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Request;
import org.oneshottuner.space.Seeds;

/**
 * Requests with some of them asked again later on, evenly over the whole time: what the labels of
 * one candidate then differ by is what the labels of a campaign are worth, quiet hours and noisy
 * ones. Used by one thread.
 */
final class Repeats implements Iterator<Request> {
  /** Requests between the first time and the second; the device has long left the candidate. */
  private static final int APART = 100;

  private final Iterator<Request> requests;
  private final long count;
  private final Duration budget;
  private final LongSupplier nanoTime;
  private final List<Request> candidates = new ArrayList<>();
  private final Set<Integer> taken = new HashSet<>();
  private final int known;
  private final int most;
  private long given;
  private long begin = Long.MIN_VALUE;

  /**
   * Plans repetitions.
   *
   * @param requests to be measured for the first time
   * @param known candidates that are measured already, and that may be repeated at any time
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
    this.candidates.addAll(known);
    this.known = known.size();
    this.most = (int) Math.min(most, count + known.size());
    this.budget = budget;
    this.nanoTime = nanoTime;
  }

  /** Returns how many candidates are repeated at most. */
  int most() {
    return most;
  }

  @Override
  public boolean hasNext() {
    return requests.hasNext() || taken.size() < most;
  }

  @Override
  public Request next() {
    if (!hasNext()) {
      throw new NoSuchElementException("Cannot give more than " + given + " requests");
    }
    if (begin == Long.MIN_VALUE) {
      begin = nanoTime.getAsLong();
    }
    int settled = requests.hasNext() ? known + (int) Math.max(0, given - APART) : candidates.size();
    boolean due = !requests.hasNext() || share() * (most + 1) >= taken.size() + 1;
    if (taken.size() < most && settled > taken.size() && due) {
      return again(settled);
    }
    Request request = requests.next();
    given++;
    candidates.add(request);
    return request;
  }

  /** Returns how much is over, of the requests or of the time, whichever is more. */
  private double share() {
    double time = (double) (nanoTime.getAsLong() - begin) / budget.toNanos();
    return Math.max(time, count == 0 ? 1 : (double) given / count);
  }

  /** Returns one of the first {@code settled} candidates that was not repeated yet. */
  private Request again(int settled) {
    int place =
        (int) Long.remainderUnsigned(Seeds.derive(taken.size(), "repeat"), Math.max(1, settled));
    while (!taken.add(place)) {
      place = (place + 1) % settled;
    }
    return new Request(candidates.get(place).candidate(), Draw.chosen(MeasureJob.REPEAT));
  }
}
