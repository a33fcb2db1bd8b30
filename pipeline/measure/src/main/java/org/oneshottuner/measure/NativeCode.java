package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * C sources of ours that are built once and kept: a program, or a library that one loads.
 *
 * @param name what the result is called, before a digest of all that it is made of
 * @param files texts by file name; those that end with {@code .c} are compiled
 * @param flags of the compiler
 * @param libraries to link
 */
record NativeCode(
    String name, Map<String, String> files, List<String> flags, List<String> libraries) {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int DIGEST_CHARS = 16;

  NativeCode {
    requireNonNull(name, "name");
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    flags = List.copyOf(flags);
    libraries = List.copyOf(libraries);
  }

  /**
   * Builds it, unless the cache holds it: built from the same sources, with the same compiler and
   * flags, under the same circumstances.
   *
   * @param cache a folder; made if need be
   * @param circumstances what else the result depends on, such as the processor
   * @throws DeviceException if it cannot be built
   */
  Path build(Compiler compiler, Path cache, List<String> circumstances)
      throws InterruptedException {
    List<String> texts = new ArrayList<>(List.of(compiler.version()));
    texts.addAll(circumstances);
    texts.addAll(flags);
    files.forEach((file, text) -> texts.addAll(List.of(file, text)));
    try {
      Files.createDirectories(cache);
      Path result = cache.resolve(name + "-" + Sha256.of(texts).substring(0, DIGEST_CHARS));
      if (!Files.isExecutable(result)) {
        compile(compiler, cache, result);
      }
      return result;
    } catch (IOException e) {
      throw new DeviceException("Cannot build " + name + " in " + cache + ": " + e, e);
    }
  }

  private void compile(Compiler compiler, Path cache, Path result)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory(cache, "build");
    try {
      List<String> words = new ArrayList<>(List.of(compiler.path().toString()));
      words.addAll(flags);
      for (Map.Entry<String, String> file : files.entrySet()) {
        Files.writeString(folder.resolve(file.getKey()), file.getValue());
        if (file.getKey().endsWith(".c")) {
          words.add(file.getKey());
        }
      }
      Path built = folder.resolve(name);
      words.addAll(List.of("-o", built.toString()));
      words.addAll(libraries);
      Command.Result ended = Command.run(words, folder, LIMIT);
      if (!ended.succeeded()) {
        throw new DeviceException(
            "Cannot build "
                + name
                + " with "
                + compiler.path()
                + ": "
                + (ended.timedOut() ? "ran past " + LIMIT : ended.firstError()));
      }
      // Two builders at once both succeed: the move is atomic, and their results are equal.
      Files.move(built, result, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Folders.delete(folder);
    }
  }
}
