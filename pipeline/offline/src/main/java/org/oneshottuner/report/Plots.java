package org.oneshottuner.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;
import org.oneshottuner.report.Figures.Baseline;
import org.oneshottuner.report.Figures.KindRegrets;
import org.oneshottuner.report.Figures.SeedRegret;
import org.oneshottuner.train.LearningCurve;
import org.oneshottuner.train.LearningCurve.Point;

/** Draws the plots of the report. */
final class Plots {
  private static final int SERIES = 5;

  /** Share of the width that bars may take; the rest is for their figures. */
  private static final double BAR_ROOM = 0.84;

  /** Least distance of two labels below an axis. */
  private static final double TICK_ROOM = 38;

  private static final double INSET = 0.05;

  private static final double[] REGRET_TICKS = {0, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 50};

  private final Markup out;

  Plots(Markup out) {
    this.out = out;
  }

  /**
   * Draws the score of each curve over its labels, with the interval as a band and the noise
   * ceiling as a line.
   */
  void learning(List<LearningCurve> curves, OptionalDouble ceiling) {
    List<Point> all = curves.stream().flatMap(curve -> curve.points().stream()).toList();
    double first = all.stream().mapToDouble(Point::labels).min().orElseThrow();
    double last = all.stream().mapToDouble(Point::labels).max().orElseThrow();
    double low = all.stream().mapToDouble(Point::low).min().orElseThrow();
    double high =
        Math.max(all.stream().mapToDouble(Point::high).max().orElseThrow(), ceiling.orElse(0));
    double step = high - low > 0.4 ? 0.1 : 0.05;
    double from = Math.floor(low / step) * step;
    double to = Math.max(Math.ceil(high / step - 1e-9) * step, from + step);
    double spread = Math.max(StrictMath.log(last / first), 1e-9);
    Chart chart = new Chart(out, "learning", 70, 310);
    chart.open(
        "Learning curve",
        curves.size()
            + " curves of the score from "
            + Math.round(first)
            + " to "
            + Math.round(last)
            + " labels; the table below the plot has the figures.");
    for (double score = from; score <= to + step / 2; score += step) {
      chart.tickY(chart.y((score - from) / (to - from)), Words.percentTick(Math.min(score, 1)));
    }
    for (double labels : ticksX(first, last)) {
      chart.tickX(
          chart.x(inset(StrictMath.log(labels / first) / spread)), Words.shortCount(labels));
    }
    chart.nameX("labels (logarithmic)");
    chart.nameY("share of the best known speed");
    if (ceiling.isPresent()) {
      double y = chart.y((ceiling.getAsDouble() - from) / (to - from));
      out.empty("line", "class", "ceiling", "x1", chart.left, "x2", chart.right, "y1", y, "y2", y)
          .element(
              "text",
              "noise ceiling of the unseen tasks",
              "class",
              "note",
              "x",
              chart.left + 6,
              "y",
              y < chart.top + 16 ? y + 14 : y - 5);
    }
    for (int c = 0; c < curves.size(); c++) {
      curve(curves.get(c), c, chart, new Scale(first, spread, from, to));
    }
    chart.close();
    legend(curves.stream().map(LearningCurve::name).toList());
  }

  /** Keeps the first and the last point off the edges, where labels of both axes would meet. */
  private static double inset(double share) {
    return INSET + (1 - 2 * INSET) * share;
  }

  /** How a curve's values become places. */
  private record Scale(double first, double spread, double from, double to) {
    double x(Chart chart, Point point) {
      return chart.x(inset(StrictMath.log(point.labels() / first) / spread));
    }

    double y(Chart chart, double score) {
      return chart.y((score - from) / (to - from));
    }
  }

  private void curve(LearningCurve curve, int number, Chart chart, Scale scale) {
    StringBuilder line = new StringBuilder();
    StringBuilder band = new StringBuilder();
    List<String> back = new ArrayList<>();
    for (Point point : curve.points()) {
      double x = scale.x(chart, point);
      line.append(place(x, scale.y(chart, point.score())));
      band.append(place(x, scale.y(chart, point.high())));
      back.add(place(x, scale.y(chart, point.low())));
    }
    Collections.reverse(back);
    String series = "s" + number % SERIES;
    out.empty("polygon", "class", "band " + series, "points", band + String.join("", back))
        .empty("polyline", "class", "line " + series, "points", line.toString());
    for (Point point : curve.points()) {
      out.open(
              "circle",
              "class",
              "dot " + series,
              "cx",
              scale.x(chart, point),
              "cy",
              scale.y(chart, point.score()),
              "r",
              "3.5")
          .element(
              "title",
              curve.name()
                  + ": "
                  + Words.count(point.labels())
                  + " labels, "
                  + Words.percent(point.score()))
          .close();
    }
  }

