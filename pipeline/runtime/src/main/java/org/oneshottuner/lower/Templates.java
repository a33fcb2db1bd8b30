package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.workload.TuningTask;

/** The operator templates, and what they make of a task or a candidate. */
public final class Templates {
  /**
   * Names the templates, their knobs and the code they emit, all together. It changes whenever the
   * space of any task or the code of any candidate does: measurements and models carry it.
   */
  public static final String VERSION = "cpu-6";

  /** Error allowed of kernels that compute the sums as they are defined. */
  static final double DIRECT_TOLERANCE = 1e-5;

  private static final List<Function<TuningTask, Optional<Template>>> ALL =
      List.of(
          DirectConv2d::of,
          PlanarConv2d::of,
          WinogradConv2d::of,
          DepthwiseBlocked::of,
          DepthwisePlanar::of,
          MatrixProduct::of);

  private static final List<String> NAMES =
      List.of(
          DirectConv2d.NAME,
          PlanarConv2d.NAME,
          WinogradConv2d.NAME,
          DepthwiseBlocked.NAME,
          DepthwisePlanar.NAME,
          MatrixProduct.DENSE,
          MatrixProduct.BATCH);

  /** Elements of a task's tensors from which on a template is asked whether its buffers fit. */
  private static final long LARGE = 1L << 26;

  /** Multiply-adds in the time of a vector from beyond the second-level cache. */
  private static final double OPERATIONS_OF_A_FAR_VECTOR = 3;

  /** The share of the first template's work below which another gives the task its default. */
  private static final double CLEARLY_LESS = 0.8;

  private static final RecentSpaces RECENT = new RecentSpaces();

  private Templates() {}

  /**
   * Returns all schedules of a task.
   *
   * @throws IllegalArgumentException if no template can compute it, or none within the memory that
   *     a kernel may take beside the task's tensors
   */
  public static ScheduleSpace space(TuningTask task) {
    return RECENT.of(task, Templates::build);
  }

  private static ScheduleSpace build(TuningTask task) {
    List<Template> templates = of(task);
    boolean large = task.workload().operands(task.lanes()).total() >= LARGE;
    return joined(
        task,
        (large ? fitting(task, templates) : templates).stream().map(Templates::space).toList());
  }

  /** Leaves out the templates whose default schedule takes too much memory. */
  private static List<Template> fitting(TuningTask task, List<Template> templates) {
    List<Template> fitting = new ArrayList<>();
    List<String> excesses = new ArrayList<>();
    for (Template template : templates) {
      Optional<String> excess = excess(template);
      excess.ifPresent(reason -> excesses.add(template.name() + "'s " + reason));
      if (excess.isEmpty()) {
        fitting.add(template);
      }
    }
    if (fitting.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot schedule " + task.key() + ": " + String.join(", ", excesses));
    }
    return fitting;
  }

  private static Optional<String> excess(Template template) {
    TemplateSpace space = space(template);
    if (space.size() == 0) {
      return Optional.empty();
    }
    int[] digits = new int[space.knobs().size()];
    space.digits(space.nearest(wishes(space, template)), digits);
    return template.lower(space.values(digits)).excess();
  }

