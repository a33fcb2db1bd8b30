package org.oneshottuner.space;

/** The values that a schedule, or a part of one, gives to knobs. */
public interface KnobValues {
  /**
   * Returns a knob's value as a number; for a {@link Knob.Choice} the place of its label.
   *
   * @throws IllegalArgumentException if the knob has no value here
   */
  int number(String knob);

  /**
   * Returns a knob's value as it stands in a schedule's text.
   *
   * @throws IllegalArgumentException if the knob has no value here
   */
  String text(String knob);

  /** Returns whether a knob has the value {@code text}. */
  default boolean is(String knob, String text) {
    return text(knob).equals(text);
  }
}
