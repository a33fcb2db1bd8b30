package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A library of others that computes operators, behind an adapter: a library of ours that the native
 * runner loads, and that defines a {@code struct peer oneshot_peer} as {@code runner.h} says.
 *
 * @param name such as {@code onednn}
 * @param adapter the built adapter
 */
public record Peer(String name, Path adapter) {
  private static final String LIBRARY_HEADER = "library.h";
  private static final List<String> FLAGS =
      List.of("-std=gnu11", "-D_GNU_SOURCE", "-O2", "-fPIC", "-shared");
  private static final List<String> LIBRARIES = List.of("-lm", "-lpthread", "-ldl");

  /** Checks that both are there. */
  public Peer {
    requireNonNull(adapter, "adapter");
    if (!name.matches("[a-z][a-z0-9]*")) {
      throw new IllegalArgumentException(
          "Cannot name a peer '" + name + "': lower-case letters and digits only");
    }
  }

  /**
   * What an adapter is built from.
   *
   * @param name the peer's
   * @param texts C sources by file name, headers among them; all may include {@code runner.h}, and
   *     {@code library.h}, which defines {@code PEER_LIBRARY}
   * @param library the path that {@code PEER_LIBRARY} is
   */
  public record Source(String name, Map<String, String> texts, Path library) {
    /** Copies the map. */
    public Source {
      requireNonNull(name, "name");
      requireNonNull(library, "library");
      texts = Map.copyOf(texts);
    }
  }

  /**
   * Builds an adapter, unless the cache holds it.
   *
   * @throws DeviceException if it cannot be built
   */
  static Peer build(Compiler compiler, Path cache, Source source) throws InterruptedException {
    Map<String, String> files = new LinkedHashMap<>(NativeRunner.header());
    files.put(LIBRARY_HEADER, "#define PEER_LIBRARY \"" + escaped(source.library()) + "\"\n");
    source.texts().keySet().stream()
        .sorted()
        .forEach(file -> files.put(file, source.texts().get(file)));
    NativeCode code = new NativeCode("oneshot-peer-" + source.name(), files, FLAGS, LIBRARIES);
    return new Peer(source.name(), code.build(compiler, cache, List.of()));
  }

  private static String escaped(Path path) {
    return path.toAbsolutePath().toString().replace("\\", "\\\\").replace("\"", "\\\"");
  }
}
