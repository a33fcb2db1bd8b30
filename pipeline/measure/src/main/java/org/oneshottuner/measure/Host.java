package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.oneshottuner.workload.Architecture;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;

/**
 * This machine, as Linux describes it.
 *
 * @param model the processor's name
 * @param flags the instruction set extensions that the processor names, sorted
 * @param online how many processors the machine has in use, whichever of them this process may use
 * @param cpus the numbers of the processors that this process may use
 * @param caches one text a level of cache, such as {@code L2 Unified 1024K}
 * @param system name and version of kernel and distribution
 */
record Host(
    String model,
    Set<String> flags,
    int online,
    List<Integer> cpus,
    List<String> caches,
    String system) {
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path ONLINE = Path.of("/sys/devices/system/cpu/online");
  private static final Path CACHES = Path.of("/sys/devices/system/cpu/cpu0/cache");
  private static final Path RELEASE = Path.of("/etc/os-release");

  /** What Linux calls the vectors that every 64-bit processor of Arm's has. */
  private static final String NEON = "asimd";

  Host {
    requireNonNull(model, "model");
    requireNonNull(system, "system");
    flags = Set.copyOf(flags);
    cpus = List.copyOf(cpus);
    caches = List.copyOf(caches);
  }

  /**
   * Reads what this machine is.
   *
   * @throws DeviceException if this is not Linux
   */
  static Host read() {
    try {
      List<String> cpuinfo = Files.readAllLines(CPUINFO);
      Set<String> flags = new TreeSet<>();
      for (String name : List.of("flags", "Features")) {
        flags.addAll(List.of(value(cpuinfo, name).split(" ")));
      }
      flags.remove("");
      List<String> release = Files.exists(RELEASE) ? Files.readAllLines(RELEASE) : List.of();
      return new Host(
          value(cpuinfo, "model name"),
          flags,
          numbers(Files.readString(ONLINE)).size(),
          numbers(value(Files.readAllLines(STATUS), "Cpus_allowed_list")),
          readCaches(),
          System.getProperty("os.name")
              + " "
              + System.getProperty("os.version")
              + ", "
              + value(release, "PRETTY_NAME").replace("\"", ""));
    } catch (IOException e) {
      throw new DeviceException(
          "Cannot measure on this machine: it is not Linux, " + e.getMessage(), e);
    }
  }

  /** Returns the memory of this machine, or of the container that this program runs in. */
  static long memoryBytes() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : 0;
  }

  /** Returns whether kernels for a target can run here. */
  boolean runs(CpuTarget target) {
    return flags.containsAll(
        switch (target.architecture()) {
          case AARCH64 -> Set.of(NEON);
          case X86_64 ->
              switch (target.vectorBytes()) {
                case 64 -> Set.of("avx512f", "avx512bw", "avx512dq", "avx512vl");
                case 32 -> Set.of("avx2", "fma");
                default -> Set.of("sse2");
              };
        });
  }

  /**
   * Checks that kernels of a task can run here.
   *
   * @throws IllegalArgumentException if not
   */
  void mustRun(TuningTask task) {
    if (task.threads() > cpus.size()) {
      throw new IllegalArgumentException(
          "Cannot measure "
              + task.key()
              + ": it wants "
              + task.threads()
              + " threads, this process may use "
              + cpus.size()
              + " processors");
    }
    CpuTarget target = task.target();
    if (target.architecture() != architecture()) {
      throw new IllegalArgumentException(
          "Cannot measure for target "
              + target.name()
              + ": its kernels run on "
              + target.architecture().text()
              + ", this processor ("
              + model
              + ") is of "
              + architecture().text());
    }
    if (!runs(target)) {
      throw new IllegalArgumentException(
          "Cannot measure for target "
              + target.name()
              + ": this processor ("
              + model
              + ") has no vectors of "
              + target.vectorBytes()
              + " bytes");
    }
  }

  /** Returns whose machine code this processor runs. */
  Architecture architecture() {
    return flags.contains(NEON) ? Architecture.AARCH64 : Architecture.X86_64;
  }

  /**
   * Returns the processor that kernels are timed on: the last one, as interrupts are mostly served
   * by the first.
   */
  int measuringCpu() {
    return cpus.get(cpus.size() - 1);
  }

  /**
   * Returns the processors for all other work: all but the measuring one, where there are others.
   */
  List<Integer> otherCpus() {
    return cpus.size() == 1 ? cpus : cpus.subList(0, cpus.size() - 1);
  }

  /** Returns all processors, the measuring one first. */
  List<Integer> measuringCpuFirst() {
    List<Integer> ordered = new ArrayList<>(List.of(measuringCpu()));
    if (cpus.size() > 1) {
      ordered.addAll(otherCpus());
    }
    return ordered;
  }

  private static String value(List<String> lines, String name) {
    for (String line : lines) {
      int end = line.indexOf(line.contains(":") ? ':' : '=');
      if (end > 0 && line.substring(0, end).strip().equals(name)) {
        return line.substring(end + 1).strip();
      }
    }
    return "";
  }

  /** Reads a list such as {@code 0-3,8}. */
  static List<Integer> numbers(String list) {
    List<Integer> numbers = new ArrayList<>();
    for (String part : list.split(",", -1)) {
      String[] ends = part.strip().split("-", -1);
      for (int i = Integer.parseInt(ends[0]); i <= Integer.parseInt(ends[ends.length - 1]); i++) {
        numbers.add(i);
      }
    }
    return numbers;
  }

  private static List<String> readCaches() throws IOException {
    List<String> caches = new ArrayList<>();
    for (int index = 0; Files.exists(CACHES.resolve("index" + index)); index++) {
      Path cache = CACHES.resolve("index" + index);
      caches.add(
          "L"
              + Files.readString(cache.resolve("level")).strip()
              + " "
              + Files.readString(cache.resolve("type")).strip()
              + " "
              + Files.readString(cache.resolve("size")).strip());
    }
    return caches;
  }
}
