package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.oneshottuner.workload.Architecture;
import org.oneshottuner.workload.CpuTarget;

/**
 * A C compiler of this host.
 *
 * @param path of its driver
 * @param version the first line it says of itself
 */
public record Compiler(Path path, String version) {
  /** What every kernel is built with, beside its target's {@code -march}. */
  public static final List<String> KERNEL_FLAGS =
      List.of("-O2", "-ffp-contract=fast", "-fno-math-errno", "-fPIC", "-shared");

  private static final List<String> NAMES = List.of("gcc", "clang", "cc");

  /** This host's architecture; the Java platform has a name of its own for one of them. */
  private static final String HERE =
      System.getProperty("os.arch").replace("amd64", Architecture.X86_64.text());

  private static final Duration PROBE_LIMIT = Duration.ofSeconds(20);

  /** For one file. */
  private static final Duration BUILD_LIMIT = Duration.ofSeconds(60);

  /** Checks that both are there. */
  public Compiler {
    requireNonNull(path, "path");
    requireNonNull(version, "version");
  }

  /**
   * Finds the compiler named by {@code CC}, or else the first of gcc, clang and cc on the path.
   *
   * @param environment such as {@code System.getenv()}
   * @throws DeviceException if there is none, or the named one does not run
   */
  public static Compiler find(Map<String, String> environment) throws InterruptedException {
    return find(environment, NAMES, "Cannot find a C compiler", "gcc");
  }

  /**
   * Finds the compiler named by {@code CC}, or else one that builds for a target: where it is of
   * another architecture than this host, the cross compiler of GCC's.
   *
   * @param environment such as {@code System.getenv()}
   * @throws DeviceException if there is none, or the named one does not run
   */
  public static Compiler find(Map<String, String> environment, CpuTarget target)
      throws InterruptedException {
    String architecture = target.architecture().text();
    if (architecture.equals(HERE)) {
      return find(environment);
    }
    return find(
        environment,
        List.of(architecture + "-linux-gnu-gcc"),
        "Cannot find a C compiler for target " + target.name(),
        "gcc-" + architecture.replace('_', '-') + "-linux-gnu");
  }

  private static Compiler find(
      Map<String, String> environment, List<String> usual, String refusal, String remedy)
      throws InterruptedException {
    String named = environment.getOrDefault("CC", "").strip();
    List<String> names = named.isEmpty() ? usual : List.of(named);
    List<String> folders = List.of(environment.getOrDefault("PATH", "").split(":", -1));
    for (String name : names) {
      for (Path path : places(name, folders)) {
        if (Files.isExecutable(path) && !Files.isDirectory(path)) {
          return new Compiler(path, versionOf(path));
        }
      }
    }
    throw new DeviceException(
        named.isEmpty()
            ? refusal
                + ": "
                + (names.size() == 1 ? "no " : "none of ")
                + String.join(", ", names)
                + " is on the PATH; install "
                + remedy
                + ", or set CC"
            : "Cannot use the C compiler '" + named + "' that CC names: there is no such program");
  }

  private static List<Path> places(String name, List<String> folders) {
    if (name.contains("/")) {
      return List.of(Path.of(name).toAbsolutePath());
    }
    List<Path> places = new ArrayList<>();
    for (String folder : folders) {
      if (!folder.isEmpty()) {
        places.add(Path.of(folder, name));
      }
    }
    return places;
  }

  private static String versionOf(Path path) throws InterruptedException {
    Command.Result result = probe(path, List.of("--version"));
    if (!result.succeeded()) {
      throw new DeviceException(
          "Cannot use the C compiler " + path + ": --version says " + result.firstError());
    }
    return result.output().lines().findFirst().orElse("unknown version").strip();
  }

  /** Returns the flags that a kernel for a target is built with. */
  public List<String> kernelFlags(CpuTarget target) {
    List<String> flags = new ArrayList<>(KERNEL_FLAGS);
    flags.add("-march=" + target.march());
    return flags;
  }

  /**
   * Returns the version and the flags: what a kernel's machine code depends on beside its source.
   */
  public String toolchain(CpuTarget target) {
    return version + " " + String.join(" ", kernelFlags(target));
  }

  /**
   * Checks that this compiler can build for a target.
   *
   * @throws DeviceException if it refuses; the message holds its first error
   */
  public void mustBuildFor(CpuTarget target) throws InterruptedException {
    List<String> words = new ArrayList<>(kernelFlags(target));
    words.addAll(List.of("-x", "c", "/dev/null", "-o", "/dev/null"));
    Command.Result result = probe(path, words);
    if (!result.succeeded()) {
      throw new DeviceException(
          "Cannot build for target "
              + target.name()
              + ": "
              + path
              + " ("
              + version
              + ") says "
              + (result.timedOut() ? "nothing for " + PROBE_LIMIT : result.firstError()));
    }
  }

  /**
   * Builds C files into a shared library for a target.
   *
   * @param library to be written; its folder exists and takes the compiler's temporary files
   * @throws DeviceException if it cannot be built; the message holds the compiler's first error
   */
  public void buildLibrary(List<Path> sources, CpuTarget target, Path library)
      throws InterruptedException {
    List<String> words = new ArrayList<>(List.of(path.toString()));
    words.addAll(kernelFlags(target));
    words.addAll(List.of("-Wl,-soname," + library.getFileName(), "-o", library.toString()));
    sources.forEach(source -> words.add(source.toString()));
    words.add("-lm");
    Path folder = library.toAbsolutePath().resolveSibling("");
    Duration limit = BUILD_LIMIT.multipliedBy(sources.size());
    try {
      Command.Result result = Command.run(words, folder, limit);
      if (!result.succeeded()) {
        throw new DeviceException(
            "Cannot build "
                + library
                + ": "
                + path
                + " ("
                + version
                + ") says "
                + (result.timedOut() ? "nothing for " + limit : result.firstError()));
      }
    } catch (IOException e) {
      throw new DeviceException("Cannot run the C compiler " + path + ": " + e.getMessage(), e);
    }
  }

  private static Command.Result probe(Path path, List<String> arguments)
      throws InterruptedException {
    List<String> words = new ArrayList<>(List.of(path.toString()));
    words.addAll(arguments);
    try {
      Path folder = Files.createTempDirectory("oneshot-probe");
      try {
        return Command.run(words, folder, PROBE_LIMIT);
      } finally {
        Files.deleteIfExists(folder);
      }
    } catch (IOException e) {
      throw new DeviceException("Cannot run the C compiler " + path + ": " + e.getMessage(), e);
    }
  }
}
