package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.oneshottuner.measure.TaskValues.Numbers;
import org.oneshottuner.workload.Operands;
import org.oneshottuner.workload.TuningTask;

/**
 * Times kernels of ours and libraries of others against each other on this host. All contenders of
 * a task, and of as many tasks as memory holds, run in one process, on the same pinned processors,
 * at the same priority, between the same canaries; they are visited in turn, those of a task next
 * to each other, over and over. Each is timed in whole calls, with its operands in caches as far as
 * they fit.
 *
 * <p>A process serves one number of threads and one length of vectors: libraries fix theirs when
 * they are loaded. Those that can be are held back to the vectors of the target.
 */
public final class Contest implements AutoCloseable {
  /** Of visits: more and longer than a label needs, since a ratio has two errors. */
  public static final Protocol PROTOCOL =
      new Protocol(
          8,
          24,
          8,
          Duration.ofMillis(4),
          Duration.ofMillis(300),
          Duration.ofSeconds(20),
          0.02,
          Duration.ofSeconds(3));

  /** Peers keep copies of a task's operands, in their own layout and in a plain one. */
  private static final int COPIES = 3;

  /**
   * Of the timing process: what peers allocate for themselves shall lie in huge pages, as the
   * runner's own buffers do.
   */
  private static final List<String> ENVIRONMENT =
      List.of("env", "GLIBC_TUNABLES=glibc.malloc.hugetlb=1");

  private final LocalDevice.Settings settings;
  private final Codegen codegen;
  private final Workshop shop;
  private final TargetGate gate;
  private final QuietCanary quiet;
  private Consumer<String> waiting = holder -> {};

  private Contest(LocalDevice.Settings settings, Codegen codegen, Clock clock, Workshop shop) {
    this.settings = settings;
    this.codegen = codegen;
    this.shop = shop;
    quiet = shop.quiet(clock);
    gate = new TargetGate(shop.host(), shop.compiler());
  }

  /**
   * Makes this host ready.
   *
   * @param codegen writes our kernels
   * @param clock tells how old what is known of the machine is
   * @param environment such as {@code System.getenv()}; names the compiler
   * @throws DeviceException if there is no compiler, or the machine or its disk cannot be used
   */
  public static Contest open(
      LocalDevice.Settings settings, Codegen codegen, Clock clock, Map<String, String> environment)
      throws InterruptedException {
    requireNonNull(codegen, "codegen");
    return new Contest(settings, codegen, clock, Workshop.open(settings, environment));
  }

  /**
   * Tells somebody when timing has to wait for its turn.
   *
   * @param listener is told once for each such wait who has the processor
   */
  public void onWait(Consumer<String> listener) {
    waiting = requireNonNull(listener, "listener");
  }

  /**
   * Builds the adapter of a library, unless it was built before.
   *
   * @throws DeviceException if it cannot be built
   */
  public Peer peer(Peer.Source source) throws InterruptedException {
    return Peer.build(shop.compiler(), shop.cache(), source);
  }

  /**
   * Times contenders.
   *
   * @param contenders of any tasks for the same number of threads
   * @return how each did, in their order
   * @throws InterruptedException if the thread was interrupted
   * @throws DeviceException if the device itself fails
   * @throws IllegalArgumentException if the numbers of threads or the lengths of vectors differ,
   *     two of a task have one name, or this processor cannot run a task
   */
  public List<Standing> run(List<Contender> contenders) throws InterruptedException {
    Map<TuningTask, List<Contender>> byTask = byTask(contenders);
    for (TuningTask task : byTask.keySet()) {
      gate.mustAdmit(task);
    }
    Map<Contender, Standing> standings = new LinkedHashMap<>();
    DeviceLock lock = shop.lock(waiting);
    try {
      shop.keepOff();
      for (List<List<Contender>> heat : heats(byTask)) {
        heat(heat).forEach(standing -> standings.put(standing.contender(), standing));
      }
    } finally {
      shop.comeBack();
      lock.close();
    }
    List<Standing> inOrder = new ArrayList<>();
    for (Contender contender : contenders) {
      Standing standing = standings.get(contender);
      if (standing == null) {
        throw new IllegalStateException("Cannot tell how " + contender.name() + " did");
      }
      inOrder.add(standing);
    }
    return inOrder;
  }

  private static Map<TuningTask, List<Contender>> byTask(List<Contender> contenders) {
    Map<TuningTask, List<Contender>> byTask = new LinkedHashMap<>();
    Set<Integer> threads = new HashSet<>();
    Set<Integer> vectorBytes = new TreeSet<>();
    Set<List<String>> names = new HashSet<>();
    for (Contender contender : contenders) {
      byTask.computeIfAbsent(contender.task(), task -> new ArrayList<>()).add(contender);
      threads.add(contender.task().threads());
      vectorBytes.add(contender.task().target().vectorBytes());
      if (!names.add(List.of(contender.task().key(), contender.name()))) {
        throw new IllegalArgumentException(
            "Cannot time two contenders called "
                + contender.name()
                + " for "
                + contender.task().workload().text());
      }
    }
    if (vectorBytes.size() > 1) {
      throw new IllegalArgumentException(
          "Cannot time kernels for vectors of "
              + vectorBytes
              + " bytes in one process: expected one length");
    }
    if (threads.size() > 1) {
      throw new IllegalArgumentException(
          "Cannot time kernels of " + threads + " threads in one process: expected one number");
    }
    return byTask;
  }

  /** Parts tasks into heats whose operands and their copies fit the memory. */
  private List<List<List<Contender>>> heats(Map<TuningTask, List<Contender>> byTask) {
    List<List<List<Contender>>> heats = new ArrayList<>();
    long bytes = 0;
    for (Map.Entry<TuningTask, List<Contender>> entry : byTask.entrySet()) {
      long more = bytes(entry.getKey()) * COPIES * entry.getValue().size();
      if (heats.isEmpty() || bytes + more > settings.memoryBytes()) {
        heats.add(new ArrayList<>());
        bytes = 0;
      }
      heats.get(heats.size() - 1).add(entry.getValue());
      bytes += more;
    }
    return heats;
  }

  private static long bytes(TuningTask task) {
    Operands operands = task.workload().operands(task.lanes());
    return operands.total() * task.workload().dtype().bytes();
  }

  /** A heat has processes of its own: what one leaves in memory does not slow the next. */
  private List<Standing> heat(List<List<Contender>> groups) throws InterruptedException {
    Protocol protocol = settings.protocol();
    long bytes = settings.memoryBytes();
    Checker checker = new Checker(shop.checking(), Numbers.UNIFORM, bytes / 4, protocol);
    List<String> timing = Stream.concat(ENVIRONMENT.stream(), shop.timing().stream()).toList();
    Timer timer = new Timer(timing, Numbers.UNIFORM, bytes, protocol);
    quiet.read().ifPresent(timer.noise()::know);
    try {
      KernelBuilder builder = shop.builder(shop.host().otherCpus(), settings.buildLimit());
      Heat.Bench bench = new Heat.Bench(checker, timer, builder, codegen, protocol);
      return new Heat(bench, groups).run();
    } finally {
      timer.noise().heard().ifPresent(quiet::keep);
      checker.close();
      timer.close();
    }
  }

  @Override
  public void close() {
    shop.close();
  }
}
