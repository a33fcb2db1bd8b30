package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The built {@code oneshot-runner}: the native program that checks and times kernels. Its sources
 * are resources beside this class; {@code runner.h} says what it does.
 *
 * @param binary the program
 */
record NativeRunner(Path binary) {
  private static final String HEADER = "runner.h";
  private static final List<String> SOURCES =
      List.of(
          HEADER,
          "adopt.c",
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
    Map<String, String> files = new LinkedHashMap<>();
    SOURCES.forEach(name -> files.put(name, source(name)));
    NativeCode code = new NativeCode("oneshot-runner", files, FLAGS, LIBRARIES);
    return new NativeRunner(code.build(compiler, cache, List.of(cpuModel)));
  }

  /** Returns what an adapter of a peer includes, by file name. */
  static Map<String, String> header() {
    return Map.of(HEADER, source(HEADER));
  }

  private static String source(String name) {
    try (InputStream in = NativeRunner.class.getResourceAsStream("native/" + name)) {
      if (in == null) {
        throw new DeviceException(
            "Cannot read the native runner's source " + name + ": no such resource");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new DeviceException("Cannot read the native runner's source " + name + ": " + e, e);
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
