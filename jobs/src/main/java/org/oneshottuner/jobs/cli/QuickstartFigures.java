package org.oneshottuner.jobs.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.oneshottuner.jobs.stage.EvaluateFigures;
import org.oneshottuner.jobs.stage.Figures;

/**
 * The whole main job in figures.
 *
 * @param run where everything lies
 * @param tasks unseen tasks one by one
 * @param baselines ways to choose, ours among them
 * @param geomeanRegret of the picks
 * @param geomeanDefaultRegret of the default schedules
 * @param geomeanRandomRegret of random picks
 * @param labels that were measured to learn from, by this command; neither repeats nor what an
 *     interrupted one left are counted
 * @param labelSeconds that they took, repeats among them
 * @param wallSeconds of the whole command, the build and the start of Java among them
 * @param labelSdPercent standard deviation of a repeated label; empty if none was repeated
 * @param labelRepeats candidates that tell it, each with more than one label
 * @param report the page
 * @param kernels the folder of compiled kernels
 */
record QuickstartFigures(
    String run,
    List<EvaluateFigures.Task> tasks,
    List<EvaluateFigures.Way> baselines,
    double geomeanRegret,
    double geomeanDefaultRegret,
    double geomeanRandomRegret,
    long labels,
    double labelSeconds,
    double wallSeconds,
    OptionalDouble labelSdPercent,
    long labelRepeats,
    String report,
    String kernels)
    implements Figures {
  QuickstartFigures {
    tasks = List.copyOf(tasks);
    baselines = List.copyOf(baselines);
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "regret without any measurement %.1f%%; default schedule %.1f%%, random pick %.1f%%"
                + " (geometric means over %d unseen tasks)",
            100 * geomeanRegret,
            100 * geomeanDefaultRegret,
            100 * geomeanRandomRegret,
            tasks.size()));
    lines.add(
        String.format(
            Locale.ROOT,
            "%d labels in %.0f s, a label's standard deviation %s; %.0f s in all",
            labels,
            labelSeconds,
            labelSdPercent.isPresent()
                ? String.format(
                    Locale.ROOT,
                    "%.2f %% by %d candidates",
                    labelSdPercent.getAsDouble(),
                    labelRepeats)
                : "not told",
            wallSeconds));
    lines.add("report " + report + ", kernels " + kernels);
    return lines;
  }
}
