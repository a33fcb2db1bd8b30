package org.oneshottuner.measure;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.oneshottuner.measure.BuildLine.Item;
import org.oneshottuner.measure.BuildLine.Output;
import org.oneshottuner.measure.Outcome.Failed;
import org.oneshottuner.measure.Outcome.Kind;
import org.oneshottuner.workload.Operands;

/**
 * The kernels that are being visited, round after round. A kernel enters when it was built and
 * passed its trial, and leaves when its time is confirmed; between two visits to it lie those to
 * all the others. Used by one thread.
 */
final class Ring {
  /** Visits in a round, so that new kernels need not wait long. */
  private static final int ROUND = 64;

  /** After this share of the patience without a quiet moment, visits are made all the same. */
  private static final int LASTING = 4;

  private static final Duration IDLE = Duration.ofMillis(200);

  /**
   * What a ring works with.
   *
   * @param checker tries kernels
   * @param timer times them
   * @param mostBytes that loaded kernels and their tasks take
   * @param mostKernels that are in the ring at a time
   */
  record Bench(
      Checker checker,
      Timer timer,
      Codegen codegen,
      Protocol protocol,
      long mostBytes,
      int mostKernels) {}

  /**
   * Where measurements go.
   *
   * @param device its fingerprint's id
   * @param done takes each measurement
   */
  record Outlet(String device, Clock clock, Consumer<Measurement> done) {}

  private static final class Entry {
    private final Item item;
    private final List<Visit> visits = new ArrayList<>();
    private long firstNanos;
    private long dueNanos = System.nanoTime();
    private long postponedNanos;

    private Entry(Item item) {
      this.item = item;
    }

    private long operatorBytes() {
      return item.request().candidate().task().workload().bytes();
    }
  }

  private final Bench bench;
  private final Outlet outlet;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final List<Item> waiting = new ArrayList<>();
  private long nextId;

  Ring(Bench bench, Outlet outlet) {
    this.bench = bench;
    this.outlet = outlet;
  }

  /** Measures all that comes out of a line, until it is exhausted. */
  void run(BuildLine line) throws InterruptedException {
    while (!line.exhausted() || !waiting.isEmpty() || !entries.isEmpty()) {
      admitWaiting();
      List<String> due = due();
      // With visits to make, look whether something was built; with none, wait for it or for the
      // next visit.
      Duration wait = due.isEmpty() && waiting.isEmpty() ? untilDue() : Duration.ZERO;
      if (waiting.isEmpty()) {
        Optional<Output> output = line.poll(wait);
        if (output.isPresent()) {
          take(output.get());
        }
      } else if (due.isEmpty()) {
        due = soonest();
      }
      visit(due);
    }
  }

  private void take(Output output) throws InterruptedException {
    if (output.error().isPresent()) {
      rethrow(output.error().get());
    }
    for (Item item : output.items()) {
      if (item.failure().isPresent()) {
        deliver(item, item.failure().get());
      } else {
        waiting.add(item);
      }
    }
    admitWaiting();
  }

  private static void rethrow(Throwable error) {
    if (error instanceof Error fatal) {
      throw fatal;
    }
    if (error instanceof RuntimeException refusal) {
      throw refusal;
    }
    throw new DeviceException("Cannot build kernels: " + error.getMessage(), error);
  }

  /** Lets in kernels while there is room; a ring without kernels takes one of any size. */
  private void admitWaiting() throws InterruptedException {
    List<Item> admitted = new ArrayList<>();
    long bytes = bench.timer().bytes();
    while (!waiting.isEmpty() && entries.size() + admitted.size() < bench.mostKernels()) {
      Item item = waiting.get(0);
      bytes += bytes(item);
      if (bytes > bench.mostBytes() && !(entries.isEmpty() && admitted.isEmpty())) {
        break;
      }
      admitted.add(waiting.remove(0));
    }
    if (!admitted.isEmpty()) {
      admit(admitted);
    }
  }

  private static long bytes(Item item) {
    var task = item.request().candidate().task();
    Operands operands = task.workload().operands(task.lanes());
    long packed = item.kernel().orElseThrow().source().packedFloats();
    return Math.multiplyExact(operands.total() + packed, (long) task.workload().dtype().bytes());
  }

  private void admit(List<Item> items) throws InterruptedException {
    List<Trial> trials = items.stream().map(this::trial).toList();
    List<Optional<Failed>> results = bench.checker().check(trials);
    Map<String, Trial> passed = new LinkedHashMap<>();
    for (int i = 0; i < items.size(); i++) {
      if (results.get(i).isPresent()) {
        finish(items.get(i), results.get(i).get());
      } else {
        String id = "k" + nextId++;
        entries.put(id, new Entry(items.get(i)));
        passed.put(id, trials.get(i));
      }
    }
    if (!passed.isEmpty()) {
      bench.timer().load(passed);
      finishFailed();
    }
  }

