package org.oneshottuner.compile;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.oneshottuner.feature.FeatureColumn;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.predict.BestMembers;
import org.oneshottuner.predict.Compatibility;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.predict.FrozenModelReader;
import org.oneshottuner.predict.ScoredMember;
import org.oneshottuner.predict.SearchBudget;
import org.oneshottuner.predict.SpaceScorer;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.workload.TuningTask;

/**
 * Picks schedules for operators that were never measured, by a frozen predictor, and generates
 * their kernels.
 *
 * <p>Every member of a task's space is scored, or ruled out with others that cannot score more;
 * nothing is run and nothing is measured. The same model and task give the same choice on every
 * machine. Immutable and thread-safe.
 */
public final class OneShotTuner {
  private static final int BLOCK = 1 << 14;

  private final FrozenModel model;
  private final String source;

  private OneShotTuner(FrozenModel model, String source) {
    this.model = requireNonNull(model, "model");
    this.source = source;
  }

  /** Returns what a model must agree on to be served by this version of the runtime. */
  public static Compatibility served() {
    return new Compatibility(
        FeatureSchema.CURRENT.id(),
        FeatureSchema.CURRENT.columns().stream().map(FeatureColumn::name).toList(),
        Templates.VERSION);
  }

  /**
   * Reads a frozen model.
   *
   * @param file that {@code export} wrote
   * @throws org.oneshottuner.predict.ModelFormatException if the file is damaged, or of another
   *     version, feature schema or space family
   */
  public static OneShotTuner load(Path file) {
    return new OneShotTuner(FrozenModelReader.read(file, served()), file.toString());
  }

  /**
   * Serves a model that is already in memory.
   *
   * @throws IllegalArgumentException if it is of another feature schema or space family
   */
  public static OneShotTuner of(FrozenModel model) {
    if (!model.compatibility().equals(served())) {
      throw new IllegalArgumentException(
          "Cannot serve a model of schema "
              + model.compatibility().schemaId()
              + " and spaces "
              + model.compatibility().spaceFamily()
              + ": this runtime has "
              + served().schemaId()
              + " and "
              + served().spaceFamily());
    }
    return new OneShotTuner(model, "in memory");
  }

  /** Returns the model. */
  public FrozenModel model() {
    return model;
  }

  /**
   * Picks the schedule predicted to be fastest.
   *
   * @throws IllegalArgumentException if the model was trained for a target of another name, or no
   *     template computes the task
   */
  public Choice choose(TuningTask task) {
    return choose(task, SearchBudget.DEFAULT);
  }

  /**
   * As {@link #choose(TuningTask)}, with other bounds on the work: a task's space beyond the
   * budget's members is searched, as {@link BestMembers} does, not scored.
   */
  public Choice choose(TuningTask task, SearchBudget budget) {
    mustServe(task);
    ScheduleSpace space = Templates.space(task);
    if (space.size() > budget.members()) {
      return searched(task, space, budget);
    }
    Ballot ballot = new Ballot(space);
    scores(task, space, ballot::take);
    return ballot.choice(task);
  }

  /**
   * Tells where a schedule stands among all of its task's.
   *
   * @throws IllegalArgumentException as {@link #choose} does, or if the schedule is not of the
   *     task's space
   */
  public Standing standing(TuningTask task, Schedule schedule) {
    mustServe(task);
    ScheduleSpace space = Templates.space(task);
    long own = space.indexOf(schedule);
    float[] row = new float[FeatureSchema.CURRENT.size()];
    SpaceFeatures.of(task, space).fill(own, 1, row);
    float score = model.ensemble().score(row);
    long[] ahead = new long[1];
    scores(
        task,
        space,
        (index, other) -> ahead[0] += other > score || (other == score && index < own) ? 1 : 0);
    return new Standing(schedule, score, ahead[0] + 1, space.size());
  }

  /** Picks a schedule for each task, in order. */
  public List<Choice> chooseAll(List<TuningTask> tasks) {
    List<Choice> choices = new ArrayList<>();
    for (TuningTask task : tasks) {
      choices.add(choose(task));
    }
    return choices;
  }

  /**
   * Picks a schedule and generates its kernel.
   *
   * @param name C identifier that all symbols of the kernel begin with
   * @throws IllegalArgumentException as {@link #choose} does, or if {@code name} is no C identifier
   */
  public CompiledKernel compile(TuningTask task, String name) {
    Choice choice = choose(task);
    KernelSource kernel = Templates.lower(new Candidate(task, choice.schedule()), name);
    return new CompiledKernel(choice, kernel);
  }

  private void mustServe(TuningTask task) {
    if (!task.target().name().equals(model.target().name())) {
      throw new IllegalArgumentException(
          "Cannot choose for target "
              + task.target().name()
              + ": model "
              + source
              + " was trained for "
              + model.target().name());
    }
  }

