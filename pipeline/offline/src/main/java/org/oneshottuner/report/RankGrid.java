package org.oneshottuner.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.oneshottuner.train.Prediction;
import org.oneshottuner.train.RankedTask;

/**
 * Where the predicted order puts candidates of each measured rank: shares of all candidates, every
 * task counting alike.
 *
 * @param tasks how many tasks were counted
 * @param shares by bin of the predicted rank, then by bin of the measured one, best first; sums to
 *     1 unless empty
 */
public record RankGrid(int tasks, List<List<Double>> shares) {

  /** Copies the lists, and checks that they make a square. */
  public RankGrid {
    List<List<Double>> copy = new ArrayList<>();
    for (List<Double> row : shares) {
      if (row.size() != shares.size()) {
        throw new IllegalArgumentException(
            "Cannot show ranks: a row has " + row.size() + " of " + shares.size() + " bins");
      }
      copy.add(List.copyOf(row));
    }
    shares = List.copyOf(copy);
  }

  /**
   * Counts the candidates of tasks, those that failed left out.
   *
   * @param bins along each side, at least 1
   */
  public static RankGrid of(List<RankedTask> tasks, int bins) {
    double[] shares = new double[bins * bins];
    int counted = 0;
    for (RankedTask task : tasks) {
      List<Prediction> predicted =
          task.ranked().stream().filter(one -> one.labelNanos().isPresent()).toList();
      int size = predicted.size();
      if (size < 2) {
        continue;
      }
      counted++;
      List<Integer> measured = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        measured.add(i);
      }
      measured.sort(Comparator.comparingDouble(i -> predicted.get(i).labelNanos().orElseThrow()));
      for (int rank = 0; rank < size; rank++) {
        shares[bin(measured.get(rank), size, bins) * bins + bin(rank, size, bins)] += 1.0 / size;
      }
    }
    List<List<Double>> rows = new ArrayList<>();
    for (int p = 0; p < bins; p++) {
      List<Double> row = new ArrayList<>(Collections.nCopies(bins, 0.0));
      for (int m = 0; m < bins && counted > 0; m++) {
        row.set(m, shares[p * bins + m] / counted);
      }
      rows.add(row);
    }
    return new RankGrid(counted, rows);
  }

  private static int bin(int rank, int size, int bins) {
    return (int) ((long) rank * bins / size);
  }
}
