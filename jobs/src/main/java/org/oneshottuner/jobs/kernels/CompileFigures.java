package org.oneshottuner.jobs.kernels;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.oneshottuner.jobs.stage.Figures;

/**
 * What kernels were written.
 *
 * @param folder that holds them
 * @param library the shared library's path
 * @param libraryBytes its size
 * @param chooseNanos time to choose all schedules
 * @param buildNanos time the C compiler took
 * @param kernels in the order of the tasks
 */
public record CompileFigures(
    String folder,
    String library,
    long libraryBytes,
    long chooseNanos,
    long buildNanos,
    List<Written> kernels)
    implements Figures {

  /**
   * A kernel.
   *
   * @param name that all its symbols begin with
   * @param workload canonical text
   * @param schedule text of the chosen schedule
   * @param score predicted
   * @param chooseNanos time to choose it and to generate its source
   */
  public record Written(
      String name, String workload, String schedule, float score, long chooseNanos) {}

  /** Copies the list. */
  public CompileFigures {
    kernels = List.copyOf(kernels);
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Written kernel : kernels) {
      lines.addAll(Wrapped.lines("", kernel.name() + "  " + kernel.workload()));
      lines.addAll(Wrapped.lines("  ", kernel.schedule()));
    }
    lines.add(
        String.format(
            Locale.ROOT,
            "%d kernels, chosen in %.1f ms, built in %.1f s -> %s (%,d bytes)",
            kernels.size(),
            chooseNanos / 1e6,
            buildNanos / 1e9,
            library,
            libraryBytes));
    return lines;
  }
}
