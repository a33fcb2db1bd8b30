package org.oneshottuner.jobs.stage;

import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Codegen;
import org.oneshottuner.space.Candidate;

/** The runtime's templates, as what devices build from. */
final class TemplateCodegen implements Codegen {
  private static final String KERNEL = "kernel";

  @Override
  public String version() {
    return Templates.VERSION;
  }

  @Override
  public KernelSource source(Candidate candidate) {
    return Templates.lower(candidate, KERNEL);
  }

  @Override
  public double tolerance(Candidate candidate) {
    return Templates.tolerance(candidate);
  }
}
