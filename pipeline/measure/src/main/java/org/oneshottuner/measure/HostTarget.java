package org.oneshottuner.measure;

import java.util.Collection;
import java.util.Optional;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;

/** The target that this machine is. */
public final class HostTarget {
  private HostTarget() {}

  /**
   * Returns the known target whose instructions this machine has, with the caches and the
   * processors of this machine. How many of these this process may use does not matter: the target
   * is part of every task's key, and a label stays what it is under another {@code taskset}.
   *
   * @return empty if it has the instructions of none
   * @throws DeviceException if this is not Linux
   */
  public static Optional<CpuTarget> detect() {
    return of(Host.read());
  }

  /**
   * Checks that this machine can run tasks, and that this process may use as many processors.
   *
   * @throws IllegalArgumentException if it cannot run one of them
   * @throws DeviceException if this is not Linux
   */
  public static void mustRun(Collection<TuningTask> tasks) {
    Host host = Host.read();
    tasks.forEach(host::mustRun);
  }

  static Optional<CpuTarget> of(Host host) {
    return CpuTarget.known().stream()
        .filter(host::runs)
        .findFirst()
        .map(
            known -> {
              long l1 = bytes(host, "L1 Data ", known.l1Bytes());
              long l2 = Math.max(l1, bytes(host, "L2 ", known.l2Bytes()));
              return new CpuTarget(
                  known.name(),
                  known.march(),
                  known.vectorBytes(),
                  known.vectorRegisters(),
                  l1,
                  l2,
                  Math.max(l2, bytes(host, "L3 ", known.l3Bytes())),
                  host.online());
            });
  }

  /** Returns the size of a level of cache, such as {@code L2 Unified 1024K}; or what is usual. */
  private static long bytes(Host host, String level, long usual) {
    for (String cache : host.caches()) {
      String size = cache.substring(cache.lastIndexOf(' ') + 1);
      if (cache.startsWith(level) && size.matches("[0-9]{1,9}[KM]")) {
        long number = Long.parseLong(size.substring(0, size.length() - 1));
        return number << (size.endsWith("K") ? 10 : 20);
      }
    }
    return usual;
  }
}
