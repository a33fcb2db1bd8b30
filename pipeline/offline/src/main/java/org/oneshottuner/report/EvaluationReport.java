package org.oneshottuner.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.oneshottuner.predict.FrozenModel.Metric;
import org.oneshottuner.predict.FrozenModel.Property;
import org.oneshottuner.predict.FrozenModel.SplitMetrics;
import org.oneshottuner.report.Figures.Baseline;
import org.oneshottuner.report.Figures.FailureCount;
import org.oneshottuner.report.Figures.Headline;
import org.oneshottuner.report.Figures.KindRegrets;
import org.oneshottuner.report.Figures.SamplerCost;
import org.oneshottuner.report.Figures.SeedRegret;
import org.oneshottuner.report.Figures.TaskPick;
import org.oneshottuner.train.Bootstrap;
import org.oneshottuner.train.LearningCurve;
import org.oneshottuner.train.Regrets;

/**
 * The figures of a run as one HTML page: styles and drawings are inside it, so that it opens
 * without a network, in light and in dark, on a phone and on paper. It holds no script. Every
 * drawing has a name, a description and a table with the same figures. The same figures always
 * become the same bytes.
 */
public final class EvaluationReport {
  private final Figures figures;
  private final Markup out = new Markup();

  private EvaluationReport(Figures figures) {
    this.figures = figures;
  }

  /** Returns the page. */
  public static String html(Figures figures) {
    return new EvaluationReport(figures).page();
  }

