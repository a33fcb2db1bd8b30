package org.oneshottuner.bench;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.SpaceScorer;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Candidates enumerated, featurised and scored a second and core, all that is done for a task
 * included: by rows of features, and by {@link SpaceScorer}. The two take turns task by task and
 * are timed by their thread's processor time, so that their ratio holds on a busy machine. The
 * benchmark's own score is the time of one turn of both.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4, time = 4)
@Measurement(iterations = 1, time = 20) // what the sides count is summed over iterations
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls prepare() before anything else
public class TaskScoringBenchmark {
  private static final int WIDTH = FeatureSchema.CURRENT.size();
  private static final int BLOCK = 2048;
  private static final int ROWS_OF_TASK = 200;

  /** Layers of networks; on each known target, they are more than spaces are kept. */
  private static final List<String> WORKLOADS =
      List.of(
          "conv2d n=1 c=3 h=224 w=224 k=64 r=7 s=7 stride=2 pad=3 epilogue=bias+relu",
          "conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1 epilogue=bias+relu",
          "conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1 layout=nchw16c epilogue=bias+add+relu",
          "conv2d n=1 c=256 h=56 w=56 k=512 r=1 s=1 stride=2 epilogue=bias",
          "conv2d n=1 c=128 h=28 w=28 k=128 r=3 s=3 pad=1 layout=nchw16c epilogue=bias+relu",
          "conv2d n=1 c=256 h=14 w=14 k=256 r=3 s=3 pad=1 epilogue=bias+relu",
          "conv2d n=8 c=256 h=14 w=14 k=1024 r=1 s=1 layout=nchw16c epilogue=bias",
          "conv2d n=1 c=512 h=7 w=7 k=2048 r=1 s=1 epilogue=bias+add+relu",
          "conv2d n=1 c=128 h=17 w=17 k=192 r=1 s=7 pad=0,3,0,3 epilogue=bias+relu",
          "conv2d n=1 c=128 h=56 w=56 k=128 r=3 s=3 pad=1 groups=32 epilogue=bias+relu",
          "conv2d n=1 c=32 h=112 w=112 k=64 r=3 s=3 pad=1 epilogue=bias+relu",
          "conv2d n=1 c=144 h=56 w=56 k=24 r=1 s=1 epilogue=bias",
          "depthwise_conv2d n=1 c=96 h=112 w=112 r=3 s=3 stride=2 pad=1 epilogue=bias+relu6",
          "depthwise_conv2d n=1 c=384 h=14 w=14 r=3 s=3 pad=1 layout=nchw16c epilogue=bias+relu6",
          "dense m=128 n=3072 k=768 epilogue=bias+gelu",
          "dense m=1 n=1000 k=2048 epilogue=bias",
          "batch_matmul b=12 m=128 n=128 k=64");

  /** Trees by depth. */
  @Param({"200x6", "300x8"})
  public String ensemble = "";

  private final List<TuningTask> tasks = new ArrayList<>();
  private Ensemble model;
  private int turn;

  /** What both sides did in an iteration, and how fast. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Sides {
    private long rowMembers;
    private long rowNanos;
    private long spaceMembers;
    private long spaceNanos;

    /** Forgets the iteration before. */
    @Setup(Level.Iteration)
    public void reset() {
      rowMembers = 0;
      rowNanos = 0;
      spaceMembers = 0;
      spaceNanos = 0;
    }

    /** Returns the candidates a second and core by rows of features. */
    public double rowsPerSecond() {
      return 1e9 * rowMembers / Math.max(1, rowNanos);
    }

    /** Returns the candidates a second and core by the space's scorer. */
    public double spacePerSecond() {
      return 1e9 * spaceMembers / Math.max(1, spaceNanos);
    }

    /** Returns how many times as fast the space's scorer is. */
    public double ratio() {
      return spacePerSecond() / Math.max(1, rowsPerSecond());
    }
  }

  /** Prepares the tasks and a model that splits at their values. */
  @Setup
  public void prepare() {
    for (String text : WORKLOADS) {
      for (CpuTarget target : CpuTarget.known()) {
        tasks.add(new TuningTask(Workload.parse(text), target, 1));
      }
    }
    float[] rows = new float[tasks.size() * ROWS_OF_TASK * WIDTH];
    float[] row = new float[WIDTH];
    SplitMix64 random = new SplitMix64(1);
    int at = 0;
    for (TuningTask task : tasks) {
      ScheduleSpace space = Templates.space(task);
      SpaceFeatures features = SpaceFeatures.of(task, space);
      for (int i = 0; i < ROWS_OF_TASK; i++) {
        features.fill(random.nextLong(space.size()), 1, row);
        System.arraycopy(row, 0, rows, at, WIDTH);
        at += WIDTH;
      }
    }
    model = DrawnTrees.ensemble(ensemble, rows);
  }

  /** Scores one task each way, never the same, so that neither finds the other's space. */
  @Benchmark
  public float[] takeTurns(Sides sides) {
    TuningTask one = tasks.get(turn);
    TuningTask other = tasks.get((turn + tasks.size() / 2) % tasks.size());
    turn = (turn + 1) % tasks.size();
    long begin = cpuNanos();
    float[] byRows = byRows(one);
    long middle = cpuNanos();
    float[] bySpace = bySpace(other);
    long end = cpuNanos();
    sides.rowMembers += byRows.length;
    sides.rowNanos += middle - begin;
    sides.spaceMembers += bySpace.length;
    sides.spaceNanos += end - middle;
    return bySpace;
  }

  private float[] byRows(TuningTask task) {
    ScheduleSpace space = Templates.space(task);
    SpaceFeatures features = SpaceFeatures.of(task, space);
    int size = Math.toIntExact(space.size());
    float[] scores = new float[size];
    float[] rows = new float[Math.min(size, BLOCK) * WIDTH];
    float[] block = new float[Math.min(size, BLOCK)];
    for (int from = 0; from < size; from += BLOCK) {
      int count = Math.min(BLOCK, size - from);
      features.fill(from, count, rows);
      model.score(rows, count, block);
      System.arraycopy(block, 0, scores, from, count);
    }
    return scores;
  }

  private float[] bySpace(TuningTask task) {
    ScheduleSpace space = Templates.space(task);
    float[] scores = new float[Math.toIntExact(space.size())];
    new SpaceScorer(SpaceFeatures.of(task, space), model).score(0, space.size(), scores);
    return scores;
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
