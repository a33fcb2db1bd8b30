package org.oneshottuner.export;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.oneshottuner.predict.Calibration;
import org.oneshottuner.predict.Compatibility;
import org.oneshottuner.predict.Domain;
import org.oneshottuner.predict.FrozenModel.Property;
import org.oneshottuner.predict.FrozenModel.SplitMetrics;
import org.oneshottuner.predict.FrozenModel.TargetText;

/**
 * What a frozen model says about itself beside its trees.
 *
 * @param compatibility the features and spaces it was trained on
 * @param target the device it was trained for
 * @param manifest how it was trained, in the order to be shown
 * @param evaluation how well it did, a split each
 * @param calibration how far picks were from the best for tasks that were not learnt from
 * @param domain the tasks that were learnt from
 */
public record Provenance(
    Compatibility compatibility,
    TargetText target,
    List<Property> manifest,
    List<SplitMetrics> evaluation,
    Calibration calibration,
    Domain domain) {
  /** Copies the lists. */
  public Provenance {
    requireNonNull(compatibility, "compatibility");
    requireNonNull(target, "target");
    requireNonNull(calibration, "calibration");
    requireNonNull(domain, "domain");
    manifest = List.copyOf(manifest);
    evaluation = List.copyOf(evaluation);
  }
}
