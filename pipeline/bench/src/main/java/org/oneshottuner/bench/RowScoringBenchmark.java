package org.oneshottuner.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The time to score a row of features among so many at once, each time random members of one task's
 * space. Trees are walked eight rows at a time for the fewest rows here, by bit planes for more.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 4, time = 2)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls prepare() before anything else
public class RowScoringBenchmark {
  private static final int WIDTH = FeatureSchema.CURRENT.size();
  private static final int ALL_ROWS = 4096;
  private static final int LEAST_BATCH = 128;
  private static final List<String> WORKLOADS =
      List.of(
          "conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1 epilogue=bias+relu",
          "conv2d n=1 c=256 h=14 w=14 k=256 r=3 s=3 pad=1 layout=nchw16c epilogue=bias+relu",
          "dense m=128 n=3072 k=768 epilogue=bias+gelu",
          "batch_matmul b=12 m=128 n=128 k=64");

  /** Trees by depth. */
  @Param({"100x6", "300x8"})
  public String ensemble = "";

  /** Rows at once; 127 are taken for 128, which makes their time 0.8 % too small. */
  @Param({"127", "128", "512", "2048"})
  public int rows;

  private final List<float[]> batches = new ArrayList<>();
  private final float[] out = new float[ALL_ROWS];
  private Ensemble model;

  /** Prepares rows, and a model that splits at their values. */
  @Setup
  public void prepare() {
    SplitMix64 random = new SplitMix64(1);
    float[] all = new float[ALL_ROWS * WIDTH];
    for (int batch = 0; batch < ALL_ROWS / Math.max(LEAST_BATCH, rows); batch++) {
      float[] drawn = draw(WORKLOADS.get(batch % WORKLOADS.size()), random);
      batches.add(drawn);
      System.arraycopy(drawn, 0, all, batch * drawn.length, drawn.length);
    }
    model = DrawnTrees.ensemble(ensemble, all);
  }

  private float[] draw(String workload, SplitMix64 random) {
    TuningTask task = new TuningTask(Workload.parse(workload), CpuTarget.AVX512, 1);
    ScheduleSpace space = Templates.space(task);
    SpaceFeatures features = SpaceFeatures.of(task, space);
    float[] drawn = new float[rows * WIDTH];
    float[] row = new float[WIDTH];
    for (int i = 0; i < rows; i++) {
      features.fill(random.nextLong(space.size()), 1, row);
      System.arraycopy(row, 0, drawn, i * WIDTH, WIDTH);
    }
    return drawn;
  }

  /** Scores all rows, so many at once. */
  @Benchmark
  @OperationsPerInvocation(ALL_ROWS)
  public float[] score() {
    for (float[] batch : batches) {
      model.score(batch, rows, out);
    }
    return out;
  }
}
