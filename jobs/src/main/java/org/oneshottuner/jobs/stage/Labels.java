package org.oneshottuner.jobs.stage;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.not;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.rows.MeasurementRows;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Label;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.Outcome;
import org.oneshottuner.measure.Request;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.workload.TuningTask;

/**
 * The labels of some tasks' candidates: those that the table has, and those that are measured for
 * whoever asks. All are told at the clock of the fastest canary so far. Thread-safe.
 */
final class Labels {
  /** The sampler of what is measured once more at the end, side by side. */
  static final String FINAL = "final";

  /** A clock that never changes, far from any that a canary tells. */
  private static final long STEADY_FMA_NANOS = 1_000_000;

  private static final Duration NO_LIMIT = Duration.ofDays(7);
  private final Measuring measuring;
  private final Tries searched = new Tries();
  private long fastestFmaNanos = Long.MAX_VALUE;

  Labels(Measuring measuring, Settings settings, List<TuningTask> tasks) {
    this.measuring = measuring;
    Dataset<Row> comparable =
        measuring
            .table()
            .read(measuring.table().snapshot())
            .filter(col("device").equalTo(measuring.device().fingerprint().id()))
            .filter(col("protocol").equalTo(Measuring.protocol(settings.measure()).id()))
            .filter(col("codegen").equalTo(Templates.VERSION));
    // without the visits: there may be a hundred thousand rows
    comparable
        .filter(not(col("sampler").isin(MeasureJob.REPEAT, FINAL)))
        .filter(col("task").isin(tasks.stream().map(TuningTask::key).toArray()))
        .orderBy("measured_at", "task", "schedule")
        .select(
            col("task"),
            col("space"),
            col("schedule"),
            col("outcome").equalTo(MeasurementRows.TIMED),
            MeasurementRows.mayBeChance(),
            col("label_nanos"),
            col("quiet_fma_nanos"))
        .collectAsList()
        .forEach(this::take);
  }

  /**
   * A label as it was told when it was measured.
   *
   * @param nanos of a call
   * @param fmaNanos of the fastest canary then
   */
  private record Told(double nanos, long fmaNanos) {
    double at(long otherFmaNanos) {
      return nanos * otherFmaNanos / fmaNanos;
    }
  }

  /** How candidates did, by key; a failure that may be chance counts the second time. */
  private static final class Tries {
    private final Map<String, Optional<Told>> known = new HashMap<>();
    private final Set<String> failedOnce = new HashSet<>();

    void timed(String key, Told told) {
      known.putIfAbsent(key, Optional.of(told));
    }

    void failed(String key, boolean mayBeChance) {
      if (!mayBeChance || !failedOnce.add(key)) {
        known.putIfAbsent(key, Optional.empty());
      }
    }

    boolean knows(String key) {
      return known.containsKey(key);
    }

    Optional<Told> told(String key) {
      return known.getOrDefault(key, Optional.empty());
    }
  }

  private void take(Row row) {
    Schedule schedule = Schedule.parse(row.getString(1), row.getString(2));
    String key = new Candidate(TuningTask.parse(row.getString(0)), schedule).key();
    if (row.getBoolean(3)) {
      timed(searched, key, new Told(row.getDouble(5), row.getLong(6)));
    } else {
      searched.failed(key, row.getBoolean(4));
    }
  }

  private synchronized void take(Tries tries, Measurement measurement) {
    String key = measurement.candidate().key();
    Optional<Told> told =
        measurement
            .outcome()
            .fold(
                timed ->
                    Optional.of(new Told(Label.of(timed).warmNanos(), timed.quiet().fmaNanos())),
                failed -> Optional.empty());
    boolean mayBeChance = measurement.outcome().fold(timed -> false, Outcome.Failed::mayBeChance);
    told.ifPresentOrElse(one -> timed(tries, key, one), () -> tries.failed(key, mayBeChance));
  }

  private void timed(Tries tries, String key, Told told) {
    fastestFmaNanos = Math.min(fastestFmaNanos, told.fmaNanos());
    tries.timed(key, told);
  }

  /**
   * Measures, and knows from then on.
   *
   * @param requests of candidates that are not known; one that may have failed by chance is not
   *     known either, until it did twice
   * @param done is told of each measurement once it is known
   */
  void measure(Iterator<Request> requests, Consumer<Measurement> done, Progress progress)
      throws InterruptedException {
    measuring.measure(
        requests,
        NO_LIMIT,
        measurement -> {
          take(searched, measurement);
          done.accept(measurement);
        },
        progress);
  }

  /** Returns whether it is known how a candidate does. */
  synchronized boolean knows(String key) {
    return searched.knows(key);
  }

  /**
   * Returns the label of a candidate; empty if it failed or is not known. It is smaller once a
   * faster canary was heard.
   */
  synchronized OptionalDouble nanos(String key) {
    return at(searched.told(key), fastestFmaNanos);
  }

  /**
   * Returns the label of a candidate at a clock of no processor, which is the same whenever it is
   * asked for: what a search does must not depend on how many times it was stopped.
   */
  synchronized OptionalDouble steadyNanos(String key) {
    return at(searched.told(key), STEADY_FMA_NANOS);
  }

  private static OptionalDouble at(Optional<Told> told, long fmaNanos) {
    return told.map(one -> OptionalDouble.of(one.at(fmaNanos))).orElse(OptionalDouble.empty());
  }

  /**
   * Returns labels of candidates that are set against each other, by key: all are measured once
   * more, side by side. The machine of another hour is another machine. Those whose failure may be
   * chance are measured again at once: a kernel is condemned by its second.
   *
   * @param times that each is measured; its label is the mean
   */
  Map<String, OptionalDouble> finals(List<Request> requests, int times)
      throws InterruptedException {
    Map<String, Request> distinct = new LinkedHashMap<>();
    requests.forEach(request -> distinct.putIfAbsent(request.candidate().key(), request));
    List<Tries> passes = new ArrayList<>();
    for (int pass = 1; pass <= times; pass++) {
      String what = times == 1 ? "final" : "final " + pass + " of " + times;
      Tries tries = new Tries();
      measureAgain(what, distinct, tries);
      measureAgain(what + ", once more", distinct, tries);
      passes.add(tries);
    }
    Map<String, OptionalDouble> labels = new LinkedHashMap<>();
    distinct.keySet().forEach(key -> labels.put(key, mean(passes, key)));
    return labels;
  }

  /** Measures what is not known yet in this pass. */
  private void measureAgain(String what, Map<String, Request> requests, Tries tries)
      throws InterruptedException {
    List<Request> missing = new ArrayList<>();
    requests.forEach(
        (key, request) -> {
          if (!tries.knows(key)) {
            missing.add(request);
          }
        });
    if (!missing.isEmpty()) {
      try (Progress progress = Progress.of(what, "labels", missing.size())) {
        measuring.measure(
            missing.iterator(), NO_LIMIT, measurement -> take(tries, measurement), progress);
      }
    }
  }

  /** Returns the mean of all passes; empty where one failed. */
  private synchronized OptionalDouble mean(List<Tries> passes, String key) {
    double sum = 0;
    for (Tries pass : passes) {
      OptionalDouble nanos = at(pass.told(key), fastestFmaNanos);
      if (nanos.isEmpty()) {
        return OptionalDouble.empty();
      }
      sum += nanos.getAsDouble();
    }
    return OptionalDouble.of(sum / passes.size());
  }
}
