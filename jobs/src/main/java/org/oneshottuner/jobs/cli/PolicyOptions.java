package org.oneshottuner.jobs.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.oneshottuner.jobs.storage.Place;
import org.oneshottuner.predict.ServingPolicy;
import org.oneshottuner.predict.TrustedKey;
import picocli.CommandLine.Option;

/** Which models are served. */
final class PolicyOptions {
  private static final int MOST_BYTES = 1 << 16;

  @Option(
      names = "--trust",
      paramLabel = "KEY",
      description =
          "Serves only models signed by this public Ed25519 key (PEM); twice for either of two.")
  List<Path> trusted = new ArrayList<>();

  @Option(
      names = "--least-release",
      paramLabel = "N",
      defaultValue = "0",
      description = "Refuses models of an earlier release; default: ${DEFAULT-VALUE}.")
  int leastRelease;

  @Option(names = "--refuse-expired", description = "Refuses models that have expired.")
  boolean refuseExpired;

  ServingPolicy policy() {
    return new ServingPolicy(
        trusted.stream().map(file -> TrustedKey.parse(pem(file), file.toString())).toList(),
        leastRelease,
        refuseExpired ? Optional.of(WallClock.utc().instant()) : Optional.empty());
  }

  /** Returns the text of a key's file. */
  static String pem(Path file) {
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new IllegalArgumentException(
            "Cannot read key " + file + ": it has more than " + MOST_BYTES + " bytes");
      }
      return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new IllegalArgumentException("Cannot read key " + file + ": " + Place.reason(e), e);
    }
  }
}
