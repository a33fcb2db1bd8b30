package org.oneshottuner.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.Tree;

/**
 * An ensemble in the binary form in which XGBoost saved models before version 3.1, which H2O's
 * predictor reads: blocks of parameters, of which the unused are zero, and nodes of 20 bytes.
 */
final class LegacyModel {
  private static final int HEADER_BYTES = 136;
  private static final int GROVE_BYTES = 160;
  private static final int TREE_BYTES = 148;
  private static final int NODE_BYTES = 20;
  private static final int STATISTIC_BYTES = 16;
  private static final int HIGHEST_BIT = 1 << 31;
  private static final int MAJOR_VERSION = 1;

  /** An objective whose scores are the sums as they are. */
  private static final String OBJECTIVE = "rank:pairwise";

  private static final String BOOSTER = "gbtree";

  private LegacyModel() {}

  static byte[] bytes(Ensemble ensemble) {
    int size = HEADER_BYTES + 2 * Long.BYTES + OBJECTIVE.length() + BOOSTER.length() + GROVE_BYTES;
    for (Tree tree : ensemble.trees()) {
      size += TREE_BYTES + tree.nodes() * (NODE_BYTES + STATISTIC_BYTES) + Integer.BYTES;
    }
    ByteBuffer to = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    to.putFloat(ensemble.base()).putInt(ensemble.columns()).putInt(0).putInt(0).putInt(0);
    to.putInt(MAJOR_VERSION).position(HEADER_BYTES);
    text(to, OBJECTIVE);
    text(to, BOOSTER);
    int grove = to.position();
    to.putInt(ensemble.trees().size()).putInt(1).putInt(ensemble.columns()).putInt(0);
    to.putLong(0).putInt(1).putInt(0).position(grove + GROVE_BYTES);
    for (Tree tree : ensemble.trees()) {
      tree(to, tree, ensemble.columns());
    }
    return to.array();
  }

  private static void text(ByteBuffer to, String text) {
    to.putLong(text.length()).put(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static void tree(ByteBuffer to, Tree tree, int columns) {
    int start = to.position();
    to.putInt(1).putInt(tree.nodes()).putInt(0).putInt(tree.depth()).putInt(columns).putInt(0);
    to.position(start + TREE_BYTES);
    List<Integer> parents = parents(tree);
    for (int node = 0; node < tree.nodes(); node++) {
      boolean leaf = tree.isLeaf(node);
      to.putInt(parents.get(node));
      to.putInt(leaf ? -1 : node + 1).putInt(leaf ? -1 : tree.right(node));
      to.putInt(leaf ? 0 : tree.column(node) | (tree.missingLeft(node) ? HIGHEST_BIT : 0));
      to.putFloat(tree.value(node));
    }
    to.position(to.position() + tree.nodes() * STATISTIC_BYTES);
  }

  /** Returns each node's parent, with the highest bit set where it is the left child. */
  private static List<Integer> parents(Tree tree) {
    List<Integer> parents = new ArrayList<>();
    for (int node = 0; node < tree.nodes(); node++) {
      parents.add(-1);
    }
    for (int node = 0; node < tree.nodes(); node++) {
      if (!tree.isLeaf(node)) {
        parents.set(node + 1, node | HIGHEST_BIT);
        parents.set(tree.right(node), node);
      }
    }
    return parents;
  }
}
