package org.oneshottuner.jobs.cli;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.oneshottuner.jobs.storage.Place;

/**
 * The runs of a campaign on this machine: a folder each, called after the campaign and the time at
 * which it was begun, such as {@code nightly-20260131T020000Z}.
 *
 * @param place holds the folders of all campaigns; need not be there
 * @param campaign its name
 */
record Runs(Path place, String campaign) {
  private static final DateTimeFormatter BEGAN =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  Runs {
    requireNonNull(place, "place");
    requireNonNull(campaign, "campaign");
  }

  /**
   * Makes the folder of a new run.
   *
   * @throws IllegalArgumentException if none can be made in this place
   */
  Path begin(Clock clock) {
    Place.mustTakeFiles(place, "Cannot begin a run in " + place);
    String name = campaign + "-" + BEGAN.format(clock.instant());
    Path run = place.resolve(name);
    try {
      Files.createDirectories(place);
      for (int second = 2; !made(run); second++) {
        run = place.resolve(name + "-" + second);
      }
      return run;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot begin a run in " + place + ": " + Place.reason(e), e);
    }
  }

  private static boolean made(Path folder) throws IOException {
    try {
      Files.createDirectory(folder);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false; // another run was begun in the same second
    }
  }

  /** Returns the folder of the run that was begun last, if any was. */
  Optional<Path> newest() {
    if (!Files.isDirectory(place)) {
      return Optional.empty();
    }
    Pattern name = Pattern.compile(Pattern.quote(campaign) + "-[0-9]{8}T[0-9]{6}Z(-[0-9]+)?");
    try (Stream<Path> folders = Files.list(place)) {
      return folders
          .filter(folder -> name.matcher(folder.getFileName().toString()).matches())
          .filter(Files::isDirectory)
          .max(Comparator.comparing(folder -> folder.getFileName().toString()));
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot list the runs in " + place + ": " + Place.reason(e), e);
    }
  }
}
