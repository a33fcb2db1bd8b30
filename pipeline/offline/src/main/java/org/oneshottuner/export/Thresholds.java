package org.oneshottuner.export;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.Tree;

/** The thresholds that an ensemble compares its columns with. */
final class Thresholds {
  private Thresholds() {}

  /** Returns by column its distinct thresholds, ascending, none of them the negative zero. */
  static float[][] of(Ensemble ensemble) {
    List<TreeSet<Float>> sorted = new ArrayList<>();
    for (int c = 0; c < ensemble.columns(); c++) {
      sorted.add(new TreeSet<>());
    }
    for (Tree tree : ensemble.trees()) {
      for (int node = 0; node < tree.nodes(); node++) {
        if (!tree.isLeaf(node)) {
          sorted.get(tree.column(node)).add(canonical(tree.value(node)));
        }
      }
    }
    return sorted.stream().map(Thresholds::floats).toArray(float[][]::new);
  }

  /** Turns the negative zero into the positive one, below which the same values are. */
  static float canonical(float threshold) {
    return threshold + 0.0f;
  }

  private static float[] floats(Collection<Float> values) {
    float[] floats = new float[values.size()];
    int i = 0;
    for (float value : values) {
      floats[i++] = value;
    }
    return floats;
  }
}
