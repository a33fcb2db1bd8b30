package org.oneshottuner.lower;

import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.space.TemplateSpace;

/** Makes the knobs and constraints that templates share. */
final class Choices {
  private Choices() {}

  /** A size to cut an extent into: those of the wanted sizes below it, and the extent itself. */
  static Knob.Split sizes(String name, int extent, int... wanted) {
    TreeSet<Integer> sizes = new TreeSet<>(List.of(extent));
    IntStream.of(wanted).filter(size -> size < extent).forEach(sizes::add);
    return new Knob.Split(name, extent, List.copyOf(sizes));
  }

  /**
   * A size to cut an extent into: those of the wanted sizes that are not larger, or one where all
   * are.
   */
  static Knob.Split upTo(String name, int extent, int... wanted) {
    TreeSet<Integer> sizes = new TreeSet<>();
    IntStream.of(wanted).filter(size -> size <= extent).forEach(sizes::add);
    if (sizes.isEmpty()) {
      sizes.add(1);
    }
    return new Knob.Split(name, extent, List.copyOf(sizes));
  }

  /**
   * A size to cut an extent into: the extent itself, and of some sizes those that are the least for
   * the number of pieces they leave.
   */
  static Knob.Split pieces(String name, int extent, int... wanted) {
    return sizes(
        name,
        extent,
        IntStream.of(wanted)
            .filter(size -> size == 1 || ceil(extent, size) < ceil(extent, size - 1L))
            .toArray());
  }

  /** A count: those of the wanted values that are kept, or one where none is. */
  static Knob.Count counts(String name, IntPredicate kept, int... wanted) {
    TreeSet<Integer> values = new TreeSet<>();
    IntStream.of(wanted).filter(kept).forEach(values::add);
    if (values.isEmpty()) {
      values.add(1);
    }
    return new Knob.Count(name, List.copyOf(values));
  }

  /** Returns the most that a count gets over all choices of some knobs that keep the rules. */
  static long most(List<Knob> knobs, List<Constraint> rules, ToLongFunction<KnobValues> value) {
    long[] most = {Long.MIN_VALUE};
    each(knobs, rules, v -> most[0] = Math.max(most[0], value.applyAsLong(v)));
    return most[0];
  }

  /** Returns the greatest value over all choices of some knobs that keep the rules. */
  static double greatest(
      List<Knob> knobs, List<Constraint> rules, ToDoubleFunction<KnobValues> value) {
    double[] greatest = {Double.NEGATIVE_INFINITY};
    each(knobs, rules, v -> greatest[0] = Math.max(greatest[0], value.applyAsDouble(v)));
    return greatest[0];
  }

  /** Hands over all choices of some knobs that keep the rules. */
  static void each(List<Knob> knobs, List<Constraint> rules, Consumer<KnobValues> consumer) {
    TemplateSpace space = new TemplateSpace("choices", knobs, rules);
    int[] digits = new int[knobs.size()];
    for (long index = 0; index < space.size(); index++) {
      space.digits(index, digits);
      consumer.accept(space.values(digits));
    }
  }

  static Constraint rule(String name, List<String> knobs, Predicate<KnobValues> holds) {
    return new Constraint(name, knobs, holds);
  }

  static long ceil(long extent, long size) {
    return (extent + size - 1) / size;
  }
}
