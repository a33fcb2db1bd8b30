package org.oneshottuner.lower;

import java.util.Collection;
import java.util.Set;
import org.oneshottuner.space.KnobValues;

/** Shows some knobs of a schedule, and refuses to show others. */
public final class OnlyKnobs implements KnobValues {
  private final Set<String> shown;
  private final KnobValues values;

  /** Shows only {@code shown} of {@code values}. */
  public OnlyKnobs(Collection<String> shown, KnobValues values) {
    this.shown = Set.copyOf(shown);
    this.values = values;
  }

  @Override
  public int number(String knob) {
    return values.number(show(knob));
  }

  @Override
  public String text(String knob) {
    return values.text(show(knob));
  }

  private String show(String knob) {
    if (!shown.contains(knob)) {
      throw new AssertionError("reads knob " + knob + ", declares " + shown);
    }
    return knob;
  }
}
