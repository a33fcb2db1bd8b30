package org.oneshottuner.measure;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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
  private final Turns turns;
  private final List<Item> waiting = new ArrayList<>();

  Ring(Bench bench, Outlet outlet) {
    this.bench = bench;
    this.outlet = outlet;
    this.turns = new Turns(bench.protocol(), System::nanoTime);
  }

  /** Measures all that comes out of a line, until it is exhausted. */
  void run(BuildLine line) throws InterruptedException {
    while (!line.exhausted() || !waiting.isEmpty() || !entries.isEmpty()) {
      admitWaiting();
      List<String> due = turns.due();
      // With visits to make, look whether something was built; with none, wait for it or for the
      // next visit. With no room for more, nothing is taken.
      Duration wait = due.isEmpty() ? turns.untilDue() : Duration.ZERO;
      if (waiting.isEmpty()) {
        Optional<Output> output = line.poll(wait);
        if (output.isPresent()) {
          take(output.get());
        }
      } else {
        TimeUnit.NANOSECONDS.sleep(wait.toNanos());
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
        String id = bench.timer().newId();
        entries.put(id, new Entry(items.get(i)));
        turns.enter(id);
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

  private void visit(List<String> ids) throws InterruptedException {
    List<String> present = ids.stream().filter(entries::containsKey).toList();
    if (present.isEmpty()) {
      return;
    }
    Set<String> forced = turns.forced(present, bench.timer().noise().lasting());
    Map<String, Timer.Times> times = bench.timer().visit(present, forced);
    finishFailed();
    for (String id : present) {
      if (entries.containsKey(id)) {
        Optional.ofNullable(times.get(id))
            .ifPresentOrElse(found -> record(id, found), () -> turns.postpone(id));
      }
    }
  }

  private void record(String id, Timer.Times times) {
    Entry entry = find(id);
    entry.visits.add(times.visit(turns.visited(id)));
    outcome(entry.visits, bench.protocol(), bench.timer().noise(), entry.operatorBytes())
        .ifPresent(
            outcome -> {
              bench.timer().unload(id);
              leave(id);
              finish(entry.item, outcome);
            });
  }

  private void leave(String id) {
    entries.remove(id);
    turns.leave(id);
  }

  private Entry find(String id) {
    Entry entry = entries.get(id);
    if (entry == null) {
      throw new IllegalStateException("Cannot find kernel " + id + ": it is not in the ring");
    }
    return entry;
  }

  /** Returns how measuring a kernel ended, if it was visited enough. */
  static Optional<Outcome> outcome(
      List<Visit> visits, Protocol protocol, Noise noise, long operatorBytes) {
    if (visits.stream().noneMatch(Visit::complete)) {
      return visits.size() < protocol.mostVisits()
          ? Optional.empty()
          : Optional.of(
              new Failed(
                  Kind.UNSTABLE, "disturbed in all of " + visits.size() + " visits", visits));
    }
    Outcome.Timed timed = new Outcome.Timed(visits, noise.least().orElseThrow());
    int quiet =
        (int)
            visits.stream()
                .filter(visit -> visit.complete() && noise.isQuiet(visit.canary()))
                .count();
    return protocol.satisfied(visits.size(), quiet, Label.of(timed), operatorBytes)
        ? Optional.of(timed)
        : Optional.empty();
  }

  private void finishFailed() {
    for (String id : List.copyOf(entries.keySet())) {
      Optional<Failed> failure = bench.timer().takeFailure(id);
      if (failure.isPresent()) {
        Entry entry = find(id);
        finish(entry.item, failure.get().after(entry.visits));
        leave(id);
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
