package org.oneshottuner.report;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import org.oneshottuner.report.KernelComparison.Row;
import org.oneshottuner.report.KernelComparison.Summary;

/**
 * A comparison of kernels as one HTML page, made as {@link EvaluationReport} is: it loads nothing,
 * and every drawing has a table with the same figures.
 */
public final class KernelReport {
  private static final String UNKNOWN = "–";
  private static final double ROW_HEIGHT = 24;
  private static final double LETTER = 7.6;
  private static final double BOX = 290;
  private static final double RADIUS = 4.5;

  /** Ratios that get a grid line. */
  private static final double[] TICKS = {
    0.25, 0.35, 0.5, 0.71, 1, 1.41, 2, 2.83, 4, 5.66, 8, 11.3, 16
  };

  /** A column of the table, behind that of the workload. */
  private record Column(String name, Function<Row, String> cell) {}

  /** Columns of figures, then of words. */
  private static final List<Column> FIGURES =
      List.of(
          new Column("ours, ms", row -> millis(row.oursMillis())),
          new Column("oneDNN, ms", row -> millis(row.onednnMillis())),
          new Column("× oneDNN", row -> ratio(row.overOnednn())),
          new Column("oneDNN plain, ms", row -> millis(row.onednnPlainMillis())),
          new Column("its reorders, ms", row -> millis(row.onednnReorderMillis())),
          new Column("ONNX Runtime, ms", row -> millis(row.ortMillis()) + mark(row)),
          new Column("× ONNX Runtime", row -> ratio(row.overOrt()) + mark(row)),
          new Column("OpenBLAS, ms", row -> millis(row.blasMillis())),
          new Column("spread, %", row -> fixed(1, row.spreadPercent())));

  private static final List<Column> WORDS =
      List.of(
          new Column("schedule", Row::schedule),
          new Column("its origin", Row::origin),
          new Column("notes", Row::notes));

  private final KernelComparison comparison;
  private final Markup out = new Markup();

  private KernelReport(KernelComparison comparison) {
    this.comparison = comparison;
  }

  /** Returns the page. */
  public static String html(KernelComparison comparison) {
    return new KernelReport(comparison).page();
  }

  private String page() {
    String title = "Kernels against libraries";
    out.raw("<!DOCTYPE html>\n").open("html", "lang", "en").open("head");
    out.raw("<meta charset=\"utf-8\">")
        .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        .raw("<link rel=\"icon\" href=\"data:,\">")
        .element("title", title)
        .line()
        .open("style")
        .raw(EvaluationReport.style())
        .close()
        .close()
        .line();
    out.open("body").open("header", "class", "top");
    out.element("h1", title)
        .element(
            "p",
            "All contenders of a row took turns in one process, on the same pinned processors. Ratios"
                + " compare; milliseconds are of this machine on that day.",
            "class",
            "lead")
        .close();
    out.open("main").line();
    cards();
    for (Summary summary : comparison.summaries()) {
      section(summary);
    }
    out.close();
    out.element("footer", "Made by One-Shot Tuner. This page loads nothing.");
    return out.close().close().line().done();
  }

  private void cards() {
    out.open("ul", "class", "cards", "aria-label", "Main figures");
    for (Summary summary : comparison.summaries()) {
      card(summary.overOnednn(), "× oneDNN, best layout", summary);
      card(summary.overOrt(), "× ONNX Runtime, end to end", summary);
      card(summary.overBetter(), "× the better of both", summary);
      card(summary.leastOverBetter(), "least × the better of both", summary);
    }
    out.close().line();
  }

  private void card(OptionalDouble figure, String label, Summary summary) {
    out.open("li")
        .element("span", label, "class", "label")
        .element("span", ratio(figure), "class", "figure")
        .element(
            "span",
            (summary.complete() < summary.workloads()
                    ? summary.complete() + " of " + summary.workloads()
                    : summary.workloads())
                + " workloads, "
                + threads(summary.threads()),
            "class",
            "note")
        .close();
  }

  private static String threads(int count) {
    return count == 1 ? "1 thread" : count + " threads";
  }

  private void section(Summary summary) {
    String id = "threads" + summary.threads();
    List<Row> rows =
        comparison.kernels().stream().filter(row -> row.threads() == summary.threads()).toList();
    out.open("section", "aria-labelledby", id + "-heading")
        .element("h2", "On " + threads(summary.threads()), "id", id + "-heading")
        .element(
            "p",
            "How many times as fast as each library our kernel is; right of the line at 1 it is the"
                + " faster one.",
            "class",
            "about");
    plot(id, rows);
    behind(rows);
    table(rows);
    out.close().line();
  }

