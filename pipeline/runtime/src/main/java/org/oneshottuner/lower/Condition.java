package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * A conjunction of bounds on indices.
 *
 * @param bounds all of which must hold; none means true
 */
public record Condition(List<Bound> bounds) {
  /** Holds always. */
  public static final Condition TRUE = new Condition(List.of());

  /**
   * {@code smaller < larger}.
   *
   * @param smaller the left side
   * @param larger the right side
   */
  public record Bound(Index smaller, Index larger) {}

  /** Copies the list. */
  public Condition {
    bounds = List.copyOf(bounds);
  }

  /** Returns {@code smaller < larger}. */
  public static Condition less(Index smaller, Index larger) {
    return new Condition(List.of(new Bound(smaller, larger)));
  }

  /** Returns {@code low <= value < high}. */
  public static Condition within(long low, Index value, long high) {
    return new Condition(
        List.of(new Bound(Index.of(low - 1), value), new Bound(value, Index.of(high))));
  }

  /** Returns the conjunction. */
  public Condition and(Condition other) {
    List<Bound> both = new ArrayList<>(bounds);
    both.addAll(other.bounds);
    return new Condition(both);
  }

  /**
   * Returns the condition with some variables replaced by numbers; bounds that then hold are gone.
   */
  public Condition with(Map<Axis, Long> values) {
    List<Bound> open = new ArrayList<>();
    for (Bound bound : bounds) {
      Bound folded = new Bound(bound.smaller().with(values), bound.larger().with(values));
      if (!(constant(folded) && folded.smaller().constant() < folded.larger().constant())) {
        open.add(folded);
      }
    }
    return new Condition(open);
  }

  /** Returns whether it cannot hold, as far as constants tell. */
  public boolean isFalse() {
    return bounds.stream()
        .anyMatch(
            bound -> constant(bound) && bound.smaller().constant() >= bound.larger().constant());
  }

  /** Returns whether it holds when variables have the given values. */
  public boolean evaluate(ToLongFunction<Axis> values) {
    return bounds.stream()
        .allMatch(bound -> bound.smaller().evaluate(values) < bound.larger().evaluate(values));
  }

  /** Returns the condition as a C expression. */
  public String text() {
    if (bounds.isEmpty()) {
      return "1";
    }
    StringBuilder text = new StringBuilder();
    for (Bound bound : bounds) {
      text.append(text.isEmpty() ? "" : " && ")
          .append(bound.smaller().text())
          .append(" < ")
          .append(bound.larger().text());
    }
    return text.toString();
  }

  private static boolean constant(Bound bound) {
    return bound.smaller().isConstant() && bound.larger().isConstant();
  }
}
