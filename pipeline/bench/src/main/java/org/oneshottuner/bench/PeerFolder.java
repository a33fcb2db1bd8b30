package org.oneshottuner.bench;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * Where the native libraries of peers lie, as the build unpacks them from their jars.
 *
 * @param place a folder, searched with all below it
 */
record PeerFolder(Path place) {
  PeerFolder {
    requireNonNull(place, "place");
  }

  /**
   * Returns a library.
   *
   * @param name such as {@code libdnnl}
   * @return the one of the shortest name, which the others are links to or copies of
   * @throws IllegalArgumentException if there is none
   * @throws UncheckedIOException if the folder cannot be read
   */
  Path library(String name) {
    try (Stream<Path> files = Files.walk(place)) {
      return files
          .filter(path -> path.getFileName().toString().startsWith(name + ".so"))
          .filter(Files::isRegularFile)
          .min(
              Comparator.comparingInt((Path path) -> path.getFileName().toString().length())
                  .thenComparing(Path::toString))
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "Cannot compare with "
                          + name
                          + ": there is no such library in "
                          + place
                          + ", once that is deleted all are fetched anew"));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot search " + place + " for libraries: " + e, e);
    }
  }
}