  private void plot(String id, List<Row> rows) {
    double labels = 12 + LETTER * longestName(rows);
    Chart chart = new Chart(out, id, labels, labels + BOX, 60 + ROW_HEIGHT * rows.size());
    chart.open(
        "Speed beside libraries",
        rows.size() + " workloads, a row each; the table below has the figures.");
    double low = 0.95 * least(rows);
    double high = 1.05 * most(rows);
    double span = StrictMath.log(high / low);
    for (double tick : TICKS) {
      if (tick >= low && tick <= high) {
        double x = chart.x(StrictMath.log(tick / low) / span);
        chart.tickX(x, String.format(Locale.ROOT, tick == Math.rint(tick) ? "%.0f" : "%.1f", tick));
        if (tick == 1) {
          out.empty(
              "line", "class", "ceiling", "x1", x, "x2", x, "y1", chart.top, "y2", chart.bottom);
        }
      }
    }
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      double y = chart.top + ROW_HEIGHT * (i + 0.5);
      String name = ShortNames.of(row.workload());
      out.element("text", name, "x", chart.left - 7, "y", y + 4, "text-anchor", "end");
      dot(chart, "s0", name + ", oneDNN", row.overOnednn(), new Place(y, low, span));
      dot(chart, "s1", name + ", ONNX Runtime", row.overOrt(), new Place(y, low, span));
    }
    chart.nameX("times as fast (logarithmic)");
    chart.close();
    legend();
  }

  private static int longestName(List<Row> rows) {
    return rows.stream().mapToInt(row -> ShortNames.of(row.workload()).length()).max().orElse(0);
  }

  /** Where a dot of a row lies. */
  private record Place(double y, double low, double span) {}

  private void dot(Chart chart, String series, String name, OptionalDouble ratio, Place place) {
    if (ratio.isPresent()) {
      double share = StrictMath.log(ratio.getAsDouble() / place.low()) / place.span();
      out.open(
              "circle",
              "class",
              "dot " + series,
              "cx",
              chart.x(share),
              "cy",
              place.y(),
              "r",
              RADIUS)
          .element("title", name + ": " + ratio(ratio) + " times as fast")
          .close();
    }
  }

  private void legend() {
    out.open("ul", "class", "legend");
    List<String> names = List.of("against oneDNN, best layout", "against ONNX Runtime, end to end");
    for (int i = 0; i < names.size(); i++) {
      out.open("li").element("span", "", "class", "swatch s" + i).text(names.get(i)).close();
    }
    out.close().line();
  }

  /** Lists the rows in which a library is clearly faster. */
  private void behind(List<Row> rows) {
    List<Row> some = rows.stream().filter(Row::behind).toList();
    if (some.isEmpty()) {
      return;
    }
    out.element("h3", "Where a library is faster");
    out.open("ul");
    some.forEach(row -> out.element("li", ShortNames.of(row.workload()) + ": " + row.standing()));
    out.close().line();
  }

  private static double least(List<Row> rows) {
    return Math.min(
        1, rows.stream().flatMapToDouble(row -> row.overBetter().stream()).min().orElse(1));
  }

  private static double most(List<Row> rows) {
    return rows.stream()
        .flatMapToDouble(
            row -> DoubleStream.concat(row.overOnednn().stream(), row.overOrt().stream()))
        .map(ratio -> Math.max(ratio, 2))
        .max()
        .orElse(2);
  }

  /** Marks what the remark above the table is about. */
  private static String mark(Row row) {
    return row.ortNote().isEmpty() ? "" : " *";
  }

  private void table(List<Row> rows) {
    for (String note : new KernelComparison(rows).ortNotes()) {
      out.element("p", "* ONNX Runtime: " + note + ".", "class", "about");
    }
    out.open("div", "class", "scroll", "tabindex", "0").open("table").open("thead").open("tr");
    out.element("th", "workload", "scope", "col");
    FIGURES.forEach(column -> out.element("th", column.name(), "scope", "col"));
    WORDS.forEach(column -> out.element("th", column.name(), "scope", "col", "class", "word"));
    out.close().close().open("tbody").line();
    for (Row row : rows) {
      out.open("tr").element("th", row.workload(), "scope", "row", "class", "workload");
      FIGURES.forEach(column -> out.element("td", column.cell().apply(row)));
      WORDS.forEach(column -> out.element("td", column.cell().apply(row), "class", "word"));
      out.close().line();
    }
    out.close().close().close();
  }

  private static String ratio(OptionalDouble ratio) {
    return fixed(2, ratio);
  }

  private static String millis(OptionalDouble millis) {
    return fixed(millis.orElse(1) < 0.1 ? 4 : 3, millis);
  }

  private static String fixed(int digits, OptionalDouble value) {
    return value.isPresent()
        ? String.format(Locale.ROOT, "%." + digits + "f", value.getAsDouble())
        : UNKNOWN;
  }
}
