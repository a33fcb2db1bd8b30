package org.oneshottuner.predict;

import org.oneshottuner.space.TemplateSpace;

/** The choices of some members of one template. Not thread-safe. */
final class MemberBlock {
  private final int capacity;
  // by knob and row
  private final int[] choices;
  private final int[] digits;
  private int count;

  /**
   * Makes room.
   *
   * @param knobs the template's
   * @param capacity the most members
   */
  MemberBlock(int knobs, int capacity) {
    this.capacity = capacity;
    this.choices = new int[knobs * capacity];
    this.digits = new int[knobs];
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
    for (int row = 0; row < members; row++) {
      put(row, at);
      if (cursor.next() == 0 && row < members - 1) {
        throw new IndexOutOfBoundsException(
            "Cannot take " + members + " members from " + from + " on: size is " + template.size());
      }
    }
  }

  /** Takes members of the template that lie anywhere. */
  void take(TemplateSpace template, long[] members, int many) {
    count = many;
    for (int row = 0; row < many; row++) {
      template.digits(members[row], digits);
      put(row, digits);
    }
  }

  private void put(int row, int[] from) {
    for (int knob = 0; knob < from.length; knob++) {
      choices[knob * capacity + row] = from[knob];
    }
  }

  /** Returns, for each knob, the place of one member's choice; good until the next call. */
  int[] digits(int row) {
    for (int knob = 0; knob < digits.length; knob++) {
      digits[knob] = choices[knob * capacity + row];
    }
    return digits;
  }

  /**
   * Numbers the members' combinations of some knobs' choices.
   *
   * @param knobs places of the knobs
   * @param strides for each of them, what a step of its choice counts
   * @param entries receives the numbers
   */
  void entries(int[] knobs, int[] strides, int[] entries) {
    int first = knobs[0] * capacity;
    for (int row = 0; row < count; row++) {
      entries[row] = choices[first + row];
    }
    for (int i = 1; i < knobs.length; i++) {
      add(knobs[i] * capacity, strides[i], entries);
    }
  }

  private void add(int from, int stride, int[] entries) {
    for (int row = 0; row < count; row++) {
      entries[row] += choices[from + row] * stride;
    }
  }
}
