package org.oneshottuner.measure;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a program to its end, or to its limit, and keeps what it said. */
final class Command {

  /**
   * How a program ended.
   *
   * @param status its exit status; meaningless if it timed out
   * @param timedOut it was killed at its limit
   * @param output what it wrote to both of its outputs
   */
  record Result(int status, boolean timedOut, String output) {
    boolean succeeded() {
      return !timedOut && status == 0;
    }

    /** Returns the line a reader should see: the first that speaks of an error, or the first. */
    String firstError() {
      List<String> lines = output.lines().filter(line -> !line.isBlank()).toList();
      return lines.stream()
          .filter(line -> line.contains("error"))
          .findFirst()
          .or(() -> lines.stream().findFirst())
          .orElse("exit status " + status);
    }
  }

  private static final int MOST_OUTPUT_BYTES = 1 << 16;

  private Command() {}

  /**
   * Runs a program in a folder, without input. Its output goes through a file in that folder: no
   * thread has to drain it.
   *
   * @throws IOException if it cannot be started
   */
  static Result run(List<String> words, Path folder, Duration limit)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile(folder, "output", ".txt");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(words)
              .directory(folder.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      builder
          .environment()
          .put("TMPDIR", folder.toString()); // a killed compiler leaves its files where we look
      Process process = builder.start();
      boolean ended;
      try {
        ended = process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS);
      } finally {
        kill(process);
      }
      return new Result(ended ? process.exitValue() : 0, !ended, head(output));
    } finally {
      Files.deleteIfExists(output);
    }
  }

  private static String head(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MOST_OUTPUT_BYTES), StandardCharsets.UTF_8);
    }
  }

  /** Ends a process and all it started, such as a compiler's passes. */
  static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
