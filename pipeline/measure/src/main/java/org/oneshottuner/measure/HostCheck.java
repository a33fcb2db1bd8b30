package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.oneshottuner.workload.CpuTarget;

/**
 * What this machine has of all that measuring wants, and what the lack of each costs.
 *
 * @param findings in the order in which they matter
 */
public record HostCheck(List<Finding> findings) {
  private static final long MEBIBYTE = 1 << 20;
  private static final long WANTED_MEMORY_BYTES = 4096 * MEBIBYTE;
  private static final long WANTED_DISK_BYTES = 2048 * MEBIBYTE;
  private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
  private static final Path MEMORY = Path.of("/proc/meminfo");

  /** Copies the list. */
  public HostCheck {
    findings = List.copyOf(findings);
  }

  /** How well a want is met. */
  public enum Grade {
    /** As it should be. */
    GOOD,
    /** Measuring works, at a cost. */
    COSTLY,
    /** Measuring does not work. */
    MISSING
  }

  /**
   * One want.
   *
   * @param want what is looked for, such as {@code compiler}
   * @param grade how well it is met
   * @param found what there is
   * @param cost what the lack costs, and what would help; empty if it is good
   */
  public record Finding(String want, Grade grade, String found, String cost) {
    /** Checks that all are there. */
    public Finding {
      requireNonNull(want, "want");
      requireNonNull(grade, "grade");
      requireNonNull(found, "found");
      requireNonNull(cost, "cost");
    }

    static Finding good(String want, String found) {
      return new Finding(want, Grade.GOOD, found, "");
    }

    static Finding of(String want, boolean met, String found, String cost) {
      return new Finding(want, met ? Grade.GOOD : Grade.COSTLY, found, met ? "" : cost);
    }

    static Finding missing(String want, String found, String cost) {
      return new Finding(want, Grade.MISSING, found, cost);
    }
  }

  /** Returns whether measuring works at all. */
  public boolean usable() {
    return findings.stream().noneMatch(finding -> finding.grade() == Grade.MISSING);
  }

  /**
   * Looks at this machine. Builds the native runner, unless it was built before, and starts it
   * once.
   *
   * @param environment such as {@code System.getenv()}; names the compiler
   */
  public static HostCheck run(LocalDevice.Settings settings, Map<String, String> environment)
      throws InterruptedException {
    List<Finding> findings = new ArrayList<>();
    Host host;
    try {
      host = Host.read();
    } catch (DeviceException e) {
      return new HostCheck(
          List.of(Finding.missing("system", e.getMessage(), "measuring needs Linux")));
    }
    findings.add(Finding.good("system", host.system()));
    findings.add(vectors(host));
    findings.add(processors(host));
    Optional<Compiler> compiler = compiler(environment, findings);
    if (compiler.isPresent()) {
      targets(host, compiler.get(), findings);
      runner(settings, host, compiler.get(), findings);
    }
    findings.add(hugePages());
    findings.add(memory());
    findings.add(disk(settings.work()));
    return new HostCheck(findings);
  }

  private static Finding vectors(Host host) {
    if (host.runs(CpuTarget.AVX512)) {
      return Finding.good("vector extensions", "AVX-512 (" + host.model() + ")");
    }
    if (host.runs(CpuTarget.AVX2)) {
      return Finding.of(
          "vector extensions",
          false,
          "AVX2 (" + host.model() + ")",
          "target avx512 cannot be measured or run here; avx2 can");
    }
    if (host.runs(CpuTarget.NEON)) {
      return Finding.good("vector extensions", "NEON (" + host.model() + ")");
    }
    return Finding.missing(
        "vector extensions",
        host.model() + " has none of AVX-512, AVX2 and NEON",
        "none of the known targets runs here");
  }

  private static Finding processors(Host host) {
    int cpus = host.cpus().size();
    return Finding.of(
        "processors",
        cpus > 1,
        Integer.toString(cpus),
        "compilers share the measuring processor: fewer labels, and noisier ones");
  }

  private static Optional<Compiler> compiler(
      Map<String, String> environment, List<Finding> findings) throws InterruptedException {
    try {
      Compiler compiler = Compiler.find(environment);
      findings.add(Finding.good("C compiler", compiler.path() + ", " + compiler.version()));
      return Optional.of(compiler);
    } catch (DeviceException e) {
      findings.add(
          Finding.missing(
              "C compiler", e.getMessage(), "nothing can be measured, and no kernels compiled"));
      return Optional.empty();
    }
  }

