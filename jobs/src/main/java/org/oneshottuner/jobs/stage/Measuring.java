package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.oneshottuner.jobs.conf.ConfReader;
import org.oneshottuner.jobs.conf.MeasureSettings;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.rows.MeasurementRows;
import org.oneshottuner.jobs.storage.Commit;
import org.oneshottuner.jobs.storage.Digests;
import org.oneshottuner.jobs.storage.Table;
import org.oneshottuner.jobs.storage.TableWriter;
import org.oneshottuner.measure.Codegen;
import org.oneshottuner.measure.LocalDevice;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.MeasuringDevice;
import org.oneshottuner.measure.Outcome;
import org.oneshottuner.measure.Protocol;
import org.oneshottuner.measure.Request;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends requests to a device and commits what comes back, batch by batch. It happens in the driver,
 * in one place and in order: a label must not depend on what Spark computes again, or elsewhere, or
 * at the same time. Whoever needs the measurements reads them back from the table.
 */
public final class Measuring implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Measuring.class);
  private final SparkSession spark;
  private final Settings settings;
  private final MeasuringDevice device;
  private final Table table;
  private final TableWriter writer;
  private final Map<Outcome.Kind, Long> failures = new EnumMap<>(Outcome.Kind.class);
  private final List<Row> waiting = new ArrayList<>();
  private long lastCommit = System.nanoTime();
  private long labels;
  private long nanos;

  /**
   * Opens the table of measurements for writing.
   *
   * @param device closed with this
   * @param location of the table
   */
  public Measuring(
      SparkSession spark, Settings settings, MeasuringDevice device, String location, Clock clock) {
    this.spark = requireNonNull(spark, "spark");
    this.settings = requireNonNull(settings, "settings");
    this.device = requireNonNull(device, "device");
    this.table = measurements(spark, location);
    this.writer = table.write(clock);
  }

  /** Returns the table of measurements at a place. */
  public static Table measurements(SparkSession spark, String location) {
    return Table.at(spark, location, MeasurementRows.FORMAT);
  }

  /** Returns this host as a device that works by the settings. */
  public static MeasuringDevice host(
      Settings settings, Clock clock, Map<String, String> environment) throws InterruptedException {
    LocalDevice device =
        LocalDevice.open(
            LocalDevice.Settings.defaults(environment).with(protocol(settings.measure())),
            Codegen.TEMPLATES,
            clock,
            environment);
    device.onWait(LOG::info);
    return device;
  }

  /** Returns the protocol of the settings. */
  public static Protocol protocol(MeasureSettings settings) {
    return switch (settings.protocol()) {
      case CAREFUL -> Protocol.CAREFUL;
      case QUICK -> Protocol.QUICK;
    };
  }

  /** Returns the table. */
  public Table table() {
    return table;
  }

  /** Returns the device. */
  public MeasuringDevice device() {
    return device;
  }

  /**
   * Measures requests until all are done or no time is left; what is done is committed in any case.
   *
   * @param requests in the order in which they are measured
   * @param budget after which no more are begun; time spent waiting for the device is not of it
   * @param done is told of each measurement, before it is committed
   * @throws InterruptedException if the thread was interrupted; what was measured is committed
   */
  public void measure(
      Iterator<Request> requests, Duration budget, Consumer<Measurement> done, Progress progress)
      throws InterruptedException {
    lastCommit = System.nanoTime();
    Until begun = new Until(requests, budget);
    try {
      device.measure(
          begun,
          measurement -> {
            done.accept(measurement);
            keep(measurement);
            progress.step(1);
            progress.say(failed() + " failed");
          });
    } finally {
      nanos += begun.nanos();
      commit();
    }
  }

  /** Requests until no time is left; the clock starts when the device asks for the first. */
  private static final class Until implements Iterator<Request> {
    private final Iterator<Request> requests;
    private final Duration budget;
    private final CompletableFuture<Long> begin = new CompletableFuture<>();

    Until(Iterator<Request> requests, Duration budget) {
      this.requests = requests;
      this.budget = budget;
    }

    @Override
    public boolean hasNext() {
      begin.complete(System.nanoTime()); // no effect but the first time
      return requests.hasNext() && nanos() < budget.toNanos();
    }

    @Override
    public Request next() {
      return requests.next();
    }

    long nanos() {
      long now = System.nanoTime();
      return now - begin.getNow(now);
    }
  }

  private void keep(Measurement measurement) {
    waiting.add(MeasurementRows.row(measurement));
    boolean timed =
        measurement
            .outcome()
            .fold(
                outcome -> true,
                failed -> {
                  failures.merge(failed.kind(), 1L, Long::sum);
                  return false;
                });
    labels += timed ? 1 : 0;
    long since = System.nanoTime() - lastCommit;
    if (waiting.size() >= settings.measure().commitRows()
        || since >= settings.measure().commitEvery().toNanos()) {
      commit();
    }
  }

  /** Commits in a thread of its own: an interruption ends measuring, and must not end this. */
  private void commit() {
    CompletableFuture.runAsync(this::commitWaiting).join();
  }

  private void commitWaiting() {
    if (!waiting.isEmpty()) {
      long sequence = writer.snapshot().commits().size() + 1L;
      Commit commit =
          writer.append(
              String.format(Locale.ROOT, "%s-%06d", settings.campaign(), sequence),
              Map.of("device", device.fingerprint().id(), "campaign", settings.campaign()),
              spark
                  .createDataFrame(List.copyOf(waiting), MeasurementRows.FORMAT.columns())
                  .coalesce(1),
              Commit.Origin.of(
                  ConfReader.inForce(settings),
                  Map.of(
                      "device",
                      Digests.of(device.fingerprint().text().getBytes(StandardCharsets.UTF_8)))));
      LOG.debug("Committed {} rows as {}", commit.rows(), commit.batch());
      waiting.clear(); // what could not be appended waits for the next commit
    }
    lastCommit = System.nanoTime();
  }

  /** Returns how many labels there are so far. */
  public long labels() {
    return labels;
  }

  /** Returns the wall-clock spent measuring. */
  public double seconds() {
    return nanos / 1e9;
  }

  /** Returns how many failed, by kind. */
  public Map<String, Long> failures() {
    Map<String, Long> counts = new TreeMap<>();
    failures.forEach((kind, count) -> counts.put(kind.name(), count));
    return counts;
  }

  private long failed() {
    return failures.values().stream().mapToLong(Long::longValue).sum();
  }

  @Override
  public void close() {
    try {
      writer.close();
    } finally {
      device.close();
    }
  }
}
