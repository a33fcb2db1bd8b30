package org.oneshottuner.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.predict.FrozenModel.Metric;
import org.oneshottuner.predict.FrozenModel.Property;
import org.oneshottuner.predict.FrozenModel.SplitMetrics;
import org.oneshottuner.report.Figures.Baseline;
import org.oneshottuner.report.Figures.FailureCount;
import org.oneshottuner.report.Figures.Failures;
import org.oneshottuner.report.Figures.Headline;
import org.oneshottuner.report.Figures.KindRegrets;
import org.oneshottuner.report.Figures.SamplerCost;
import org.oneshottuner.report.Figures.SeedRegret;
import org.oneshottuner.report.Figures.TaskPick;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.train.Bootstrap.Interval;
import org.oneshottuner.train.LearningCurve;
import org.oneshottuner.train.LearningCurve.Point;
import org.oneshottuner.train.Prediction;
import org.oneshottuner.train.RankedTask;
import org.oneshottuner.train.RankingMetrics;
import org.xml.sax.InputSource;

class EvaluationReportTest {
  private static final String HOSTILE = "<script>alert('\"&')</script>";

  private static List<RankedTask> ranked(SplitMix64 draw) {
    List<RankedTask> tasks = new ArrayList<>();
    for (int t = 0; t < 20; t++) {
      List<Prediction> candidates = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        double nanos = 1e5 * (1 + 3 * draw.nextDouble());
        double score = -nanos * (0.75 + 0.5 * draw.nextDouble());
        candidates.add(
            draw.nextLong(40) == 0
                ? new Prediction("s" + i, score, OptionalDouble.empty())
                : new Prediction("s" + i, score, OptionalDouble.of(nanos)));
      }
      tasks.add(new RankedTask("task" + t, 0.98e5, 5e5, candidates));
    }
    return tasks;
  }

  /** Returns figures such as a run of an hour might give. */
  private static Figures figures() {
    SplitMix64 draw = new SplitMix64(4);
    List<RankedTask> tasks = ranked(draw);
    List<KindRegrets> regrets = new ArrayList<>();
    List<TaskPick> picks = new ArrayList<>();
    String[] kinds = {"conv2d", "depthwise_conv2d", "dense", "batch_matmul"};
    for (int k = 0; k < kinds.length; k++) {
      List<Double> values = new ArrayList<>();
      for (int i = 0; i < 12 + 9 * k; i++) {
        values.add(0.12 * draw.nextDouble() * draw.nextDouble() * (i % 9 == 0 ? 6 : 1));
      }
      regrets.add(new KindRegrets(kinds[k], values));
    }
    String[] workloads = {
      "conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1 layout=nchw16c epilogue=bias+relu",
      "conv2d n=8 c=256 h=14 w=14 k=512 r=1 s=1 stride=2 layout=nchw16c epilogue=bias",
      "depthwise_conv2d n=1 c=96 h=112 w=112 r=3 s=3 stride=2 pad=1 epilogue=bias+relu6",
      "dense m=128 n=3072 k=768 epilogue=bias+gelu",
      "batch_matmul b=12 m=128 n=128 k=64"
    };
    for (int i = 0; i < 12; i++) {
      double best = 4e4 * Math.pow(1.8, i % 7) * (1 + draw.nextDouble());
      double pick = best * (1 + 0.3 * draw.nextDouble() * draw.nextDouble());
      picks.add(
          new TaskPick(
              workloads[i % 5],
              i % 5 < 2 ? "resnet-18" : i % 5 == 2 ? "mobilenet-v2" : "bert-base",
              OptionalDouble.of(pick),
              OptionalDouble.of(best * (1.4 + draw.nextDouble())),
              OptionalDouble.of(best * (2 + 2 * draw.nextDouble())),
              best,
              pick / best - 1,
              OptionalDouble.of(40 + 70 * draw.nextDouble()),
              OptionalDouble.of(0.3 + 0.6 * draw.nextDouble()),
              2.3e6 + 4e6 * draw.nextDouble()));
    }
    return new Figures(
        "Evaluation on unseen networks",
        "11,520 labels of 96 tasks from one hour on a 2-core AMD Zen 4 (AVX-512); ResNet-18,"
            + " MobileNet-V2, ResNeXt-50, BERT-tiny and BERT-base were never seen.",
        List.of(
            new Headline(
                "Regret without measuring", "5.4 %", "geometric mean over 71 unseen tasks"),
            new Headline("Random pick", "118 %", "same tasks"),
            new Headline("Time to choose", "3.1 ms", "median over tasks"),
            new Headline("Repeated label", "1.2 %", "standard deviation, 50 candidates"),
            new Headline("Labels", "11,520", "in 58 minutes of the device")),
        List.of(
            new Baseline(
                "One-Shot Tuner",
                71,
                0,
                Interval.of(0.041, 0.054, 0.069),
                OptionalDouble.of(0.31),
                OptionalDouble.empty(),
                Interval.of(-0.01, 0.02, 0.05)),
            new Baseline(
                "tuned, 64 measured",
                71,
                0,
                Interval.of(0.022, 0.031, 0.043),
                OptionalDouble.of(0.31),
                OptionalDouble.empty(),
                Interval.of(-0.01, 0.02, 0.05)),
            new Baseline(
                "tuned, 8 measured",
                71,
                0,
                Interval.of(0.17, 0.22, 0.28),
                OptionalDouble.of(0.31),
                OptionalDouble.empty(),
                Interval.of(-0.01, 0.02, 0.05)),
            new Baseline(
                "nearest task's best",
                71,
                0,
                Interval.of(0.12, 0.16, 0.21),
                OptionalDouble.of(0.31),
                OptionalDouble.empty(),
                Interval.of(-0.01, 0.02, 0.05)),
            new Baseline(
                "default schedule",
                71,
                0,
                Interval.of(0.41, 0.52, 0.66),
                OptionalDouble.of(0.31),
                OptionalDouble.empty(),
                Interval.of(-0.01, 0.02, 0.05)),
            new Baseline(
                "random pick",
                71,
                0,
                Interval.of(0.98, 1.18, 1.41),
                OptionalDouble.of(0.31),
                OptionalDouble.empty(),
                Interval.of(-0.01, 0.02, 0.05)),
            new Baseline(
                "of few",
                4,
                0,
                Interval.ofFew(0.01),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                Interval.ofFew(0.02))),
        List.of(
            curve("exploration, prior", 0.62, 0.947, draw),
            curve("uniform, prior", 0.6, 0.931, draw),
            curve("uniform, uniform tasks", 0.5, 0.86, draw)),
        OptionalDouble.of(0.985),
        List.of(new SeedRegret(1, 0.054), new SeedRegret(2, 0.049), new SeedRegret(3, 0.061)),
        regrets,
        RankGrid.of(tasks, 20),
        List.of(
            new SplitMetrics("unseen network", RankingMetrics.of(tasks).metrics()),
            new SplitMetrics(
                "unseen task",
                new SplitFigures(
                        31, 5.8, Interval.of(0.04, 0.061, 0.09), List.of(0.061, 0.055), 0.21)
                    .metrics()),
            new SplitMetrics(
                "noise ceiling", List.of(new Metric("regret@1 geometric mean", 0.011)))),
        picks,
        List.of(
            new SamplerCost("uniform", 1_200_000, 0.21, OptionalDouble.empty()),
            new SamplerCost("exploration", 48_210_334, 128.4, OptionalDouble.of(402_117))),
        new Failures(
            11_532, List.of(new FailureCount("timeout", 12), new FailureCount("wrong output", 0))),
        List.of(
            new Property("commit", "fa0fb0011d3e"),
            new Property("seed", "7"),
            new Property("java", "Debian OpenJDK 17.0.15")));
  }

  private static TaskPick failedPick() {
    OptionalDouble none = OptionalDouble.empty();
    return new TaskPick(HOSTILE, HOSTILE, none, OptionalDouble.of(2), none, 1, 1, none, none, 1);
  }

  private static LearningCurve curve(String name, double first, double last, SplitMix64 draw) {
    List<Point> points = new ArrayList<>();
    long labels = 360;
    for (int i = 0; i < 6; i++) {
      double score = last - (last - first) * Math.exp(-0.8 * i) + 0.01 * draw.nextDouble();
      points.add(
          new Point(
              labels,
              labels * 0.3,
              score,
              score - 0.05 / (i + 1),
              Math.min(1, score + 0.04 / (i + 1))));
      labels *= 2;
    }
    return new LearningCurve(name, points);
  }

  @Test
  void isOneWellFormedPageThatLoadsNothing(@TempDir Path folder) throws Exception {
    String html = EvaluationReport.html(figures());
    assertThat(html).startsWith("<!DOCTYPE html>").contains("</html>");
    assertThat(
            Pattern.compile("(src|href)=\"(?!data:,)|url\\(|@import|<script|https?:")
                .matcher(html)
                .find())
        .isFalse();
    // what is XML but for the head's void elements has every element closed and every character
    // escaped
    String xml =
        html.substring(html.indexOf("<body>"), html.indexOf("</body>") + "</body>".length());
    assertThat(
            DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(xml)))
                .getElementsByTagName("svg")
                .getLength())
        .isEqualTo(4);
    assertThat(EvaluationReport.html(figures())).isEqualTo(html);
    Path file = folder.resolve("new/report.html");
    EvaluationReport.write(figures(), file);
    assertThat(Files.readString(file)).isEqualTo(html);
    String keep = System.getProperty("report.keep", "");
    if (!keep.isEmpty()) {
      Files.writeString(Path.of(keep), html);
    }
  }

  @Test
  void everyDrawingAndTableHasAName() {
    String html = EvaluationReport.html(figures());
    int drawings = html.split("<svg ", -1).length - 1;
    assertThat(html.split("role=\"img\" aria-labelledby=", -1)).hasSize(drawings + 1);
    assertThat(html.split("<desc ", -1)).hasSize(drawings + 1);
    assertThat(html.split("<table>", -1)).hasSameSizeAs(html.split("<caption>", -1));
    Pattern ids = Pattern.compile(" id=\"([^\"]+)\"");
    assertThat(ids.matcher(html).results().map(match -> match.group(1)).toList())
        .doesNotHaveDuplicates()
        .isNotEmpty();
  }

  @Test
  void whatComesFromOutsideIsEscaped() {
    Figures hostile =
        new Figures(
            HOSTILE,
            HOSTILE,
            List.of(new Headline(HOSTILE, HOSTILE, HOSTILE)),
            List.of(
                new Baseline(
                    HOSTILE,
                    1,
                    1,
                    Interval.ofFew(0),
                    OptionalDouble.empty(),
                    OptionalDouble.empty(),
                    Interval.ofFew(0))),
            List.of(new LearningCurve(HOSTILE, List.of(new Point(1, 0, 0.5, 0.5, 0.5)))),
            OptionalDouble.empty(),
            List.of(new SeedRegret(1, 0)),
            List.of(new KindRegrets(HOSTILE, List.of(0.0))),
            RankGrid.of(List.of(), 10),
            List.of(new SplitMetrics(HOSTILE, List.of(new Metric(HOSTILE, Double.NaN)))),
            List.of(failedPick()),
            List.of(new SamplerCost(HOSTILE, 1, 0, OptionalDouble.empty())),
            new Failures(2, List.of(new FailureCount(HOSTILE, 1))),
            List.of(new Property(HOSTILE, HOSTILE)));
    String html = EvaluationReport.html(hostile);
    assertThat(html).doesNotContain("<script").contains("&lt;script&gt;alert(&#39;&quot;&amp;");
    assertThat(html).doesNotContain("NaN").doesNotContain("Infinity");
  }

  @Test
  void aPickThatFailedIsSaidToHaveFailed() {
    Figures run = figures();
    Figures failing =
        new Figures(
            run.title(),
            run.summary(),
            run.headlines(),
            run.baselines(),
            run.curves(),
            run.ceilingScore(),
            run.seeds(),
            run.regrets(),
            run.ranks(),
            run.splits(),
            List.of(failedPick()),
            run.samplers(),
            run.failures(),
            run.manifest());
    assertThat(EvaluationReport.html(failing)).contains("<td>failed</td>").contains(">100 %</td>");
  }

  @Test
  void whatSeedsDoIsShownBesideWhatTasksDo() {
    assertThat(EvaluationReport.html(figures()))
        .contains("6.1 % (4.0 % to 9.0 %)")
        .contains("5.8 % (5.5 % to 6.1 %)")
        .contains("seed 3: 6.1 %");
  }

  @Test
  void tailsAndIntervalsAreShownOfEnoughTasks() {
    assertThat(EvaluationReport.html(figures()))
        .contains("<td>4.1 % to 6.9 %</td><td>31.0 %</td><td>–</td>")
        .contains(
            "<th scope=\"row\">of few</th><td>4</td><td>0</td><td>1.0 %</td><td>–</td><td>–</td>"
                + "<td>–</td><td>2.0 %</td><td>–</td>");
  }

  @Test
  void failuresAreSaidToBeOfSoManyMeasurements() {
    assertThat(EvaluationReport.html(figures()))
        .contains("Failures of 11\u202F532 measurements, by kind")
        .contains("<th scope=\"row\">timeout</th><td>12</td>");
  }

  @Test
  void aRoundWithoutAModelScoresNothing() {
    assertThat(EvaluationReport.html(figures())).contains("<td>not scored</td>");
  }

  @Test
  void whatWasNotMeasuredIsSaid() {
    Figures none =
        new Figures(
            "t",
            "s",
            List.of(),
            List.of(),
            List.of(),
            OptionalDouble.empty(),
            List.of(),
            List.of(),
            RankGrid.of(List.of(), 10),
            List.of(),
            List.of(),
            List.of(),
            new Failures(3, List.of()),
            List.of());
    assertThat(EvaluationReport.html(none)).contains("Of 3 measurements none failed.");
    assertThat(EvaluationReport.html(none).split("Not measured in this run.", -1)).hasSize(8);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new KindRegrets("dense", List.of(Double.NaN)));
  }

  @Test
  void ranksAreCountedByTask() {
    Prediction fast = new Prediction("fast", 2, OptionalDouble.of(1));
    Prediction slow = new Prediction("slow", 1, OptionalDouble.of(2));
    RankGrid right = RankGrid.of(List.of(new RankedTask("t", 1, 3, List.of(slow, fast))), 2);
    assertThat(right.shares()).containsExactly(List.of(0.5, 0.0), List.of(0.0, 0.5));
    Prediction misjudged = new Prediction("slow", 3, OptionalDouble.of(2));
    RankGrid wrong = RankGrid.of(List.of(new RankedTask("t", 1, 3, List.of(misjudged, fast))), 2);
    assertThat(wrong.shares()).containsExactly(List.of(0.0, 0.5), List.of(0.5, 0.0));
  }
}