  private static void targets(Host host, Compiler compiler, List<Finding> findings)
      throws InterruptedException {
    for (CpuTarget target : CpuTarget.known()) {
      if (!host.runs(target)) {
        continue;
      }
      String want = "target " + target.name();
      try {
        compiler.mustBuildFor(target);
        findings.add(Finding.good(want, "-march=" + target.march()));
      } catch (DeviceException e) {
        findings.add(
            Finding.of(want, false, e.getMessage(), "a newer compiler would; set CC to name it"));
      }
    }
  }

  private static void runner(
      LocalDevice.Settings settings, Host host, Compiler compiler, List<Finding> findings)
      throws InterruptedException {
    try {
      NativeRunner built = NativeRunner.build(compiler, settings.cache(), host.model());
      findings.add(Finding.good("native runner", built.binary().toString()));
      Answer timing = hello(built.timing(List.of(host.measuringCpu()), host.cpus().size() > 1));
      Answer checking = hello(built.checking(host.measuringCpu(), false));
      findings.add(
          Finding.of(
              "pinning",
              timing.yes("pinned"),
              "processor " + host.measuringCpu(),
              "kernels wander between processors: labels get noisier"));
      findings.add(
          Finding.of(
              "real-time priority",
              timing.yes("realtime"),
              timing.yes("realtime") ? "SCHED_FIFO" : "not allowed",
              "other programs interrupt kernels: more visits a label; run as root, or grant rtprio"));
      findings.add(
          Finding.of(
              "system call filter",
              checking.yes("filter"),
              checking.yes("filter") ? "seccomp" : "not allowed",
              "a kernel that calls exit or close is noticed only when it is timed"));
      findings.add(clock(host));
    } catch (DeviceException e) {
      findings.add(Finding.missing("native runner", e.getMessage(), "nothing can be measured"));
    }
  }

  private static Answer hello(List<String> words) throws InterruptedException {
    RunnerProcess process = RunnerProcess.start(words);
    process.kill();
    return process.hello();
  }

  private static Finding clock(Host host) {
    boolean even = host.flags().containsAll(List.of("constant_tsc", "nonstop_tsc"));
    return Finding.of(
        "clock",
        even,
        even ? "time-stamp counter" : "system clock",
        "a reading costs more: short kernels get noisier labels");
  }

  private static Finding hugePages() {
    String found = "unknown";
    try {
      if (Files.exists(HUGE_PAGES)) {
        found = Files.readString(HUGE_PAGES).strip();
      }
    } catch (IOException e) {
      found = "unknown: " + e.getMessage();
    }
    return Finding.of(
        "transparent huge pages",
        found.contains("[always]") || found.contains("[madvise]"),
        found,
        "a label changes with where its kernel's memory happens to lie; write madvise to "
            + HUGE_PAGES);
  }

  private static Finding memory() {
    long bytes = 0;
    try {
      for (String line : Files.readAllLines(MEMORY)) {
        if (line.startsWith("MemAvailable:")) {
          bytes = Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
        }
      }
    } catch (IOException e) {
      return Finding.of(
          "memory", false, "unknown: " + e.getMessage(), "large operators may not fit");
    }
    return Finding.of(
        "memory",
        bytes >= WANTED_MEMORY_BYTES,
        bytes / MEBIBYTE + " MiB free",
        "less than " + WANTED_MEMORY_BYTES / MEBIBYTE + " MiB: large operators may not fit");
  }

  private static Finding disk(Path folder) {
    try {
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, "oneshot", ".check"));
      long bytes = Files.getFileStore(folder).getUsableSpace();
      return Finding.of(
          "disk",
          bytes >= WANTED_DISK_BYTES,
          bytes / MEBIBYTE + " MiB free in " + folder,
          "less than " + WANTED_DISK_BYTES / MEBIBYTE + " MiB: long runs may stop");
    } catch (IOException e) {
      return Finding.missing(
          "disk", "Cannot write to " + folder + ": " + e, "nothing can be built");
    }
  }
}
