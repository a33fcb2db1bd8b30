package org.oneshottuner.search;

import java.util.List;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.TuningTask;

/**
 * Times made up from features, for searches to be tried on without a device: rugged by a few
 * percent, and with schedules that fail.
 */
final class Landscape {
  private static final double ROUGHNESS = 0.03;

  private final ScheduleSpace space;
  private final SpaceFeatures features;
  private final long failures;

  private Landscape(TuningTask task, long failures) {
    this.space = Templates.space(task);
    this.features = SpaceFeatures.of(task, space);
    this.failures = failures;
  }

  /** Returns a landscape on which every schedule has a time. */
  static Landscape of(TuningTask task) {
    return new Landscape(task, Long.MAX_VALUE);
  }

  /** Returns a landscape on which one schedule of {@code failures} fails. */
  static Landscape failing(TuningTask task, long failures) {
    return new Landscape(task, failures);
  }

  List<Trial> measure(List<Schedule> schedules) {
    return schedules.stream().map(this::measure).toList();
  }

  private Trial measure(Schedule schedule) {
    long member = space.indexOf(schedule);
    long hash = SplitMix64.mix(member + 1) >>> 11;
    return hash % failures == 0
        ? Trial.failed(schedule)
        : Trial.timed(schedule, nanos(member) * (1 + ROUGHNESS * hash * 0x1.0p-53));
  }

  double nanos(long member) {
    float[] row = new float[FeatureSchema.CURRENT.size()];
    features.fill(member, 1, row);
    double log2 = 0;
    for (int column = 0; column < row.length; column++) {
      if (!Float.isNaN(row[column])) {
        // each column's own optimum and weight; no column says it all
        double optimum = (SplitMix64.mix(column) >>> 11) * 0x1.0p-53 * 8;
        double weight = (SplitMix64.mix(column + 1000) >>> 11) * 0x1.0p-53;
        log2 += weight * Math.min(Math.abs(row[column] - optimum), 6) * 0.25;
      }
    }
    return 1000 * StrictMath.exp(log2 * StrictMath.log(2));
  }
}
