package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.oneshottuner.measure.Folders;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native libraries that kernels are compared with. Maven unpacks them from their jars, once and
 * on demand: whoever compares nothing does without them, and they are on no class path of ours.
 *
 * <p>They are there whole or not at all: they are unpacked aside and moved. Whoever uses them holds
 * a shared lock, so that nobody replaces them meanwhile; whoever fetches them holds it alone.
 *
 * @param home the top of the repository
 * @param maven words that start Maven
 */
public record PeerLibraries(Path home, List<String> maven) {
  private static final Logger LOG = LoggerFactory.getLogger(PeerLibraries.class);
  private static final String BENCH = "pipeline/bench";
  private static final String NAME = "peers";
  private static final String COMPLETE = "complete";
  private static final String ERROR = "[ERROR] ";

  /** Copies the list. */
  public PeerLibraries {
    requireNonNull(home, "home");
    maven = List.copyOf(maven);
  }

  /** Libraries in use: nobody replaces them until this is closed. */
  public static final class Held implements AutoCloseable {
    private final Path folder;
    private final FileChannel lock;

    private Held(Path folder, FileChannel lock) {
      this.folder = folder;
      this.lock = lock;
    }

    /** Returns where they lie. */
    public Path folder() {
      return folder;
    }

    @Override
    public void close() {
      try {
        lock.close();
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot unlock " + folder + ": " + e, e);
      }
    }
  }

  /** Returns those of a repository. */
  public static PeerLibraries of(Path home) {
    return new PeerLibraries(home, List.of("mvn", "-B", "-ntp", "-q", "-Dstyle.color=never"));
  }

  /**
   * Checks that there are such libraries.
   *
   * @throws IllegalArgumentException if there are none for this processor
   */
  public static void mustExist() {
    String architecture = System.getProperty("os.arch", "");
    if (!architecture.equals("amd64")) {
      throw new IllegalArgumentException(
          "Cannot compare kernels on " + architecture + ": the libraries are those for amd64");
    }
  }

  /**
   * Takes the libraries into use; fetches them unless they are there.
   *
   * @throws IllegalArgumentException if there are none for this processor
   * @throws IllegalStateException if they cannot be fetched
   * @throws InterruptedException if the thread was interrupted
   */
  public Held fetched() throws InterruptedException {
    mustExist();
    Path target = home.resolve(BENCH).resolve("target");
    try {
      return fetched(target);
    } catch (ClosedByInterruptException e) {
      Thread.interrupted();
      throw new InterruptedException("Interrupted while others fetch the libraries");
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot keep the libraries to compare with in " + target.resolve(NAME) + ": " + e, e);
    }
  }

  private Held fetched(Path target) throws IOException, InterruptedException {
    Files.createDirectories(target);
    FileChannel channel = open(target);
    boolean held = false;
    try {
      FileLock shared = channel.lock(0, Long.MAX_VALUE, true);
      boolean wanted = stale(target.resolve(NAME));
      while (wanted) {
        shared.release();
        fetchAlone(channel, target);
        shared = channel.lock(0, Long.MAX_VALUE, true);
        // whoever replaced them between the two locks may have been killed
        wanted = !Files.exists(target.resolve(NAME).resolve(COMPLETE));
      }
      held = true;
      return new Held(target.resolve(NAME), channel);
    } finally {
      if (!held) {
        channel.close();
      }
    }
  }

  private static FileChannel open(Path target) throws IOException {
    return FileChannel.open(
        target.resolve(NAME + ".lock"),
        StandardOpenOption.CREATE,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE);
  }

  /** Fetches them unless somebody else has, once nobody uses those that are to be replaced. */
  private void fetchAlone(FileChannel channel, Path target)
      throws IOException, InterruptedException {
    FileLock alone = channel.tryLock();
    if (alone == null) {
      LOG.info("Another comparison fetches the libraries, or uses those of before; waiting for it");
      alone = channel.lock();
    }
    try {
      if (stale(target.resolve(NAME))) {
        LOG.info("Fetching the libraries to compare with, some 100 MB");
        fetch(target);
      }
    } finally {
      alone.release();
    }
  }

  private void fetch(Path target) throws IOException, InterruptedException {
    clearLeftovers(target);
    Path aside = Files.createTempDirectory(target, NAME + ".").toAbsolutePath();
    try {
      Path fresh = aside.resolve("fresh");
      unpack(fresh);
      Files.createDirectories(fresh);
      Files.writeString(fresh.resolve(COMPLETE), "");
      Path place = target.resolve(NAME);
      if (Files.exists(place)) {
        Files.move(place, aside.resolve("old"), StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(fresh, place, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Folders.delete(aside);
    }
  }

  /** Of a program that was killed while it fetched; whoever fetches now is alone. */
  private static void clearLeftovers(Path target) throws IOException {
    try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(target, NAME + ".*")) {
      for (Path leftover : leftovers) {
        if (Files.isDirectory(leftover)) {
          Folders.delete(leftover);
        }
      }
    }
  }

  /** Their versions are in the project's files. */
  private boolean stale(Path place) throws IOException {
    Path complete = place.resolve(COMPLETE);
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

  private void unpack(Path into) throws InterruptedException {
    List<String> words = new ArrayList<>(maven);
    words.addAll(List.of("-f", BENCH, "-Dpeers.folder=" + into, "dependency:unpack@peers"));
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