  private Trial trial(Item item) {
    BuiltKernel kernel = item.kernel().orElseThrow();
    return new Trial(
        item.request().candidate().task(),
        kernel.source(),
        kernel.library().orElseThrow().path(),
        bench.codegen().tolerance(item.request().candidate()));
  }

  private List<String> due() {
    long now = System.nanoTime();
    return entries.entrySet().stream()
        .filter(entry -> entry.getValue().dueNanos - now <= 0)
        .sorted(Comparator.comparingLong(entry -> entry.getValue().dueNanos - now))
        .limit(ROUND)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** With no room for more, waiting out the spacing would cost more than it brings. */
  private List<String> soonest() {
    long now = System.nanoTime();
    return entries.entrySet().stream()
        .min(Comparator.comparingLong(entry -> entry.getValue().dueNanos - now))
        .map(entry -> List.of(entry.getKey()))
        .orElse(List.of());
  }

  private Duration untilDue() {
    long now = System.nanoTime();
    long nanos =
        entries.values().stream()
            .mapToLong(entry -> Math.max(0, entry.dueNanos - now))
            .min()
            .orElse(IDLE.toNanos());
    return Duration.ofNanos(Math.min(nanos, IDLE.toNanos()));
  }

  private void visit(List<String> ids) throws InterruptedException {
    List<String> present = ids.stream().filter(entries::containsKey).toList();
    if (present.isEmpty()) {
      return;
    }
    Duration patience = bench.protocol().patience();
    // noise that lasts is how the machine is now: waiting for its end would stop all measuring
    boolean lasting = bench.timer().noisyFor().compareTo(patience.dividedBy(LASTING)) > 0;
    Set<String> forced =
        present.stream()
            .filter(id -> lasting || find(id).postponedNanos >= patience.toNanos())
            .collect(Collectors.toSet());
    Map<String, Timer.Times> times = bench.timer().visit(present, forced);
    finishFailed();
    long now = System.nanoTime();
    for (String id : present) {
      if (entries.containsKey(id)) {
        Optional.ofNullable(times.get(id))
            .ifPresentOrElse(found -> record(id, found, now), () -> postpone(find(id), now));
      }
    }
  }

  private void postpone(Entry entry, long now) {
    long wait = bench.protocol().postponement().toNanos();
    entry.postponedNanos += wait;
    entry.dueNanos = now + wait;
  }

  private void record(String id, Timer.Times times, long now) {
    Entry entry = find(id);
    if (entry.visits.isEmpty()) {
      entry.firstNanos = now;
    }
    entry.dueNanos = now + bench.protocol().spacing().toNanos();
    entry.visits.add(
        new Visit(
            (now - entry.firstNanos) / 1_000_000,
            times.coldNanos(),
            times.callsPerWindow(),
            times.windowNanos(),
            times.runs(),
            times.discarded(),
            times.canary()));
    outcome(entry)
        .ifPresent(
            outcome -> {
              bench.timer().unload(id);
              entries.remove(id);
              finish(entry.item, outcome);
            });
  }

  private Entry find(String id) {
    Entry entry = entries.get(id);
    if (entry == null) {
      throw new IllegalStateException("Cannot find kernel " + id + ": it is not in the ring");
    }
    return entry;
  }

  private Optional<Outcome> outcome(Entry entry) {
    List<Visit> visits = entry.visits;
    if (visits.stream().noneMatch(Visit::complete)) {
      return visits.size() < bench.protocol().mostVisits()
          ? Optional.empty()
          : Optional.of(
              new Failed(Kind.UNSTABLE, "disturbed in all of " + visits.size() + " visits"));
    }
    Outcome.Timed timed = new Outcome.Timed(visits, bench.timer().quiet());
    int quiet =
        (int) visits.stream().filter(visit -> bench.timer().isQuiet(visit.canary())).count();
    return bench.protocol().satisfied(visits.size(), quiet, Label.of(timed), entry.operatorBytes())
        ? Optional.of(timed)
        : Optional.empty();
  }

  private void finishFailed() {
    for (String id : List.copyOf(entries.keySet())) {
      Optional<Failed> failure = bench.timer().takeFailure(id);
      if (failure.isPresent()) {
        finish(find(id).item, failure.get());
        entries.remove(id);
      }
    }
  }

  private void finish(Item item, Outcome outcome) {
    item.kernel().orElseThrow().library().orElseThrow().release();
    deliver(item, outcome);
  }

  private void deliver(Item item, Outcome outcome) {
    outlet
        .done()
        .accept(
            new Measurement(
                item.request().candidate(),
                item.request().draw(),
                outlet.device(),
                bench.protocol().id(),
                item.build(),
                outcome,
                outlet.clock().instant()));
  }
}
