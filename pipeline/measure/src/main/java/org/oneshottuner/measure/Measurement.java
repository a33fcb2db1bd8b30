package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.oneshottuner.space.Candidate;

/**
 * What was found out about a candidate on a device: raw, never averaged.
 *
 * @param candidate what was measured
 * @param draw who drew it
 * @param device the id of the device's {@link DeviceFingerprint}
 * @param protocol the id of the {@link Protocol}
 * @param build what it was built from and with
 * @param outcome every visit, or how it failed
 * @param when the outcome was known
 */
public record Measurement(
    Candidate candidate,
    Draw draw,
    String device,
    String protocol,
    Build build,
    Outcome outcome,
    Instant when) {
  /** Checks that all are there. */
  public Measurement {
    requireNonNull(candidate, "candidate");
    requireNonNull(draw, "draw");
    requireNonNull(device, "device");
    requireNonNull(protocol, "protocol");
    requireNonNull(build, "build");
    requireNonNull(outcome, "outcome");
    requireNonNull(when, "when");
  }

  /**
   * What a kernel was built from and with.
   *
   * @param codegenVersion of the code that wrote the source
   * @param sourceSha256 of the source, in hexadecimal; empty if none could be written
   * @param toolchain the compiler's version and flags
   */
  public record Build(String codegenVersion, String sourceSha256, String toolchain) {
    /** Checks that all are there. */
    public Build {
      requireNonNull(codegenVersion, "codegenVersion");
      requireNonNull(sourceSha256, "sourceSha256");
      requireNonNull(toolchain, "toolchain");
    }
  }
}
