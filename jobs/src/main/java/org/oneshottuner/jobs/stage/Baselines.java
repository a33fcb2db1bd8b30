package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.oneshottuner.dataset.NearDuplicates;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Ways to pick a schedule of a task without a model and without measuring that task. */
final class Baselines {
  private static final String ROOFLINE = "roofline";
  private static final int BLOCK = 2048;

  /** Labels that a mean over few is drawn towards the mean over all by. */
  private static final double PRIOR = 4;

  /** The measured schedules of each task that was learnt from, by its workload. */
  private final Map<Workload, List<Timed>> known;

  /** The text of the best single schedule of each template, best first, by kind and layout. */
  private final Map<String, List<String>> singles = new TreeMap<>();

  /**
   * A measured schedule.
   *
   * @param schedule as text
   * @param nanos its label
   */
  record Timed(String schedule, double nanos) {}

  /** What schedules with something in common take over the best of their tasks, as logarithms. */
  private static final class Mean {
    private double sum;
    private int count;

    void add(double log) {
      sum += log;
      count++;
    }

    double mean() {
      return count == 0 ? 0 : sum / count;
    }

    double towards(double all) {
      return (sum + PRIOR * all) / (count + PRIOR);
    }
  }

  Baselines(Map<Workload, List<Timed>> known) {
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
   * Returns the best schedule, of the templates that this space has, of the nearest task that was
   * measured, as near as this space has it; empty if none was of the kind and layout, or by these
   * templates.
   */
  Optional<Schedule> nearest(TuningTask task) {
    NearDuplicates distance = new NearDuplicates(List.of(task.workload()));
    Set<String> templates =
        Templates.space(task).templates().stream()
            .map(TemplateSpace::template)
            .collect(Collectors.toSet());
    return known.entrySet().stream()
        .filter(entry -> entry.getKey().kind().equals(task.workload().kind()))
        .filter(entry -> entry.getKey().layout() == task.workload().layout())
        .filter(
            entry ->
                entry.getValue().stream().anyMatch(timed -> templates.contains(template(timed))))
        .min(
            Comparator.<Map.Entry<Workload, List<Timed>>>comparingDouble(
                    entry -> distance.distance(entry.getKey()))
                .thenComparing(entry -> entry.getKey().text()))
        .flatMap(
            entry ->
                entry.getValue().stream()
                    .filter(timed -> templates.contains(template(timed)))
                    .min(Comparator.comparingDouble(Timed::nanos).thenComparing(Timed::schedule)))
        .flatMap(best -> moved(best.schedule(), task));
  }

  /**
   * Returns the one schedule for all tasks of the kind and layout, as near as this space has it: of
   * the templates that it has that one, and of this the value of each knob by itself, whose
   * schedules took the least over the best of their tasks, in the geometric mean. Hardly any
   * schedule was measured for two tasks, so that whole schedules could not be compared.
   */
  Optional<Schedule> single(TuningTask task) {
    String kind = task.workload().kind();
    Layout layout = task.workload().layout();
    return singles
        .computeIfAbsent(
            kind + " " + layout,
            key ->
                single(
                    known.entrySet().stream()
                        .filter(entry -> entry.getKey().kind().equals(kind))
                        .filter(entry -> entry.getKey().layout() == layout)
                        .sorted(Comparator.comparing(entry -> entry.getKey().text()))
                        .map(Map.Entry::getValue)
                        .toList()))
        .stream()
        .flatMap(text -> moved(text, task).stream())
        .findFirst();
  }

  private static String template(Timed timed) {
    return Schedule.parse("", timed.schedule()).template();
  }

  private static List<String> single(List<List<Timed>> tasks) {
    Mean all = new Mean();
    Map<String, Mean> templates = new TreeMap<>();
    Map<String, Map<String, Map<String, Mean>>> knobs = new TreeMap<>();
    for (List<Timed> task : tasks) {
      double best = task.stream().mapToDouble(Timed::nanos).min().orElseThrow();
      for (Timed timed : task) {
        double log = StrictMath.log(timed.nanos() / best);
        Schedule schedule = Schedule.parse("", timed.schedule());
        all.add(log);
        templates.computeIfAbsent(schedule.template(), name -> new Mean()).add(log);
        for (Schedule.Setting setting : schedule.settings()) {
          knobs
              .computeIfAbsent(schedule.template(), name -> new LinkedHashMap<>())
              .computeIfAbsent(setting.knob(), name -> new TreeMap<>())
              .computeIfAbsent(setting.value(), name -> new Mean())
              .add(log);
        }
      }
    }
    return leastFirst(templates, all.mean())
        .map(
            template -> {
              StringBuilder text = new StringBuilder(template);
              double usual = requireNonNull(templates.get(template), template).mean();
              knobs
                  .getOrDefault(template, Map.of())
                  .forEach(
                      (knob, values) ->
                          leastFirst(values, usual)
                              .findFirst()
                              .ifPresent(
                                  value ->
                                      text.append(' ').append(knob).append('=').append(value)));
              return text.toString();
            })
        .toList();
  }

  private static Stream<String> leastFirst(Map<String, Mean> means, double all) {
    return means.entrySet().stream()
        .sorted(
            Comparator.<Map.Entry<String, Mean>>comparingDouble(
                    entry -> entry.getValue().towards(all))
                .thenComparing(Map.Entry.comparingByKey()))
        .map(Map.Entry::getKey);
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
