package org.oneshottuner.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuietCanaryTest {
  private final Path file;

  QuietCanaryTest(@TempDir Path folder) {
    file = folder.resolve("canary.txt");
  }

  private QuietCanary after(Duration time) {
    return new QuietCanary(file, Clock.fixed(TestDevice.NOW.plus(time), ZoneOffset.UTC));
  }

  @Test
  void theLeastOfEachPartIsKept() {
    QuietCanary kept = after(Duration.ZERO);
    assertThat(kept.read()).isEmpty();
    kept.keep(new Canary(100, 70));
    kept.keep(new Canary(110, 60));
    assertThat(after(Duration.ofHours(3)).read()).contains(new Canary(100, 60));
  }

  @Test
  void aDayLaterItIsForgottenHoweverOftenSlowerOnesWereHeard() {
    after(Duration.ZERO).keep(new Canary(100, 70));
    after(Duration.ofHours(20)).keep(new Canary(120, 90));
    assertThat(after(Duration.ofHours(24)).read()).contains(new Canary(100, 70));
    assertThat(after(Duration.ofHours(25)).read()).isEmpty();
    after(Duration.ofHours(25)).keep(new Canary(120, 90));
    assertThat(after(Duration.ofHours(26)).read()).contains(new Canary(120, 90));
  }

  @Test
  void aDamagedFileIsNoCanary() throws IOException {
    for (String text : new String[] {"", "x", TestDevice.NOW + " 1", TestDevice.NOW + " 0 5"}) {
      Files.writeString(file, text);
      assertThat(after(Duration.ZERO).read()).as(text).isEmpty();
    }
    after(Duration.ZERO).keep(new Canary(100, 70));
    assertThat(after(Duration.ZERO).read()).contains(new Canary(100, 70));
  }

  @Test
  void aFileThatCannotBeWrittenDoesNoHarm() {
    QuietCanary lost =
        new QuietCanary(
            file.resolveSibling("nowhere").resolve("canary.txt"),
            Clock.fixed(TestDevice.NOW, ZoneOffset.UTC));
    lost.keep(new Canary(1, 1));
    assertThat(lost.read()).isEmpty();
  }
}
