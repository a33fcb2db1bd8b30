package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.oneshottuner.measure.Folders;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native libraries that kernels are compared with. Maven unpacks them from their jars, once and
 * on demand: whoever compares nothing does without them, and they are on no class path of ours.
 *
 * @param home the top of the repository
 * @param maven words that start Maven
 */
public record PeerLibraries(Path home, List<String> maven) {
  private static final Logger LOG = LoggerFactory.getLogger(PeerLibraries.class);
  private static final String BENCH = "pipeline/bench";
  private static final String ERROR = "[ERROR] ";

  /** Copies the list. */
  public PeerLibraries {
    requireNonNull(home, "home");
    maven = List.copyOf(maven);
  }

  /** Returns those of a repository. */
  public static PeerLibraries of(Path home) {
    return new PeerLibraries(home, List.of("mvn", "-B", "-ntp", "-q", "-Dstyle.color=never"));
  }

  /**
   * Returns the folder that holds them; fetches them unless they are there.
   *
   * @throws IllegalArgumentException if there are none for this processor
   * @throws IllegalStateException if they cannot be fetched
   */
  public Path fetched() throws InterruptedException {
    String architecture = System.getProperty("os.arch", "");
    if (!architecture.equals("amd64")) {
      throw new IllegalArgumentException(
          "Cannot compare kernels on " + architecture + ": the libraries are those for amd64");
    }
    Path place = home.resolve(BENCH).resolve("target/peers");
    Path complete = place.resolve("complete");
    try {
      if (stale(complete)) {
        LOG.info("Fetching the libraries to compare with, some 100 MB");
        Folders.delete(place);
        unpack();
        Files.writeString(complete, "");
      }
      return place;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot keep the libraries to compare with in " + place + ": " + e, e);
    }
  }

  /** Their versions are in the project's files. */
  private boolean stale(Path complete) throws IOException {
    if (!Files.exists(complete)) {
      return true;
    }
    for (Path project : List.of(home, home.resolve(BENCH))) {
      Path versions = project.resolve("pom.xml");
      if (Files.getLastModifiedTime(versions).compareTo(Files.getLastModifiedTime(complete)) > 0) {
        return true;
      }
    }
    return false;
  }

  private void unpack() throws InterruptedException {
    List<String> words = new ArrayList<>(maven);
    words.addAll(List.of("-f", BENCH, "dependency:unpack@peers"));
    try {
      Subprocess ended = Subprocess.run(words, home, line -> {});
      if (ended.status() != 0) {
        throw new IllegalStateException(
            "Cannot fetch the libraries to compare with: Maven ended with status "
                + ended.status()
                + " and says "
                + reason(ended.lines()));
      }
    } catch (IOException e) {
      throw new IllegalStateException(
          "Cannot fetch the libraries to compare with: Maven 3.8.7 or later is needed, "
              + e.getMessage(),
          e);
    }
  }

  private static String reason(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith(ERROR))
        .map(line -> line.substring(ERROR.length()))
        .findFirst()
        .or(() -> lines.stream().findFirst())
        .orElse("nothing");
  }
}
