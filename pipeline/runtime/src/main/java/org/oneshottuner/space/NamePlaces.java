package org.oneshottuner.space;

import java.util.Arrays;
import java.util.List;

/** Finds a name's place among a few names: millions of times a task. Immutable. */
final class NamePlaces {
  private static final int SPREAD = 0x9E3779B9;
  private static final int SLOTS_OF_NAME = 4;

  private final String[] names;
  private final int shift;
  // by slot: a place, or -1
  private final int[] table;

  /** Keeps the first place of each name. */
  NamePlaces(List<String> names) {
    this.names = names.toArray(String[]::new);
    int slots = SLOTS_OF_NAME * Math.max(1, this.names.length);
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(slots);
    this.shift = Integer.SIZE - bits;
    this.table = new int[1 << bits];
    Arrays.fill(table, -1);
    for (int place = 0; place < this.names.length; place++) {
      if (of(this.names[place]) < 0) {
        int slot = slot(this.names[place]);
        while (table[slot] >= 0) {
          slot = (slot + 1) & (table.length - 1);
        }
        table[slot] = place;
      }
    }
  }

  private int slot(String name) {
    return (name.hashCode() * SPREAD) >>> shift;
  }

  /** Returns a name's place, or -1 if it is none of the names. */
  int of(String name) {
    int slot = slot(name);
    while (table[slot] >= 0) {
      String found = names[table[slot]];
      if (found.equals(name)) {
        return table[slot];
      }
      slot = (slot + 1) & (table.length - 1);
    }
    return -1;
  }

  @Override
  public String toString() {
    return Arrays.toString(names);
  }
}
