package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.oneshottuner.workload.Workload;

/**
 * How kernels are timed. Labels are comparable iff their protocols' ids are equal.
 *
 * @param visits a kernel gets at least
 * @param mostVisits it gets at most, when its least time is not confirmed by a second visit
 * @param heavyVisits a heavy kernel gets at least: one that takes more than {@link #HEAVY_NANOS} or
 *     moves more than {@link #HEAVY_BYTES}
 * @param budget of the warm runs of one visit; more for kernels that move more than {@link
 *     #HEAVY_BYTES}
 * @param spacing between two visits to a kernel: disturbances last seconds, so visits close in time
 *     agree on a wrong value; wider once it has had {@code visits}
 * @param patience for how long, in all, visits to a kernel are put off while the machine is noisy;
 *     once it has been noisy for a quarter of that without a break, or for three times that where
 *     the clock cannot be told, none is put off
 * @param confirmation how near the second fastest visit must come to the fastest, relative to it
 * @param limit of a kernel's trial and of a visit, beside an allowance for the operator's size
 */
public record Protocol(
    int visits,
    int mostVisits,
    int heavyVisits,
    Duration budget,
    Duration spacing,
    Duration patience,
    double confirmation,
    Duration limit) {
  /**
   * Of the native runner and of how a label is made of visits; a change makes new labels
   * incomparable to old.
   */
  public static final int VERSION = 6;

  /** From here on a kernel is heavy by its time. */
  public static final long HEAVY_NANOS = 4_000_000;

  /** From here on a kernel is heavy by the bytes it moves. */
  public static final long HEAVY_BYTES = 4L << 20;

  /** Of the visits that a kernel gets, so many must have found the machine quiet. */
  static final int QUIET_VISITS = 2;

  /** Between visits to a kernel whose least time is not confirmed, of the spacing. */
  private static final int UNCONFIRMED_SPACING = 2;

  /**
   * Of the warm runs of one visit to a kernel that is heavy by its bytes. After a run on cold
   * caches it takes six to eight more before the cache that processors share holds what it can.
   */
  private static final Duration HEAVY_BUDGET = Duration.ofMillis(12);

  private static final Duration BUDGET = Duration.of(1250, ChronoUnit.MICROS);

  /**
   * For datasets: visits seconds apart, which cost nothing while there are other kernels to visit.
   */
  public static final Protocol CAREFUL =
      new Protocol(
          3,
          10,
          6,
          BUDGET,
          Duration.ofSeconds(1),
          Duration.ofSeconds(20),
          0.02,
          Duration.ofSeconds(3));

  /** For a few candidates that someone waits for. */
  public static final Protocol QUICK =
      new Protocol(
          3,
          6,
          4,
          BUDGET,
          Duration.ofMillis(60),
          Duration.ofMillis(500),
          0.02,
          Duration.ofSeconds(3));

  /** Floating-point operations a second that the slowest kernel worth waiting for reaches. */
  private static final double SLOWEST_FLOPS_PER_SECOND = 5e8;

  private static final double SLOWEST_BYTES_PER_SECOND = 1e8;

  /** Checks the ranges. */
  public Protocol {
    requireNonNull(budget, "budget");
    requireNonNull(spacing, "spacing");
    requireNonNull(patience, "patience");
    requireNonNull(limit, "limit");
    if (visits < 1 || heavyVisits < visits || mostVisits < heavyVisits) {
      throw new IllegalArgumentException(
          "Cannot measure by "
              + visits
              + " visits, "
              + heavyVisits
              + " when heavy, at most "
              + mostVisits
              + ": expected at least 1, in rising order");
    }
    if (budget.isNegative()
        || spacing.isNegative()
        || patience.isNegative()
        || limit.compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException(
          "Cannot measure with budget "
              + budget
              + ", spacing "
              + spacing
              + ", patience "
              + patience
              + ", limit "
              + limit);
    }
    if (!(confirmation > 0 && confirmation < 1)) {
      throw new IllegalArgumentException(
          "Cannot confirm a label within " + confirmation + ": expected more than 0, less than 1");
    }
  }

  /** Returns a text that is equal for protocols whose labels can be compared. */
  public String id() {
    return "v"
        + VERSION
        + "-visits"
        + visits
        + "."
        + heavyVisits
        + "."
        + mostVisits
        + "-budget"
        + budget.toNanos() / 1000
        + "us-spacing"
        + spacing.toMillis()
        + "ms-patience"
        + patience.toMillis()
        + "ms-within"
        + confirmation;
  }

  /** Returns the budget of the warm runs of one visit. */
  Duration budgetFor(Workload workload) {
    return workload.bytes() > HEAVY_BYTES && budget.compareTo(HEAVY_BUDGET) < 0
        ? HEAVY_BUDGET
        : budget;
  }

  /** Returns how long a kernel may take for its trial, and for a visit. */
  Duration limitFor(Workload workload) {
    double seconds =
        workload.flops() / SLOWEST_FLOPS_PER_SECOND + workload.bytes() / SLOWEST_BYTES_PER_SECOND;
    return limit.plusMillis((long) (seconds * 1000));
  }

  /**
   * Returns whether a kernel has been visited enough.
   *
   * @param made visits so far, complete or not
   * @param quiet how many of the complete ones found the machine quiet
   * @param label of the complete ones
   * @param bytes that the operator moves at least
   */
  boolean satisfied(int made, int quiet, Label label, long bytes) {
    boolean heavy = label.warmNanos() > HEAVY_NANOS || bytes > HEAVY_BYTES;
    int least = heavy ? heavyVisits : visits;
    boolean confirmed =
        made >= least && quiet >= Math.min(QUIET_VISITS, least) && label.spread() <= confirmation;
    return made >= mostVisits || confirmed;
  }

  /**
   * Returns how long after a visit the next is due. Visits beyond those that every kernel gets are
   * further apart: what kept the first from agreeing is seldom over in a moment.
   *
   * @param made visits so far
   */
  Duration spacingAfter(int made) {
    return made < visits ? spacing : spacing.multipliedBy(UNCONFIRMED_SPACING);
  }

  /** Returns when to look again, if the machine was too noisy for a visit. */
  Duration postponement() {
    return spacing.dividedBy(4);
  }
}