  private Choice searched(TuningTask task, ScheduleSpace space, SearchBudget budget) {
    BestMembers best = new BestMembers(SpaceFeatures.of(task, space), model.ensemble(), budget);
    BestMembers.Found found = best.find(2);
    ScoredMember runnerUp = found.members().get(found.members().size() - 1);
    return new Choice(
        task,
        space.at(found.best().index()),
        found.best().score(),
        space.size(),
        found.gap(),
        space.at(runnerUp.index()),
        runnerUp.score(),
        List.of());
  }

  /** Takes the score of one member. */
  private interface Scored {
    void take(long index, float score);
  }

  private void scores(TuningTask task, ScheduleSpace space, Scored scored) {
    SpaceScorer scorer = new SpaceScorer(SpaceFeatures.of(task, space), model.ensemble());
    float[] out = new float[(int) Math.min(BLOCK, space.size())];
    for (long from = 0; from < space.size(); from += BLOCK) {
      int count = (int) Math.min(BLOCK, space.size() - from);
      scorer.score(from, from + count, out);
      for (int i = 0; i < count; i++) {
        scored.take(from + i, out[i]);
      }
    }
  }

  /** The best member so far, the best but one, and the best for each choice of each knob. */
  private static final class Ballot {
    private final ScheduleSpace space;
    private final float[][][] best;
    private long first = -1;
    private long second = -1;
    private float firstScore = Float.NEGATIVE_INFINITY;
    private float secondScore = Float.NEGATIVE_INFINITY;
    private int place;
    private TemplateSpace.Cursor cursor;

    Ballot(ScheduleSpace space) {
      this.space = space;
      this.cursor = space.templates().get(0).cursor(0);
      this.best = new float[space.templates().size()][][];
      for (int place = 0; place < best.length; place++) {
        TemplateSpace template = space.templates().get(place);
        best[place] = new float[template.knobs().size()][];
        for (int knob = 0; knob < best[place].length; knob++) {
          best[place][knob] = new float[template.knobs().get(knob).size()];
          Arrays.fill(best[place][knob], Float.NEGATIVE_INFINITY);
        }
      }
    }

    /** Takes the members in order, from the first on. */
    void take(long index, float score) {
      if (score > firstScore || first < 0) {
        second = first;
        secondScore = firstScore;
        first = index;
        firstScore = score;
      } else if (score > secondScore || second < 0) {
        second = index;
        secondScore = score;
      }
      if (index == space.start(place + 1)) {
        place++;
        cursor = space.templates().get(place).cursor(0);
      }
      int[] digits = cursor.digits();
      for (int knob = 0; knob < digits.length; knob++) {
        float[] scores = best[place][knob];
        if (score > scores[digits[knob]]) {
          scores[digits[knob]] = score;
        }
      }
      if (cursor.next() == 0 && index < space.start(place + 1) - 1) {
        throw new IllegalStateException("Cannot walk on from member " + index);
      }
    }

    Choice choice(TuningTask task) {
      Schedule chosen = space.at(first);
      long other = second < 0 ? first : second;
      return new Choice(
          task,
          chosen,
          firstScore,
          space.size(),
          0,
          space.at(other),
          second < 0 ? firstScore : secondScore,
          alternatives(chosen));
    }

    private List<Choice.Alternative> alternatives(Schedule chosen) {
      List<Choice.Alternative> alternatives = new ArrayList<>();
      int chosenPlace = space.templateOf(first);
      float bestOther = Float.NEGATIVE_INFINITY;
      String otherTemplate = "";
      for (int i = 0; i < best.length; i++) {
        float score = highest(best[i][0], -1);
        if (i != chosenPlace && score > bestOther) {
          bestOther = score;
          otherTemplate = space.templates().get(i).template();
        }
      }
      if (!otherTemplate.isEmpty()) {
        alternatives.add(
            new Choice.Alternative(
                "template", chosen.template(), otherTemplate, firstScore - bestOther));
      }
      TemplateSpace template = space.templates().get(chosenPlace);
      int[] taken = new int[template.knobs().size()];
      template.digits(first - space.start(chosenPlace), taken);
      for (int knob = 0; knob < taken.length; knob++) {
        float[] scores = best[chosenPlace][knob];
        float score = highest(scores, taken[knob]);
        if (score > Float.NEGATIVE_INFINITY) {
          int digit = 0;
          while (digit == taken[knob] || scores[digit] != score) {
            digit++;
          }
          alternatives.add(
              new Choice.Alternative(
                  template.knobs().get(knob).name(),
                  template.knobs().get(knob).text(taken[knob]),
                  template.knobs().get(knob).text(digit),
                  firstScore - score));
        }
      }
      alternatives.sort(Comparator.comparingDouble(Choice.Alternative::scoreLost).reversed());
      return alternatives;
    }

    private static float highest(float[] scores, int but) {
      float highest = Float.NEGATIVE_INFINITY;
      for (int i = 0; i < scores.length; i++) {
        highest = i == but ? highest : Math.max(highest, scores[i]);
      }
      return highest;
    }
  }
}
