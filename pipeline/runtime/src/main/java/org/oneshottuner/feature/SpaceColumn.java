package org.oneshottuner.feature;

/**
 * One column over the members of one template, as a function of the knobs that it depends on. May
 * remember what it computed, so not thread-safe.
 */
public interface SpaceColumn {
  /**
   * Returns the places of the knobs that the value depends on, in rising order; none where all
   * members have the same value.
   */
  int[] knobs();

  /**
   * Returns the value of the members with these choices, NaN if it is missing.
   *
   * @param digits for each knob of the template, the place of its choice; only those in {@link
   *     #knobs()} are read
   */
  float value(int[] digits);
}
