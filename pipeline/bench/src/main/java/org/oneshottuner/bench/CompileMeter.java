package org.oneshottuner.bench;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.measure.Codegen;
import org.oneshottuner.measure.Compiler;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.CpuTarget;

/** Compiles kernels as measuring does, and reads what processor time it takes. */
final class CompileMeter {
  /** The shell's word for the time of a command and all that it waited for. */
  private static final List<String> TIMED =
      List.of("bash", "-c", "TIMEFORMAT='oneshot %3U %3S'; time \"$@\"", "bash");

  private static final Pattern SECONDS =
      Pattern.compile("^oneshot (\\d+\\.\\d+) (\\d+\\.\\d+)$", Pattern.MULTILINE);

  private final Compiler compiler;
  private final CpuTarget target;
  private final Path folder;

  /**
   * Makes a meter.
   *
   * @param folder for its files; exists
   */
  CompileMeter(Compiler compiler, CpuTarget target, Path folder) {
    this.compiler = requireNonNull(compiler, "compiler");
    this.target = requireNonNull(target, "target");
    this.folder = requireNonNull(folder, "folder");
  }

  /**
   * Compiles kernels together, and each alone.
   *
   * @throws IllegalStateException if one does not compile
   */
  List<CompileCost> costs(List<Candidate> file) throws InterruptedException {
    List<KernelSource> sources = file.stream().map(Codegen.TEMPLATES::source).toList();
    double together = seconds(sources);
    List<Double> alone = new ArrayList<>();
    for (KernelSource source : sources) {
      alone.add(file.size() == 1 ? together : seconds(List.of(source)));
    }
    double sum = alone.stream().mapToDouble(Double::doubleValue).sum();
    List<CompileCost> costs = new ArrayList<>();
    for (int i = 0; i < file.size(); i++) {
      costs.add(new CompileCost(file.get(i), alone.get(i), together * alone.get(i) / sum));
    }
    return costs;
  }

  private double seconds(List<KernelSource> sources) throws InterruptedException {
    Path text = folder.resolve("kernels.c");
    List<String> words = new ArrayList<>(TIMED);
    words.add(compiler.path().toString());
    words.addAll(compiler.kernelFlags(target));
    words.addAll(List.of("-o", folder.resolve("kernels.so").toString(), text.toString(), "-lm"));
    try {
      Files.writeString(text, String.join("\n", sources.stream().map(KernelSource::text).toList()));
      Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      Matcher times = SECONDS.matcher(said);
      if (process.waitFor() != 0 || !times.find()) {
        throw new IllegalStateException(
            "Cannot compile "
                + sources.stream().map(KernelSource::name).toList()
                + ": "
                + compiler.path()
                + " says "
                + said);
      }
      return Double.parseDouble(times.group(1)) + Double.parseDouble(times.group(2));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot compile kernels in " + folder + ": " + e, e);
    }
  }
}
