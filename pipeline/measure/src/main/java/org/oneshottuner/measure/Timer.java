package org.oneshottuner.measure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.oneshottuner.measure.Outcome.Failed;
import org.oneshottuner.measure.Outcome.Kind;
import org.oneshottuner.measure.RunnerProcess.Answers;
import org.oneshottuner.measure.RunnerProcess.Death;
import org.oneshottuner.measure.RunnerProcess.Query;
import org.oneshottuner.measure.TaskValues.Numbers;

/**
 * Loads kernels into the timing process and visits them. When that process dies, the kernel it was
 * busy with is at fault; a new process is started and given all other kernels again, with the
 * windows they had, so that their visits still compare.
 */
final class Timer {
  private static final Duration GRACE = Duration.ofSeconds(10);

  private static final String UNPLANNED = "auto";
  private static final String WHOLE = "whole";
  private static final String CALLS = "calls:";

  /** What the native runner says of a visit. */
  record Times(
      OptionalLong coldNanos,
      int callsPerWindow,
      List<Long> windowNanos,
      long runs,
      long discarded,
      Canary canary) {
    Times {
      windowNanos = List.copyOf(windowNanos);
    }

    /** Returns the visit that this was, so long after the first. */
    Visit visit(long offsetMillis) {
      return new Visit(
          offsetMillis, coldNanos, callsPerWindow, windowNanos, runs, discarded, canary);
    }
  }

  /** A kernel that is, or will again be, in the timing process. */
  private static final class Loaded {
    private final Trial trial;
    private String plan;
    private long bytes;
    private int strikes;

    private Loaded(Trial trial, String plan) {
      this.trial = trial;
      this.plan = plan;
    }

    private int callsPerWindow() {
      return plan.startsWith(CALLS) ? Integer.parseInt(plan.substring(CALLS.length())) : 1;
    }
  }

  private final RunnerSeat seat;
  private final TaskValues values;
  private final Protocol protocol;
  private final Map<String, Loaded> kernels = new LinkedHashMap<>();
  private final Map<String, Failed> failures = new HashMap<>();
  private final List<String> unneeded = new ArrayList<>();
  private final Noise noise = new Noise(System::nanoTime);
  private long nextId;

  /**
   * Readies a timer; its process starts when it is needed.
   *
   * @param words that start the process
   * @param mostBytes of tasks' values, those that no kernel needs among them
   */
  Timer(List<String> words, Numbers numbers, long mostBytes, Protocol protocol) {
    seat = new RunnerSeat(words);
    values = new TaskValues(numbers, false, mostBytes);
    this.protocol = protocol;
  }

  /** Returns whether the timing process may preempt all others. */
  boolean realtime() throws InterruptedException {
    return seat.runner().hello().yes("realtime");
  }

  /**
   * Returns the most floating-point operations a second, a multiply-add being two, that the
   * measuring processor does on vectors of a width, at the clock of the fastest canary, as labels
   * are told.
   */
  double peakFlopsPerSecond(int vectorBytes) throws InterruptedException {
    Answers answers = seat.runner().ask("peak bytes=" + vectorBytes, GRACE);
    if (answers.death().isPresent()) {
      seat.buried(answers.detail());
      throw new DeviceException("Cannot measure the processor's peak: " + answers.detail());
    }
    Answer answer = Answer.parse(answers.answers().get(0));
    Canary canary = canary(answer);
    noise.hear(canary);
    return answer.number("flops_per_second") / canary.clock(noise.least().orElseThrow());
  }

  /** Returns the bytes that kernels and their tasks take, tasks without a kernel left out. */
  long bytes() {
    return values.bytes(tasksInUse())
        + kernels.values().stream().mapToLong(loaded -> loaded.bytes).sum();
  }

  private Set<String> tasksInUse() {
    return kernels.values().stream()
        .map(loaded -> loaded.trial.task().key())
        .collect(Collectors.toSet());
  }

  /**
   * Returns a name for a kernel to load, never the same twice: one that is not needed any more may
   * still be in the timing process.
   */
  String newId() {
    return "k" + nextId++;
  }

  /** Loads kernels by id. Those that fail are told by {@link #takeFailure}. */
  void load(Map<String, Trial> trials) throws InterruptedException {
    load(trials, UNPLANNED);
  }

  /**
   * Loads kernels by id as {@link #load} does, but to be timed in whole calls: peers, and what is
   * set against them.
   */
  void loadWhole(Map<String, Trial> trials) throws InterruptedException {
    load(trials, WHOLE);
  }

  private void load(Map<String, Trial> trials, String plan) throws InterruptedException {
    trials.forEach((id, trial) -> kernels.put(id, new Loaded(trial, plan)));
    load(List.copyOf(trials.keySet()));
  }

  /** Returns why a kernel failed since it was given to {@link #load}, once. */
  Optional<Failed> takeFailure(String id) {
    return Optional.ofNullable(failures.remove(id));
  }

  private void load(List<String> ids) throws InterruptedException {
    List<String> left = new ArrayList<>(ids);
    while (!left.isEmpty()) {
      Answers answers = makeTasks(left);
      if (answers.death().isEmpty()) {
        answers = seat.runner().ask(left.stream().map(this::loading).toList());
        for (String answer : answers.answers()) {
          loaded(left.remove(0), Answer.parse(answer));
        }
      }
      if (answers.death().isPresent()) {
        blame(left.get(0), answers);
        restore();
        return;
      }
    }
  }

