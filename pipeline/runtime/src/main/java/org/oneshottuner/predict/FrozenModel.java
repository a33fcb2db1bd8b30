package org.oneshottuner.predict;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * A trained model as it ships: the ensemble, what it may serve, where it came from and how well it
 * did. It cannot be wrong about itself: the ensemble gives the golden rows their scores.
 *
 * @param release which one of its line it is
 * @param compatibility what the serving compiler must agree on
 * @param target the device it was trained for
 * @param manifest how it was trained, in the order in which it was written
 * @param evaluation its metrics, a split each
 * @param calibration how far its like was from the best for tasks it had not learnt from
 * @param domain the tasks that it has learnt from
 * @param ensemble what scores
 * @param golden rows whose scores are known
 */
public record FrozenModel(
    Release release,
    Compatibility compatibility,
    TargetText target,
    List<Property> manifest,
    List<SplitMetrics> evaluation,
    Calibration calibration,
    Domain domain,
    Ensemble ensemble,
    GoldenRows golden) {

  /**
   * The device that a model was trained for.
   *
   * @param name short name
   * @param text canonical text, every limit included
   */
  public record TargetText(String name, String text) {
    /** Refuses nulls. */
    public TargetText {
      requireNonNull(name, "name");
      requireNonNull(text, "text");
    }
  }

  /**
   * A line of the manifest.
   *
   * @param key what it is
   * @param value its text
   */
  public record Property(String key, String value) {
    /** Refuses nulls. */
    public Property {
      requireNonNull(key, "key");
      requireNonNull(value, "value");
    }
  }

  /**
   * How well the model did on one split of the data.
   *
   * @param split the split's name, such as {@code unseen network}
   * @param metrics in the order in which they were written
   */
  public record SplitMetrics(String split, List<Metric> metrics) {
    /** Copies the list. */
    public SplitMetrics {
      requireNonNull(split, "split");
      metrics = List.copyOf(metrics);
    }
  }

  /**
   * A figure.
   *
   * @param name what was measured, with its unit
   * @param value NaN if it could not be told
   */
  public record Metric(String name, double value) {
    /** Refuses nulls. */
    public Metric {
      requireNonNull(name, "name");
    }
  }

  /** Copies the lists, and checks that the parts belong together. */
  public FrozenModel {
    requireNonNull(release, "release");
    requireNonNull(compatibility, "compatibility");
    requireNonNull(target, "target");
    requireNonNull(calibration, "calibration");
    requireNonNull(domain, "domain");
    manifest = List.copyOf(manifest);
    evaluation = List.copyOf(evaluation);
    if (!ensemble.schemaId().equals(compatibility.schemaId())
        || ensemble.columns() != compatibility.columns().size()) {
      throw new IllegalArgumentException(
          "Cannot freeze an ensemble over "
              + ensemble.columns()
              + " columns of "
              + ensemble.schemaId()
              + " as a model over "
              + compatibility.columns().size()
              + " columns of "
              + compatibility.schemaId());
    }
    for (Domain.Range range : domain.ranges()) {
      if (range.column() >= ensemble.columns()) {
        throw new IllegalArgumentException(
            "Cannot freeze a model that has learnt from column "
                + range.column()
                + ": last is "
                + (ensemble.columns() - 1));
      }
    }
    int different = golden.firstDifference(ensemble);
    if (different < golden.count()) {
      throw new IllegalArgumentException(
          "Cannot freeze a model that scores golden row "
              + different
              + " as "
              + ensemble.score(golden.row(different))
              + ": expected "
              + golden.score(different));
    }
  }

  /** Returns the same model as another release of its line. */
  public FrozenModel as(Release other) {
    return new FrozenModel(
        other, compatibility, target, manifest, evaluation, calibration, domain, ensemble, golden);
  }

  /** Returns the value of a line of the manifest; empty if it has none of this key. */
  public Optional<String> property(String key) {
    return manifest.stream()
        .filter(property -> property.key().equals(key))
        .map(Property::value)
        .findFirst();
  }
}
