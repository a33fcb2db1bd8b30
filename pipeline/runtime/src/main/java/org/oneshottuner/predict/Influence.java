package org.oneshottuner.predict;

/**
 * How much hangs on each threshold of an ensemble: over the splits at it, the distance between the
 * largest and the smallest leaf below, added up. A guide to which knob to settle first; no bound
 * depends on it. Immutable.
 */
final class Influence {
  private final RankedTrees trees;
  // by threshold, and one more: the sum over all before it
  private final double[] sums;

  Influence(RankedTrees trees) {
    this.trees = trees;
    Spreads spreads = new Spreads(trees);
    for (int tree = 0; tree < trees.trees(); tree++) {
      spreads.add(trees.root(tree));
    }
    this.sums = new double[spreads.weights.length + 1];
    for (int i = 0; i < spreads.weights.length; i++) {
      sums[i + 1] = sums[i] + spreads.weights[i];
    }
  }

  /** Returns the ensemble's trees. */
  RankedTrees trees() {
    return trees;
  }

  /**
   * Returns what hangs on the thresholds of a column that are above some of its values and not
   * above others.
   *
   * @param place of the column in {@link RankedTrees#columns()}
   * @param low least rank of the values
   * @param high largest rank of the values; at most the number of thresholds
   */
  double between(int place, int low, int high) {
    int start = trees.start(place);
    return sums[start + high] - sums[start + low];
  }

  /** Walks trees from their leaves up. */
  private static final class Spreads {
    private final long[] nodes;
    // by threshold
    private final double[] weights;
    // of the subtree that was walked last
    private float smallest;
    private float largest;

    Spreads(RankedTrees trees) {
      this.nodes = trees.nodes();
      this.weights = new double[trees.start(trees.columns().length)];
    }

    void add(int node) {
      long packed = nodes[node];
      int test = (int) (packed >> Integer.SIZE);
      if (test < 0) {
        smallest = Float.intBitsToFloat((int) packed);
        largest = smallest;
        return;
      }
      add(node + 1);
      float leftSmallest = smallest;
      float leftLargest = largest;
      add((int) packed);
      smallest = Math.min(smallest, leftSmallest);
      largest = Math.max(largest, leftLargest);
      weights[test >> 1] += (double) largest - smallest;
    }
  }
}
