package org.oneshottuner.measure;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.oneshottuner.lower.KernelSource;

/**
 * What building a kernel came to.
 *
 * @param source what was built
 * @param library that holds it, perhaps with others; empty if it could not be built
 * @param failure why not; empty if it was built
 */
public record BuiltKernel(
    KernelSource source, Optional<Library> library, Optional<Outcome.Failed> failure) {
  /** Checks that there is either a library or a failure. */
  public BuiltKernel {
    requireNonNull(source, "source");
    if (library.isPresent() == failure.isPresent()) {
      throw new IllegalArgumentException(
          "Cannot tell whether kernel "
              + source.name()
              + " was built: it has "
              + library
              + " and "
              + failure);
    }
  }

  static BuiltKernel of(KernelSource source, Library library) {
    return new BuiltKernel(source, Optional.of(library), Optional.empty());
  }

  static BuiltKernel failed(KernelSource source, String detail) {
    return new BuiltKernel(
        source,
        Optional.empty(),
        Optional.of(new Outcome.Failed(Outcome.Kind.BUILD_FAILED, detail)));
  }

  /** A shared library on disk; deleted when the last of its kernels was released. */
  public static final class Library {
    private final Path path;
    private final AtomicInteger kernels;

    Library(Path path, int kernels) {
      this.path = path;
      this.kernels = new AtomicInteger(kernels);
    }

    /** Returns where the library is. */
    public Path path() {
      return path;
    }

    /** Says that one of its kernels is no longer needed. */
    public void release() {
      if (kernels.decrementAndGet() == 0) {
        try {
          Files.deleteIfExists(path);
        } catch (IOException e) {
          throw new DeviceException("Cannot delete " + path + ": " + e.getMessage(), e);
        }
      }
    }
  }
}
