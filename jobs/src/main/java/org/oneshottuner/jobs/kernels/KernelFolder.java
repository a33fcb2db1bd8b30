package org.oneshottuner.jobs.kernels;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.oneshottuner.compile.Choice;
import org.oneshottuner.compile.CompiledKernel;
import org.oneshottuner.jobs.storage.Digests;
import org.oneshottuner.jobs.storage.Place;
import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Compiler;
import org.oneshottuner.sample.WorkloadList;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.Operands;
import org.oneshottuner.workload.TuningTask;

/**
 * A folder of kernels that a C program links: for each kernel {@code NAME.c} and {@code NAME.h},
 * and for all together {@code libkernels.so}, {@code kernels.h} and {@code kernels.json}.
 *
 * <p>It is written beside its place and then moved there: it is there whole or not at all. Two
 * writers of one folder do not harm each other; the last one's kernels stay.
 */
public final class KernelFolder {
  /** Name of the shared library. */
  public static final String LIBRARY = "libkernels.so";

  private static final String HEADER = "kernels.h";
  private static final int NAME_DIGITS = 12;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** What is written beside the kernels. */
  public enum Extras {
    /** Nothing. */
    NONE,
    /** A C program that runs and checks every kernel, and its Makefile. */
    EXAMPLE
  }

  private final Path folder;
  private final Path parent;
  private final String prefix;

  private KernelFolder(Path folder) {
    this.folder = folder;
    this.parent = folder.resolveSibling("");
    this.prefix = "." + folder.getFileName() + ".";
  }

  /**
   * Returns the folder at a path, which is new, empty, or holds nothing but what was written by
   * this class.
   *
   * @throws IllegalArgumentException if it holds anything else, or nothing can be made beside it
   */
  public static KernelFolder at(Path folder) {
    KernelFolder kernels = new KernelFolder(folder.toAbsolutePath().normalize());
    kernels.mustBeOurs();
    Place.mustTakeFiles(kernels.parent, "Cannot write kernels into " + folder);
    return kernels;
  }

  /** Returns the name of a task's kernel: the same for every schedule, model and order. */
  public static String name(TuningTask task) {
    String digest = Digests.of(task.key().getBytes(StandardCharsets.UTF_8));
    return task.workload().kind() + "_" + digest.substring(0, NAME_DIGITS);
  }

  /**
   * Chooses, generates and builds kernels, and puts them here in place of what was.
   *
   * @throws org.oneshottuner.measure.DeviceException if the compiler cannot build for the target
   * @throws UncheckedIOException if a file cannot be written; then what was here is still here
   */
  public CompileFigures write(KernelOrder order, Compiler compiler, Extras extras)
      throws InterruptedException {
    compiler.mustBuildFor(order.target());
    try {
      Files.createDirectories(parent);
      Path around = Files.createTempDirectory(parent, prefix);
      try {
        // not the temporary folder itself, which is for nobody else to read
        Path unfinished = Files.createDirectory(around.resolve("kernels"));
        CompileFigures figures = fill(unfinished, order, compiler, extras);
        mustBeOurs();
        replace(unfinished);
        return figures;
      } finally {
        delete(around);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot write kernels into " + folder + ": " + Place.reason(e), e);
    }
  }

  private CompileFigures fill(Path unfinished, KernelOrder order, Compiler compiler, Extras extras)
      throws IOException, InterruptedException {
    List<CompiledKernel> kernels = new ArrayList<>();
    List<CompileFigures.Written> written = new ArrayList<>();
    List<Path> sources = new ArrayList<>();
    Set<String> files = new TreeSet<>(Set.of(LIBRARY, HEADER, KernelIndex.FILE));
    long chooseNanos = 0;
    for (TuningTask task : order.tasks()) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      long begin = System.nanoTime();
      CompiledKernel kernel = order.tuner().compile(task, name(task));
      long nanos = System.nanoTime() - begin;
      chooseNanos += nanos;
      kernels.add(kernel);
      written.add(written(kernel, nanos));
      String source = kernel.source().name() + ".c";
      put(unfinished, files, source, kernel.source().text());
      sources.add(unfinished.resolve(source));
      put(unfinished, files, kernel.source().name() + ".h", kernel.header());
    }
    put(unfinished, files, HEADER, header(kernels));
    if (extras == Extras.EXAMPLE) {
      files.add(ExampleProgram.BINARY);
      put(unfinished, files, ExampleProgram.SOURCE, ExampleProgram.source(kernels));
      put(unfinished, files, ExampleProgram.MAKEFILE, ExampleProgram.makefile());
    }
    put(unfinished, files, KernelIndex.FILE, index(order, compiler, files, kernels));
    long begin = System.nanoTime();
    compiler.buildLibrary(sources, order.target(), unfinished.resolve(LIBRARY));
    long buildNanos = System.nanoTime() - begin;
    return new CompileFigures(
        folder.toString(),
        folder.resolve(LIBRARY).toString(),
        Files.size(unfinished.resolve(LIBRARY)),
        chooseNanos,
        buildNanos,
        written);
  }

