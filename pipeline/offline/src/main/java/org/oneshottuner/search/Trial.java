package org.oneshottuner.search;

import static java.util.Objects.requireNonNull;

import java.util.OptionalDouble;
import org.oneshottuner.space.Schedule;

/**
 * A schedule that has been tried on a device.
 *
 * @param schedule what was tried
 * @param nanos what one call takes; empty if the schedule failed
 */
public record Trial(Schedule schedule, OptionalDouble nanos) {
  /** Checks that a time is a time. */
  public Trial {
    requireNonNull(schedule, "schedule");
    nanos.ifPresent(
        value -> {
          if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                "Cannot report " + value + " ns for '" + schedule + "': expected more than 0");
          }
        });
  }

  /** Returns a trial that ended with a time. */
  public static Trial timed(Schedule schedule, double nanos) {
    return new Trial(schedule, OptionalDouble.of(nanos));
  }

  /** Returns a trial that ended without a time. */
  public static Trial failed(Schedule schedule) {
    return new Trial(schedule, OptionalDouble.empty());
  }
}
