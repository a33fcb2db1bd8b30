package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.oneshottuner.measure.TaskValues.Numbers;
import org.oneshottuner.workload.CpuTarget;

/**
 * This host's processor as a measuring device. On its last processor, native processes try and time
 * kernels; this program keeps off it, and so do compilers, unless timing may preempt them. One
 * thread measures at a time; other devices with the same cache wait for their turn.
 */
public final class LocalDevice implements MeasuringDevice {
  private static final int FILES_AHEAD = 4;
  private static final int MOST_KERNELS = 512;
  private static final long LEAST_MEMORY_BYTES = 2L << 30;
  private static final long MOST_MEMORY_BYTES = 8L << 30;

  /**
   * How a local device works; {@link #defaults} is right unless there is a reason.
   *
   * @param protocol how kernels are timed
   * @param cache holds the built native runner from one run to the next, and the lock that devices
   *     of this machine share
   * @param work holds what is built; a folder of its own is made in it and removed in the end
   * @param buildLimit for one run of the compiler
   * @param memoryBytes of operands and constants: half for the kernels that are being timed, half
   *     for those that are tried and for what is kept to be used again
   */
  public record Settings(
      Protocol protocol, Path cache, Path work, Duration buildLimit, long memoryBytes) {
    /** Checks the ranges. */
    public Settings {
      requireNonNull(protocol, "protocol");
      requireNonNull(cache, "cache");
      requireNonNull(work, "work");
      requireNonNull(buildLimit, "buildLimit");
      if (memoryBytes < 1 << 20) {
        throw new IllegalArgumentException(
            "Cannot measure in " + memoryBytes + " bytes of memory: least is 1 MiB");
      }
    }

    /**
     * Returns the usual settings.
     *
     * @param environment such as {@code System.getenv()}; says where caches are kept
     */
    public static Settings defaults(Map<String, String> environment) {
      String home = environment.getOrDefault("HOME", "");
      String caches =
          environment.getOrDefault("XDG_CACHE_HOME", home.isEmpty() ? "" : home + "/.cache");
      Path temporary = Path.of(environment.getOrDefault("TMPDIR", "/tmp"));
      return new Settings(
          Protocol.CAREFUL,
          (caches.isEmpty() ? temporary : Path.of(caches)).resolve("oneshot-tuner"),
          temporary,
          Duration.ofSeconds(60),
          memoryBytes(Host.memoryBytes()));
    }

    /**
     * Returns a quarter of a machine's memory, within bounds: the more kernels there is room for,
     * the more of them are visited while others wait for the machine to be quiet.
     */
    static long memoryBytes(long machine) {
      return Math.max(LEAST_MEMORY_BYTES, Math.min(machine / 4, MOST_MEMORY_BYTES));
    }

    /** Returns these settings with another protocol. */
    public Settings with(Protocol other) {
      return new Settings(other, cache, work, buildLimit, memoryBytes);
    }
  }

  private final Settings settings;
  private final Codegen codegen;
  private final Clock clock;
  private final Workshop shop;
  private final DeviceFingerprint fingerprint;
  private final Checker checker;
  private final Timer timer;
  private final TargetGate gate;
  private final QuietCanary quiet;
  private Consumer<String> waiting = holder -> {};

  private LocalDevice(Settings settings, Codegen codegen, Clock clock, Parts parts) {
    this.settings = settings;
    this.codegen = codegen;
    this.clock = clock;
    shop = parts.shop();
    fingerprint = shop.fingerprint();
    gate = new TargetGate(shop.host(), shop.compiler());
    quiet = shop.quiet(clock);
    long bytes = settings.memoryBytes();
    checker = new Checker(shop.checking(), parts.numbers(), bytes / 4, settings.protocol());
    timer = new Timer(shop.timing(), parts.numbers(), bytes / 2, settings.protocol());
  }

  private record Parts(Workshop shop, Numbers numbers) {}

  /**
   * Makes this host ready to measure: finds the compiler, and builds the native runner unless it
   * was built before.
   *
   * @param codegen writes the kernels
   * @param clock tells when a measurement was made
   * @param environment such as {@code System.getenv()}; names the compiler
   * @throws DeviceException if there is no compiler, or the machine or its disk cannot be used
   */
  public static LocalDevice open(
      Settings settings, Codegen codegen, Clock clock, Map<String, String> environment)
      throws InterruptedException {
    return open(settings, codegen, clock, environment, Numbers.UNIFORM);
  }

