package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.TreeSet;

/**
 * What labels of a device depend on: devices with equal fingerprints may share a dataset.
 *
 * @param model the processor's name
 * @param extensions the vector extensions it has, sorted
 * @param cores processors that may be used
 * @param caches one text a cache, such as {@code L2 Unified 1024K}
 * @param system name and version of kernel and distribution
 * @param compiler the C compiler's version
 */
public record DeviceFingerprint(
    String model,
    List<String> extensions,
    int cores,
    List<String> caches,
    String system,
    String compiler) {
  /** Checks that all are there. */
  public DeviceFingerprint {
    requireNonNull(model, "model");
    requireNonNull(system, "system");
    requireNonNull(compiler, "compiler");
    extensions = List.copyOf(extensions);
    caches = List.copyOf(caches);
  }

  static DeviceFingerprint of(Host host, Compiler compiler) {
    List<String> vectors =
        new TreeSet<>(host.flags())
            .stream().filter(flag -> flag.matches("avx.*|fma|sse4_2|asimd|sve.*")).toList();
    return new DeviceFingerprint(
        host.model(),
        vectors,
        host.cpus().size(),
        host.caches(),
        host.system(),
        compiler.version());
  }

  /** Returns the text that the id is made from: every component, one a line. */
  public String text() {
    return String.join(
        "\n",
        "model " + model,
        "extensions " + String.join(" ", extensions),
        "cores " + cores,
        "caches " + String.join(", ", caches),
        "system " + system,
        "compiler " + compiler);
  }

  /** Returns a short name: the first 12 hexadecimal digits of the text's SHA-256. */
  public String id() {
    return Sha256.of(text()).substring(0, 12);
  }
}
