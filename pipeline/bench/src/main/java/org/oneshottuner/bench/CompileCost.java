package org.oneshottuner.bench;

import static java.util.Objects.requireNonNull;

import org.oneshottuner.space.Candidate;

/**
 * What it took to compile a kernel: processor time of the compiler and all that it starts.
 *
 * @param candidate whose kernel it is
 * @param aloneSeconds in a file of its own
 * @param fileSeconds its part of a file of several kernels: the file's seconds, shared out as the
 *     kernels' seconds alone are
 */
record CompileCost(Candidate candidate, double aloneSeconds, double fileSeconds) {
  CompileCost {
    requireNonNull(candidate, "candidate");
    if (!(aloneSeconds > 0 && fileSeconds > 0)) {
      throw new IllegalArgumentException(
          "Cannot take "
              + aloneSeconds
              + " and "
              + fileSeconds
              + " s for the compiling of "
              + candidate.key()
              + ": both are above 0");
    }
  }
}
