package org.oneshottuner.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.oneshottuner.predict.BestMembers;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.SearchBudget;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The time to find, and prove to be the best, one of the 50,803,200 members of a {@link WideSpace},
 * by 300 trained trees of depth 8, on one thread. All that is done for a task is included, as each
 * search makes its space and columns anew.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 1, time = 20) // what searches took is summed over iterations
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls prepare() before anything else
public class ExactChoiceBenchmark {
  private static final int TREES = 300;
  private static final int DEPTH = 8;

  /** Rows, columns and length of the sums of what is chosen for, in turn. */
  private static final List<int[]> PRODUCTS =
      List.of(
          new int[] {128, 3072, 768},
          new int[] {512, 512, 512},
          new int[] {196, 1024, 256},
          new int[] {1000, 700, 333});

  /**
   * Standard deviation of the labels' noise as a binary logarithm: 0.06 are the 4 % that our
   * measurements have. The more noise trees learn, the less do boxes of members differ.
   */
  @Param({"0.06", "0.12"})
  public double labelSd;

  private Ensemble model;
  private int turn;

  /** What searches took. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Work {
    private long searches;
    private long boxes;
    private long members;

    /** Forgets the iteration before. */
    @Setup(Level.Iteration)
    public void reset() {
      searches = 0;
      boxes = 0;
      members = 0;
    }

    /** Returns how many boxes a search bounded. */
    public double boxesBounded() {
      return (double) boxes / Math.max(1, searches);
    }

    /** Returns how many members a search scored. */
    public double membersScored() {
      return (double) members / Math.max(1, searches);
    }
  }

  /** Trains the model. */
  @Setup
  public void prepare() {
    model = WideTrees.ensemble(TREES, DEPTH, labelSd);
  }

  /** Finds the best member for the next of the products. */
  @Benchmark
  public BestMembers.Found find(Work work) {
    int[] product = PRODUCTS.get(turn);
    turn = (turn + 1) % PRODUCTS.size();
    WideSpace space = new WideSpace(product[0], product[1], product[2]);
    BestMembers.Found found = new BestMembers(space, model, SearchBudget.DEFAULT).find(1);
    if (!found.proven()) {
      throw new IllegalStateException("Cannot prove member " + found.best() + " to be the best");
    }
    work.searches++;
    work.boxes += found.boxes();
    work.members += found.scored();
    return found;
  }
}
