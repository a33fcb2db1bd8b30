package org.oneshottuner.lower;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A C program in a directory of its own, compiled without a warning, and run: for this machine with
 * sanitizers; for another architecture, where those need more than an emulator has, so that
 * undefined behaviour traps.
 */
public final class CProgram {
  private static final List<String> FLAGS =
      List.of("-O2", "-ffp-contract=fast", "-fno-math-errno", "-Wall", "-Wextra", "-Werror");

  private static final Tools HERE =
      new Tools(
          "gcc", List.of("-fsanitize=address,undefined", "-fno-sanitize-recover=all"), List.of());

  private static final Tools AARCH64 =
      new Tools(
          "aarch64-linux-gnu-gcc",
          List.of("-static", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"),
          List.of("qemu-aarch64"));

  private static final int MOST_MINUTES = 5;

  private final Path directory;
  private Tools tools = HERE;

  /**
   * What makes and runs a program.
   *
   * @param compiler the compiler's driver
   * @param flags what it is given beside the flags of all
   * @param emulator what the program is an argument of; none where it runs by itself
   */
  private record Tools(String compiler, List<String> flags, List<String> emulator) {}

  /** A program in a directory. */
  public CProgram(Path directory) {
    this.directory = directory;
  }

  /** Writes a source file. */
  public void source(String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text, StandardCharsets.UTF_8);
  }

  /** Writes a file of floats, one array after the other. */
  public void floats(String name, List<float[]> arrays) throws IOException {
    int count = arrays.stream().mapToInt(floats -> floats.length).sum();
    ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float[] floats : arrays) {
      for (float number : floats) {
        bytes.putFloat(number);
      }
    }
    Files.write(directory.resolve(name), bytes.array());
  }

  /** Reads a file of floats. */
  public float[] floats(String name) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(directory.resolve(name))).order(ByteOrder.LITTLE_ENDIAN);
    float[] floats = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(floats);
    return floats;
  }

  /** Returns whether a program on the path answers. */
  public static boolean has(String name) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(name, "--version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException absent) {
      return false;
    }
  }

  /** Returns whether a compiler finds the C library to link into a program. */
  public static boolean linksStatically(String compiler) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(compiler, "-print-file-name=libc.a").redirectErrorStream(true).start();
      String path = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 && Files.exists(Path.of(path.strip()));
    } catch (IOException absent) {
      return false;
    }
  }

  /** Compiles source files to the program. */
  public void compile(String march, String... sources) throws IOException, InterruptedException {
    tools = march.startsWith("armv8") ? AARCH64 : HERE;
    List<String> command = new ArrayList<>(List.of(tools.compiler(), "-march=" + march));
    command.addAll(FLAGS);
    command.addAll(tools.flags());
    command.addAll(List.of(sources));
    command.addAll(List.of("-o", "program", "-lm"));
    int exit = execute(command);
    if (exit != 0) {
      throw new AssertionError(command + " fails\n" + log());
    }
  }

  /** Runs the program, and returns its exit status, which is zero or {@code expected}. */
  public int run(int expected, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(tools.emulator());
    command.add("./program");
    command.addAll(List.of(arguments));
    int exit = execute(command);
    if (exit != 0 && exit != expected) {
      throw new AssertionError(command + " ends with " + exit + "\n" + log());
    }
    return exit;
  }

  private String log() throws IOException {
    return Files.readString(directory.resolve("log"));
  }

  private int execute(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    if (!process.waitFor(MOST_MINUTES, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError(command + " does not end");
    }
    return process.exitValue();
  }
}
