package org.oneshottuner.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.export.Freezer;
import org.oneshottuner.export.Provenance;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.predict.Calibration;
import org.oneshottuner.predict.Domain;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.report.ScoringComparison;
import org.oneshottuner.sample.WorkloadList;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares how fast we pick the best member of a task's space with XGBoost in place and H2O's
 * predictor, on ensembles trained on real tasks; from task to pick, all that is done for a task
 * included. Programs take turns, each with all tasks, so that none finds a space that another
 * built. All must pick the same member with the same score; H2O's, which adds in another order, a
 * member of the same score but for rounding. A program of its own, so that nothing runs beside it;
 * it ends when its standard input does.
 *
 * <p>{@code Scoring WORKLOADS TARGET ENSEMBLES ROUNDS RESULTS}: ensembles as in {@code
 * 100x6,300x8}, trees by depth; results are a {@link ScoringComparison} as JSON.
 */
public final class Scoring {
  private static final Logger LOG = LoggerFactory.getLogger(Scoring.class);

  /** More tasks than the runtime keeps spaces of. */
  private static final int LEAST_TASKS = 17;

  private static final int WARM_UPS = 10;
  private static final int ARGUMENTS = 5;
  private static final long SEED = 1;
  private static final long REST_NANOS = 100_000_000;
  private static final float ROUNDING = 1e-4f;
  private static final String PICK = "pick";
  private static final String ROWS = "rows";
  private static final String OURS = "oneshot";
  private static final String XGBOOST = "xgboost";
  private static final String H2O = "h2o";

  private final CpuTarget target;
  private final List<TuningTask> tasks;
  private final int rounds;
  private final TaskBooster training;
  private final List<ScoringComparison.Row> rows = new ArrayList<>();
  private long members;

  private Scoring(CpuTarget target, List<TuningTask> tasks, int rounds) {
    this.target = target;
    this.tasks = tasks;
    this.rounds = rounds;
    this.training = TaskBooster.of(tasks, target, SEED);
  }

  /**
   * Runs the program.
   *
   * @throws IllegalArgumentException if the arguments cannot be used
   */
  public static void main(String[] arguments) throws InterruptedException {
    if (arguments.length != ARGUMENTS) {
      throw new IllegalArgumentException(
          "Cannot compare scoring: expected WORKLOADS TARGET ENSEMBLES ROUNDS RESULTS, found "
              + arguments.length
              + " arguments");
    }
    Lifeline.hold(Thread.currentThread());
    CpuTarget target = CpuTarget.named(arguments[1]);
    List<TuningTask> tasks = tasks(Path.of(arguments[0]), target);
    List<int[]> sizes = sizes(arguments[2]);
    ScoringComparison comparison =
        new Scoring(target, tasks, Integer.parseInt(arguments[3])).compare(sizes);
    try {
      Files.writeString(
          Path.of(arguments[4]),
          JsonMapper.builder()
              .build()
              .writerWithDefaultPrettyPrinter()
              .writeValueAsString(comparison),
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + arguments[4] + ": " + e, e);
    }
  }

  private static List<TuningTask> tasks(Path file, CpuTarget target) {
    List<TuningTask> tasks =
        WorkloadList.read(file).entries().stream()
            .map(entry -> new TuningTask(entry.workload(), target, 1))
            .toList();
    if (tasks.size() < LEAST_TASKS) {
      throw new IllegalArgumentException(
          "Cannot compare scoring on "
              + tasks.size()
              + " workloads of "
              + file
              + ": least is "
              + LEAST_TASKS
              + ", as the spaces of fewer would be kept");
    }
    return tasks;
  }

  /** Reads trees and depths, as in {@code 100x6,300x8}. */
  static List<int[]> sizes(String text) {
    List<int[]> sizes = new ArrayList<>();
    for (String size : text.split(",", -1)) {
      if (!size.matches("[1-9][0-9]{0,4}x([1-9]|10)")) {
        throw new IllegalArgumentException(
            "Cannot score ensemble '" + size + "': expected trees by depth, such as 300x8");
      }
      sizes.add(Arrays.stream(size.split("x", -1)).mapToInt(Integer::parseInt).toArray());
    }
    return sizes;
  }

  private ScoringComparison compare(List<int[]> sizes) throws InterruptedException {
    for (int[] size : sizes) {
      String name = size[0] + "x" + size[1];
      LOG.info("training {} on members of {} tasks and others", name, tasks.size());
      Booster booster = training.train(size[0], size[1]);
      Booster second = copy(booster);
      try {
        compare(name, booster, second);
      } catch (XGBoostError e) {
        throw new IllegalStateException("Cannot score with XGBoost: " + e.getMessage(), e);
      } finally {
        booster.dispose();
        second.dispose();
      }
    }
    return new ScoringComparison(
        System.getProperty("java.vm.version", ""),
        Runtime.getRuntime().availableProcessors(),
        tasks.size(),
        members,
        rows);
  }

  private static Booster copy(Booster booster) {
    try {
      return XGBoost.loadModel(booster.toByteArray("ubj"));
    } catch (XGBoostError | IOException e) {
      throw new IllegalStateException("Cannot copy a booster: " + e.getMessage(), e);
    }
  }

