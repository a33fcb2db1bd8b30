package org.oneshottuner.jobs.stage;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.not;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.rows.MeasurementRows;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Label;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.Outcome;
import org.oneshottuner.measure.Request;
import org.oneshottuner.workload.TuningTask;

/**
 * The labels of some tasks' candidates: those that the table has, and those that are asked for and
 * then measured. Nothing that is there is measured again, but for what is compared at last. All are
 * told at the clock of the fastest canary so far.
 */
final class Labels {
  /** The sampler of what is measured once more at the end, side by side. */
  static final String FINAL = "final";

  private static final Duration NO_LIMIT = Duration.ofDays(1);
  private final Measuring measuring;
  private final Map<String, Optional<Outcome.Timed>> known = new HashMap<>();
  private final Set<String> failedOnce = new HashSet<>();
  private final Map<String, Optional<Outcome.Timed>> last = new HashMap<>();
  private final Set<String> failedLast = new HashSet<>();
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
    List<Row> rows =
        MeasurementRows.atOneClock(comparable)
            .filter(not(col("sampler").isin(MeasureJob.REPEAT, FINAL)))
            .filter(col("task").isin(tasks.stream().map(TuningTask::key).toArray()))
            .orderBy("measured_at", "task", "schedule")
            .collectAsList();
    rows.forEach(row -> take(MeasurementRows.measurement(row)));
  }

  private void take(Measurement measurement) {
    String key = measurement.candidate().key();
    boolean sideBySide = measurement.draw().sampler().equals(FINAL);
    boolean mayBeChance = measurement.outcome().fold(timed -> false, Outcome.Failed::mayBeChance);
    Optional<Outcome.Timed> timed =
        measurement.outcome().fold(Optional::of, failed -> Optional.empty());
    timed.ifPresent(one -> fastestFmaNanos = Math.min(fastestFmaNanos, one.quiet().fmaNanos()));
    // such a failure counts the second time
    if (!mayBeChance || !(sideBySide ? failedLast : failedOnce).add(key)) {
      (sideBySide ? last : known).putIfAbsent(key, timed);
    }
  }

  /** Measures what has no label yet, and returns the label of each request's candidate, by key. */
  Map<String, OptionalDouble> of(String what, List<Request> requests) throws InterruptedException {
    measure(what, requests, known);
    return labels(requests, known);
  }

  /**
   * As {@link #of}, for candidates that are set against each other: all are measured once more,
   * side by side. The machine of another hour is another machine. Those whose failure may be chance
   * are measured again at once: a kernel is condemned by its second.
   */
  Map<String, OptionalDouble> finals(List<Request> requests) throws InterruptedException {
    last.clear();
    failedLast.clear();
    measure("final", requests, last);
    measure("final, once more", requests, last);
    return labels(requests, last);
  }

  /** Measures what has no label yet among those that are known. */
  private void measure(
      String what, List<Request> requests, Map<String, Optional<Outcome.Timed>> cache)
      throws InterruptedException {
    Map<String, Request> missing = new LinkedHashMap<>();
    for (Request request : requests) {
      if (!cache.containsKey(request.candidate().key())) {
        missing.put(request.candidate().key(), request);
      }
    }
    if (!missing.isEmpty()) {
      try (Progress progress = Progress.of(what, "labels", missing.size())) {
        measuring.measure(missing.values().iterator(), NO_LIMIT, this::take, progress);
      }
    }
  }

  private Map<String, OptionalDouble> labels(
      List<Request> requests, Map<String, Optional<Outcome.Timed>> cache) {
    Map<String, OptionalDouble> labels = new LinkedHashMap<>();
    for (Request request : requests) {
      String key = request.candidate().key();
      labels.put(
          key,
          cache
              .getOrDefault(key, Optional.empty())
              .map(this::label)
              .orElse(OptionalDouble.empty()));
    }
    return labels;
  }

  private OptionalDouble label(Outcome.Timed timed) {
    return OptionalDouble.of(Label.warmNanosAt(timed, fastestFmaNanos));
  }
}
