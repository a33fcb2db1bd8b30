package org.oneshottuner.lower;

import java.util.List;

/**
 * An array of vector registers.
 *
 * @param name C identifier, unique among those in scope
 * @param lanes elements of each register: a power of two; one is a scalar
 * @param extents of the array; empty for a single register
 */
public record Local(String name, int lanes, List<Integer> extents) {
  /** Copies the list and checks the lanes. */
  public Local {
    extents = List.copyOf(extents);
    if (lanes < 1 || Integer.bitCount(lanes) != 1) {
      throw new IllegalArgumentException(
          "Cannot keep " + name + " in registers of " + lanes + " lanes");
    }
  }

  /** Returns a register array. */
  public static Local of(String name, int lanes, Integer... extents) {
    return new Local(name, lanes, List.of(extents));
  }

  /** Returns the register at constant or unrolled subscripts. */
  public Value.Read at(Index... subscripts) {
    return new Value.Read(this, List.of(subscripts));
  }
}