  private static String place(double x, double y) {
    return Math.round(x * 10) / 10.0 + "," + Math.round(y * 10) / 10.0 + " ";
  }

  private static List<Double> ticksX(double first, double last) {
    List<Double> ticks = new ArrayList<>();
    for (double decade = 1; decade <= last; decade *= 10) {
      for (double tick : new double[] {decade, 3 * decade}) {
        if (tick >= first * 0.999 && tick <= last * 1.001) {
          ticks.add(tick);
        }
      }
    }
    return ticks.isEmpty() ? List.of(first) : ticks;
  }

  /** Draws the regret of every task as a dot, a row a kind, with the quartiles as a bar. */
  void regrets(List<KindRegrets> kinds) {
    double worst =
        kinds.stream()
            .flatMap(kind -> kind.regrets().stream())
            .mapToDouble(Double::doubleValue)
            .max()
            .orElse(0);
    double end = REGRET_TICKS[3];
    for (double tick : REGRET_TICKS) {
      end = Math.max(end, worst > end ? tick : end);
    }
    end = Math.max(end, worst);
    Chart chart = new Chart(out, "regrets", 134, 60 + 52.0 * kinds.size());
    chart.open(
        "Regret by kind of operator",
        "A row a kind, a dot a task; the bar spans the middle half of the tasks and the line is the"
            + " median. The table below the plot has the figures.");
    regretTicks(chart, end, 1);
    chart.nameX("regret of the pick (stretched near zero)");
    double height = (chart.bottom - chart.top) / Math.max(1, kinds.size());
    for (int k = 0; k < kinds.size(); k++) {
      kind(kinds.get(k), chart, chart.top + (k + 0.5) * height, end);
    }
    chart.close();
  }

  private void kind(KindRegrets kind, Chart chart, double middle, double end) {
    out.element("text", kind.kind(), "x", chart.left - 8, "y", middle - 1, "text-anchor", "end");
    out.element(
        "text",
        kind.regrets().size() + (kind.regrets().size() == 1 ? " task" : " tasks"),
        "class",
        "note",
        "x",
        chart.left - 8,
        "y",
        middle + 13,
        "text-anchor",
        "end");
    List<Double> sorted = kind.regrets().stream().sorted().toList();
    if (sorted.isEmpty()) {
      return;
    }
    double low = chart.x(bend(quantile(sorted, 0.25)) / bend(end));
    double median = chart.x(bend(quantile(sorted, 0.5)) / bend(end));
    double high = chart.x(bend(quantile(sorted, 0.75)) / bend(end));
    out.empty(
        "rect",
        "class",
        "box",
        "x",
        low,
        "y",
        middle - 13,
        "width",
        Math.max(1, high - low),
        "height",
        26.0,
        "rx",
        "3");
    for (int i = 0; i < sorted.size(); i++) {
      // places that look scattered and are the same in every run
      double offset = ((i * 0.618034) % 1 - 0.5) * 20;
      out.open(
              "circle",
              "class",
              "dot faint",
              "cx",
              chart.x(bend(sorted.get(i)) / bend(end)),
              "cy",
              middle + offset,
              "r",
              "3")
          .element("title", Words.percent(sorted.get(i)))
          .close();
    }
    out.empty(
        "line",
        "class",
        "median",
        "x1",
        median,
        "x2",
        median,
        "y1",
        middle - 16,
        "y2",
        middle + 16);
  }

  /** Draws the grid lines of regrets, but for those too near to the one before. */
  private static void regretTicks(Chart chart, double end, double room) {
    double last = Double.NEGATIVE_INFINITY;
    for (double tick : REGRET_TICKS) {
      double x = chart.x(bend(tick) / bend(end) * room);
      if (tick <= end && x - last > TICK_ROOM) {
        chart.tickX(x, Words.percentTick(tick));
        last = x;
      }
    }
  }

  private static double bend(double regret) {
    return StrictMath.log1p(20 * regret);
  }

  /** Returns the value that a share of the sorted ones do not exceed, interpolated. */
  static double quantile(List<Double> sorted, double share) {
    double at = share * (sorted.size() - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.size() - 1);
    return sorted.get(below) + (at - below) * (sorted.get(above) - sorted.get(below));
  }