  private static void put(Path folder, Set<String> files, String name, String text)
      throws IOException {
    files.add(name);
    Files.writeString(folder.resolve(name), text);
  }

  private static CompileFigures.Written written(CompiledKernel kernel, long nanos) {
    Choice choice = kernel.choice();
    return new CompileFigures.Written(
        kernel.source().name(),
        choice.task().workload().text(),
        choice.schedule().text(),
        choice.score(),
        nanos);
  }

  private static String header(List<CompiledKernel> kernels) {
    List<String> lines = new ArrayList<>();
    lines.add("/* All kernels of " + LIBRARY + ". */");
    lines.add("#ifndef ONESHOT_KERNELS_H");
    lines.add("#define ONESHOT_KERNELS_H");
    kernels.forEach(kernel -> lines.add("#include \"" + kernel.source().name() + ".h\""));
    lines.add("#endif");
    return String.join("\n", lines) + "\n";
  }

  private static String index(
      KernelOrder order, Compiler compiler, Set<String> files, List<CompiledKernel> kernels)
      throws IOException {
    List<KernelIndex.Kernel> entries = new ArrayList<>();
    for (int i = 0; i < kernels.size(); i++) {
      entries.add(entry(kernels.get(i), order.workloads().entries().get(i).uses()));
    }
    KernelIndex index =
        new KernelIndex(
            KernelIndex.FORMAT,
            order.tuner().model().compatibility().schemaId(),
            order.tuner().model().compatibility().spaceFamily(),
            order.target().text(),
            order.threads(),
            compiler.version(),
            compiler.kernelFlags(order.target()),
            LIBRARY,
            List.copyOf(files),
            entries);
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(index) + "\n";
  }

  private static KernelIndex.Kernel entry(CompiledKernel kernel, List<WorkloadList.Use> uses) {
    Choice choice = kernel.choice();
    KernelSource source = kernel.source();
    Operands sizes = choice.task().workload().operands(choice.task().lanes());
    List<String> symbols = new ArrayList<>();
    if (source.packedFloats() > 0) {
      symbols.add(source.name() + "_pack");
    }
    symbols.add(source.name() + "_phase");
    return new KernelIndex.Kernel(
        source.name(),
        choice.task().key(),
        choice.task().workload().text(),
        uses,
        choice.schedule().text(),
        choice.score(),
        choice.candidates(),
        Templates.tolerance(new Candidate(choice.task(), choice.schedule())),
        symbols,
        source.phaseUnits(),
        new KernelIndex.Floats(
            sizes.input(),
            sizes.rhs(),
            sizes.weight(),
            sizes.bias(),
            sizes.residual(),
            sizes.output(),
            source.packedFloats(),
            source.sharedWorkspaceFloats(),
            source.slotWorkspaceFloats()));
  }

  private void mustBeOurs() {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      throw refuse("it is not a folder");
    }
    List<String> found = names();
    if (found.isEmpty()) {
      return;
    }
    Set<String> ours = listed();
    for (String name : found) {
      if (!ours.contains(name)) {
        throw refuse("it holds " + name + ", which compile did not write");
      }
    }
  }

  private IllegalArgumentException refuse(String reason) {
    return new IllegalArgumentException(
        "Cannot write kernels into " + folder + ": " + reason + "; name a new folder");
  }

  private List<String> names() {
    try (Stream<Path> listed = Files.list(folder)) {
      return listed.map(path -> path.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot write kernels into " + folder + ": " + Place.reason(e), e);
    }
  }

  /** Returns the names of the files that the index of the folder lists; none without an index. */
  private Set<String> listed() {
    Path index = folder.resolve(KernelIndex.FILE);
    Set<String> names = new TreeSet<>();
    if (!Files.isRegularFile(index)) {
      return names;
    }
    try {
      JsonNode root = JSON.readTree(Files.readAllBytes(index));
      if (root.path("format").asText().equals(KernelIndex.FORMAT)) {
        root.path("files").forEach(file -> names.add(file.asText()));
      }
      return names;
    } catch (IOException e) {
      throw refuse(KernelIndex.FILE + " cannot be read, " + Place.reason(e));
    }
  }

  private void replace(Path unfinished) throws IOException {
    if (!Files.exists(folder)) {
      Files.move(unfinished, folder, ATOMIC_MOVE);
      return;
    }
    Path former = Files.createTempDirectory(parent, prefix);
    Files.move(folder, former, ATOMIC_MOVE);
    try {
      Files.move(unfinished, folder, ATOMIC_MOVE);
    } catch (IOException e) {
      Files.move(former, folder, ATOMIC_MOVE);
      throw e;
    }
    delete(former);
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
      }
    }
  }
}
