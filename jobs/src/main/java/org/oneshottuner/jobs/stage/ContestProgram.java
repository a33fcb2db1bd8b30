package org.oneshottuner.jobs.stage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.oneshottuner.measure.Folders;
import org.oneshottuner.report.KernelComparison;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The program that times kernels beside libraries. It is one of its own, so that no JVM with Spark
 * and a large heap runs beside what is timed.
 *
 * @param words of its command line, before the files of plan and results and the folder of peers
 */
public record ContestProgram(List<String> words) {
  private static final Logger LOG = LoggerFactory.getLogger(ContestProgram.class);

  /** Before each line of its log; other levels are not its own. */
  private static final String INFO = "INFO ";

  private static final String REFUSAL = "Cannot ";

  /** Copies the list. */
  public ContestProgram {
    words = List.copyOf(words);
  }

  /**
   * Returns the program that a build leaves.
   *
   * @param home the top of the repository
   * @throws IllegalStateException if it was not built
   */
  public static ContestProgram built(Path home) {
    return new ContestProgram(words(home, "kernels", "org.oneshottuner.bench.KernelContest"));
  }

  /**
   * Returns the words that start a program that a build leaves.
   *
   * @param what it compares
   * @param program its class
   * @throws IllegalStateException if it was not built
   */
  static List<String> words(Path home, String what, String program) {
    Path jar = home.resolve("pipeline/bench/target/oneshot-bench.jar");
    if (!Files.isRegularFile(jar)) {
      throw new IllegalStateException(
          "Cannot compare "
              + what
              + ": "
              + jar
              + " is missing, mvn -Dfast -DskipTests package makes it");
    }
    return List.of(
        Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
        "-Xmx1g",
        "-Dorg.slf4j.simpleLogger.showThreadName=false",
        "-Dorg.slf4j.simpleLogger.showLogName=false",
        "-cp",
        jar.toString(),
        program);
  }

  /**
   * Runs it.
   *
   * @param plan what is compared, as {@link BenchJob.Plan} writes it
   * @param peers where the libraries lie
   * @throws InterruptedException if the thread was interrupted; the program is ended
   * @throws IllegalArgumentException if it refuses the plan; the message is its own
   * @throws IllegalStateException if it fails; the message is its own
   */
  public KernelComparison run(String plan, Path peers) throws InterruptedException {
    try {
      Path folder = Files.createTempDirectory("oneshot-contest");
      try {
        return run(plan, peers, folder);
      } finally {
        Folders.delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot compare kernels: " + e, e);
    }
  }

  private KernelComparison run(String plan, Path peers, Path folder)
      throws IOException, InterruptedException {
    Path results = folder.resolve("results.csv");
    List<String> command = new ArrayList<>(words);
    command.add(Files.writeString(folder.resolve("plan.tsv"), plan).toString());
    command.add(results.toString());
    command.add(peers.toString());
    Subprocess ended = Subprocess.run(command, folder, ContestProgram::relay);
    if (ended.status() != 0) {
      throw failure("kernels", ended);
    }
    return KernelComparison.read(Files.readString(results, StandardCharsets.UTF_8));
  }

  static void relay(String line) {
    if (line.startsWith(INFO)) {
      LOG.info("{}", line.substring(INFO.length()));
    }
  }

  /** Returns what it ended with; a JVM names an exception that nothing catches before all else. */
  static RuntimeException failure(String what, Subprocess ended) {
    for (String line : ended.lines()) {
      int message = line.startsWith(INFO) ? -1 : line.indexOf(REFUSAL);
      if (message >= 0) {
        return line.contains(IllegalArgumentException.class.getName())
            ? new IllegalArgumentException(line.substring(message))
            : new IllegalStateException(line.substring(message));
      }
    }
    return new IllegalStateException(
        "Cannot compare "
            + what
            + ": the program ended with status "
            + ended.status()
            + " and says "
            + ended.lines().stream()
                .filter(line -> !line.startsWith(INFO))
                .findFirst()
                .orElse("nothing more than how far it was"));
  }
}
