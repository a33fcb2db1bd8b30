package org.oneshottuner.space;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Checked-in texts that must not change under the name that they have, since rows and models carry
 * that name. {@code mvn -pl pipeline/runtime test -Dtests.golden=write} writes those that are not
 * there, which is after a version or a schema got another name; {@code -Dtests.golden=overwrite}
 * writes all anew, which is right only while no row and no model of that name is kept anywhere.
 */
public final class Golden {
  private static final Path DIRECTORY = Path.of("src/test/resources/golden");

  private Golden() {}

  /** Fails unless the file of this name holds this text. */
  public static void check(String name, String text) throws IOException {
    Path file = DIRECTORY.resolve(name);
    String mode = System.getProperty("tests.golden", "");
    if (mode.equals("overwrite") || (mode.equals("write") && !Files.exists(file))) {
      Files.createDirectories(DIRECTORY);
      Files.writeString(file, text);
    }
    assertThat(text)
        .as(
            name
                + " is of a version that is out: give what changed another version"
                + " (Templates.VERSION, the id of the schema), then write it by -Dtests.golden=write")
        .isEqualTo(Files.readString(file));
  }
}
