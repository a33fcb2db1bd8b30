package org.oneshottuner.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.Tree;
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
 * What sampling and choosing cost a candidate, step by step: features of consecutive members of a
 * space, and their scores by an ensemble of complete trees whose splits are drawn from the
 * features' own values.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls prepare() before anything else
public class SamplingBenchmark {
  private static final int MEMBERS = 512;

  /** The operator whose space is walked. */
  @Param({
    "dense m=128 n=3072 k=768",
    "conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1",
    "conv2d n=1 c=256 h=14 w=14 k=1024 r=1 s=1 layout=nchw16c"
  })
  public String workload = "";

  /** Trees by depth. */
  @Param({"100x6", "300x8"})
  public String ensemble = "";

  private TuningTask task;
  private ScheduleSpace space;
  private SpaceFeatures features;
  private Ensemble model;
  private float[] rows;
  private float[] scores;

  /** Prepares a task and a model. */
  @Setup
  public void prepare() {
    task = new TuningTask(Workload.parse(workload), CpuTarget.AVX512, 1);
    space = Templates.space(task);
    features = SpaceFeatures.of(task, space);
    rows = new float[MEMBERS * FeatureSchema.CURRENT.size()];
    scores = new float[MEMBERS];
    features.fill(0, MEMBERS, rows);
    String[] size = ensemble.split("x", -1);
    SplitMix64 random = new SplitMix64(1);
    List<Tree> trees = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(size[0]); i++) {
      trees.add(tree(Integer.parseInt(size[1]), random));
    }
    model = Ensemble.of(FeatureSchema.CURRENT.id(), FeatureSchema.CURRENT.size(), 0, trees);
  }

  private Tree tree(int depth, SplitMix64 random) {
    int nodes = (1 << (depth + 1)) - 1;
    int[] columns = new int[nodes];
    float[] values = new float[nodes];
    boolean[] missingLeft = new boolean[nodes];
    int end = grow(new Grown(columns, values, missingLeft), 0, depth, random);
    if (end != nodes) {
      throw new IllegalStateException("Cannot grow a tree of " + nodes + " nodes: it has " + end);
    }
    return Tree.of(columns, values, missingLeft);
  }

  @SuppressWarnings("ArrayRecordComponent") // three parallel arrays under construction
  private record Grown(int[] columns, float[] values, boolean[] missingLeft) {}

  /** Writes a complete subtree in preorder and returns where it ends. */
  private int grow(Grown grown, int at, int depth, SplitMix64 random) {
    if (depth == 0) {
      grown.columns()[at] = Tree.LEAF;
      grown.values()[at] = (float) random.nextDouble();
      return at + 1;
    }
    int width = FeatureSchema.CURRENT.size();
    int column = (int) random.nextLong(width);
    float threshold = rows[(int) random.nextLong(MEMBERS) * width + column];
    grown.columns()[at] = column;
    grown.values()[at] = Float.isNaN(threshold) ? 0 : threshold;
    int right = grow(grown, at + 1, depth - 1, random);
    return grow(grown, right, depth - 1, random);
  }

  /** Builds the space of a task. */
  @Benchmark
  public ScheduleSpace space() {
    return Templates.space(task);
  }

  /** Reads the features of one member. */
  @Benchmark
  @OperationsPerInvocation(MEMBERS)
  public float[] features() {
    features.fill(0, MEMBERS, rows);
    return rows;
  }

  /** Reads the features of one member and scores it. */
  @Benchmark
  @OperationsPerInvocation(MEMBERS)
  public float[] featuresAndScore() {
    features.fill(0, MEMBERS, rows);
    model.score(rows, MEMBERS, scores);
    return scores;
  }
}
