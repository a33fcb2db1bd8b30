package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The built {@code oneshot-runner}: the native program that checks and times kernels. Its sources
 * are resources beside this class; {@code runner.h} says what it does.
 *
 * @param binary the program
 */
record NativeRunner(Path binary) {
  private static final List<String> SOURCES =
      List.of(
          "runner.h",
          "canary.c",
          "check.c",
          "clock.c",
          "cpu.c",
          "kernel.c",
          "main.c",
          "memory.c",
          "peak.c",
          "protocol.c",
          "reference.c",
          "task.c",
          "visit.c",
          "watchdog.c",
          "workers.c");
  private static final List<String> FLAGS =
      List.of("-std=gnu11", "-D_GNU_SOURCE", "-O3", "-march=native", "-fno-math-errno");
  private static final List<String> LIBRARIES = List.of("-lm", "-lpthread", "-ldl");
  private static final Duration LIMIT = Duration.ofMinutes(2);

  NativeRunner {
    requireNonNull(binary, "binary");
  }

  /**
   * Builds the program, unless the cache holds it: built from the same sources, with the same
   * compiler and flags, for the same processor.
   *
   * @param cache a folder; made if need be
   * @throws DeviceException if it cannot be built
   */
  static NativeRunner build(Compiler compiler, Path cache, String cpuModel)
      throws InterruptedException {
    try {
      List<String> texts = new ArrayList<>(List.of(compiler.version(), cpuModel));
      texts.addAll(FLAGS);
      for (String name : SOURCES) {
        texts.add(source(name));
      }
      Files.createDirectories(cache);
      Path binary = cache.resolve("oneshot-runner-" + Sha256.of(texts).substring(0, 16));
      if (!Files.isExecutable(binary)) {
        build(compiler, cache, binary);
      }
      return new NativeRunner(binary);
    } catch (IOException e) {
      throw new DeviceException("Cannot build the native runner in " + cache + ": " + e, e);
    }
  }

  private static void build(Compiler compiler, Path cache, Path binary)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory(cache, "build");
    try {
      List<String> words = new ArrayList<>(List.of(compiler.path().toString()));
      words.addAll(FLAGS);
      for (String name : SOURCES) {
        Files.writeString(folder.resolve(name), source(name));
        if (name.endsWith(".c")) {
          words.add(name);
        }
      }
      Path built = folder.resolve("oneshot-runner");
      words.addAll(List.of("-o", built.toString()));
      words.addAll(LIBRARIES);
      Command.Result result = Command.run(words, folder, LIMIT);
      if (!result.succeeded()) {
        throw new DeviceException(
            "Cannot build the native runner with "
                + compiler.path()
                + ": "
                + (result.timedOut() ? "ran past " + LIMIT : result.firstError()));
      }
      // Two builders at once both succeed: the move is atomic, and their results are equal.
      Files.move(built, binary, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Folders.delete(folder);
    }
  }

  private static String source(String name) throws IOException {
    try (InputStream in = NativeRunner.class.getResourceAsStream("native/" + name)) {
      if (in == null) {
        throw new DeviceException(
            "Cannot read the native runner's source " + name + ": no such resource");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /**
   * Returns the words that run a command on the given processors, with bounds on its memory and its
   * processor time.
   */
  List<String> pinned(List<Integer> cpus, List<String> command) {
    List<String> words = new ArrayList<>(List.of(binary.toString(), "pin", text(cpus), "--"));
    words.addAll(command);
    return words;
  }

  /** Returns the words that move every thread of a process to the given processors. */
  List<String> moving(long pid, List<Integer> cpus) {
    return List.of(binary.toString(), "affinity", Long.toString(pid), text(cpus));
  }

  /** Returns the words that start the process that checks kernels. */
  List<String> checking(int cpu, boolean realtime) {
    return serving("check", List.of(cpu), realtime);
  }

  /**
   * Returns the words that start the process that times kernels; the first processor is the
   * measuring one.
   */
  List<String> timing(List<Integer> cpus, boolean realtime) {
    return serving("time", cpus, realtime);
  }

  private List<String> serving(String mode, List<Integer> cpus, boolean realtime) {
    List<String> words = new ArrayList<>(List.of(binary.toString(), mode, "--cpus", text(cpus)));
    if (realtime) {
      words.add("--realtime");
    }
    return words;
  }

  static String text(List<Integer> cpus) {
    return String.join(",", cpus.stream().map(String::valueOf).toList());
  }
}
