package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.sample.NetworkCatalogue;
import picocli.CommandLine.Option;

/** Which catalogue of networks. */
final class CatalogueOptions {
  @Option(
      names = "--networks",
      paramLabel = "DIR",
      description = "The catalogue of networks; default: data/networks.")
  Optional<Path> networks = Optional.empty();

  NetworkCatalogue catalogue() {
    return NetworkCatalogue.read(
        networks.orElseGet(() -> CommonOptions.home().resolve("data/networks")));
  }

  /**
   * Returns the catalogue, before a run is begun by it.
   *
   * @throws IllegalArgumentException if a network that is to be held out is not in it
   */
  NetworkCatalogue holdingOut(Settings settings) {
    NetworkCatalogue catalogue = catalogue();
    catalogue.mustHave(settings.heldOut());
    return catalogue;
  }
}
