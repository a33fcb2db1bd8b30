package org.oneshottuner.predict;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.oneshottuner.space.TemplateSpace;

/**
 * The choices of some members of one template, and where they change from a member to the next. Not
 * thread-safe.
 */
final class MemberBlock {
  /**
   * Knobs whose choices are kept row by row; those behind them change so seldom that runs are
   * filled.
   */
  private static final int FAST = 4;

  private final int capacity;
  // places of the knobs that have a choice
  private final int[] open;
  // the knobs before this one are kept row by row
  private final int fast;
  // by knob and row
  private final int[] choices;
  private final int[] digits;
  // by row: how many leading knobs may have changed from the row before
  private final int[] changed;
  // by knob: the rows where it, or a knob behind it, may have changed; and the number of rows
  private final int[][] starts;
  private final int[] runs;
  private int count;

  /**
   * Makes room.
   *
   * @param capacity the most members
   */
  MemberBlock(TemplateSpace template, int capacity) {
    int knobs = template.knobs().size();
    this.capacity = capacity;
    this.open =
        IntStream.range(0, knobs).filter(knob -> template.knobs().get(knob).size() > 1).toArray();
    this.fast = open.length > FAST ? open[FAST] : knobs;
    this.choices = new int[knobs * capacity];
    this.digits = new int[knobs];
    this.changed = new int[capacity];
    this.starts = new int[knobs][];
    for (int knob : open) {
      starts[knob] = new int[capacity + 1];
    }
    this.runs = new int[knobs];
  }

  /** Returns how many members it holds. */
  int count() {
    return count;
  }

  /** Takes consecutive members of the template. */
  void take(TemplateSpace template, long from, int members) {
    TemplateSpace.Cursor cursor = template.cursor(from);
    int[] at = cursor.digits();
    count = members;
    int change = digits.length;
    for (int row = 0; row < members; row++) {
      put(row, at, Math.max(fast, change));
      changed[row] = change;
      change = cursor.next();
      if (change == 0 && row < members - 1) {
        throw new IndexOutOfBoundsException(
            "Cannot take " + members + " members from " + from + " on: size is " + template.size());
      }
    }
    findRuns();
  }

  /** Takes members of the template that lie anywhere. */
  void take(TemplateSpace template, long[] members, int many) {
    count = many;
    for (int row = 0; row < many; row++) {
      template.digits(members[row], digits);
      put(row, digits, digits.length);
      changed[row] = digits.length;
    }
    findRuns();
  }

  /** Keeps the choices of the knobs before one. */
  private void put(int row, int[] from, int before) {
    for (int i = 0; i < open.length && open[i] < before; i++) {
      choices[open[i] * capacity + row] = from[open[i]];
    }
  }

  private void findRuns() {
    for (int place = 0; place < open.length; place++) {
      int knob = open[place];
      int[] found = starts[knob];
      int many = 0;
      if (place == 0) {
        for (int row = 0; row < count; row++) {
          found[many] = row;
          many += changed[row] > knob ? 1 : 0;
        }
      } else {
        int[] finer = starts[open[place - 1]];
        int finerRuns = runs[open[place - 1]];
        for (int run = 0; run < finerRuns; run++) {
          int row = finer[run];
          found[many] = row;
          many += changed[row] > knob ? 1 : 0;
        }
      }
      found[many] = count;
      runs[knob] = many;
      if (place >= FAST) {
        fill(knob * capacity, found, many);
      }
    }
  }

  /** Keeps for all rows of a run what is kept for its first. */
  private void fill(int from, int[] found, int many) {
    if (many < count) {
      for (int run = 0; run < many; run++) {
        Arrays.fill(choices, from + found[run], from + found[run + 1], choices[from + found[run]]);
      }
    }
  }

  /**
   * Returns how many runs of rows there are with the same choices of a knob and those behind it.
   */
  int runs(int knob) {
    return runs[knob];
  }

  /**
   * Returns where these runs start, and behind the last the number of rows; not to be written to.
   */
  int[] starts(int knob) {
    return starts[knob];
  }

  /** Returns, for each knob, the place of one member's choice; good until the next call. */
  int[] digits(int row) {
    for (int knob : open) {
      digits[knob] = choices[knob * capacity + row];
    }
    return digits;
  }

  /**
   * Numbers the combinations of some knobs' choices.
   *
   * @param knobs places of the knobs, rising; each has a choice
   * @param strides for each of them, what a step of its choice counts
   * @param entries receives a number for each run of the first knob's
   */
  void entries(int[] knobs, int[] strides, int[] entries) {
    int[] rows = starts[knobs[0]];
    int many = runs[knobs[0]];
    if (2 * many < count) {
      for (int run = 0; run < many; run++) {
        entries[run] = choices[knobs[0] * capacity + rows[run]];
      }
      for (int i = 1; i < knobs.length; i++) {
        int from = knobs[i] * capacity;
        for (int run = 0; run < many; run++) {
          entries[run] += choices[from + rows[run]] * strides[i];
        }
      }
    } else {
      System.arraycopy(choices, knobs[0] * capacity, entries, 0, count);
      for (int i = 1; i < knobs.length; i++) {
        add(knobs[i] * capacity, strides[i], entries);
      }
      for (int run = 0; run < many; run++) {
        entries[run] = entries[rows[run]];
      }
    }
  }

  private void add(int from, int stride, int[] entries) {
    for (int row = 0; row < count; row++) {
      entries[row] += choices[from + row] * stride;
    }
  }
}
