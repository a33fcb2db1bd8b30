package org.oneshottuner.jobs.model;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeSet;
import org.oneshottuner.jobs.stage.Figures;
import org.oneshottuner.jobs.storage.Digests;
import org.oneshottuner.predict.Calibration;
import org.oneshottuner.predict.Domain;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.predict.FrozenModel.Metric;
import org.oneshottuner.predict.FrozenModel.Property;
import org.oneshottuner.predict.FrozenModel.SplitMetrics;
import org.oneshottuner.predict.FrozenModelReader;
import org.oneshottuner.predict.ModelSeal;
import org.oneshottuner.predict.Tree;

/**
 * What is in a frozen model file, whether or not this compiler can serve it.
 *
 * @param file its name
 * @param bytes its length
 * @param sha256 of the whole file
 * @param formatVersion of its layout
 * @param release its number; 0 if it was not released
 * @param expires ISO 8601; "never" if it does not
 * @param signedBy ids of the keys that it says have signed it; not verified
 * @param schema id of the feature schema
 * @param columns how many features that has
 * @param spaces version of the templates
 * @param target every limit of the device
 * @param manifest how it was trained
 * @param evaluation metrics by split
 * @param calibratedBy tasks of whose like the picks' regret was told in training
 * @param regretAtMost with 90 % coverage; empty if those are too few to tell
 * @param domain the range of each feature of the tasks that it has learnt from
 * @param trees of the ensemble
 * @param nodes of all trees
 * @param depth of the deepest
 * @param thresholds different ones, over all columns
 * @param goldenRows that travel along
 */
public record ModelContents(
    String file,
    long bytes,
    String sha256,
    int formatVersion,
    int release,
    String expires,
    List<String> signedBy,
    String schema,
    int columns,
    String spaces,
    String target,
    Map<String, String> manifest,
    Map<String, Map<String, Double>> evaluation,
    int calibratedBy,
    OptionalDouble regretAtMost,
    Map<String, List<Float>> domain,
    int trees,
    long nodes,
    int depth,
    long thresholds,
    int goldenRows)
    implements Figures {
  static final String NEVER = "never";

  /** Copies the list. */
  public ModelContents {
    signedBy = List.copyOf(signedBy);
  }

  /**
   * Reads a file.
   *
   * @throws org.oneshottuner.predict.ModelFormatException if it cannot be read or is damaged
   */
  public static ModelContents of(Path file) {
    byte[] bytes = FrozenModelReader.bytes(file);
    ModelSeal seal = ModelSeal.of(bytes, file.toString());
    FrozenModel model = FrozenModelReader.inspect(bytes, file.toString());
    Map<String, String> manifest = new LinkedHashMap<>();
    for (Property property : model.manifest()) {
      manifest.put(property.key(), property.value());
    }
    Map<String, Map<String, Double>> evaluation = new LinkedHashMap<>();
    for (SplitMetrics split : model.evaluation()) {
      Map<String, Double> metrics = new LinkedHashMap<>();
      for (Metric metric : split.metrics()) {
        metrics.put(metric.name(), metric.value());
      }
      evaluation.put(split.split(), metrics);
    }
    Ensemble ensemble = model.ensemble();
    return new ModelContents(
        file.toString(),
        bytes.length,
        Digests.of(bytes),
        seal.version(),
        model.release().number(),
        model.release().expires().map(Instant::toString).orElse(NEVER),
        seal.keyIds(),
        model.compatibility().schemaId(),
        model.compatibility().columns().size(),
        model.compatibility().spaceFamily(),
        model.target().text(),
        manifest,
        evaluation,
        model.calibration().tasks(),
        model.calibration().atMost(Calibration.COVERAGE),
        domain(model),
        ensemble.trees().size(),
        ensemble.trees().stream().mapToLong(Tree::nodes).sum(),
        ensemble.trees().stream().mapToInt(Tree::depth).max().orElse(0),
        thresholds(ensemble),
        model.golden().count());
  }

  private static Map<String, List<Float>> domain(FrozenModel model) {
    Map<String, List<Float>> domain = new LinkedHashMap<>();
    for (Domain.Range range : model.domain().ranges()) {
      domain.put(
          model.compatibility().columns().get(range.column()),
          List.of(range.least(), range.most()));
    }
    return domain;
  }

  private static long thresholds(Ensemble ensemble) {
    List<TreeSet<Float>> known = new ArrayList<>();
    for (int c = 0; c < ensemble.columns(); c++) {
      known.add(new TreeSet<>());
    }
    for (Tree tree : ensemble.trees()) {
      for (int node = 0; node < tree.nodes(); node++) {
        if (!tree.isLeaf(node)) {
          known.get(tree.column(node)).add(tree.value(node));
        }
      }
    }
    return known.stream().mapToLong(TreeSet::size).sum();
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(file);
    line(lines, "file", String.format(Locale.ROOT, "%,d bytes, sha256 %s", bytes, sha256));
    line(lines, "format", "version " + formatVersion);
    line(lines, "release", (release == 0 ? "none" : release) + ", expires " + expires);
    line(
        lines,
        "signed by",
        signedBy.isEmpty() ? "nobody" : String.join(", ", signedBy) + " (not verified)");
    line(lines, "features", schema + ", " + columns + " columns");
    line(lines, "spaces", spaces);
    line(lines, "target", target);
    line(
        lines,
        "ensemble",
        String.format(
            Locale.ROOT,
            "%,d trees of depth %d at most, %,d nodes, %,d thresholds, %d golden rows",
            trees,
            depth,
            nodes,
            thresholds,
            goldenRows));
    line(
        lines,
        "calibrated",
        regretAtMost.isPresent()
            ? String.format(
                Locale.ROOT,
                "regret at most %.2f %% with %.0f %% coverage, by %d tasks",
                100 * regretAtMost.getAsDouble(),
                100 * Calibration.COVERAGE,
                calibratedBy)
            : "by " + calibratedBy + " tasks, too few to tell");
    lines.add("  learnt from");
    domain.forEach(
        (name, range) ->
            lines.add(
                String.format(
                    Locale.ROOT, "    %s %.4g to %.4g", name, range.get(0), range.get(1))));
    lines.add("  manifest");
    manifest.forEach((key, value) -> lines.add("    " + key + " = " + value));
    lines.add("  evaluation");
    evaluation.forEach(
        (split, metrics) -> {
          lines.add("    " + split);
          metrics.forEach(
              (name, value) ->
                  lines.add(String.format(Locale.ROOT, "      %s = %.6g", name, value)));
        });
    return lines;
  }

  private static void line(List<String> lines, String label, String text) {
    lines.add(String.format(Locale.ROOT, "  %-10s %s", label, text));
  }
}
