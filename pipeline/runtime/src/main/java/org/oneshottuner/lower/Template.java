package org.oneshottuner.lower;

import java.util.List;
import java.util.Map;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.KnobValues;

/**
 * One way to compute one task: the knobs that it leaves open, how a choice of them is lowered, and
 * what is known of a choice without lowering it. Immutable.
 */
interface Template {
  /** Returns the name that schedules carry, such as {@code conv2d.direct}. */
  String name();

  /** Returns the knobs, the first turning fastest. */
  List<Knob> knobs();

  /** Returns what must hold between knobs, so that every member lowers, builds and is correct. */
  List<Constraint> constraints();

  /**
   * Returns the choices of the default schedule, as text; the nearest that the constraints allow is
   * taken.
   */
  Map<String, String> wishes();

  /** Returns the loop nest of a member. */
  LoopNest lower(KnobValues values);

  /** Returns what is known of a member without lowering it. */
  List<Trait.Reader> traits();

  /**
   * Returns the largest error allowed of a member, as a share of the largest magnitude in the
   * reference output.
   */
  double tolerance(KnobValues values);
}
