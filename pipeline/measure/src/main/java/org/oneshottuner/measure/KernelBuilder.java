package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.measure.Outcome.Failed;
import org.oneshottuner.workload.CpuTarget;

/**
 * Builds kernels into shared libraries, several a file: starting the compiler costs as much as a
 * kernel. Safe for use by several threads.
 */
public final class KernelBuilder {
  /**
   * Kernels in one file. Of a compiler's time for a kernel alone, each takes 0.65 where there are
   * four and 0.6 where there are eight; but a search that waits for eight has a file for each of
   * two processors.
   */
  public static final int BATCH = 4;

  /** A loader takes a path that it has loaded before for the same library: none is used twice. */
  private static final AtomicLong FILES = new AtomicLong();

  private final Compiler compiler;
  private final NativeRunner runner;
  private final Path folder;
  private final List<Integer> cpus;
  private final Duration limit;

  /**
   * Makes a builder.
   *
   * @param folder for its files; exists
   * @param cpus that compilers may run on
   * @param limit for one run of the compiler
   */
  KernelBuilder(
      Compiler compiler, NativeRunner runner, Path folder, List<Integer> cpus, Duration limit) {
    this.compiler = requireNonNull(compiler, "compiler");
    this.runner = requireNonNull(runner, "runner");
    this.folder = requireNonNull(folder, "folder");
    this.cpus = List.copyOf(cpus);
    this.limit = requireNonNull(limit, "limit");
  }

  /**
   * Builds kernels, and if one spoils their file, each on its own, so that only the guilty fail.
   *
   * @param sources at most {@link #BATCH}, of different names
   * @return a result for each source, in their order
   * @throws DeviceException if a file cannot be written, or the compiler cannot be started, was
   *     ended by somebody, or lacks disk or memory
   */
  public List<BuiltKernel> build(List<KernelSource> sources, CpuTarget target)
      throws InterruptedException {
    Set<String> names = new HashSet<>();
    for (KernelSource source : sources) {
      if (!names.add(source.name())) {
        throw new IllegalArgumentException(
            "Cannot build two kernels called " + source.name() + " into one file");
      }
    }
    List<BuiltKernel> built = attempt(sources, target);
    if (sources.size() == 1 || built.stream().allMatch(kernel -> kernel.library().isPresent())) {
      return built;
    }
    List<BuiltKernel> alone = new ArrayList<>();
    for (KernelSource source : sources) {
      alone.addAll(attempt(List.of(source), target));
    }
    return alone;
  }

  private List<BuiltKernel> attempt(List<KernelSource> sources, CpuTarget target)
      throws InterruptedException {
    String name = "kernels" + FILES.incrementAndGet();
    Path text = folder.resolve(name + ".c");
    Path library = folder.resolve(name + ".so");
    try {
      Files.writeString(text, String.join("\n", sources.stream().map(KernelSource::text).toList()));
      Command.Result result = Command.run(words(text, library, target), folder, limit);
      if (result.succeeded()) {
        BuiltKernel.Library built = new BuiltKernel.Library(library, sources.size());
        return sources.stream().map(source -> BuiltKernel.of(source, built)).toList();
      }
      Files.deleteIfExists(library);
      if (result.failedByMachine()) {
        throw new DeviceException(
            "Cannot build kernels in "
                + folder
                + ": "
                + compiler.path()
                + " ended with status "
                + result.status()
                + " and says "
                + (result.output().isBlank() ? "nothing" : result.firstError()));
      }
      String detail =
          result.timedOut()
              ? Failed.LATE_COMPILER + limit.toMillis() + " ms"
              : result.firstError().replace(folder + "/", "");
      return sources.stream().map(source -> BuiltKernel.failed(source, detail)).toList();
    } catch (IOException e) {
      throw new DeviceException("Cannot build kernels in " + folder + ": " + e.getMessage(), e);
    } finally {
      delete(text);
    }
  }

  private List<String> words(Path text, Path library, CpuTarget target) {
    List<String> words = new ArrayList<>(List.of(compiler.path().toString()));
    words.addAll(compiler.kernelFlags(target));
    words.addAll(List.of("-o", library.toString(), text.toString(), "-lm"));
    return runner.pinned(cpus, words);
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new DeviceException("Cannot delete " + file + ": " + e.getMessage(), e);
    }
  }
}
