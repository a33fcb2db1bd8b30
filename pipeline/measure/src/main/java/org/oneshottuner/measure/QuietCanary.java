package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The least canary of a device, kept from one program to the next: one that starts in a noisy
 * minute knows it for one, and the labels of both are told at the same clock. Used by the program
 * that has the device to itself.
 */
final class QuietCanary {
  /** A machine that was moved or set up anew since then may never be as fast again. */
  static final Duration MOST_AGE = Duration.ofDays(1);

  private final Path file;
  private final Clock clock;

  /**
   * Names the file.
   *
   * @param file one for each device
   * @param clock tells how old the file is
   */
  QuietCanary(Path file, Clock clock) {
    this.file = requireNonNull(file, "file");
    this.clock = requireNonNull(clock, "clock");
  }

  /** Returns the canary; empty if there is none, it is too old, or the file cannot be read. */
  Optional<Canary> read() {
    try {
      String[] words = Files.readString(file).strip().split(" ", -1);
      Instant written = Instant.parse(words[0]);
      Duration age = Duration.between(written, clock.instant());
      return words.length != 3 || age.isNegative() || age.compareTo(MOST_AGE) > 0
          ? Optional.empty()
          : Optional.of(new Canary(Long.parseLong(words[1]), Long.parseLong(words[2])));
    } catch (IOException | RuntimeException e) {
      return Optional.empty(); // it is learnt anew within seconds
    }
  }

  /**
   * Keeps the least of a canary and of the one that is kept. A day after the last that was lower
   * all is forgotten, so that a machine that became slower is known for it. It does no harm if the
   * file cannot be written.
   *
   * @param canary that this program heard itself
   */
  void keep(Canary canary) {
    Optional<Canary> kept = read();
    Canary least = kept.map(canary::least).orElse(canary);
    if (kept.equals(Optional.of(least))) {
      return;
    }
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.writeString(
          fresh, clock.instant() + " " + least.fmaNanos() + " " + least.memoryNanos() + "\n");
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      return; // it is learnt anew within seconds
    }
  }
}
