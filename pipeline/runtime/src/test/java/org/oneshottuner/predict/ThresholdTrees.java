package org.oneshottuner.predict;

import java.util.ArrayList;
import java.util.List;
import org.oneshottuner.space.SplitMix64;

/** Draws ensembles whose thresholds are values that rows have, or lie next to them. */
final class ThresholdTrees {
  private ThresholdTrees() {}

  static Ensemble ensemble(String schemaId, int width, float[] rows, SplitMix64 random) {
    int depth = 1 + (int) random.nextLong(Tree.MAX_DEPTH);
    List<Tree> trees = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      trees.add(tree(depth, width, rows, random));
    }
    return Ensemble.of(schemaId, width, (float) random.nextDouble(), trees);
  }

  private static Tree tree(int depth, int width, float[] rows, SplitMix64 random) {
    List<Integer> columns = new ArrayList<>();
    List<Float> values = new ArrayList<>();
    List<Boolean> missingLeft = new ArrayList<>();
    grow(
        depth,
        random,
        split -> {
          int column = (int) random.nextLong(width);
          columns.add(split ? column : Tree.LEAF);
          values.add(
              split ? threshold(rows, width, column, random) : (float) (random.nextDouble() - 0.5));
          missingLeft.add(split && random.nextLong(2) == 0);
        });
    float[] numbers = new float[values.size()];
    boolean[] lefts = new boolean[values.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = values.get(i);
      lefts[i] = missingLeft.get(i);
    }
    return Tree.of(columns.stream().mapToInt(Integer::intValue).toArray(), numbers, lefts);
  }

  private interface Nodes {
    void add(boolean split);
  }

  private static void grow(int depth, SplitMix64 random, Nodes nodes) {
    boolean split = depth > 0 && random.nextLong(10) > 0;
    nodes.add(split);
    if (split) {
      grow(depth - 1, random, nodes);
      grow(depth - 1, random, nodes);
    }
  }

  private static float threshold(float[] rows, int width, int column, SplitMix64 random) {
    float value = rows[(int) random.nextLong(rows.length / width) * width + column];
    if (Float.isNaN(value)) {
      return random.nextLong(2) == 0 ? 0 : Float.NEGATIVE_INFINITY;
    }
    return switch ((int) random.nextLong(12)) {
      case 0 -> Math.nextUp(value);
      case 1 -> Math.nextDown(value);
      case 2 -> Float.POSITIVE_INFINITY;
      case 3 -> Float.NEGATIVE_INFINITY;
      case 4 -> -0.0f;
      case 5 -> 0.0f;
      default -> value == 0 ? -0.0f : value;
    };
  }
}
