package org.oneshottuner.measure;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.oneshottuner.measure.TaskValues.Numbers;

/** This machine's own processor, with limits that suit small kernels. */
final class TestDevice {
  static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  static final Protocol PROTOCOL =
      new Protocol(
          3,
          4,
          4,
          Duration.ofMillis(1),
          Duration.ofMillis(5),
          Duration.ofMillis(10),
          0.02,
          Duration.ofMillis(400));

  private TestDevice() {}

  static LocalDevice open(Path folder, Codegen codegen) throws InterruptedException {
    return open(folder, codegen, PROTOCOL, Numbers.UNIFORM);
  }

  static LocalDevice open(Path folder, Codegen codegen, Protocol protocol, Numbers numbers)
      throws InterruptedException {
    return open(folder, codegen, protocol, numbers, 256L << 20);
  }

  static LocalDevice open(
      Path folder, Codegen codegen, Protocol protocol, Numbers numbers, long memoryBytes)
      throws InterruptedException {
    return LocalDevice.open(
        new LocalDevice.Settings(protocol, cache(), folder, Duration.ofSeconds(3), memoryBytes),
        codegen,
        Clock.fixed(NOW, ZoneOffset.UTC),
        System.getenv(),
        numbers);
  }

  /** The native runner is built once for all tests. */
  static Path cache() {
    return Path.of("target", "native-runner").toAbsolutePath();
  }
}