  private void compare(String name, Booster one, Booster two)
      throws XGBoostError, InterruptedException {
    one.setParam("nthread", 1);
    two.setParam("nthread", 2);
    FrozenModel model =
        Freezer.freeze(
            one,
            new Provenance(
                OneShotTuner.served(),
                new FrozenModel.TargetText(target.name(), target.text()),
                List.of(),
                List.of(),
                Calibration.NONE,
                Domain.ANYTHING));
    OneShotTuner tuner = OneShotTuner.of(model);
    Ensemble ensemble = model.ensemble();
    List<Turn> turns =
        List.of(
            new Turn(OURS, 1, rounds, PickSide.of(tuner)),
            new Turn(OURS, 2, rounds, PickSide.of(tuner.withThreads(2))),
            new Turn(XGBOOST, 1, rounds, PickSide.of(PickSide.xgboost(one))),
            new Turn(XGBOOST, 2, rounds, PickSide.of(PickSide.xgboost(two))),
            new Turn(H2O, 1, rounds, PickSide.of(PickSide.h2o(ensemble))));
    for (int round = -WARM_UPS; round < rounds; round++) {
      for (Turn turn : turns) {
        turn.take(round, tasks);
      }
    }
    mustAgree(turns);
    members = turns.get(0).members;
    for (Turn turn : turns) {
      say(turn.row(name, PICK));
    }
    rowsIn(name, ensemble, one);
  }

  private void mustAgree(List<Turn> turns) {
    for (Turn turn : turns) {
      for (TuningTask task : tasks) {
        PickSide.Pick ours = turns.get(0).picks.get(task);
        PickSide.Pick other = turn.picks.get(task);
        if (ours == null || other == null || !turn.agrees(ours, other)) {
          throw new IllegalStateException(
              "Cannot compare scoring: of "
                  + task.key()
                  + ", "
                  + turn.program
                  + " picks "
                  + other
                  + " where "
                  + OURS
                  + " picks "
                  + ours);
        }
      }
    }
  }

  /** Compares on rows of features that are there already. */
  private void rowsIn(String name, Ensemble ensemble, Booster booster) throws InterruptedException {
    int width = FeatureSchema.CURRENT.size();
    Map<TuningTask, float[]> blocks = new LinkedHashMap<>();
    for (TuningTask task : tasks) {
      ScheduleSpace space = Templates.space(task);
      int count = (int) Math.min(PickSide.BLOCK, space.size());
      float[] block = new float[count * width];
      SpaceFeatures.of(task, space).fill((space.size() - count) / 2, count, block);
      blocks.put(task, block);
    }
    List<Turn> turns =
        List.of(
            new Turn(OURS, 1, rounds, ofBlocks(blocks, PickSide.rows(ensemble))),
            new Turn(XGBOOST, 1, rounds, ofBlocks(blocks, PickSide.xgboost(booster))));
    for (int round = -WARM_UPS; round < rounds; round++) {
      for (Turn turn : turns) {
        turn.take(round, tasks);
      }
    }
    mustAgree(turns);
    long count = blocks.values().stream().mapToLong(block -> block.length / width).sum();
    for (Turn turn : turns) {
      turn.members = count;
      say(turn.row(name, ROWS));
    }
  }

  /** Returns what scores a task's rows; instead of a pick it tells a digest of all scores. */
  private static PickSide ofBlocks(Map<TuningTask, float[]> blocks, PickSide.RowScorer scorer) {
    int width = FeatureSchema.CURRENT.size();
    float[] out = new float[PickSide.BLOCK];
    return task -> {
      float[] block = blocks.getOrDefault(task, new float[0]);
      Arrays.fill(out, 0);
      scorer.score(block, block.length / width, out);
      return new PickSide.Pick(Arrays.hashCode(out), out[0]);
    };
  }

  private void say(ScoringComparison.Row row) {
    rows.add(row);
    LOG.info(
        "{} {} {} by {} threads: {} ns a member",
        row.ensemble(),
        row.work(),
        row.program(),
        row.threads(),
        Math.round(row.nanosOfMember()));
  }

  /** One program's turns. */
  private static final class Turn {
    private final String program;
    private final int threads;
    private final int warmUps;
    private final int rounds;
    private final PickSide side;
    private final Map<TuningTask, PickSide.Pick> picks = new LinkedHashMap<>();
    private final List<Long> cpu = new ArrayList<>();
    private final List<Long> wall = new ArrayList<>();
    private long members;

    Turn(String program, int threads, int rounds, PickSide side) {
      this.program = program;
      this.threads = threads;
      // H2O's is slow: one turn to warm up and one to be timed are many seconds
      this.warmUps = program.equals(H2O) ? 1 : WARM_UPS;
      this.rounds = program.equals(H2O) ? 1 : rounds;
      this.side = side;
    }

    void take(int round, List<TuningTask> tasks) throws InterruptedException {
      if (round < -warmUps || round >= rounds) {
        return;
      }
      // threads of a native program's pool may spin for a while after it returns
      LockSupport.parkNanos(REST_NANOS);
      if (Thread.interrupted()) {
        throw new InterruptedException("Cannot go on comparing scoring: interrupted");
      }
      long wallBegin = System.nanoTime();
      long cpuBegin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      for (TuningTask task : tasks) {
        picks.put(task, side.pick(task));
      }
      long cpuEnd = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      long wallEnd = System.nanoTime();
      if (round >= 0) {
        cpu.add(cpuEnd - cpuBegin);
        wall.add(wallEnd - wallBegin);
      }
      members = tasks.stream().mapToLong(task -> Templates.space(task).size()).sum();
    }

    /** H2O's predictor adds the base score after the trees, so that last bits differ. */
    boolean agrees(PickSide.Pick ours, PickSide.Pick other) {
      return program.equals(H2O)
          ? Math.abs(ours.score() - other.score()) <= ROUNDING * Math.abs(ours.score())
          : ours.equals(other);
    }

    ScoringComparison.Row row(String ensemble, String work) {
      double clock = median(wall) / members;
      return new ScoringComparison.Row(
          ensemble, work, program, threads, threads == 1 ? median(cpu) / members : clock, clock);
    }

    private static double median(List<Long> nanos) {
      List<Long> sorted = nanos.stream().sorted().toList();
      return sorted.get(sorted.size() / 2);
    }
  }
}
