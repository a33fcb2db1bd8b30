package org.oneshottuner.compile;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.ArrayList;
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
import org.oneshottuner.predict.ServingPolicy;
import org.oneshottuner.predict.SpaceScorer;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
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

  /** Members whose scores are kept side by side, to tell what other decisions cost: 16 MiB. */
  private static final int MOST_WEIGHED = 1 << 22;

  private static final int MOST_THREADS = 1024;

  private final FrozenModel model;
  private final String source;
  private final int threads;

  private OneShotTuner(FrozenModel model, String source, int threads) {
    this.model = requireNonNull(model, "model");
    this.source = source;
    this.threads = threads;
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
    return load(file, ServingPolicy.ANY);
  }

  /**
   * Reads a frozen model, if a policy allows it.
   *
   * @throws org.oneshottuner.predict.ModelFormatException as {@link #load(Path)} does, or if it is
   *     not signed by a key that the policy trusts, rolled back, or expired
   */
  public static OneShotTuner load(Path file, ServingPolicy policy) {
    return new OneShotTuner(FrozenModelReader.read(file, served(), policy), file.toString(), 1);
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
    return new OneShotTuner(model, "in memory", 1);
  }

  /**
   * Returns a tuner that scores large spaces by several threads; it makes the same choices. Spaces
   * that are searched keep to the calling thread.
   *
   * @param count how many threads work on one task; 1 is the calling thread alone, which is always
   *     one of them
   * @throws IllegalArgumentException if it is not from 1 to 1024
   */
  public OneShotTuner withThreads(int count) {
    if (count < 1 || count > MOST_THREADS) {
      throw new IllegalArgumentException(
          "Cannot choose by " + count + " threads: expected 1 to " + MOST_THREADS);
    }
    return new OneShotTuner(model, source, count);
  }

  /** Returns the model. */
  public FrozenModel model() {
    return model;
  }

  /**
   * Picks the schedule predicted to be fastest; the default schedule for a task beyond all that the
   * predictor has learnt from ({@link Choice#basis}).
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
    Choice predicted = predicted(task, Templates.space(task), budget);
    List<Integer> beyond = model.domain().beyond(FeatureSchema.CURRENT.ofTask(task));
    return beyond.isEmpty() ? predicted : byDefault(predicted, beyond);
  }

  private Choice predicted(TuningTask task, ScheduleSpace space, SearchBudget budget) {
    if (space.size() > Math.min(budget.members(), MOST_WEIGHED)) {
      return searched(task, space, budget);
    }
    return new Ballot(space, AllScores.of(task, space, model.ensemble(), threads)).choice(task);
  }

  private Choice byDefault(Choice predicted, List<Integer> beyond) {
    Schedule schedule = Templates.defaultSchedule(predicted.task());
    return new Choice(
        predicted.task(),
        schedule,
        score(predicted.task(), schedule),
        predicted.candidates(),
        predicted.gap(),
        predicted.schedule(),
        predicted.score(),
        List.of(),
        beyond.stream().map(column -> FeatureSchema.CURRENT.columns().get(column).name()).toList());
  }

  /**
   * Returns the score of one schedule; only comparable within the task, and larger is faster.
   *
   * @throws IllegalArgumentException as {@link #choose} does, or if the schedule is not of the
   *     task's space
   */
  public float score(TuningTask task, Schedule schedule) {
    mustServe(task);
    ScheduleSpace space = Templates.space(task);
    float[] row = new float[FeatureSchema.CURRENT.size()];
    SpaceFeatures.of(task, space).fill(space.indexOf(schedule), 1, row);
    return model.ensemble().score(row);
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
    float score = score(task, schedule);
    SpaceScorer scorer = new SpaceScorer(SpaceFeatures.of(task, space), model.ensemble());
    float[] block = new float[(int) Math.min(BLOCK, space.size())];
    long ahead = 0;
    for (long from = 0; from < space.size(); from += block.length) {
      int count = (int) Math.min(block.length, space.size() - from);
      scorer.score(from, from + count, block);
      for (int i = 0; i < count; i++) {
        ahead += block[i] > score || (block[i] == score && from + i < own) ? 1 : 0;
      }
    }
    return new Standing(schedule, score, ahead + 1, space.size());
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
        List.of(),
        List.of());
  }
}