  private Answers makeTasks(List<String> ids) throws InterruptedException {
    RunnerProcess runner = seat.runner();
    Set<String> inUse = tasksInUse();
    Answers made = new Answers(List.of(), Optional.empty(), "");
    for (String id : ids) {
      made = values.make(runner, find(id).trial.task(), inUse);
      if (made.death().isPresent()) {
        break;
      }
    }
    return made;
  }

  private Loaded find(String id) {
    Loaded loaded = kernels.get(id);
    if (loaded == null) {
      throw new IllegalStateException("Cannot find kernel " + id + ": it is not loaded");
    }
    return loaded;
  }

  private Query loading(String id) {
    Loaded loaded = find(id);
    Duration limit = limitOf(loaded);
    String line =
        "load id="
            + id
            + " task="
            + values.id(loaded.trial.task())
            + " limit_ms="
            + limit.toMillis()
            + " plan="
            + loaded.plan
            + " "
            + loaded.trial.fields();
    return new Query(line, limit.plus(GRACE));
  }

  private Duration limitOf(Loaded loaded) {
    return protocol.limitFor(loaded.trial.task().workload()).plus(budgetOf(loaded));
  }

  private Duration budgetOf(Loaded loaded) {
    return protocol.budgetFor(loaded.trial.task().workload());
  }

  private void loaded(String id, Answer answer) {
    if (answer.verb().equals("ok")) {
      Loaded loaded = find(id);
      loaded.plan = answer.text("plan");
      loaded.bytes = answer.number("bytes");
    } else {
      fail(id, answer.failure());
    }
  }

  private void fail(String id, Failed failure) {
    kernels.remove(id);
    failures.put(id, failure);
  }

  /**
   * A process that may have been killed from outside does not condemn its kernel the first time.
   */
  private void blame(String id, Answers answers) {
    Loaded loaded = find(id);
    Death death = answers.death().orElseThrow();
    loaded.strikes++;
    if (death == Death.TIMED_OUT) {
      fail(id, new Failed(Kind.TIMED_OUT, answers.detail()));
    } else if (death == Death.CRASHED || loaded.strikes > 1) {
      fail(id, new Failed(Kind.CRASHED, answers.detail()));
    }
    seat.buried(answers.detail());
  }

  private void restore() throws InterruptedException {
    seat.kill();
    values.clear();
    unneeded.clear();
    load(List.copyOf(kernels.keySet()));
  }

  /**
   * Visits kernels in order, once each, and drops those that are not needed any more.
   *
   * @param ids kernels to visit
   * @param forced of these, the ones that are to be visited however noisy the machine is
   * @return the times of those that lived and found the machine quiet; a failure of any kernel is
   *     told by {@link #takeFailure}
   */
  Map<String, Times> visit(List<String> ids, Set<String> forced) throws InterruptedException {
    Map<String, Times> times = new LinkedHashMap<>();
    List<String> left = new ArrayList<>(ids);
    while (!left.isEmpty()) {
      List<Query> queries = new ArrayList<>(unloads());
      int before = queries.size();
      left.forEach(id -> queries.add(visiting(id, forced.contains(id))));
      Answers answers = seat.runner().ask(queries);
      for (int i = before; i < answers.answers().size(); i++) {
        String id = left.remove(0);
        read(answers.answers().get(i), find(id).callsPerWindow())
            .ifPresent(found -> times.put(id, found));
        seat.worked();
      }
      if (answers.death().isPresent()) {
        blame(left.get(0), answers);
        restore();
        left.removeIf(id -> !kernels.containsKey(id));
      }
    }
    return times;
  }

  private List<Query> unloads() {
    List<Query> queries = unneeded.stream().map(id -> new Query("unload id=" + id, GRACE)).toList();
    unneeded.clear();
    return queries;
  }

  private Query visiting(String id, boolean forced) {
    Duration limit = limitOf(find(id));
    String line =
        "visit id="
            + id
            + " limit_ms="
            + limit.toMillis()
            + " budget_us="
            + budgetOf(find(id)).toNanos() / 1000
            + " runs=2"
            + (forced ? "" : noise.least().map(Timer::most).orElse(""));
    return new Query(line, limit.plus(GRACE));
  }

  private static String most(Canary least) {
    Canary most = least.quietMost();
    return " fma_most=" + most.fmaNanos() + " memory_most=" + most.memoryNanos();
  }

  /** Returns how noisy the machine is, as visits have told. */
  Noise noise() {
    return noise;
  }

  private Optional<Times> read(String line, int callsPerWindow) {
    Answer answer = Answer.parse(line);
    Canary canary = canary(answer);
    noise.hear(canary);
    if (answer.verb().equals("noisy")) {
      return Optional.empty();
    }
    long cold = answer.number("cold");
    String windows = answer.text("windows");
    List<Long> nanos = new ArrayList<>();
    for (String window : windows.isEmpty() ? new String[0] : windows.split(",", -1)) {
      nanos.add(Math.max(1, Long.parseLong(window)));
    }
    return Optional.of(
        new Times(
            cold > 0 ? OptionalLong.of(cold) : OptionalLong.empty(),
            callsPerWindow,
            nanos,
            answer.number("runs"),
            answer.number("discarded"),
            canary));
  }

  private static Canary canary(Answer answer) {
    return new Canary(Math.max(1, answer.number("fma")), Math.max(1, answer.number("memory")));
  }

  /** Drops a kernel that was visited enough. Its memory is freed with the next visit to another. */
  void unload(String id) {
    if (kernels.remove(id) != null) {
      unneeded.add(id);
    }
  }

  /** Ends the timing process and forgets all kernels. */
  void close() {
    seat.kill();
    values.clear();
    unneeded.clear();
    kernels.clear();
    failures.clear();
  }

  Optional<Long> pid() {
    return seat.pid();
  }
}
