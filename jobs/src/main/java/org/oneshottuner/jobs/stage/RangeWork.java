package org.oneshottuner.jobs.stage;

import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.util.LongAccumulator;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Request;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.FrozenModelReader;
import org.oneshottuner.sample.RangeSample;
import org.oneshottuner.sample.RoundKey;
import org.oneshottuner.sample.ScheduleDraw;
import org.oneshottuner.sample.ScheduleRound;
import org.oneshottuner.sample.ScheduleSampler;
import org.oneshottuner.search.ModelScorer;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/** What an executor needs to sample ranges of tasks' spaces; sent to each once. */
final class RangeWork implements Serializable {
  private static final long serialVersionUID = 1;

  /** A range of a task's space. */
  record Range(int task, int number) implements Serializable {}

  /** How much was done, and in how much time of one core. */
  static final class Counters implements Serializable {
    private static final long serialVersionUID = 1;
    final LongAccumulator members;
    final LongAccumulator nanos;
    final LongAccumulator scoreNanos;

    Counters(LongAccumulator members, LongAccumulator nanos, LongAccumulator scoreNanos) {
      this.members = members;
      this.nanos = nanos;
      this.scoreNanos = scoreNanos;
    }
  }

  private final String[] tasks;
  private final long[][] measured;
  private final long seed;
  private final int round;
  private final String samplerName;
  private final int draws;
  private final double randomShare;
  private final double temperature;
  private final long pool;
  private final byte[] model;

  /**
   * Describes a round.
   *
   * @param tasks keys
   * @param measured for each task, the members that earlier rounds drew
   * @param model a frozen model; empty for none
   */
  RangeWork(
      List<String> tasks,
      List<List<Long>> measured,
      ScheduleSampler sampler,
      SampleRound which,
      byte[] model) {
    this.tasks = tasks.toArray(new String[0]);
    this.measured =
        measured.stream()
            .map(members -> members.stream().mapToLong(Long::longValue).toArray())
            .toArray(long[][]::new);
    this.seed = which.seed();
    this.round = which.round();
    this.samplerName = sampler.name();
    this.draws = sampler.draws();
    this.randomShare = sampler.randomShare();
    this.temperature = sampler.temperature();
    this.pool = sampler.pool();
    this.model = model.clone();
  }

  /** The seed and the number of a round. */
  record SampleRound(long seed, int round) {}

  /** Returns every range of every task. */
  List<Range> ranges() {
    List<Range> ranges = new ArrayList<>();
    for (int task = 0; task < tasks.length; task++) {
      int count = new Prepared(task, List.of()).round.ranges();
      for (int number = 0; number < count; number++) {
        ranges.add(new Range(task, number));
      }
    }
    return ranges;
  }

  /** Samples ranges, each by itself. */
  Iterator<Sampled> sample(Iterator<Range> ranges, Counters counters) {
    List<Ensemble> predictor =
        model.length == 0
            ? List.of()
            : List.of(FrozenModelReader.inspect(model, "of the round").ensemble());
    Map<Integer, Prepared> prepared = new HashMap<>();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return ranges.hasNext();
      }

      @Override
      public Sampled next() {
        Range range = ranges.next();
        long begin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        // ranges of a task come together: one task's tables are kept at a time
        prepared.keySet().retainAll(Collections.singleton(range.task()));
        Prepared task =
            prepared.computeIfAbsent(range.task(), number -> new Prepared(number, predictor));
        RangeSample sample = task.sample(range.number());
        counters.members.add(sample.members());
        counters.scoreNanos.add(task.takeScoreNanos());
        counters.nanos.add(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begin);
        return new Sampled(range.task(), sample.bytes());
      }
    };
  }

  /** Returns what a task's round draws from all its ranges. */
  List<Request> draws(int task, Iterator<byte[]> samples) {
    Prepared prepared = new Prepared(task, List.of());
    RangeSample all = RangeSample.read(samples.next());
    while (samples.hasNext()) {
      all = all.merge(RangeSample.read(samples.next()));
    }
    List<Request> requests = new ArrayList<>();
    for (ScheduleDraw draw : prepared.round.draws(all)) {
      requests.add(
          new Request(
              new Candidate(prepared.task, prepared.space.at(draw.member())),
              new Draw(
                  samplerName,
                  round,
                  seed,
                  draw.proposalProbability(),
                  draw.inclusionProbability())));
    }
    return requests;
  }

  /** What one range gave: a task's number, and the range's sample in bytes. */
  static final class Sampled {
    final int task;
    private final byte[] bytes;

    Sampled(int task, byte[] bytes) {
      this.task = task;
      this.bytes = Arrays.copyOf(bytes, bytes.length);
    }

    byte[] bytes() {
      return bytes.clone();
    }
  }

  /** A task's space, round and scorer; for one thread. */
  private final class Prepared {
    final TuningTask task;
    final ScheduleSpace space;
    final ScheduleRound round;
    private final List<ModelScorer> scorer;
    private final List<ScheduleRound.Guide> guide;

    Prepared(int number, List<Ensemble> predictor) {
      task = TuningTask.parse(tasks[number]);
      space = Templates.space(task);
      ScheduleSampler sampler =
          new ScheduleSampler(samplerName, draws, randomShare, temperature, pool);
      round =
          new ScheduleRound(
              sampler,
              new RoundKey(seed, task.key(), RangeWork.this.round),
              space.size(),
              measured[number]);
      scorer = predictor.stream().map(model -> new ModelScorer(task, space, model)).toList();
      guide = scorer.stream().map(round::guide).toList();
    }

    RangeSample sample(int range) {
      return guide.isEmpty() ? round.sample(range) : round.sample(range, guide.get(0));
    }

    long takeScoreNanos() {
      return scorer.stream().mapToLong(ModelScorer::takeNanos).sum();
    }
  }
}
