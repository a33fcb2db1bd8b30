package org.oneshottuner.predict;

import java.util.List;
import org.oneshottuner.space.Knob;

/**
 * Bounds on the choices of each knob of one template; constraints may forbid what lies within.
 * Immutable.
 */
final class Extent {
  private final int template;
  // by knob, its first choice and its last
  private final char[] bounds;

  private Extent(int template, char[] bounds) {
    this.template = template;
    this.bounds = bounds;
  }

  /**
   * Returns the extent of all combinations.
   *
   * @param template its place in the space
   * @param knobs its knobs, each of at most 65,536 choices
   */
  static Extent whole(int template, List<Knob> knobs) {
    char[] bounds = new char[2 * knobs.size()];
    for (int knob = 0; knob < knobs.size(); knob++) {
      int last = knobs.get(knob).size() - 1;
      if (last > Character.MAX_VALUE) {
        throw new IllegalArgumentException(
            "Cannot search knob " + knobs.get(knob).name() + " of " + (last + 1L) + " choices");
      }
      bounds[2 * knob + 1] = (char) last;
    }
    return new Extent(template, bounds);
  }

  /** Returns the place of its template in the space. */
  int template() {
    return template;
  }

  /** Writes the first and the last choice of each knob. */
  void read(int[] low, int[] high) {
    for (int knob = 0; knob < low.length; knob++) {
      low[knob] = bounds[2 * knob];
      high[knob] = bounds[2 * knob + 1];
    }
  }

  /** Returns how many combinations it has, or {@code most} if there are more. */
  long volume(long most) {
    long volume = 1;
    for (int knob = 0; 2 * knob < bounds.length && volume < most; knob++) {
      volume *= bounds[2 * knob + 1] - bounds[2 * knob] + 1L;
    }
    return Math.min(volume, most);
  }

  /** Returns the half with the earlier choices of a knob that is not settled. */
  Extent earlier(int knob) {
    char[] half = bounds.clone();
    half[2 * knob + 1] = (char) middle(knob);
    return new Extent(template, half);
  }

  /** Returns the other half. */
  Extent later(int knob) {
    char[] half = bounds.clone();
    half[2 * knob] = (char) (middle(knob) + 1);
    return new Extent(template, half);
  }

  private int middle(int knob) {
    return (bounds[2 * knob] + bounds[2 * knob + 1]) >>> 1;
  }
}
