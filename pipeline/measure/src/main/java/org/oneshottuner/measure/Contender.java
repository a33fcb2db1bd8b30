package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.util.function.Function;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.TuningTask;

/** One of several ways to compute a task that are timed against each other. */
public sealed interface Contender {

  /** Returns what it is called, unique among those of its task. */
  String name();

  /** Returns what it computes. */
  TuningTask task();

  /** Returns the value of the function that belongs to this contender. */
  <R> R fold(Function<Own, R> own, Function<Foreign, R> foreign);

  /**
   * A kernel of ours.
   *
   * @param name what it is called
   * @param candidate what it is built from
   */
  record Own(String name, Candidate candidate) implements Contender {
    /** Checks that both are there. */
    public Own {
      requireNonNull(name, "name");
      requireNonNull(candidate, "candidate");
    }

    @Override
    public TuningTask task() {
      return candidate.task();
    }

    @Override
    public <R> R fold(Function<Own, R> own, Function<Foreign, R> foreign) {
      return own.apply(this);
    }
  }

  /** What a peer's run leaves behind. */
  enum Product {
    /** The task's output, which is compared with the reference before anything is timed. */
    OUTPUT,
    /** Nothing that could be compared: it is a part of the work, such as moving between layouts. */
    PART
  }

  /**
   * A way in which a peer computes a task.
   *
   * @param name what it is called
   * @param task what it computes
   * @param peer the library
   * @param variant the way, as its adapter calls it
   * @param product what a run leaves behind
   */
  record Foreign(String name, TuningTask task, Peer peer, String variant, Product product)
      implements Contender {
    /** Checks that all are there. */
    public Foreign {
      requireNonNull(name, "name");
      requireNonNull(task, "task");
      requireNonNull(peer, "peer");
      requireNonNull(product, "product");
      if (!variant.matches("[a-z][a-z0-9_]{0,62}")) {
        throw new IllegalArgumentException(
            "Cannot ask "
                + peer.name()
                + " for variant '"
                + variant
                + "': lower-case letters, digits and _ only");
      }
    }

    @Override
    public <R> R fold(Function<Own, R> own, Function<Foreign, R> foreign) {
      return foreign.apply(this);
    }
  }
}
