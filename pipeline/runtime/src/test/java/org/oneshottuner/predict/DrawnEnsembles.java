package org.oneshottuner.predict;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.oneshottuner.space.SplitMix64;

/** Draws ensembles, and rows that sit on and around their thresholds. */
final class DrawnEnsembles {
  private static final float[] ODD = {
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    0.0f,
    -0.0f,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    Float.MAX_VALUE,
    -Float.MAX_VALUE
  };

  private DrawnEnsembles() {}

  /** Returns the seed of drawn tests: {@code -Dtests.seed}, else a fixed one. */
  static long seed() {
    String given = System.getProperty("tests.seed", "");
    return given.isBlank() ? 20260101 : Long.parseLong(given);
  }

  static Ensemble ensemble(SplitMix64 draw, int columns, int trees, int depth) {
    List<Tree> drawn = new ArrayList<>();
    for (int t = 0; t < trees; t++) {
      drawn.add(tree(draw, columns, depth));
    }
    return Ensemble.of("drawn-1", columns, (float) (draw.nextDouble() - 0.5), drawn);
  }

  static Tree tree(SplitMix64 draw, int columns, int depth) {
    int most = (2 << depth) - 1;
    int[] splits = new int[most];
    float[] values = new float[most];
    boolean[] defaults = new boolean[most];
    int[] levels = new int[depth + 2];
    int waiting = 1;
    int size = 0;
    while (waiting > 0) {
      int level = levels[--waiting];
      boolean leaf = level == depth || draw.nextLong(8) == 0;
      splits[size] = leaf ? Tree.LEAF : (int) draw.nextLong(columns);
      values[size] = leaf ? (float) (draw.nextDouble() - 0.5) : threshold(draw);
      defaults[size++] = !leaf && draw.nextLong(2) == 0;
      if (!leaf) {
        levels[waiting++] = level + 1;
        levels[waiting++] = level + 1;
      }
    }
    return Tree.of(
        Arrays.copyOf(splits, size), Arrays.copyOf(values, size), Arrays.copyOf(defaults, size));
  }

  private static float threshold(SplitMix64 draw) {
    return draw.nextLong(50) == 0
        ? ODD[1 + (int) draw.nextLong(ODD.length - 1)]
        : (draw.nextLong(40) - 20) / 8.0f;
  }

  static float[] rows(SplitMix64 draw, int columns, int count) {
    float[] rows = new float[columns * count];
    for (int i = 0; i < rows.length; i++) {
      rows[i] =
          switch ((int) draw.nextLong(8)) {
            case 0 -> ODD[(int) draw.nextLong(ODD.length)];
            case 1 -> Math.nextUp((draw.nextLong(40) - 20) / 8.0f);
            case 2 -> Math.nextDown((draw.nextLong(40) - 20) / 8.0f);
            case 3 -> (float) (draw.nextDouble() * 6 - 3);
            default -> (draw.nextLong(40) - 20) / 8.0f;
          };
    }
    return rows;
  }
}
