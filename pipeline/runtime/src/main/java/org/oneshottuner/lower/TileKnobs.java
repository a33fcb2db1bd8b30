package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.rule;

import java.util.List;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.CpuTarget;

/**
 * The knobs of a register tile whose vectors stay in registers for a step, while one scalar after
 * the other is multiplied with all of them.
 *
 * @param rows the knob of its scalars
 * @param vectors the knob of its vectors
 * @param target what it runs on
 */
record TileKnobs(String rows, String vectors, CpuTarget target) {
  /** Returns the sums of a tile. */
  long sums(KnobValues v) {
    return (long) v.number(rows) * v.number(vectors);
  }

  /** Returns whether the sums, the vectors of a step and a scalar have a register each. */
  boolean fits(int scalars, int loaded) {
    return registers(scalars, loaded) <= target.vectorRegisters();
  }

  private static int registers(int scalars, int loaded) {
    return scalars * loaded + loaded + 1;
  }

  /** Returns the rule that a tile fits. */
  Constraint fitting() {
    return rule(
        rows + "*" + vectors + "+" + vectors + "+1<=" + target.vectorRegisters(),
        List.of(rows, vectors),
        v -> fits(v.number(rows), v.number(vectors)));
  }

  /** Adds what is known of a tile. */
  void describe(Trait.Table traits) {
    double registers = target.vectorRegisters();
    traits.add(Trait.ACCUMULATORS, this::sums, rows, vectors);
    traits.add(Trait.TILE_ROWS, v -> v.number(rows), rows);
    traits.add(Trait.TILE_VECTORS, v -> v.number(vectors), vectors);
    traits.add(
        Trait.REGISTER_SHARE,
        v -> registers(v.number(rows), v.number(vectors)) / registers,
        rows,
        vectors);
    traits.add(
        Trait.FMAS_PER_LOAD,
        v -> (double) sums(v) / (v.number(rows) + v.number(vectors)),
        rows,
        vectors);
  }

  /** Adds whether scalars are part of the multiply-add. */
  void describeScalars(Trait.Table traits) {
    // the compiler reads a broadcast in the multiply-add where that is its only use
    traits.add(
        Trait.EMBEDDED,
        v -> RegisterTile.embedsBroadcasts(target) && v.number(vectors) == 1 ? 1 : 0,
        vectors);
  }
}
