package org.oneshottuner.lower;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.Operands;

/** Kernels of one target, printed as C into one program, and run by a small driver. */
final class CompiledKernels {
  private static final int SKIPPED = 77;

  private final CProgram program;
  private final CpuTarget target;
  private final List<Candidate> candidates = new ArrayList<>();
  private final List<Reference> references = new ArrayList<>();

  CompiledKernels(Path directory, CpuTarget target) {
    this.program = new CProgram(directory);
    this.target = target;
  }

  void add(Candidate candidate, Reference reference) {
    candidates.add(candidate);
    references.add(reference);
  }

  /**
   * Compiles and runs all kernels, and compares their outputs with the references.
   *
   * @param place where to look when the program or a comparison fails
   * @return whether this processor can run them
   */
  boolean check(String place) throws IOException, InterruptedException {
    List<float[]> outputs = outputs(place);
    for (int i = 0; i < outputs.size(); i++) {
      OutputCheck.check(
          candidates.get(i).key() + ", " + place,
          candidates.get(i),
          outputs.get(i),
          references.get(i));
    }
    return !outputs.isEmpty();
  }

  /**
   * Compiles and runs all kernels.
   *
   * @param place where to look when the program fails
   * @return the output of each, in the order in which they were added; none if this processor
   *     cannot run them
   */
  List<float[]> outputs(String place) throws IOException, InterruptedException {
    program.source("driver.c", driver());
    program.source("kernels.inc", kernels());
    program.floats("operands", operands());
    List<float[]> outputs = new ArrayList<>();
    if (run(place)) {
      float[] all = program.floats("outputs");
      int from = 0;
      for (Reference reference : references) {
        int to = from + reference.output().length;
        outputs.add(Arrays.copyOfRange(all, from, to));
        from = to;
      }
    }
    return outputs;
  }

  /** Compiles and runs the program, and returns whether this processor can. */
  private boolean run(String place) throws IOException, InterruptedException {
    try {
      program.compile(target.march(), "driver.c");
      return program.run(SKIPPED, "operands", "outputs") != SKIPPED;
    } catch (AssertionError e) {
      throw new AssertionError(place + ": " + e.getMessage() + "\n" + names(), e);
    }
  }

  /** Returns which candidate each kernel is of. */
  private String names() {
    return IntStream.range(0, candidates.size())
        .mapToObj(i -> "kernel" + i + " is " + candidates.get(i).key())
        .collect(Collectors.joining("\n"));
  }

  static String driver() throws IOException {
    try (InputStream driver = CompiledKernels.class.getResourceAsStream("driver.c")) {
      return new String(
          Objects.requireNonNull(driver, "driver.c").readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private String kernels() {
    StringBuilder kernels = new StringBuilder();
    StringBuilder table = new StringBuilder("static const struct kernel kernels[] = {\n");
    for (int i = 0; i < candidates.size(); i++) {
      KernelSource source = Templates.lower(candidates.get(i), "kernel" + i);
      kernels.append(source.text());
      table.append(row(source, candidates.get(i)));
    }
    return kernels.append(table).append("};\n").toString();
  }

  private static String row(KernelSource source, Candidate candidate) {
    Operands sizes = candidate.task().workload().operands(candidate.task().lanes());
    String units =
        source.phaseUnits().stream().map(String::valueOf).collect(Collectors.joining(", "));
    return "{%s, %s_phase, (const long[]){%s}, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d},\n"
        .formatted(
            source.packedFloats() > 0 ? source.name() + "_pack" : "NULL",
            source.name(),
            units,
            source.phaseUnits().size(),
            sizes.input(),
            sizes.rhs(),
            sizes.weight(),
            sizes.bias(),
            sizes.residual(),
            sizes.output(),
            source.packedFloats(),
            source.sharedWorkspaceFloats(),
            source.slotWorkspaceFloats());
  }

  private List<float[]> operands() {
    return references.stream()
        .flatMap(
            of -> List.of(of.input(), of.rhs(), of.weight(), of.bias(), of.residual()).stream())
        .toList();
  }
}
