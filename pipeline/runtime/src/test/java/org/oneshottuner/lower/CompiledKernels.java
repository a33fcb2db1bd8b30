package org.oneshottuner.lower;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.Operands;

/**
 * Kernels printed as C, compiled with sanitizers and without a warning, and run by a small driver.
 */
final class CompiledKernels {
  private static final List<String> FLAGS =
      List.of(
          "-O2",
          "-ffp-contract=fast",
          "-fno-math-errno",
          "-Wall",
          "-Wextra",
          "-Werror",
          "-fsanitize=address,undefined",
          "-fno-sanitize-recover=all",
          "-lm");
  private static final int SKIPPED = 77;
  private static final int MOST_MINUTES = 5;

  private final Path directory;
  private final CpuTarget target;
  private final List<Candidate> candidates = new ArrayList<>();
  private final List<Reference> references = new ArrayList<>();

  /** Collects kernels of one target. */
  CompiledKernels(Path directory, CpuTarget target) {
    this.directory = directory;
    this.target = target;
  }

  void add(Candidate candidate, Reference reference) {
    candidates.add(candidate);
    references.add(reference);
  }

  /**
   * Compiles and runs all kernels, and compares their outputs with the references.
   *
   * @param place where to look when a comparison fails
   * @return whether this processor can run them
   */
  boolean check(String place) throws IOException, InterruptedException {
    write();
    List<String> compile = new ArrayList<>(List.of("gcc", "-march=" + target.march()));
    compile.addAll(FLAGS);
    compile.addAll(List.of("driver.c", "-o", "driver"));
    succeed(compile, place);
    if (succeed(List.of("./driver", "operands", "outputs"), place) == SKIPPED) {
      return false;
    }
    ByteBuffer outputs =
        ByteBuffer.wrap(Files.readAllBytes(directory.resolve("outputs")))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < candidates.size(); i++) {
      float[] output = new float[references.get(i).output().length];
      for (int j = 0; j < output.length; j++) {
        output[j] = outputs.getFloat();
      }
      OutputCheck.check(
          candidates.get(i).key() + ", " + place, candidates.get(i), output, references.get(i));
    }
    return true;
  }

  private void write() throws IOException {
    StringBuilder kernels = new StringBuilder();
    StringBuilder table = new StringBuilder("static const struct kernel kernels[] = {\n");
    try (InputStream driver = CompiledKernels.class.getResourceAsStream("driver.c")) {
      Files.write(
          directory.resolve("driver.c"), Objects.requireNonNull(driver, "driver.c").readAllBytes());
    }
    for (int i = 0; i < candidates.size(); i++) {
      KernelSource source = Templates.lower(candidates.get(i), "kernel" + i);
      kernels.append(source.text());
      table.append(row(source, candidates.get(i)));
    }
    Files.writeString(
        directory.resolve("kernels.inc"),
        kernels.append(table).append("};\n"),
        StandardCharsets.UTF_8);
    Files.write(directory.resolve("operands"), operands());
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

  private byte[] operands() {
    List<float[]> all = new ArrayList<>();
    for (Reference of : references) {
      all.addAll(List.of(of.input(), of.rhs(), of.weight(), of.bias(), of.residual()));
    }
    int count = all.stream().mapToInt(floats -> floats.length).sum();
    ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float[] floats : all) {
      for (float number : floats) {
        bytes.putFloat(number);
      }
    }
    return bytes.array();
  }

  private int succeed(List<String> command, String place) throws IOException, InterruptedException {
    Path log = directory.resolve("log");
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!process.waitFor(MOST_MINUTES, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError(command + " does not end, " + place);
    }
    if (process.exitValue() != 0 && process.exitValue() != SKIPPED) {
      throw new AssertionError(
          command + " fails, " + place + "\n" + Files.readString(log) + keys());
    }
    return process.exitValue();
  }

  private String keys() {
    return candidates.stream().map(Candidate::key).collect(Collectors.joining("\n"));
  }
}
