package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.function.Function;

/** How measuring a candidate ended: with times, or with a kind of failure. */
public sealed interface Outcome {

  /** Returns every visit to the kernel, in order of time; none if it failed before the first. */
  List<Visit> visits();

  /** Returns the value of the function that belongs to this outcome. */
  <R> R fold(Function<Timed, R> timed, Function<Failed, R> failed);

  /**
   * The kernel ran and its output was right.
   *
   * @param visits every visit, in order of time; at least one has times
   * @param quiet the least canary that was known by then, by which the clock of each visit is told
   */
  record Timed(List<Visit> visits, Canary quiet) implements Outcome {
    /** Copies the list and checks that its visits can be compared. */
    public Timed {
      visits = List.copyOf(visits);
      requireNonNull(quiet, "quiet");
      if (visits.stream().noneMatch(Visit::complete)) {
        throw new IllegalArgumentException(
            "Cannot time a kernel by " + visits.size() + " visits: none has undisturbed times");
      }
      long plans =
          visits.stream()
              .filter(Visit::complete)
              .map(visit -> List.of(visit.callsPerWindow(), visit.windowNanos().size()))
              .distinct()
              .count();
      if (plans > 1) {
        throw new IllegalArgumentException(
            "Cannot compare visits: they were cut into windows in " + plans + " ways");
      }
    }

    @Override
    public <R> R fold(Function<Timed, R> timed, Function<Failed, R> failed) {
      return timed.apply(this);
    }
  }

  /**
   * The kernel did not get as far as being timed.
   *
   * @param kind what went wrong
   * @param detail one line that says what and where
   * @param visits before it failed, in order of time
   */
  record Failed(Kind kind, String detail, List<Visit> visits) implements Outcome {
    /** How the detail of a build begins whose compiler did not finish. */
    public static final String LATE_COMPILER = "the compiler ran past ";

    /** Checks that all are there, and copies the list. */
    public Failed {
      requireNonNull(kind, "kind");
      requireNonNull(detail, "detail");
      visits = List.copyOf(visits);
    }

    /** A failure before the first visit. */
    public Failed(Kind kind, String detail) {
      this(kind, detail, List.of());
    }

    /** Returns this failure of a kernel that had been visited before. */
    Failed after(List<Visit> visits) {
      return new Failed(kind, detail, visits);
    }

    /**
     * Returns whether the machine may be to blame and not the kernel: one that was busy, stopped or
     * short of something. It takes two such failures to condemn a kernel.
     */
    public boolean mayBeChance() {
      return switch (kind) {
        case TIMED_OUT, UNSTABLE, CRASHED -> true;
        case BUILD_FAILED -> detail.startsWith(LATE_COMPILER);
        case LOAD_FAILED, OUT_OF_BOUNDS, WRONG_OUTPUT -> false;
      };
    }

    @Override
    public <R> R fold(Function<Timed, R> timed, Function<Failed, R> failed) {
      return failed.apply(this);
    }
  }

  /** The ways a candidate fails. */
  enum Kind {
    /** The compiler refused the source, or did not finish. */
    BUILD_FAILED,
    /** The built library could not be loaded, or lacks an entry point. */
    LOAD_FAILED,
    /** A signal or a system call ended the kernel. */
    CRASHED,
    /** It touched memory outside its buffers, or wrote to a constant one. */
    OUT_OF_BOUNDS,
    /** The output differs from the reference by more than the tolerance. */
    WRONG_OUTPUT,
    /** It ran past its limit. */
    TIMED_OUT,
    /** It ran, but no visit was left undisturbed. */
    UNSTABLE
  }
}
