package org.oneshottuner.jobs.stage;

import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
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

  private final List<Planned> tasks;
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
   * @param model a frozen model; empty for none
   */
  RangeWork(List<Planned> tasks, ScheduleSampler sampler, SampleRound which, byte[] model) {
    this.tasks = new ArrayList<>(tasks);
    this.seed = which.seed();
    this.round = which.round();
    this.samplerName = sampler.name();
    this.draws = sampler.draws();
    this.randomShare = sampler.randomShare();
    this.temperature = sampler.temperature();
    this.pool = sampler.pool();
    this.model = model.clone();
  }

  /**
   * A task that is to be sampled, and what is known of its space without building it.
   *
   * @param task its key
   * @param space id of its space
   * @param size members of its space
   * @param drawn texts of the schedules that earlier rounds drew
   */
  record Planned(String task, String space, long size, List<String> drawn)
      implements Serializable {}

  /** The seed and the number of a round. */
  record SampleRound(long seed, int round) {}

  /**
   * Returns the numbers of the tasks that are cut into no more than {@code most} ranges, the
   * largest spaces first.
   */
  List<Integer> whole(int most) {
    return IntStream.range(0, tasks.size())
        .filter(task -> ranges(task) <= most)
        .boxed()
        .sorted(Comparator.comparing(task -> -tasks.get(task).size()))
        .toList();
  }

  /** Returns every range of the other tasks. */
  List<Range> parts(int most) {
    return IntStream.range(0, tasks.size())
        .filter(task -> ranges(task) > most)
        .boxed()
        .flatMap(
            task -> IntStream.range(0, ranges(task)).mapToObj(number -> new Range(task, number)))
        .toList();
  }

  /**
   * Returns how many members the round looks at: those that earlier rounds drew are left out, or
   * may be, where the pool is not the whole space.
   */
  long members() {
    return tasks.stream()
        .mapToLong(task -> Math.min(pool, task.size() - task.drawn().size()))
        .sum();
  }

  private int ranges(int task) {
    return ScheduleRound.ranges(sampler(), tasks.get(task).size());
  }

  private ScheduleSampler sampler() {
    return new ScheduleSampler(samplerName, draws, randomShare, temperature, pool);
  }

  /** Draws from tasks, each whole and by itself. */
  Iterator<Request> draw(Iterator<Integer> whole, Counters counters) {
    List<Ensemble> predictor = predictor();
    return new Iterator<>() {
      private Iterator<Request> drawn = Collections.emptyIterator();

      @Override
      public boolean hasNext() {
        while (!drawn.hasNext() && whole.hasNext()) {
          long begin = cpuNanos();
          Prepared task = new Prepared(whole.next(), predictor);
          RangeSample all = task.sample(0);
          for (int range = 1; range < task.round.ranges(); range++) {
            all = all.merge(task.sample(range));
          }
          drawn = task.draws(all).iterator();
          task.count(all, begin, counters);
        }
        return drawn.hasNext();
      }

      @Override
      public Request next() {
        return drawn.next();
      }
    };
  }

  /** Samples ranges, each by itself. */
  Iterator<Sampled> sample(Iterator<Range> ranges, Counters counters) {
    List<Ensemble> predictor = predictor();
    Map<Integer, Prepared> prepared = new HashMap<>();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return ranges.hasNext();
      }

      @Override
      public Sampled next() {
        Range range = ranges.next();
        long begin = cpuNanos();
        // ranges of a task come together: one task's tables are kept at a time
        prepared.keySet().retainAll(Collections.singleton(range.task()));
        Prepared task =
            prepared.computeIfAbsent(range.task(), number -> new Prepared(number, predictor));
        RangeSample sample = task.sample(range.number());
        task.count(sample, begin, counters);
        return new Sampled(range.task(), sample.bytes());
      }
    };
  }

  /** Returns what a task's round draws from all its ranges. */
  List<Request> draws(int task, byte[] samples) {
    return new Prepared(task, List.of()).draws(RangeSample.read(samples));
  }

  /** Merges two samples of one task. */
  static byte[] merged(byte[] one, byte[] other) {
    return RangeSample.read(one).merge(RangeSample.read(other)).bytes();
  }

  private List<Ensemble> predictor() {
    return model.length == 0 || !sampler().guided()
        ? List.of()
        : List.of(FrozenModelReader.inspect(model, "of the round").ensemble());
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** What one range gave: a task's number, and the range's sample in bytes. */
  static final class Sampled {
    private final int task;
    private final byte[] bytes;

    Sampled(int task, byte[] bytes) {
      this.task = task;
      this.bytes = bytes;
    }

    int task() {
      return task;
    }

    byte[] bytes() {
      return bytes;
    }
  }

  /** A task's space, round and scorer; for one thread. */
  private final class Prepared {
    final TuningTask task;
    final ScheduleSpace space;
    final ScheduleRound round;
    private final List<ModelScorer> scorer;
    private final List<ScheduleRound.Guide> guide;

    /**
     * Builds the space.
     *
     * @throws IllegalArgumentException if it is not the one that the tasks were drawn with
     */
    Prepared(int number, List<Ensemble> predictor) {
      Planned planned = tasks.get(number);
      task = TuningTask.parse(planned.task());
      space = Templates.space(task);
      if (!space.id().equals(planned.space())) {
        throw new IllegalArgumentException(
            "Cannot sample "
                + planned.task()
                + ": its space is "
                + space.id()
                + ", it was drawn with "
                + planned.space()
                + ", that of other templates");
      }
      long[] drawn = planned.drawn().stream().mapToLong(space::indexOfText).toArray();
      round =
          new ScheduleRound(
              sampler(), new RoundKey(seed, task.key(), RangeWork.this.round), space.size(), drawn);
      scorer = predictor.stream().map(model -> new ModelScorer(task, space, model)).toList();
      guide = scorer.stream().map(round::guide).toList();
    }

    List<Request> draws(RangeSample all) {
      List<Request> requests = new ArrayList<>();
      for (ScheduleDraw draw : round.draws(all)) {
        requests.add(
            new Request(
                new Candidate(task, space.at(draw.member())),
                new Draw(
                    samplerName,
                    RangeWork.this.round,
                    seed,
                    draw.proposalProbability(),
                    draw.inclusionProbability())));
      }
      return requests;
    }

    /** Counts what was done since {@code begin}. */
    void count(RangeSample sample, long begin, Counters counters) {
      counters.members.add(sample.members());
      counters.scoreNanos.add(scorer.stream().mapToLong(ModelScorer::takeNanos).sum());
      counters.nanos.add(cpuNanos() - begin);
    }

    RangeSample sample(int range) {
      return guide.isEmpty() ? round.sample(range) : round.sample(range, guide.get(0));
    }
  }
}
