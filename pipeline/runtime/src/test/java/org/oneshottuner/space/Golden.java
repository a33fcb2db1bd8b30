package org.oneshottuner.space;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Checked-in texts that must not change unseen. {@code mvn -pl pipeline/runtime test
 * -Dtests.golden=write} writes them anew, for the diff to be reviewed.
 */
public final class Golden {
  private static final Path DIRECTORY = Path.of("src/test/resources/golden");

  private Golden() {}

  /** Fails unless the file of this name holds this text. */
  public static void check(String name, String text) throws IOException {
    Path file = DIRECTORY.resolve(name);
    if ("write".equals(System.getProperty("tests.golden"))) {
      Files.createDirectories(DIRECTORY);
      Files.writeString(file, text);
    }
    assertThat(text)
        .as(name + "; -Dtests.golden=write writes it anew")
        .isEqualTo(Files.readString(file));
  }
}
