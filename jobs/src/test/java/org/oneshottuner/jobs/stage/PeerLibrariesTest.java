package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.jobs.Processes;

class PeerLibrariesTest {
  private static final String UNPACK =
      "folder=${3#-Dpeers.folder=}; mkdir -p $folder; echo \"$1 $2 $4\" >> $folder/unpacked\n";

  @TempDir Path home;

  @BeforeEach
  void makeRepository() throws Exception {
    assumeTrue(System.getProperty("os.arch", "").equals("amd64"), "no libraries to compare with");
    Files.createDirectories(home.resolve("pipeline/bench"));
    for (String project : List.of("pom.xml", "pipeline/bench/pom.xml")) {
      Files.setLastModifiedTime(
          Files.writeString(home.resolve(project), ""), FileTime.fromMillis(0));
    }
  }

  private PeerLibraries maven(String lines) throws Exception {
    Path script = Files.writeString(home.resolve("mvn.sh"), lines);
    return new PeerLibraries(home, List.of("sh", script.toString()));
  }

  private static Path unpacked(PeerLibraries libraries) throws InterruptedException {
    try (PeerLibraries.Held held = libraries.fetched()) {
      return held.folder().resolve("unpacked");
    }
  }

  /** Nothing lies beside the libraries but the lock. */
  private void mustBeTidy() throws IOException {
    try (Stream<Path> files = Files.list(home.resolve("pipeline/bench/target"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .isSubsetOf("peers", "peers.lock")
          .contains("peers.lock");
    }
  }

  /** Takes the libraries into use with the script of a repository, and says how that went. */
  static final class Fetching {
    private Fetching() {}

    public static void main(String[] arguments) throws Exception {
      Path home = Path.of(arguments[0]);
      List<String> maven = List.of("sh", home.resolve("mvn.sh").toString());
      try (PeerLibraries.Held held = new PeerLibraries(home, maven).fetched()) {
        Files.writeString(home.resolve("got" + arguments[1]), held.folder().toString());
        if (System.in.read() >= 0) {
          throw new IOException("Cannot wait: there is input");
        }
      }
    }
  }

  @Test
  @Timeout(120)
  void twoAtOnceFetchOnce() throws Exception {
    maven(UNPACK + "echo fetched >> fetches; while [ ! -f go ]; do :; done\n");
    List<Process> both = new ArrayList<>();
    try {
      for (int i = 0; i < 2; i++) {
        both.add(Processes.start(Fetching.class, home.toString(), "" + i).start());
      }
      while (!Files.exists(home.resolve("fetches"))
          && !both.get(0).waitFor(20, TimeUnit.MILLISECONDS)) {
        // until one of them fetches
      }
      assertThat(home.resolve("got0")).doesNotExist();
      assertThat(home.resolve("got1")).doesNotExist();
      Files.writeString(home.resolve("go"), "");
      while (!(Files.exists(home.resolve("got0")) && Files.exists(home.resolve("got1")))
          && !both.get(0).waitFor(20, TimeUnit.MILLISECONDS)) {
        // until both use them
      }
      for (Process one : both) {
        one.getOutputStream().close();
        assertThat(one.waitFor()).isZero();
      }
    } finally {
      both.forEach(Process::destroyForcibly);
    }
    assertThat(home.resolve("fetches")).hasContent("fetched");
    mustBeTidy();
  }

  /** Those in use stay until they are not. */
  @Test
  @Timeout(120)
  void librariesInUseAreNotReplaced() throws Exception {
    maven(UNPACK);
    Process user = Processes.start(Fetching.class, home.toString(), "0").start();
    try {
      while (!Files.exists(home.resolve("got0")) && !user.waitFor(20, TimeUnit.MILLISECONDS)) {
        // until it uses them
      }
      Path unpacked = home.resolve("pipeline/bench/target/peers/unpacked");
      Files.writeString(unpacked, "kept");
      Files.setLastModifiedTime(
          home.resolve("pom.xml"), FileTime.fromMillis(Long.MAX_VALUE / 1_000_000));
      Process other =
          Processes.start(Fetching.class, home.toString(), "1").redirectErrorStream(true).start();
      try (BufferedReader said = other.inputReader(StandardCharsets.UTF_8)) {
        assertThat(said.lines().anyMatch(line -> line.contains("waiting for it"))).isTrue();
        assertThat(unpacked).hasContent("kept");
        user.getOutputStream().close();
        assertThat(user.waitFor()).isZero();
        other.getOutputStream().close();
        assertThat(other.waitFor()).isZero();
        assertThat(unpacked).content().startsWith("-f pipeline/bench");
      } finally {
        other.destroyForcibly();
      }
    } finally {
      user.destroyForcibly();
    }
  }

  /** A command that was killed while it fetched leaves nothing that is taken for whole. */
  @Test
  void whatWasLeftHalfDoneIsCleared() throws Exception {
    Path half = home.resolve("pipeline/bench/target/peers.1234/fresh");
    Files.createDirectories(half);
    Files.writeString(half.resolve("half"), "");
    Files.createDirectories(home.resolve("pipeline/bench/target/peers"));
    assertThat(unpacked(maven(UNPACK))).exists();
    mustBeTidy();
  }

  @Test
  void theyAreFetchedOnceForEachListOfVersions() throws Exception {
    PeerLibraries libraries = maven(UNPACK);
    Path unpacked = unpacked(libraries);
    assertThat(unpacked).isEqualTo(home.resolve("pipeline/bench/target/peers/unpacked"));
    assertThat(unpacked).hasContent("-f pipeline/bench dependency:unpack@peers");
    Files.writeString(unpacked, "kept");
    assertThat(unpacked(libraries)).hasContent("kept");
    Files.setLastModifiedTime(
        home.resolve("pom.xml"), FileTime.fromMillis(Long.MAX_VALUE / 1_000_000));
    assertThat(unpacked(libraries)).content().startsWith("-f pipeline/bench");
    mustBeTidy();
  }

  @Test
  void whatMavenCannotDoIsSaidAndTriedAgain() throws Exception {
    PeerLibraries offline =
        maven(
            UNPACK
                + "echo 'Downloading'; echo '[ERROR] no such artifact'; echo '[ERROR] Help'; exit 1");
    assertThatThrownBy(offline::fetched)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "Cannot fetch the libraries to compare with: Maven ended with status 1 and says"
                + " no such artifact");
    mustBeTidy();
    assertThat(unpacked(maven(UNPACK))).exists();
  }

  @Test
  void aMachineWithoutMavenIsTold() {
    PeerLibraries without = new PeerLibraries(home, List.of(home.resolve("mvn").toString()));
    assertThatThrownBy(without::fetched)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith(
            "Cannot fetch the libraries to compare with: Maven 3.8.7 or later is needed, ");
  }
}
