package org.oneshottuner.measure;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

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

    /**
     * Returns whether a compiler failed for reasons that do not lie in its source: the machine ran
     * out of something, or somebody ended it. Where even its words found no room, it said nothing.
     */
    boolean failedByMachine() {
      return !succeeded()
          && !timedOut
          && (status > 128 || output.isBlank() || MACHINE.matcher(output).find());
    }

    /** Returns whether Ctrl-C or a plain kill ended the program, or one that it had started. */
    boolean endedByPerson() {
      return !timedOut
          && (status == INTERRUPTED
              || status == TERMINATED
              || (status != 0 && PERSON.matcher(output).find()));
    }

    /** Returns the line a reader should see: of the machine, of an error, or the first. */
    String firstError() {
      List<String> lines = output.lines().filter(line -> !line.isBlank()).toList();
      return lines.stream()
          .filter(line -> MACHINE.matcher(line).find())
          .findFirst()
          .or(() -> lines.stream().filter(line -> line.contains("error")).findFirst())
          .or(() -> lines.stream().findFirst())
          .orElse("exit status " + status);
    }
  }

  /**
   * How long to wait at a time: while this program is stopped, by Ctrl-Z or with its machine, no
   * more than this of a limit passes.
   */
  static final long SLICE_NANOS = Duration.ofMillis(500).toNanos();

  /** For how long whoever ended a program may take to end this one. */
  private static final long INTERRUPT_NANOS = Duration.ofSeconds(1).toNanos();

  /** What a program's status is that signal INT ended. */
  private static final int INTERRUPTED = 128 + 2;

  /** What a program's status is that signal TERM ended. */
  private static final int TERMINATED = 128 + 15;

  private static final Pattern PERSON = Pattern.compile("(Interrupt|Terminated) signal");

  /** A compiler that reaches its own bound on memory says that it is exhausted, or out of it. */
  private static final Pattern MACHINE =
      Pattern.compile(
          "^Cannot run |No space left on device|Disk quota exceeded|Read-only file system|Input/output error"
              + "|Too many open files|(Killed|Interrupt|Terminated|Hangup|Quit) signal"
              + "|(?<!exhausted: )[Cc]annot allocate memory|Resource temporarily unavailable");

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
      boolean ended = false;
      try {
        for (long left = limit.toNanos(); !ended && left > 0; left -= SLICE_NANOS) {
          ended = process.waitFor(Math.min(left, SLICE_NANOS), TimeUnit.NANOSECONDS);
        }
      } finally {
        kill(process);
      }
      Result result = new Result(ended ? process.exitValue() : 0, !ended, head(output));
      if (result.endedByPerson()) {
        awaitInterrupt();
      }
      return result;
    } finally {
      Files.deleteIfExists(output);
    }
  }

  /**
   * Waits a moment for whoever ended the program to interrupt this thread too: a terminal sends
   * Ctrl-C to both at once, and that the program was ended by it is no news then.
   */
  private static void awaitInterrupt() throws InterruptedException {
    for (long end = System.nanoTime() + INTERRUPT_NANOS; System.nanoTime() < end; ) {
      LockSupport.parkNanos(INTERRUPT_NANOS / 10);
      if (Thread.interrupted()) {
        throw new InterruptedException("Interrupted while a program ran");
      }
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
