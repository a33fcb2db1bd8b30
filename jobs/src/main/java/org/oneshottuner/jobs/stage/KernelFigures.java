package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.oneshottuner.report.KernelComparison;
import org.oneshottuner.report.KernelComparison.Row;
import org.oneshottuner.report.KernelComparison.Summary;

/**
 * How kernels did beside libraries.
 *
 * @param kernels a row a workload and number of threads
 * @param summaries one a number of threads
 */
public record KernelFigures(List<Row> kernels, List<Summary> summaries) implements Figures {
  /** Copies the lists. */
  public KernelFigures {
    kernels = List.copyOf(kernels);
    summaries = List.copyOf(summaries);
  }

  /** Returns the figures of a comparison. */
  public static KernelFigures of(KernelComparison comparison) {
    return new KernelFigures(comparison.kernels(), comparison.summaries());
  }

  @Override
  public List<String> lines() {
    List<String> ortNotes = new KernelComparison(kernels).ortNotes();
    boolean marked = !ortNotes.isEmpty();
    TextTable table =
        new TextTable()
            .words("workload")
            .figures("threads")
            .figures("ours ms")
            .figures("oneDNN")
            .figures("x")
            .figures("plain")
            .figures("reorders")
            .figures(marked ? "ORT *" : "ORT")
            .figures("x")
            .figures("BLAS")
            .figures("spread")
            .words("schedule")
            .words("its origin");
    for (Row row : kernels) {
      table.row(
          row.workload(),
          Integer.toString(row.threads()),
          millis(row.oursMillis()),
          millis(row.onednnMillis()),
          ratio(row.overOnednn()),
          millis(row.onednnPlainMillis()),
          millis(row.onednnReorderMillis()),
          millis(row.ortMillis()),
          ratio(row.overOrt()),
          millis(row.blasMillis()),
          TextTable.percent(row.spreadPercent().orElse(Double.NaN) / 100),
          row.schedule(),
          row.origin());
    }
    List<String> lines = new ArrayList<>(table.lines());
    ortNotes.forEach(note -> lines.add("* ONNX Runtime: " + note));
    for (Summary summary : summaries) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%s, %d workloads, %d of them timed by all: %s x oneDNN, %s x ONNX Runtime, %s x the better of both (least %s)",
              summary.threads() == 1 ? "1 thread" : summary.threads() + " threads",
              summary.workloads(),
              summary.complete(),
              ratio(summary.overOnednn()),
              ratio(summary.overOrt()),
              ratio(summary.overBetter()),
              ratio(summary.leastOverBetter())));
    }
    kernels.stream()
        .filter(Row::behind)
        .forEach(
            row ->
                lines.add(
                    "behind: "
                        + row.workload()
                        + " threads="
                        + row.threads()
                        + ": "
                        + row.standing()));
    kernels.stream()
        .filter(row -> !row.notes().isEmpty())
        .forEach(
            row -> lines.add(row.workload() + " threads=" + row.threads() + ": " + row.notes()));
    return lines;
  }

  private static String millis(OptionalDouble millis) {
    return TextTable.fixed(4, millis.orElse(Double.NaN));
  }

  private static String ratio(OptionalDouble ratio) {
    return TextTable.fixed(2, ratio.orElse(Double.NaN));
  }
}
