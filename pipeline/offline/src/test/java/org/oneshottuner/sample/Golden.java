package org.oneshottuner.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Checked-in texts that must not change unseen. {@code mvn -pl pipeline/offline -am test
 * -Dtests.golden=write} writes them anew, for the diff to be reviewed.
 */
final class Golden {
  private static final Path DIRECTORY = Path.of("src/test/resources/golden");

  private Golden() {}

  static void check(String name, String text) throws IOException {
    Path file = DIRECTORY.resolve(name);
    if ("write".equals(System.getProperty("tests.golden"))) {
      Files.createDirectories(DIRECTORY);
      Files.writeString(file, text);
    }
    assertThat(text).isEqualTo(Files.readString(file));
  }
}
