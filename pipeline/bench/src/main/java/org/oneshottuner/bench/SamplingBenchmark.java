package org.oneshottuner.bench;

import java.util.concurrent.TimeUnit;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.SpaceScorer;
import org.oneshottuner.space.ScheduleSpace;
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
  @Param({"200x6", "300x8"})
  public String ensemble = "";

  private TuningTask task;
  private ScheduleSpace space;
  private SpaceFeatures features;
  private Ensemble model;
  private SpaceScorer scorer;
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
    model = DrawnTrees.ensemble(ensemble, rows);
    scorer = new SpaceScorer(features, model);
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

  /** Scores one member, with all that is computed once a task there already. */
  @Benchmark
  @OperationsPerInvocation(MEMBERS)
  public float[] score() {
    scorer.score(0, MEMBERS, scores);
    return scores;
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