  /**
   * Writes the page.
   *
   * @throws UncheckedIOException if it cannot be written; then what was there stays
   */
  public static void write(Figures figures, Path file) {
    try {
      Path place = file.toAbsolutePath();
      Files.createDirectories(place.getParent());
      // not a temporary file of Java's, which no other user could read
      Path unfinished =
          place.resolveSibling(place.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
      try {
        Files.writeString(unfinished, html(figures));
        Files.move(
            unfinished, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(unfinished);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write report " + file + ": " + e, e);
    }
  }

  private String page() {
    out.raw("<!DOCTYPE html>\n").open("html", "lang", "en").open("head");
    out.raw("<meta charset=\"utf-8\">")
        .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        .raw("<link rel=\"icon\" href=\"data:,\">")
        .element("title", figures.title())
        .line()
        .open("style")
        .raw(style())
        .close()
        .close()
        .line();
    out.open("body").open("header", "class", "top");
    out.element("h1", figures.title()).element("p", figures.summary(), "class", "lead").close();
    out.open("main").line();
    headlines();
    out.open("div", "class", "pair");
    baselines();
    regrets();
    out.close().open("div", "class", "pair");
    learning();
    ranks();
    out.close().line();
    tasks();
    splits();
    out.open("div", "class", "pair");
    samplers();
    failures();
    out.close().line();
    manifest();
    out.close();
    out.element("footer", "Made by One-Shot Tuner. This page loads nothing.");
    return out.close().close().line().done();
  }

  /** Returns the style of all pages. */
  static String style() {
    try (InputStream css = EvaluationReport.class.getResourceAsStream("report.css")) {
      if (css == null) {
        throw new IllegalStateException("Cannot write report: report.css is not in the jar");
      }
      return new String(css.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write report: " + e, e);
    }
  }

  private void headlines() {
    if (figures.headlines().isEmpty()) {
      return;
    }
    out.open("ul", "class", "cards", "aria-label", "Main figures");
    for (Headline headline : figures.headlines()) {
      out.open("li")
          .element("span", headline.label(), "class", "label")
          .element("span", headline.value(), "class", "figure")
          .element("span", headline.note(), "class", "note")
          .close();
    }
    out.close().line();
  }

  private void section(String id, String title, String about) {
    out.open("section", "aria-labelledby", id + "-heading")
        .element("h2", title, "id", id + "-heading")
        .element("p", about, "class", "about");
  }

  private boolean nothing(List<?> list) {
    if (list.isEmpty()) {
      out.element("p", "Not measured in this run.", "class", "empty").close();
    }
    return list.isEmpty();
  }

  private void baselines() {
    section(
        "baselines-part",
        "How good are the picks?",
        "Regret: how much longer a choice takes than the best known schedule; geometric mean over"
            + " the unseen tasks, which were drawn as often as their network runs them and count"
            + " once each. All choices were measured side by side. Whiskers: 95 % of a bootstrap over"
            + " tasks."
            + (figures.seeds().isEmpty()
                ? ""
                : " Dots below the first bar: the learner trained again with other seeds."));
    if (nothing(figures.baselines())) {
      return;
    }
    int all = figures.baselines().stream().mapToInt(Baseline::tasks).max().orElse(0);
    out.open("figure");
    new Plots(out)
        .baselines(
            figures.baselines().stream().filter(one -> one.tasks() == all).toList(),
            figures.seeds());
    table(
        "Figures",
        "Regret by way of choosing. A choice that failed counts with the default schedule's time; of"
            + " the random pick, failed schedules are counted. Tasks: those of which a way had"
            + " something to say."
            + " Longer than our picks: of the same tasks, with 95 % of a bootstrap over the ratios,"
            + " task by task; below zero it is faster. p95 is of the regrets from "
            + Regrets.FEWEST_FOR_P95
            + " tasks on, p99 from "
            + Regrets.FEWEST_FOR_P99
            + "; intervals from "
            + Bootstrap.FEWEST_TASKS
            + " on.",
        "way of choosing",
        "tasks",
        "failed",
        "regret",
        "95 % of it",
        "p95",
        "p99",
        "longer than our picks",
        "95 % of it");
    for (Baseline one : figures.baselines()) {
      row(
          one.name(),
          Words.count(one.tasks()),
          Words.count(one.failed()),
          Words.percent(one.regret().figure()),
          Words.range(one.regret()),
          Words.percent(one.p95()),
          Words.percent(one.p99()),
          Words.percent(one.slower().figure()),
          Words.range(one.slower()));
    }
    endTable();
    seeds();
    out.close().close();
  }

  private void seeds() {
    if (figures.seeds().isEmpty()) {
      return;
    }
    table(
        "Seeds",
        "The same learner on the same labels, by the seed of its training. The model that ships is"
            + " the first: it is not chosen among them.",
        "seed",
        "regret");
    for (SeedRegret seed : figures.seeds()) {
      row(Long.toString(seed.seed()), Words.percent(seed.regret()));
    }
    endTable();
  }

  private void regrets() {
    section(
        "regrets-part",
        "Where do they go wrong?",
        "Each dot is an unseen task. The bar holds the middle half of a kind, the line is its"
            + " median.");
    if (nothing(figures.regrets())) {
      return;
    }
    out.open("figure");
    new Plots(out).regrets(figures.regrets());
    table("Figures", "Regret by kind of operator", "kind", "tasks", "median", "p95", "worst");
    for (KindRegrets kind : figures.regrets()) {
      if (kind.regrets().isEmpty()) {
        row(kind.kind(), "0", "–", "–", "–");
      } else {
        Regrets spread =
            Regrets.of(kind.regrets().stream().mapToDouble(Double::doubleValue).toArray());
        row(
            kind.kind(),
            Words.count(spread.tasks()),
            Words.percent(spread.median()),
            Words.percent(spread.p95()),
            Words.percent(spread.worst()));
      }
    }
    endTable();
    out.close().close();
  }

  private void learning() {
    section(
        "learning-part",
        "Would more labels help?",
        "Score on drawn tasks that were held out, among their measured candidates, against the"
            + " labels learnt from; bands: bootstrap over tasks. The dashed line is of other tasks:"
            + " what a predictor that knew the true times would score on the random schedules of"
            + " the unseen tasks, by labels as noisy as these. A gain near it could not be told from"
            + " noise.");
    if (nothing(figures.curves())) {
      return;
    }
    out.open("figure");
    new Plots(out).learning(figures.curves(), figures.ceilingScore());
    table("Figures", "Learning curves", "curve", "labels", "device seconds", "score", "from", "to");
    for (LearningCurve curve : figures.curves()) {
      for (LearningCurve.Point point : curve.points()) {
        row(
            curve.name(),
            Words.count(point.labels()),
            Words.count(Math.round(point.deviceSeconds())),
            Words.percent(point.score()),
            Words.percent(point.low()),
            Words.percent(point.high()));
      }
    }
    endTable();
    table(
        "What a score costs",
        "Labels, and time of the device, to reach a share of the score with all data; and the mean"
            + " score over the curve",
        "curve",
        "90 %",
        "95 %",
        "99 %",
        "area");
    for (LearningCurve curve : figures.curves()) {
      row(
          curve.name(),
          cost(curve, 0.90),
          cost(curve, 0.95),
          cost(curve, 0.99),
          Words.percent(curve.area()));
    }
    endTable();
    out.close().close();
  }

  private static String cost(LearningCurve curve, double share) {
    OptionalDouble labels = curve.labelsToReach(share);
    OptionalDouble seconds = curve.deviceSecondsToReach(share);
    LearningCurve.Point first = curve.points().get(0);
    return (labels.isPresent() ? "" : "≤ ")
        + Words.count(Math.round(labels.orElse(first.labels())))
        + ", "
        + Words.time(seconds.orElse(first.deviceSeconds()) * 1e9);
  }

  private void ranks() {
    section(
        "ranks-part",
        "Is the order right?",
        "Predicted against measured rank of every candidate of "
            + figures.ranks().tasks()
            + " unseen tasks. What matters most is the lower left corner: the best, predicted to be"
            + " so.");
    if (figures.ranks().tasks() == 0) {
      out.element("p", "Not measured in this run.", "class", "empty").close();
      return;
    }
    out.open("figure");
    new Plots(out).ranks(figures.ranks());
    List<List<Double>> shares = figures.ranks().shares();
    table(
        "Figures",
        "Measured rank of the candidates that are predicted to be best",
        "predicted",
        "measured among the best tenth",
        "among the best quarter",
        "among the best half");
    int bins = shares.size();
    for (int tenth : new int[] {10, 4, 2}) {
      row(
          "best " + (tenth == 10 ? "tenth" : tenth == 4 ? "quarter" : "half"),
          Words.percent(corner(shares, bins / tenth, bins / 10)),
          Words.percent(corner(shares, bins / tenth, bins / 4)),
          Words.percent(corner(shares, bins / tenth, bins / 2)));
    }
    endTable();
    out.close().close();
  }

  /**
   * Returns the share of the candidates in the first predicted bins that are in the first measured
   * ones.
   */
  private static double corner(List<List<Double>> shares, int predicted, int measured) {
    double inside = 0;
    double all = 0;
    for (List<Double> row : shares.subList(0, predicted)) {
      for (int m = 0; m < row.size(); m++) {
        all += row.get(m);
        inside += m < measured ? row.get(m) : 0;
      }
    }
    return all == 0 ? Double.NaN : inside / all;
  }

  private void tasks() {
    section(
        "tasks-part",
        "Unseen tasks",
        "Each schedule was picked before its task was searched, and by none of its times. Choosing"
            + " is timed once the code is warm. Largest regret first. Best known"
            + " is the least time of all that was measured side by side: what was chosen, by online"
            + " searches as well, and random schedules; random is the geometric mean of the latter."
            + " Peak is what the processor was measured to reach"
            + " with multiply-adds on vectors of the target's width, which may be a percent low;"
            + " operations are counted as the operator defines them. Kernels that do fewer may pass"
            + " it: Winograd's, and direct convolutions, which skip the taps in the padding.");
    if (nothing(figures.tasks())) {
      return;
    }
    openTable(
        "Picks and what they are set against",
        "task",
        "regret",
        "pick",
        "best known",
        "default",
        "random",
        "GFLOP/s",
        "share of peak",
        "time to choose");
    for (TaskPick task :
        figures.tasks().stream()
            .sorted(Comparator.comparingDouble(TaskPick::regret).reversed())
            .toList()) {
      out.open("tr").open("th", "scope", "row", "class", "workload").text(task.workload());
      out.element("span", task.network(), "class", "network").close();
      double regret = task.regret();
      out.element(
          "td",
          Words.percent(regret),
          "class",
          regret < 0.1 ? "good" : regret < 0.25 ? "fair" : "poor");
      out.element("td", task.pickNanos().isPresent() ? Words.time(task.pickNanos()) : "failed")
          .element("td", Words.time(task.bestNanos()))
          .element("td", Words.time(task.defaultNanos()))
          .element("td", Words.time(task.randomNanos()))
          .element("td", Words.digits(task.gflops().orElse(Double.NaN)))
          .element("td", Words.percent(task.shareOfPeak()))
          .element("td", Words.time(task.chooseNanos()))
          .close()
          .line();
    }
    closeTable();
    out.close();
  }

  private void splits() {
    section(
        "splits-part",
        "Every split side by side",
        "How the learner ranks the measured candidates of tasks that were kept from its training."
            + " Regret@k: the best of the k first-ranked over the best of the task's candidates,"
            + " minus 1; geometric mean over tasks. Splits differ in how many candidates a task has,"
            + " and so in what a random pick among them gets: compare within a row. The candidates"
            + " that were drawn here are the random schedules of the unseen tasks. Top-k scores set"
            + " the k first-ranked against the best known schedule, whichever way that was found,"
            + " and weigh a layer by how often its network runs it, over its chance to be drawn.");
    if (nothing(figures.splits())) {
      return;
    }
    openTable(
        "Metrics by split; in brackets 95 % of a bootstrap over tasks, and the least and the most"
            + " of the seeds",
        "split",
        "tasks",
        "candidates a task",
        "regret@1",
        "regret@1 by seeds",
        "of a random pick",
        "regret@8",
        "Kendall's tau");
    for (SplitMetrics split : figures.splits()) {
      row(
          split.split(),
          metric(split, SplitFigures.TASKS),
          metric(split, SplitFigures.CANDIDATES),
          bracketed(split, SplitFigures.REGRET, SplitFigures.LOW, SplitFigures.HIGH),
          bracketed(split, SplitFigures.SEEDS_MEAN, SplitFigures.LEAST, SplitFigures.MOST),
          metric(split, SplitFigures.RANDOM),
          metric(split, SplitFigures.REGRET_AT_8),
          metric(split, SplitFigures.TAU));
    }
    closeTable();
    allMetrics();
    out.close();
  }

  private void allMetrics() {
    Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
    figures.splits().stream()
        .sorted(Comparator.comparingInt(split -> -split.metrics().size()))
        .forEach(
            split ->
                split
                    .metrics()
                    .forEach(
                        metric ->
                            rows.computeIfAbsent(metric.name(), name -> new LinkedHashMap<>())
                                .put(split.split(), metric.value())));
    table(
        "All metrics",
        "Metrics by split; a dash where one was not computed",
        Stream.concat(Stream.of("metric"), figures.splits().stream().map(SplitMetrics::split))
            .toArray(String[]::new));
    rows.forEach(
        (name, values) ->
            row(
                name,
                figures.splits().stream()
                    .map(split -> metric(name, values.getOrDefault(split.split(), Double.NaN)))
                    .toArray(String[]::new)));
    endTable();
  }

  private static String metric(SplitMetrics split, String name) {
    return metric(name, value(split, name));
  }

  private static double value(SplitMetrics split, String name) {
    return split.metrics().stream()
        .filter(metric -> metric.name().equals(name))
        .mapToDouble(Metric::value)
        .findFirst()
        .orElse(Double.NaN);
  }

  private static String bracketed(SplitMetrics split, String name, String low, String high) {
    double from = value(split, low);
    return metric(split, name)
        + (Double.isNaN(from) ? "" : " (" + Words.range(from, value(split, high)) + ")");
  }

  private static String metric(String name, double value) {
    if (Double.isNaN(value)) {
      return "–";
    }
    if (name.startsWith("regret")) {
      return Words.percent(value);
    }
    if (name.equals(SplitFigures.TASKS) || name.equals(SplitFigures.SEEDS)) {
      return Words.count(Math.round(value));
    }
    return name.equals(SplitFigures.CANDIDATES)
        ? String.format(Locale.ROOT, "%.1f", value)
        : String.format(Locale.ROOT, "%.3f", value);
  }

  /** Left out of the page of an evaluation that did not sample. */
  private void samplers() {
    if (figures.samplers().isEmpty()) {
      return;
    }
    section(
        "samplers-part",
        "What sampling cost",
        "Candidates that schedules were drawn from: enumerated, and featurised and scored where a"
            + " model guided the round. A second and core: in all, and by the time of featurising"
            + " and scoring alone.");
    openTable(
        "Cost by sampler",
        "sampler",
        "candidates",
        "core seconds",
        "a second and core",
        "scored a second and core");
    for (SamplerCost cost : figures.samplers()) {
      row(
          cost.sampler(),
          Words.count(cost.candidates()),
          Words.digits(cost.coreSeconds()),
          cost.coreSeconds() > 0
              ? Words.count(Math.round(cost.candidates() / cost.coreSeconds()))
              : "–",
          cost.scoredPerSecondAndCore().isPresent()
              ? Words.count(Math.round(cost.scoredPerSecondAndCore().getAsDouble()))
              : "not scored");
    }
    closeTable();
    out.close();
  }

  private void failures() {
    section(
        "failures-part",
        "What did not become a label",
        "A failure is kept as a row of its own kind; it never becomes a time. Counted are all"
            + " measurements of the dataset that can stand beside those of this page: by this"
            + " device and in the same way, to learn from, by searches and side by side.");
    String of = Words.count(figures.failures().of());
    if (figures.failures().kinds().isEmpty()) {
      out.element("p", "Of " + of + " measurements none failed.", "class", "empty").close();
      return;
    }
    openTable("Failures of " + of + " measurements, by kind", "kind", "measurements");
    for (FailureCount failure : figures.failures().kinds()) {
      row(failure.kind(), Words.count(failure.count()));
    }
    closeTable();
    out.close();
  }

  private void manifest() {
    section("manifest-part", "Manifest", "What it takes to run this again.");
    if (nothing(figures.manifest())) {
      return;
    }
    out.open("details").element("summary", "Settings and digests").open("dl");
    for (Property property : figures.manifest()) {
      out.element("dt", property.key())
          .element("dd", property.value().isEmpty() ? "(none)" : property.value());
    }
    out.close().close().close();
  }

  /** Opens a table behind a fold. */
  private void table(String fold, String caption, String... columns) {
    out.open("details").element("summary", fold);
    openTable(caption, columns);
  }

  private void endTable() {
    closeTable();
    out.close();
  }

  private void openTable(String caption, String... columns) {
    out.open("div", "class", "scroll", "tabindex", "0", "role", "region", "aria-label", caption)
        .open("table")
        .element("caption", caption)
        .open("thead")
        .open("tr");
    for (String column : columns) {
      out.element("th", column, "scope", "col");
    }
    out.close().close().open("tbody").line();
  }

  private void closeTable() {
    out.close().close().close().line();
  }

  private void row(String name, String... cells) {
    out.open("tr").element("th", name, "scope", "row");
    for (String cell : cells) {
      out.element("td", cell);
    }
    out.close().line();
  }
}
