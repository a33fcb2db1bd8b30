package org.oneshottuner.sample;

import java.nio.file.Path;

/** The catalogue that is checked in. */
final class Catalogue {
  /** Tests run in the module's directory. */
  static final NetworkCatalogue ALL = NetworkCatalogue.read(Path.of("../../data/networks"));

  private Catalogue() {}
}
