package org.oneshottuner.jobs.stage;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.oneshottuner.report.ScoringComparison;

/**
 * How fast we score beside others.
 *
 * @param java the JVM it ran on
 * @param processors of the machine
 * @param tasks whose members were scored
 * @param members of all tasks
 * @param rows one an ensemble, work and program
 */
public record ScoringFigures(String java, int processors, int tasks, long members, List<Row> rows)
    implements Figures {
  private static final String XGBOOST = "xgboost";
  private static final double NANOS_OF_SECOND = 1e9;

  /**
   * One program's speed.
   *
   * @param ensemble trees by depth
   * @param work {@code pick} from task to best member, or {@code rows} of features to scores
   * @param program what scored
   * @param threads it used
   * @param membersPerSecond how many it scored
   * @param timesXgboost how many times as fast as XGBoost in place with one thread
   * @param timesXgboostOfTwo how many times as fast as XGBoost in place with two threads
   */
  public record Row(
      String ensemble,
      String work,
      String program,
      int threads,
      double membersPerSecond,
      OptionalDouble timesXgboost,
      OptionalDouble timesXgboostOfTwo) {
    /** Checks that all parts are there. */
    public Row {
      requireNonNull(ensemble, "ensemble");
      requireNonNull(work, "work");
      requireNonNull(program, "program");
      requireNonNull(timesXgboost, "timesXgboost");
      requireNonNull(timesXgboostOfTwo, "timesXgboostOfTwo");
    }
  }

  /** Copies the list. */
  public ScoringFigures {
    requireNonNull(java, "java");
    rows = List.copyOf(rows);
  }

  /** Returns the figures of a comparison. */
  public static ScoringFigures of(ScoringComparison comparison) {
    List<Row> rows = new ArrayList<>();
    for (ScoringComparison.Row row : comparison.rows()) {
      rows.add(
          new Row(
              row.ensemble(),
              row.work(),
              row.program(),
              row.threads(),
              NANOS_OF_SECOND / row.nanosOfMember(),
              comparison.times(row, XGBOOST, 1),
              comparison.times(row, XGBOOST, 2)));
    }
    return new ScoringFigures(
        comparison.java(), comparison.processors(), comparison.tasks(), comparison.members(), rows);
  }

  @Override
  public List<String> lines() {
    TextTable table =
        new TextTable()
            .words("trees")
            .words("work")
            .words("program")
            .figures("threads")
            .figures("members/s")
            .figures("x XGBoost")
            .figures("x XGBoost, 2 threads");
    for (Row row : rows) {
      table.row(
          row.ensemble(),
          row.work(),
          row.program(),
          Integer.toString(row.threads()),
          String.format(Locale.ROOT, "%,.0f", row.membersPerSecond()),
          times(row.timesXgboost()),
          times(row.timesXgboostOfTwo()));
    }
    List<String> lines = new ArrayList<>(table.lines());
    lines.add(
        String.format(
            Locale.ROOT,
            "%,d members of %d tasks; pick: from task to best member, space and features included;"
                + " rows: from rows of features to scores",
            members,
            tasks));
    return lines;
  }

  private static String times(OptionalDouble times) {
    return times.isPresent() ? TextTable.fixed(2, times.getAsDouble()) : TextTable.UNKNOWN;
  }
}
