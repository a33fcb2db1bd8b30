package org.oneshottuner.jobs.stage;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.oneshottuner.dataset.NearDuplicates;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Ways to pick a schedule of a task without a model and without measuring that task. */
final class Baselines {
  private static final String ROOFLINE = "roofline";
  private static final int BLOCK = 2048;

  /** The fastest measured schedule of each task that was learnt from, by its workload. */
  private final Map<Workload, Best> known;

  /**
   * A measured schedule.
   *
   * @param schedule as text
   * @param nanos its label
   */
  record Best(String schedule, double nanos) {}

  Baselines(Map<Workload, Best> known) {
    this.known = Map.copyOf(known);
  }

  /** Returns the member that an analytical roofline calls fastest. */
  static Schedule analytical(TuningTask task) {
    ScheduleSpace space = Templates.space(task);
    SpaceFeatures features = SpaceFeatures.of(task, space);
    int width = FeatureSchema.CURRENT.size();
    int column = FeatureSchema.CURRENT.place(ROOFLINE);
    float[] rows = new float[BLOCK * width];
    long best = 0;
    float least = Float.POSITIVE_INFINITY;
    for (long from = 0; from < space.size(); from += BLOCK) {
      int count = (int) Math.min(BLOCK, space.size() - from);
      features.fill(from, count, rows);
      for (int i = 0; i < count; i++) {
        float cycles = rows[i * width + column];
        if (cycles < least) {
          least = cycles;
          best = from + i;
        }
      }
    }
    return space.at(best);
  }

  /**
   * Returns the best schedule of the nearest task that was measured, as near as this space has it.
   */
  Optional<Schedule> nearest(TuningTask task) {
    NearDuplicates distance = new NearDuplicates(List.of(task.workload()));
    return known.entrySet().stream()
        .filter(entry -> entry.getKey().kind().equals(task.workload().kind()))
        .filter(entry -> entry.getKey().layout() == task.workload().layout())
        .min(
            Comparator.<Map.Entry<Workload, Best>>comparingDouble(
                    entry -> distance.distance(entry.getKey()))
                .thenComparing(entry -> entry.getKey().text()))
        .flatMap(entry -> moved(entry.getValue().schedule(), task));
  }

  /** Returns the schedule that was most often best among measured tasks of the kind. */
  Optional<Schedule> single(TuningTask task) {
    Map<String, Integer> counts = new TreeMap<>();
    known.forEach(
        (workload, best) -> {
          if (workload.kind().equals(task.workload().kind())
              && workload.layout() == task.workload().layout()) {
            counts.merge(best.schedule(), 1, Integer::sum);
          }
        });
    return counts.entrySet().stream()
        .max(
            Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
        .flatMap(entry -> moved(entry.getKey(), task));
  }

  /** Returns the member of a task's space that is nearest to a schedule of another's. */
  private static Optional<Schedule> moved(String text, TuningTask task) {
    ScheduleSpace space = Templates.space(task);
    Schedule wished = Schedule.parse(space.id(), text);
    for (int place = 0; place < space.templates().size(); place++) {
      TemplateSpace template = space.templates().get(place);
      if (template.template().equals(wished.template())) {
        int[] wishes = new int[template.knobs().size()];
        for (int i = 0; i < wishes.length; i++) {
          wishes[i] = digit(template.knobs().get(i), wished);
        }
        return Optional.of(space.at(space.start(place) + template.nearest(wishes)));
      }
    }
    return Optional.empty();
  }

  private static int digit(Knob knob, Schedule wished) {
    Optional<String> value =
        wished.settings().stream()
            .filter(setting -> setting.knob().equals(knob.name()))
            .map(Schedule.Setting::value)
            .findFirst();
    int best = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int digit = 0; digit < knob.size() && value.isPresent(); digit++) {
      double far = distance(knob.text(digit), value.get());
      if (far < least) {
        least = far;
        best = digit;
      }
    }
    return best;
  }

  private static double distance(String one, String other) {
    if (one.equals(other)) {
      return 0;
    }
    boolean numbers = one.matches("[0-9]{1,9}") && other.matches("[0-9]{1,9}");
    return numbers
        ? Math.abs(StrictMath.log((1.0 + Integer.parseInt(one)) / (1.0 + Integer.parseInt(other))))
        : Double.MAX_VALUE;
  }
}
