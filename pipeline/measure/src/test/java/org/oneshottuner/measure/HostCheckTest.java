package org.oneshottuner.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.measure.HostCheck.Finding;
import org.oneshottuner.measure.HostCheck.Grade;

class HostCheckTest {
  private final LocalDevice.Settings settings;

  HostCheckTest(@TempDir Path folder) {
    LocalDevice.Settings usual = LocalDevice.Settings.defaults(System.getenv());
    settings =
        new LocalDevice.Settings(
            usual.protocol(), TestDevice.cache(), folder, usual.buildLimit(), usual.memoryBytes());
  }

  private static Finding find(HostCheck check, String want) {
    return check.findings().stream()
        .filter(finding -> finding.want().equals(want))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + want + " in " + check));
  }

  @Test
  void aMachineThatRunsTheseTestsCanMeasure() throws InterruptedException {
    HostCheck check = HostCheck.run(settings, System.getenv());
    assertTrue(check.usable(), check::toString);
    assertEquals(Grade.GOOD, find(check, "C compiler").grade());
    assertEquals(Grade.GOOD, find(check, "native runner").grade());
    for (Finding finding : check.findings()) {
      assertEquals(finding.grade() == Grade.GOOD, finding.cost().isEmpty(), finding::toString);
    }
    for (String want :
        List.of("pinning", "real-time priority", "memory", "disk", "transparent huge pages")) {
      assertFalse(find(check, want).found().isEmpty());
    }
  }

  @Test
  void withoutACompilerNothingWorksAndTheFindingSaysSo() throws InterruptedException {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("PATH", "/nowhere");
    environment.remove("CC");
    HostCheck check = HostCheck.run(settings, environment);
    assertFalse(check.usable());
    Finding compiler = find(check, "C compiler");
    assertEquals(Grade.MISSING, compiler.grade());
    assertTrue(compiler.found().startsWith("Cannot find a C compiler"), compiler::found);
  }
}
