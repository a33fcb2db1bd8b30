package org.oneshottuner.measure;

import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Candidate;

/** What writes the source of a candidate's kernel. Called from several threads. */
public interface Codegen {

  /** The runtime's templates. */
  Codegen TEMPLATES =
      new Codegen() {
        @Override
        public String version() {
          return Templates.VERSION;
        }

        @Override
        public KernelSource source(Candidate candidate) {
          return Templates.lower(candidate, "k" + Sha256.of(candidate.key()).substring(0, 16));
        }

        @Override
        public double tolerance(Candidate candidate) {
          return Templates.tolerance(candidate);
        }
      };

  /**
   * Returns the version that is kept with each measurement: it changes when the source of any
   * candidate does.
   */
  String version();

  /**
   * Returns the source; equal candidates have equal sources, different ones different names.
   *
   * @throws IllegalArgumentException if the candidate is not of a space that this generator knows
   */
  KernelSource source(Candidate candidate);

  /**
   * Returns the largest error that its output may have, relative to the largest magnitude in the
   * reference output.
   */
  double tolerance(Candidate candidate);
}