  /**
   * Joins the spaces that have members.
   *
   * @throws IllegalArgumentException if none has
   */
  static ScheduleSpace joined(TuningTask task, List<TemplateSpace> spaces) {
    List<TemplateSpace> some = spaces.stream().filter(space -> space.size() > 0).toList();
    if (some.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot schedule "
              + task.key()
              + ": "
              + spaces.stream().map(Templates::whyEmpty).collect(Collectors.joining(", ")));
    }
    return new ScheduleSpace(some);
  }

  /** Names a space's constraints up to the one that left nothing of it. */
  private static String whyEmpty(TemplateSpace space) {
    List<Constraint> kept = new ArrayList<>();
    for (Constraint rule : space.constraints()) {
      kept.add(rule);
      if (new TemplateSpace(space.template(), space.knobs(), kept).size() == 0) {
        break;
      }
    }
    return "nothing of "
        + space.template()
        + " keeps "
        + kept.stream().map(Constraint::name).toList();
  }

  /**
   * Returns the kernel of a candidate.
   *
   * @param name C identifier that all its symbols begin with
   * @throws IllegalArgumentException if the schedule is not of the task's space, or its kernel
   *     takes more memory beside the task's tensors than one may
   */
  public static KernelSource lower(Candidate candidate, String name) {
    return CPrinter.print(
        name,
        List.of(
            "workload: " + candidate.task().workload().text(),
            "target:   " + candidate.task().target().text(),
            "schedule: " + candidate.schedule().text()),
        nest(candidate));
  }

  /** Returns the loop nest of a candidate. */
  static LoopNest nest(Candidate candidate) {
    ScheduleSpace space = space(candidate.task());
    Schedule member = space.at(space.indexOf(candidate.schedule()));
    LoopNest nest = template(candidate).lower(values(new Candidate(candidate.task(), member)));
    Optional<String> excess = nest.excess();
    if (excess.isPresent()) {
      throw new IllegalArgumentException("Cannot lower " + candidate.key() + ": " + excess.get());
    }
    return Folding.of(nest);
  }

  /**
   * Returns the error allowed of a candidate's output, as a share of the largest magnitude in the
   * reference output.
   */
  public static double tolerance(Candidate candidate) {
    return template(candidate).tolerance(values(candidate));
  }

  /** Returns the schedule to use for a task of which nothing is known. */
  public static Schedule defaultSchedule(TuningTask task) {
    return templateDefaults(task).get(0);
  }

  /**
   * Returns the default schedule of each template; the first is the default of the task, the others
   * follow in the order in which the space joins them. It is that of the space's first template,
   * unless another takes less than four fifths of its multiply-adds, and of all its work; then the
   * one with the least work.
   */
  public static List<Schedule> templateDefaults(TuningTask task) {
    ScheduleSpace space = space(task);
    List<Schedule> defaults = new ArrayList<>();
    List<Work> work = new ArrayList<>();
    for (int place = 0; place < space.templates().size(); place++) {
      TemplateSpace part = space.templates().get(place);
      Template template = template(task, part.template());
      long member = part.nearest(wishes(part, template));
      defaults.add(space.at(space.start(place) + member));
      work.add(work(task, template, part, member));
    }
    int first = 0;
    for (int place = 1; place < defaults.size(); place++) {
      boolean clearly = work.get(place).isClearlyLess(work.get(0));
      first = clearly && work.get(place).all() < work.get(first).all() ? place : first;
    }
    defaults.add(0, defaults.remove(first));
    return defaults;
  }

  /**
   * What a schedule takes by its traits, in vector operations of the busiest thread.
   *
   * @param fmas multiply-adds
   * @param all those, other operations, and memory's traffic in operations that take as long
   */
  private record Work(double fmas, double all) {
    boolean isClearlyLess(Work other) {
      return fmas < CLEARLY_LESS * other.fmas && all < CLEARLY_LESS * other.all;
    }
  }

  private static Work work(TuningTask task, Template template, TemplateSpace space, long member) {
    int[] digits = new int[space.knobs().size()];
    space.digits(member, digits);
    Map<Trait, Double> traits = new EnumMap<>(Trait.class);
    for (Trait.Reader reader : template.traits()) {
      traits.put(reader.trait(), reader.value().applyAsDouble(space.values(digits)));
    }
    double bytes =
        traits.getOrDefault(Trait.SCRATCH_TRAFFIC, 0.0)
            + OPERATIONS_OF_A_FAR_VECTOR * traits.getOrDefault(Trait.OUTER_TRAFFIC, 0.0);
    double fmas = traits.getOrDefault(Trait.EXECUTED_FMAS, 0.0);
    double all =
        fmas
            + traits.getOrDefault(Trait.TRANSFORM_OPS, 0.0)
            + traits.getOrDefault(Trait.SCATTERED_STORES, 0.0)
            + bytes / task.target().vectorBytes();
    double imbalance = traits.getOrDefault(Trait.IMBALANCE, 1.0);
    return new Work(imbalance * fmas, imbalance * all);
  }

  /** Returns the names of all templates, in the order in which a space joins them. */
  public static List<String> names() {
    return NAMES;
  }

  /** Returns what is known of a template's schedules without lowering them. */
  public static List<Trait.Reader> traits(TuningTask task, String template) {
    return template(task, template).traits();
  }

  /** Returns the units of the busiest thread over the mean of all threads. */
  static double imbalance(long units, int threads) {
    return (double) Choices.ceil(units, threads) * threads / units;
  }

  private static List<Template> of(TuningTask task) {
    List<Template> templates =
        ALL.stream().map(template -> template.apply(task)).flatMap(Optional::stream).toList();
    if (templates.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot schedule " + task.key() + ": no template computes it");
    }
    return templates;
  }

  private static Template template(TuningTask task, String name) {
    return of(task).stream()
        .filter(template -> template.name().equals(name))
        .findFirst()
        .orElseThrow(() -> unknown(task, name));
  }

  private static IllegalArgumentException unknown(TuningTask task, String template) {
    return new IllegalArgumentException(
        "Cannot find template " + template + " for " + task.workload().text());
  }

  private static Template template(Candidate candidate) {
    return template(candidate.task(), candidate.schedule().template());
  }

  private static KnobValues values(Candidate candidate) {
    String template = candidate.schedule().template();
    TemplateSpace space =
        space(candidate.task()).templates().stream()
            .filter(part -> part.template().equals(template))
            .findFirst()
            .orElseThrow(() -> unknown(candidate.task(), template));
    int[] digits = new int[space.knobs().size()];
    for (int i = 0; i < digits.length; i++) {
      digits[i] =
          digit(space.knobs().get(i), candidate.schedule().text(space.knobs().get(i).name()));
    }
    return space.values(digits);
  }

  private static int[] wishes(TemplateSpace space, Template template) {
    Map<String, String> wishes = template.wishes();
    int[] digits = new int[space.knobs().size()];
    for (int i = 0; i < digits.length; i++) {
      Knob knob = space.knobs().get(i);
      String wish = wishes.getOrDefault(knob.name(), knob.text(0));
      digits[i] =
          knob instanceof Knob.Choice
              ? Math.max(0, digit(knob, wish))
              : closest(knob, Integer.parseInt(wish));
    }
    return digits;
  }

  private static int closest(Knob knob, int wish) {
    int best = 0;
    for (int digit = 1; digit < knob.size(); digit++) {
      if (Math.abs(knob.number(digit) - wish) < Math.abs(knob.number(best) - wish)) {
        best = digit;
      }
    }
    return best;
  }

  private static int digit(Knob knob, String text) {
    for (int digit = 0; digit < knob.size(); digit++) {
      if (knob.text(digit).equals(text)) {
        return digit;
      }
    }
    return -1;
  }

  private static TemplateSpace space(Template template) {
    return new TemplateSpace(template.name(), template.knobs(), template.constraints());
  }
}
