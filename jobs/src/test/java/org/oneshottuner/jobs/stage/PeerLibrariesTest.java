package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerLibrariesTest {
  private static final String UNPACK =
      "mkdir -p pipeline/bench/target/peers; echo \"$@\" >> pipeline/bench/target/peers/unpacked\n";

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

  @Test
  void theyAreFetchedOnceForEachListOfVersions() throws Exception {
    PeerLibraries libraries = maven(UNPACK);
    Path unpacked = libraries.fetched().resolve("unpacked");
    assertThat(unpacked).hasContent("-f pipeline/bench dependency:unpack@peers");
    Files.writeString(unpacked, "kept");
    assertThat(libraries.fetched().resolve("unpacked")).hasContent("kept");
    Files.setLastModifiedTime(
        home.resolve("pom.xml"), FileTime.fromMillis(Long.MAX_VALUE / 1_000_000));
    assertThat(libraries.fetched().resolve("unpacked")).content().startsWith("-f pipeline/bench");
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
    assertThat(maven(UNPACK).fetched().resolve("unpacked")).exists();
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
