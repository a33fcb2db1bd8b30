package org.oneshottuner.jobs.stage;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A program that was run to its end.
 *
 * @param status its exit status
 * @param lines that it wrote to both of its outputs
 */
record Subprocess(int status, List<String> lines) {
  Subprocess {
    lines = List.copyOf(lines);
  }

  /**
   * Runs a program. Its input is empty and stays open as long as this program lives: one that is to
   * end with this one, even when this is killed at once, ends when its input does.
   *
   * @param folder in which it runs
   * @param listener is told each line as soon as it is written, from another thread
   * @throws IOException if it cannot be started
   * @throws InterruptedException if the thread was interrupted; the program is ended, and all that
   *     it started
   */
  static Subprocess run(List<String> words, Path folder, Consumer<String> listener)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(words).directory(folder.toFile()).redirectErrorStream(true).start();
    try {
      CompletableFuture<List<String>> lines =
          CompletableFuture.supplyAsync(() -> read(process, listener));
      int status = process.waitFor();
      return new Subprocess(status, lines.join());
    } finally {
      // kept open until here
      process.getOutputStream().close();
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().onExit().join();
    }
  }

  private static List<String> read(Process process, Consumer<String> listener) {
    List<String> lines = new ArrayList<>();
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        lines.add(line);
        listener.accept(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read what a program says: " + e.getMessage(), e);
    }
    return lines;
  }
}