  /** Draws predicted against measured rank as a grid, darker where there are more candidates. */
  void ranks(RankGrid grid) {
    int bins = grid.shares().size();
    double most =
        grid.shares().stream()
            .flatMap(List::stream)
            .mapToDouble(Double::doubleValue)
            .max()
            .orElse(1);
    Chart chart = new Chart(out, "ranks", 62, 420);
    chart.open(
        "Predicted against measured rank",
        "Candidates of "
            + grid.tasks()
            + " tasks. A perfect predictor has all of them on the"
            + " diagonal.");
    double side = Math.min(chart.right - chart.left, chart.bottom - chart.top) / bins;
    for (int p = 0; p < bins; p++) {
      for (int m = 0; m < bins; m++) {
        double share = grid.shares().get(p).get(m);
        if (share > 0) {
          out.empty(
              "rect",
              "class",
              "cell",
              "x",
              chart.left + p * side,
              "y",
              chart.bottom - (m + 1) * side,
              "width",
              side,
              "height",
              side,
              "fill-opacity",
              Math.max(0.02, Math.sqrt(share / most)));
        }
      }
    }
    double end = bins * side;
    out.empty(
        "line",
        "class",
        "ceiling",
        "x1",
        chart.left,
        "y1",
        chart.bottom,
        "x2",
        chart.left + end,
        "y2",
        chart.bottom - end);
    for (int quarter = 0; quarter <= 4; quarter++) {
      String label = quarter == 0 ? "best" : quarter == 4 ? "worst" : 25 * quarter + " %";
      double at = end * quarter / 4;
      out.element(
              "text",
              label,
              "x",
              chart.left + at,
              "y",
              chart.bottom + 17,
              "text-anchor",
              quarter == 4 ? "end" : quarter == 0 ? "start" : "middle")
          .element(
              "text",
              label,
              "x",
              chart.left - 7,
              "y",
              chart.bottom - at + (quarter == 4 ? 10 : 4),
              "text-anchor",
              "end");
    }
    out.empty(
        "rect",
        "class",
        "frame",
        "x",
        chart.left,
        "y",
        chart.bottom - end,
        "width",
        end,
        "height",
        end);
    chart.nameX("predicted rank within the task");
    chart.nameY("measured rank within the task");
    chart.close();
  }

  /**
   * Draws the regret of each way of choosing as a bar with its interval, and on the first bar a dot
   * for each seed.
   */
  void baselines(List<Baseline> baselines, List<SeedRegret> seeds) {
    double end =
        Math.max(
            baselines.stream()
                .mapToDouble(one -> one.regret().high().orElse(one.regret().figure()))
                .reduce(0.01, Math::max),
            seeds.stream().mapToDouble(SeedRegret::regret).reduce(0, Math::max));
    Chart chart = new Chart(out, "baselines", 205, 60 + 36.0 * baselines.size());
    chart.open(
        "Regret of each way of choosing",
        "Geometric mean over the unseen tasks; shorter is better. The table below the plot has the"
            + " figures.");
    regretTicks(chart, end, BAR_ROOM);
    double height = (chart.bottom - chart.top) / Math.max(1, baselines.size());
    for (int b = 0; b < baselines.size(); b++) {
      bar(baselines.get(b), b == 0, chart, new Bar(chart.top + (b + 0.5) * height, end));
    }
    for (SeedRegret seed : seeds) {
      out.open(
              "circle",
              "class",
              "dot seed",
              "cx",
              chart.x(bend(seed.regret()) / bend(end) * BAR_ROOM),
              "cy",
              chart.top + 0.5 * height + 10,
              "r",
              "3")
          .element("title", "seed " + seed.seed() + ": " + Words.percent(seed.regret()))
          .close();
    }
    chart.nameX("regret (stretched near zero)");
    chart.close();
  }

  /** Where a bar is drawn, and the regret at the end of the scale. */
  private record Bar(double middle, double end) {
    double x(Chart chart, double regret) {
      return chart.x(bend(regret) / bend(end) * BAR_ROOM);
    }
  }

  private void bar(Baseline one, boolean ours, Chart chart, Bar bar) {
    double middle = bar.middle();
    double figure = one.regret().figure();
    double x = bar.x(chart, figure);
    double low = bar.x(chart, one.regret().low().orElse(figure));
    double high = bar.x(chart, one.regret().high().orElse(figure));
    out.element("text", one.name(), "x", chart.left - 8, "y", middle + 4, "text-anchor", "end")
        .empty(
            "rect",
            "class",
            ours ? "bar s0" : "bar other",
            "x",
            chart.left,
            "y",
            middle - 10,
            "width",
            Math.max(1, x - chart.left),
            "height",
            20.0,
            "rx",
            "2")
        .empty("line", "class", "whisker", "x1", low, "x2", high, "y1", middle, "y2", middle)
        .element("text", Words.percent(figure), "class", "value", "x", high + 6, "y", middle + 4);
  }

  private void legend(List<String> names) {
    out.open("ul", "class", "legend");
    for (int i = 0; i < names.size(); i++) {
      out.open("li")
          .element("span", "", "class", "swatch s" + i % SERIES, "aria-hidden", "true")
          .text(names.get(i))
          .close();
    }
    out.close();
  }
}
