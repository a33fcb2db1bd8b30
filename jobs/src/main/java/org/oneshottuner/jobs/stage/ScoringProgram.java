package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.oneshottuner.measure.Folders;
import org.oneshottuner.report.ScoringComparison;

/**
 * The program that compares scoring with others. It is one of its own, so that no JVM with Spark
 * and a large heap runs beside what is timed.
 *
 * @param words of its command line, before its arguments
 */
public record ScoringProgram(List<String> words) {
  /** Copies the list. */
  public ScoringProgram {
    words = List.copyOf(words);
  }

  /**
   * What is compared.
   *
   * @param workloads file of workload texts
   * @param target name of the target whose spaces are scored
   * @param ensembles trees by depth, as in {@code 100x6,300x8}
   * @param rounds how often each program has its turn
   */
  public record Request(Path workloads, String target, String ensembles, int rounds) {
    private static final int MOST_ROUNDS = 1000;

    /** Checks the rounds. */
    public Request {
      requireNonNull(workloads, "workloads");
      requireNonNull(target, "target");
      requireNonNull(ensembles, "ensembles");
      if (rounds < 1 || rounds > MOST_ROUNDS) {
        throw new IllegalArgumentException(
            "Cannot compare scoring in " + rounds + " rounds: expected 1 to " + MOST_ROUNDS);
      }
    }
  }

  /**
   * Returns the program that a build leaves.
   *
   * @param home the top of the repository
   * @throws IllegalStateException if it was not built
   */
  public static ScoringProgram built(Path home) {
    return new ScoringProgram(
        ContestProgram.words(home, "scoring", "org.oneshottuner.bench.Scoring"));
  }

  /**
   * Runs it.
   *
   * @throws InterruptedException if the thread was interrupted; the program is ended
   * @throws IllegalArgumentException if it refuses the request; the message is its own
   * @throws IllegalStateException if it fails; the message is its own
   */
  public ScoringComparison run(Request request) throws InterruptedException {
    try {
      Path folder = Files.createTempDirectory("oneshot-scoring");
      try {
        Path results = folder.resolve("results.json");
        List<String> command = new ArrayList<>(words);
        command.add(request.workloads().toAbsolutePath().toString());
        command.add(request.target());
        command.add(request.ensembles());
        command.add(Integer.toString(request.rounds()));
        command.add(results.toString());
        Subprocess ended = Subprocess.run(command, folder, ContestProgram::relay);
        if (ended.status() != 0) {
          throw ContestProgram.failure("scoring", ended);
        }
        return JsonMapper.builder().build().readValue(results.toFile(), ScoringComparison.class);
      } finally {
        Folders.delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot compare scoring: " + e, e);
    }
  }
}
