package org.oneshottuner.space;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.function.Predicate;

/**
 * What must hold between some knobs of a template.
 *
 * @param name states the rule and its bounds, such as {@code owt*ocb<=28}; a changed rule has a
 *     changed name, since the space's id is made from it
 * @param knobs the knobs that the rule reads, and the only ones it may read
 * @param holds the rule
 */
public record Constraint(String name, List<String> knobs, Predicate<KnobValues> holds) {
  /** Copies the list and checks that there is a knob. */
  public Constraint {
    requireNonNull(name, "name");
    requireNonNull(holds, "holds");
    knobs = List.copyOf(knobs);
    if (knobs.isEmpty()) {
      throw new IllegalArgumentException("Cannot constrain by '" + name + "': it reads no knob");
    }
  }
}