  static LocalDevice open(
      Settings settings,
      Codegen codegen,
      Clock clock,
      Map<String, String> environment,
      Numbers numbers)
      throws InterruptedException {
    Workshop shop = Workshop.open(settings, environment);
    return new LocalDevice(settings, codegen, clock, new Parts(shop, numbers));
  }

  /**
   * Tells somebody when measuring has to wait for its turn.
   *
   * @param listener is told once for each such wait who has the processor, from the measuring
   *     thread
   */
  public void onWait(Consumer<String> listener) {
    waiting = requireNonNull(listener, "listener");
  }

  @Override
  public DeviceFingerprint fingerprint() {
    return fingerprint;
  }

  /** Returns the compiler that kernels are built with. */
  public Compiler compiler() {
    return shop.compiler();
  }

  @Override
  public void measure(Iterator<Request> requests, Consumer<Measurement> done)
      throws InterruptedException {
    DeviceLock lock = shop.lock(waiting);
    try {
      measureAlone(requests, done);
    } finally {
      lock.close();
    }
  }

  @Override
  public double peakFlopsPerSecond(CpuTarget target) throws InterruptedException {
    DeviceLock lock = shop.lock(waiting);
    try {
      return timer.peakFlopsPerSecond(target.vectorBytes());
    } finally {
      lock.close();
    }
  }

  private void measureAlone(Iterator<Request> requests, Consumer<Measurement> done)
      throws InterruptedException {
    boolean completed = false;
    quiet.read().ifPresent(timer.noise()::know);
    try (BuildLine line = new BuildLine(requests, tools(), gate)) {
      shop.keepOff();
      line.start();
      UntilInterrupted delivered = new UntilInterrupted(done);
      new Ring(bench(), new Ring.Outlet(fingerprint.id(), clock, delivered)).run(line);
      delivered.check();
      completed = true;
    } finally {
      timer.noise().heard().ifPresent(quiet::keep);
      if (!completed) {
        checker.close(); // what they are in the middle of is of no use any more
        timer.close();
      }
      shop.comeBack();
    }
  }

  /**
   * Hands measurements over, but no failure once the thread was interrupted: what interrupted it
   * may have ended the kernel too.
   */
  private static final class UntilInterrupted implements Consumer<Measurement> {
    private final Consumer<Measurement> done;
    private boolean withheld;

    UntilInterrupted(Consumer<Measurement> done) {
      this.done = done;
    }

    @Override
    public void accept(Measurement measurement) {
      boolean failed = measurement.outcome().fold(timed -> false, failure -> true);
      if (failed && Thread.currentThread().isInterrupted()) {
        withheld = true;
      } else {
        done.accept(measurement);
      }
    }

    /** Throws if anything was withheld: the caller is owed a measurement, or this. */
    void check() throws InterruptedException {
      if (withheld) {
        Thread.interrupted();
        throw new InterruptedException("Interrupted before a failure was certain");
      }
    }
  }

  private BuildLine.Tools tools() throws InterruptedException {
    // Timing preempts a compiler on its processor at once, where it is allowed to; where it is not,
    // compilers keep off that processor.
    List<Integer> cpus = timer.realtime() ? shop.host().cpus() : shop.host().otherCpus();
    KernelBuilder builder = shop.builder(cpus, settings.buildLimit());
    return new BuildLine.Tools(
        codegen, shop.compiler(), builder, cpus.size(), FILES_AHEAD * cpus.size());
  }

  private Ring.Bench bench() {
    return new Ring.Bench(
        checker, timer, codegen, settings.protocol(), settings.memoryBytes() / 2, MOST_KERNELS);
  }

  /** Returns the processes that check and time kernels, as far as they run. */
  List<Long> runnerPids() {
    return java.util.stream.Stream.of(checker.pid(), timer.pid())
        .flatMap(Optional::stream)
        .toList();
  }

  @Override
  public void close() {
    checker.close();
    timer.close();
    shop.close();
  }
}
