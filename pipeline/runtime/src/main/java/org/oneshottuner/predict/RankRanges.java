package org.oneshottuner.predict;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.oneshottuner.feature.SpaceColumn;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;

/**
 * The least and the largest rank that columns which depend on the same knobs have among the members
 * of a box.
 *
 * <p>A column may rise and fall with its knobs as it likes: its ranks are kept for each combination
 * of the knobs' choices, as {@link TemplateScorer} keeps them, and a box is asked for all
 * combinations within its bounds. Those that no member has do not count. Columns of too many
 * combinations are taken to have any rank until a box has few of them. Not thread-safe.
 */
final class RankRanges {
  /** Numbers in an answer for each column. */
  static final int PARTS = 3;

  /** Where an answer has the least rank of a column. */
  static final int LEAST = 0;

  /** Where it has the largest, which is above all thresholds if a value is missing. */
  static final int MOST = 1;

  /** Where it has the largest rank of the values that are not missing, -1 if all are. */
  static final int MOST_PRESENT = 2;

  /** Ranks kept: 1 MiB. */
  private static final int MOST_KEPT = 1 << 18;

  /** Combinations that are gone through for one box where ranks are not kept. */
  private static final int MOST_VISITED = 1 << 8;

  /** Answers kept. */
  private static final int MOST_ANSWERS = 1 << 11;

  private final RankedTrees trees;
  private final TemplateSpace template;
  private final TemplateSpace.Boxes boxes;
  private final int[] knobs;
  private final int[] places;
  private final List<SpaceColumn> columns;
  private final int[] anything;
  // by place in knobs: what a step counts in the number of a combination, and its bits in a key
  private final int[] strides;
  private final int[] bits;
  private final boolean kept;
  private final boolean keyed;
  // by combination, or of the one at hand alone: whether it was looked at, and a member has it
  private final boolean[] known;
  private final boolean[] real;
  private final int[] ranks;
  private final Map<Long, int[]> answers = new HashMap<>();
  // by knob of the template: the combination at hand, and bounds of the members that have it
  private final int[] digits;
  private final int[] first;
  private final int[] last;

  /**
   * Prepares columns.
   *
   * @param knobs that they depend on
   * @param places of the columns in {@link RankedTrees#columns()}
   * @param columns over the template, in the same order
   */
  RankRanges(
      RankedTrees trees,
      TemplateSpace template,
      int[] knobs,
      int[] places,
      List<SpaceColumn> columns) {
    this.trees = trees;
    this.template = template;
    this.boxes = template.boxes();
    this.knobs = knobs;
    this.places = places;
    this.columns = columns;
    this.anything = anything();
    this.strides = new int[knobs.length];
    this.bits = new int[knobs.length];
    long size = 1;
    int keyBits = 0;
    for (int i = 0; i < knobs.length; i++) {
      int choices = choices(knobs[i]);
      strides[i] = (int) size;
      size = Math.min(size * choices, MOST_KEPT + 1L);
      bits[i] = Integer.SIZE - Integer.numberOfLeadingZeros(choices - 1);
      keyBits += 2 * bits[i];
    }
    this.keyed = keyBits <= Long.SIZE;
    this.kept = size * places.length <= MOST_KEPT;
    int entries = kept ? (int) size : 1;
    this.known = new boolean[entries];
    this.real = new boolean[entries];
    this.ranks = new int[entries * places.length];
    int all = template.knobs().size();
    this.digits = new int[all];
    this.first = new int[all];
    this.last = new int[all];
    Arrays.setAll(last, knob -> choices(knob) - 1);
  }

  private int choices(int knob) {
    return template.knobs().get(knob).size();
  }

  private int[] anything() {
    int[] answer = new int[PARTS * places.length];
    for (int column = 0; column < places.length; column++) {
      int thresholds = trees.thresholds(places[column]);
      answer[PARTS * column + MOST] = thresholds + 1;
      answer[PARTS * column + MOST_PRESENT] = thresholds;
    }
    return answer;
  }

  /**
   * Returns bounds of the columns' ranks, {@link #PARTS} numbers a column; not to be written to.
   *
   * @param low for each knob of the template, the place of the first choice in the box
   * @param high for each knob of the template, the place of the last choice in the box, which holds
   *     a member
   */
  int[] within(int[] low, int[] high) {
    if (!keyed) {
      return look(low, high);
    }
    long key = 0;
    for (int i = 0; i < knobs.length; i++) {
      key = (((key << bits[i]) | low[knobs[i]]) << bits[i]) | high[knobs[i]];
    }
    // a key's own hash has few of its bits
    long mixed = SplitMix64.mix(key);
    int[] answer = answers.get(mixed);
    if (answer == null) {
      answer = look(low, high);
      if (answers.size() == MOST_ANSWERS) {
        answers.clear();
      }
      answers.put(mixed, answer);
    }
    return answer;
  }

  private int[] look(int[] low, int[] high) {
    if (!kept && combinations(low, high) > MOST_VISITED) {
      return anything;
    }
    int[] answer = new int[PARTS * places.length];
    for (int column = 0; column < places.length; column++) {
      answer[PARTS * column + LEAST] = Integer.MAX_VALUE;
      answer[PARTS * column + MOST] = -1;
      answer[PARTS * column + MOST_PRESENT] = -1;
    }
    for (int knob : knobs) {
      digits[knob] = low[knob];
    }
    do {
      int entry = entry();
      if (isReal(entry)) {
        widen(answer, entry * places.length);
      }
    } while (next(low, high));
    return answer;
  }

  private long combinations(int[] low, int[] high) {
    long product = 1;
    for (int knob : knobs) {
      product = Math.min(product * (high[knob] - low[knob] + 1L), Integer.MAX_VALUE);
    }
    return product;
  }

  /** Returns where the combination at hand is kept. */
  private int entry() {
    if (!kept) {
      known[0] = false;
      return 0;
    }
    int entry = 0;
    for (int i = 0; i < knobs.length; i++) {
      entry += digits[knobs[i]] * strides[i];
    }
    return entry;
  }

  /** Returns whether a member has the combination at hand; its ranks are then there. */
  private boolean isReal(int entry) {
    if (!known[entry]) {
      known[entry] = true;
      real[entry] = isMembers();
      // a column need not have a value where there is no member
      for (int column = 0; real[entry] && column < places.length; column++) {
        ranks[entry * places.length + column] =
            trees.rank(places[column], columns.get(column).value(digits));
      }
    }
    return real[entry];
  }

  private boolean isMembers() {
    for (int knob : knobs) {
      first[knob] = digits[knob];
      last[knob] = digits[knob];
    }
    boolean found = boxes.first(first, last) >= 0;
    for (int knob : knobs) {
      first[knob] = 0;
      last[knob] = choices(knob) - 1;
    }
    return found;
  }

  private void widen(int[] answer, int from) {
    for (int column = 0; column < places.length; column++) {
      int rank = ranks[from + column];
      int at = PARTS * column;
      answer[at + LEAST] = Math.min(answer[at + LEAST], rank);
      answer[at + MOST] = Math.max(answer[at + MOST], rank);
      if (rank <= trees.thresholds(places[column])) {
        answer[at + MOST_PRESENT] = Math.max(answer[at + MOST_PRESENT], rank);
      }
    }
  }

  private boolean next(int[] low, int[] high) {
    for (int knob : knobs) {
      if (digits[knob] < high[knob]) {
        digits[knob]++;
        return true;
      }
      digits[knob] = low[knob];
    }
    return false;
  }
}
