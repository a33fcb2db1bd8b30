package org.oneshottuner.explain;

import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.Tree;

/**
 * How much each column moves an ensemble's score from that of one row to that of another: Shapley
 * values of the game in which a column that is in a coalition has the one row's value, any other
 * the reference's (baseline Shapley; Sundararajan and Najmi 2020, "The Many Shapley Values for
 * Model Explanation"). They add up to the difference of the scores, a column of which both rows
 * have the same value moves nothing, and they depend on no data.
 *
 * <p>They are exact: a leaf is reached iff the columns {@code U} whose value in the row leads to it
 * are in the coalition and those {@code V} whose value in the reference does are not, so each of
 * {@code U} gets {@code (u-1)! v! / (u+v)!} of it, each of {@code V} loses {@code u! (v-1)! /
 * (u+v)!} (Lundberg et al. 2020, "From local explanations to global understanding with explainable
 * AI for trees", of a single background row). A tree takes a step a node at most.
 */
public final class Contributions {
  private static final double[] FACTORIALS = factorials();

  private final float[] row;
  private final float[] reference;
  private final double[] moved;

  /** The columns on the way to a node that only the row leads there, and only the reference. */
  private final int[] ofRow = new int[Tree.MAX_DEPTH];

  private final int[] ofReference = new int[Tree.MAX_DEPTH];

  private Contributions(float[] row, float[] reference) {
    this.row = row;
    this.reference = reference;
    this.moved = new double[row.length];
  }

  /**
   * Returns what each column contributes.
   *
   * @param row whose score is explained; NaN means missing
   * @param reference that it is compared with
   * @return by column; the sum is that of {@code row} less that of {@code reference}, but for the
   *     rounding of the ensemble's own sums
   * @throws IllegalArgumentException if a row has another number of columns than the ensemble
   */
  public static double[] between(Ensemble ensemble, float[] row, float[] reference) {
    if (row.length != ensemble.columns() || reference.length != ensemble.columns()) {
      throw new IllegalArgumentException(
          "Cannot explain rows of "
              + row.length
              + " and "
              + reference.length
              + " columns: the ensemble has "
              + ensemble.columns());
    }
    Contributions contributions = new Contributions(row, reference);
    for (Tree tree : ensemble.trees()) {
      contributions.descend(tree, 0, 0, 0);
    }
    return contributions.moved;
  }

  private void descend(Tree tree, int node, int u, int v) {
    if (tree.isLeaf(node)) {
      share(tree.value(node), u, v);
      return;
    }
    int column = tree.column(node);
    boolean rowLeft = left(tree, node, row[column]);
    boolean referenceLeft = left(tree, node, reference[column]);
    if (rowLeft == referenceLeft) {
      descend(tree, child(tree, node, rowLeft), u, v);
    } else if (holds(ofRow, u, column)) {
      descend(tree, child(tree, node, rowLeft), u, v);
    } else if (holds(ofReference, v, column)) {
      descend(tree, child(tree, node, referenceLeft), u, v);
    } else {
      ofRow[u] = column;
      descend(tree, child(tree, node, rowLeft), u + 1, v);
      ofReference[v] = column;
      descend(tree, child(tree, node, referenceLeft), u, v + 1);
    }
  }

  private void share(double leaf, int u, int v) {
    for (int i = 0; i < u; i++) {
      moved[ofRow[i]] += leaf * FACTORIALS[u - 1] * FACTORIALS[v] / FACTORIALS[u + v];
    }
    for (int i = 0; i < v; i++) {
      moved[ofReference[i]] -= leaf * FACTORIALS[u] * FACTORIALS[v - 1] / FACTORIALS[u + v];
    }
  }

  private static boolean holds(int[] columns, int count, int column) {
    for (int i = 0; i < count; i++) {
      if (columns[i] == column) {
        return true;
      }
    }
    return false;
  }

  private static boolean left(Tree tree, int node, float value) {
    return value < tree.value(node) || (Float.isNaN(value) && tree.missingLeft(node));
  }

  private static int child(Tree tree, int node, boolean left) {
    return left ? node + 1 : tree.right(node);
  }

  private static double[] factorials() {
    double[] factorials = new double[Tree.MAX_DEPTH + 1];
    factorials[0] = 1;
    for (int n = 1; n < factorials.length; n++) {
      factorials[n] = n * factorials[n - 1];
    }
    return factorials;
  }
}
