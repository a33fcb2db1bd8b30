package org.oneshottuner.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.measure.Outcome.Failed;
import org.oneshottuner.workload.CpuTarget;

/**
 * The contenders that one process times. Those of a task enter together and, once the times of all
 * of them are confirmed, leave together: each of them has had as many chances as the others. Used
 * by one thread.
 */
final class Heat {
  /** Error allowed of a peer's output: other libraries sum in other orders, and transform. */
  private static final double PEER_TOLERANCE = 1e-4;

  /**
   * What a heat works with.
   *
   * @param checker tries contenders
   * @param timer times them
   * @param builder builds our kernels
   */
  record Bench(
      Checker checker, Timer timer, KernelBuilder builder, Codegen codegen, Protocol protocol) {}

  private static final class Entry {
    private final Contender contender;
    private final int group;
    private final List<Visit> visits = new ArrayList<>();

    private Entry(Contender contender, int group) {
      this.contender = contender;
      this.group = group;
    }
  }

  /** What is tried, and then timed. */
  private record Admitted(Contender contender, Trial trial) {}

  private final Bench bench;
  private final List<List<Contender>> groups;
  private final Turns turns;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final List<Standing> standings = new ArrayList<>();
  private final List<BuiltKernel.Library> libraries = new ArrayList<>();

  Heat(Bench bench, List<List<Contender>> groups) {
    this.bench = bench;
    this.groups = List.copyOf(groups);
    this.turns = new Turns(bench.protocol(), System::nanoTime);
  }

  /** Times all contenders, and returns how they did in the order in which that was known. */
  List<Standing> run() throws InterruptedException {
    try {
      Map<String, Trial> trials = new LinkedHashMap<>();
      for (int group = 0; group < groups.size(); group++) {
        admit(group, trials);
      }
      if (!trials.isEmpty()) {
        bench.timer().loadWhole(trials);
        finishFailed();
      }
      while (!entries.isEmpty()) {
        List<String> due = turns.due();
        if (due.isEmpty()) {
          TimeUnit.NANOSECONDS.sleep(turns.untilDue().toNanos());
        }
        visit(due);
      }
      return standings;
    } finally {
      libraries.forEach(BuiltKernel.Library::release);
    }
  }

  private void admit(int group, Map<String, Trial> trials) throws InterruptedException {
    List<Admitted> admitted = built(groups.get(group));
    groups.get(group).stream().flatMap(one -> foreign(one).stream()).forEach(admitted::add);
    List<Admitted> tried = admitted.stream().filter(one -> leavesOutput(one.contender())).toList();
    List<Optional<Failed>> failures =
        bench.checker().check(tried.stream().map(Admitted::trial).toList());
    for (int i = 0; i < tried.size(); i++) {
      if (failures.get(i).isPresent()) {
        standings.add(new Standing(tried.get(i).contender(), failures.get(i).get()));
        admitted.remove(tried.get(i));
      }
    }
    for (Admitted one : admitted) {
      String id = bench.timer().newId();
      entries.put(id, new Entry(one.contender(), group));
      turns.enter(id);
      trials.put(id, one.trial());
    }
  }

  private static Optional<Contender.Own> own(Contender contender) {
    return contender.fold(Optional::of, foreign -> Optional.empty());
  }

  private static Optional<Admitted> foreign(Contender contender) {
    return contender.fold(
        own -> Optional.empty(),
        foreign -> Optional.of(new Admitted(foreign, Trial.of(foreign, PEER_TOLERANCE))));
  }

  private static boolean leavesOutput(Contender contender) {
    return contender.fold(own -> true, foreign -> foreign.product() == Contender.Product.OUTPUT);
  }

  /** Builds our kernels; those that do not build stand at once. */
  private List<Admitted> built(List<Contender> contenders) throws InterruptedException {
    List<Contender.Own> ours = contenders.stream().flatMap(one -> own(one).stream()).toList();
    List<Admitted> built = new ArrayList<>();
    for (int from = 0; from < ours.size(); from += KernelBuilder.BATCH) {
      List<Contender.Own> batch =
          ours.subList(from, Math.min(ours.size(), from + KernelBuilder.BATCH));
      List<KernelSource> sources =
          batch.stream().map(own -> bench.codegen().source(own.candidate())).toList();
      CpuTarget target = batch.get(0).task().target();
      List<BuiltKernel> kernels = bench.builder().build(sources, target);
      for (int i = 0; i < batch.size(); i++) {
        take(batch.get(i), kernels.get(i), built);
      }
    }
    return built;
  }

  private void take(Contender.Own own, BuiltKernel kernel, List<Admitted> built) {
    kernel.failure().ifPresent(failure -> standings.add(new Standing(own, failure)));
    kernel
        .library()
        .ifPresent(
            library -> {
              libraries.add(library);
              double tolerance = bench.codegen().tolerance(own.candidate());
              Trial trial = new Trial(own.task(), kernel.source(), library.path(), tolerance);
              built.add(new Admitted(own, trial));
            });
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
            .ifPresentOrElse(
                found -> find(id).visits.add(found.visit(turns.visited(id))),
                () -> turns.postpone(id));
      }
    }
    finishConfirmed();
  }

  private Entry find(String id) {
    Entry entry = entries.get(id);
    if (entry == null) {
      throw new IllegalStateException("Cannot find contender " + id + ": it has left");
    }
    return entry;
  }

  private void finishConfirmed() {
    for (int group = 0; group < groups.size(); group++) {
      int number = group;
      Map<String, Outcome> outcomes = new LinkedHashMap<>();
      List<String> ids = entries.keySet().stream().filter(id -> find(id).group == number).toList();
      ids.forEach(id -> outcome(find(id)).ifPresent(found -> outcomes.put(id, found)));
      if (outcomes.size() == ids.size()) {
        outcomes.keySet().forEach(bench.timer()::unload);
        outcomes.forEach(this::leave);
      }
    }
  }

  private Optional<Outcome> outcome(Entry entry) {
    long bytes = entry.contender.task().workload().bytes();
    return Ring.outcome(entry.visits, bench.protocol(), bench.timer().noise(), bytes);
  }

  private void finishFailed() {
    for (String id : List.copyOf(entries.keySet())) {
      bench.timer().takeFailure(id).ifPresent(failure -> leave(id, failure.after(find(id).visits)));
    }
  }

  private void leave(String id, Outcome outcome) {
    standings.add(new Standing(find(id).contender, outcome));
    entries.remove(id);
    turns.leave(id);
  }
}
