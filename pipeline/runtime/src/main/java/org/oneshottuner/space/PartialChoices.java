package org.oneshottuner.space;

import java.util.Arrays;

/**
 * Numbers choices of the last knobs of a template, alike where those that are still to be compared
 * are alike. Each number keeps the choices that it was first given for. Not thread-safe.
 */
final class PartialChoices {
  private static final int SPREAD = 0x9E3779B9;
  private static final int LEAST_SLOTS = 64;

  private final int knobs;
  // places of the knobs that are compared
  private final int[] live;
  // by number and knob
  private int[] digits;
  private int count;
  // by slot: a number, or -1
  private int[] table;

  /**
   * Makes an empty set.
   *
   * @param knobs of the template
   * @param live places of those that tell choices apart
   */
  PartialChoices(int knobs, int[] live) {
    this.knobs = knobs;
    this.live = live.clone();
    this.digits = new int[LEAST_SLOTS / 2 * knobs];
    this.table = new int[LEAST_SLOTS];
    Arrays.fill(table, -1);
  }

  /** Returns a set with the first choice of each knob alone. */
  static PartialChoices first(int knobs) {
    PartialChoices first = new PartialChoices(knobs, new int[0]);
    first.count = 1;
    return first;
  }

  /** Returns how many there are. */
  int count() {
    return count;
  }

  /** Writes the choices that a number was first given for. */
  void read(int number, int[] to) {
    System.arraycopy(digits, number * knobs, to, 0, knobs);
  }

  /** Returns the number of these choices, a new one if there are none like them. */
  int number(int[] choices) {
    int slot = slot(choices, 0);
    while (table[slot] >= 0) {
      if (same(choices, table[slot] * knobs)) {
        return table[slot];
      }
      slot = (slot + 1) & (table.length - 1);
    }
    int number = add(choices);
    table[slot] = number;
    if (2 * count > table.length) {
      grow();
    }
    return number;
  }

  /** Returns a new number for these choices; whoever asks this for one never asks for another's. */
  int add(int[] choices) {
    if ((count + 1) * knobs > digits.length) {
      digits = Arrays.copyOf(digits, 2 * digits.length);
    }
    System.arraycopy(choices, 0, digits, count * knobs, knobs);
    return count++;
  }

  private void grow() {
    table = new int[2 * table.length];
    Arrays.fill(table, -1);
    for (int number = 0; number < count; number++) {
      int slot = slot(digits, number * knobs);
      while (table[slot] >= 0) {
        slot = (slot + 1) & (table.length - 1);
      }
      table[slot] = number;
    }
  }

  private int slot(int[] from, int start) {
    int hash = 0;
    for (int knob : live) {
      hash = (hash + from[start + knob]) * SPREAD;
      hash ^= hash >>> (Integer.SIZE / 2);
    }
    return hash & (table.length - 1);
  }

  private boolean same(int[] choices, int start) {
    for (int knob : live) {
      if (choices[knob] != digits[start + knob]) {
        return false;
      }
    }
    return true;
  }
}
