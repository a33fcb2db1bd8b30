package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What it takes to build and time kernels on this host, whoever does it: the compiler, the native
 * runner, a folder of its own, and the measuring processor.
 *
 * @param host this machine
 * @param compiler of kernels
 * @param runner checks and times them
 * @param cache holds what is built once, and the lock that all workshops of this machine share
 * @param folder for what is built here; removed in the end
 */
record Workshop(Host host, Compiler compiler, NativeRunner runner, Path cache, Path folder)
    implements AutoCloseable {
  private static final Duration MOVE_LIMIT = Duration.ofSeconds(20);

  Workshop {
    requireNonNull(host, "host");
    requireNonNull(compiler, "compiler");
    requireNonNull(runner, "runner");
    requireNonNull(cache, "cache");
    requireNonNull(folder, "folder");
  }

  /**
   * Makes one ready: finds the compiler, and builds the native runner unless it was built before.
   *
   * @param environment such as {@code System.getenv()}; names the compiler
   * @throws DeviceException if there is no compiler, or the machine or its disk cannot be used
   */
  static Workshop open(LocalDevice.Settings settings, Map<String, String> environment)
      throws InterruptedException {
    Host host = Host.read();
    Compiler compiler = Compiler.find(environment);
    NativeRunner runner = NativeRunner.build(compiler, settings.cache(), host.model());
    try {
      Files.createDirectories(settings.work());
      Path folder = Files.createTempDirectory(settings.work(), "oneshot-kernels").toAbsolutePath();
      return new Workshop(host, compiler, runner, settings.cache(), folder);
    } catch (IOException e) {
      throw new DeviceException(
          "Cannot make a folder for kernels in " + settings.work() + ": " + e, e);
    }
  }

  /** Returns what tells kernels that are built and timed here from those of other devices. */
  DeviceFingerprint fingerprint() {
    return DeviceFingerprint.of(host, compiler);
  }

  /** Returns the least canary of this device, for whoever holds the lock. */
  QuietCanary quiet(Clock clock) {
    String name = "canary-v" + Protocol.VERSION + "-" + fingerprint().id() + ".txt";
    return new QuietCanary(cache.resolve(name), clock);
  }

  /** Returns whether timing may ask for real-time priority: not where there is one processor. */
  boolean realtime() {
    return host.cpus().size() > 1;
  }

  /** Returns the words that start the process that checks kernels. */
  List<String> checking() {
    return runner.checking(host.measuringCpu(), realtime());
  }

  /** Returns the words that start the process that times kernels. */
  List<String> timing() {
    return runner.timing(host.measuringCpuFirst(), realtime());
  }

  /**
   * Returns a builder of kernels.
   *
   * @param cpus that compilers may run on
   * @param limit for one run of the compiler
   */
  KernelBuilder builder(List<Integer> cpus, Duration limit) {
    return new KernelBuilder(compiler, runner, folder, cpus, limit);
  }

  /**
   * Waits until nobody else measures.
   *
   * @param waiting is told once who measures, if somebody does
   */
  DeviceLock lock(Consumer<String> waiting) throws InterruptedException {
    return DeviceLock.acquire(cache.resolve("cpu" + host.measuringCpu() + ".lock"), waiting);
  }

  /** Moves this program off the measuring processor. */
  void keepOff() throws InterruptedException {
    move(host.otherCpus());
  }

  /** Lets this program use every processor again, interrupted or not. */
  void comeBack() {
    boolean interrupted = Thread.interrupted();
    try {
      move(host.cpus());
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void move(List<Integer> cpus) throws InterruptedException {
    if (host.cpus().size() == 1) {
      return;
    }
    try {
      Command.Result result =
          Command.run(runner.moving(ProcessHandle.current().pid(), cpus), folder, MOVE_LIMIT);
      if (!result.succeeded()) {
        throw new DeviceException(
            "Cannot move this program off the measuring processor: " + result.firstError());
      }
    } catch (IOException e) {
      throw new DeviceException(
          "Cannot move this program off the measuring processor: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      Folders.delete(folder);
    } catch (IOException e) {
      throw new DeviceException("Cannot delete " + folder + ": " + e.getMessage(), e);
    }
  }
}
