package org.oneshottuner.jobs.stage;

import static org.apache.spark.sql.functions.col;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.spark.sql.Row;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.rows.MeasurementRows;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.Request;
import org.oneshottuner.workload.TuningTask;

/**
 * The labels of some tasks' candidates: those that the table has, and those that are asked for and
 * then measured. Nothing that is there is measured again.
 */
final class Labels {
  /** The sampler of what is measured once more at the end, side by side. */
  static final String FINAL = "final";

  private static final Duration NO_LIMIT = Duration.ofDays(1);
  private final Measuring measuring;
  private final Map<String, OptionalDouble> known = new HashMap<>();
  private final Map<String, OptionalDouble> last = new HashMap<>();
  private long fmaNanos = Long.MAX_VALUE;

  Labels(Measuring measuring, Settings settings, List<TuningTask> tasks) {
    this.measuring = measuring;
    List<Row> rows =
        measuring
            .table()
            .read(measuring.table().snapshot())
            .filter(col("device").equalTo(measuring.device().fingerprint().id()))
            .filter(col("protocol").equalTo(Measuring.protocol(settings.measure()).id()))
            .filter(col("codegen").equalTo(Templates.VERSION))
            .filter(col("sampler").notEqual(MeasureJob.REPEAT))
            .filter(col("task").isin(tasks.stream().map(TuningTask::key).toArray()))
            .orderBy("measured_at", "task", "schedule")
            .collectAsList();
    rows.forEach(row -> take(MeasurementRows.measurement(row)));
  }

  private void take(Measurement measurement) {
    String key = measurement.candidate().key();
    OptionalDouble label = MeasureJob.label(measurement);
    if (measurement.draw().sampler().equals(FINAL)) {
      last.put(key, label);
    } else {
      known.putIfAbsent(key, label);
    }
    measurement
        .outcome()
        .fold(
            org.oneshottuner.measure.Outcome.Timed::visits,
            failed -> List.<org.oneshottuner.measure.Visit>of())
        .forEach(visit -> fmaNanos = Math.min(fmaNanos, visit.canary().fmaNanos()));
  }

  /** Measures what has no label yet, and returns the label of each request's candidate, by key. */
  Map<String, OptionalDouble> of(String what, List<Request> requests) throws InterruptedException {
    return of(what, requests, known);
  }

  /**
   * As {@link #of}, for candidates that are set against each other: all are measured once more, in
   * one session, unless all were. The machine of another hour is another machine.
   */
  Map<String, OptionalDouble> finals(List<Request> requests) throws InterruptedException {
    if (!requests.stream().allMatch(request -> last.containsKey(request.candidate().key()))) {
      last.clear();
    }
    return of("final", requests, last);
  }

  private Map<String, OptionalDouble> of(
      String what, List<Request> requests, Map<String, OptionalDouble> cache)
      throws InterruptedException {
    Map<String, Request> missing = new LinkedHashMap<>();
    for (Request request : requests) {
      if (!cache.containsKey(request.candidate().key())) {
        missing.put(request.candidate().key(), request);
      }
    }
    if (!missing.isEmpty()) {
      try (Progress progress = Progress.of(what, "labels", missing.size())) {
        measuring.measure(new ArrayList<>(missing.values()), NO_LIMIT, this::take, progress);
      }
    }
    Map<String, OptionalDouble> labels = new LinkedHashMap<>();
    for (Request request : requests) {
      String key = request.candidate().key();
      labels.put(key, cache.getOrDefault(key, OptionalDouble.empty()));
    }
    return labels;
  }

  /** Returns the label of a candidate, if it has one. */
  OptionalDouble label(String candidateKey) {
    return known.getOrDefault(candidateKey, OptionalDouble.empty());
  }

  /** Returns all labels by candidate. */
  Map<String, OptionalDouble> all() {
    return Map.copyOf(known);
  }

  /** Returns the least time of the canary's multiply-adds; empty before any label. */
  OptionalDouble canaryNanos() {
    return fmaNanos == Long.MAX_VALUE
        ? OptionalDouble.empty()
        : OptionalDouble.of((double) fmaNanos);
  }
}
