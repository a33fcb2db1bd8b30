package org.oneshottuner.report;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.OptionalDouble;

/**
 * How fast several programs score the same ensembles.
 *
 * @param java the JVM it ran on
 * @param processors of the machine
 * @param tasks whose members were scored
 * @param members of all tasks
 * @param rows one an ensemble and program
 */
public record ScoringComparison(
    String java, int processors, int tasks, long members, List<Row> rows) {
  /** Copies the list. */
  public ScoringComparison {
    requireNonNull(java, "java");
    rows = List.copyOf(rows);
  }

  /**
   * One program's time.
   *
   * @param ensemble trees by depth
   * @param work {@code pick} where a task goes in and its best member comes out; {@code rows} where
   *     rows of features go in and scores come out
   * @param program what scored
   * @param threads it used
   * @param nanosOfMember processor time of its one thread, or time on the clock where it used more
   * @param wallNanosOfMember time on the clock
   */
  public record Row(
      String ensemble,
      String work,
      String program,
      int threads,
      double nanosOfMember,
      double wallNanosOfMember) {
    /** Checks that it was timed. */
    public Row {
      requireNonNull(ensemble, "ensemble");
      requireNonNull(work, "work");
      requireNonNull(program, "program");
      if (!(nanosOfMember > 0) || !(wallNanosOfMember > 0)) {
        throw new IllegalArgumentException(
            "Cannot compare " + program + ": it took " + nanosOfMember + " ns a member");
      }
    }
  }

  /**
   * Returns how many times as fast as another program one is, on the same ensemble and work; by
   * processor time where both used one thread, else by the clock.
   *
   * @param other its name
   * @param threads that the other used
   */
  public OptionalDouble times(Row row, String other, int threads) {
    for (Row than : rows) {
      if (than.ensemble().equals(row.ensemble())
          && than.work().equals(row.work())
          && than.program().equals(other)
          && than.threads() == threads) {
        return OptionalDouble.of(
            row.threads() == 1 && threads == 1
                ? than.nanosOfMember() / row.nanosOfMember()
                : than.wallNanosOfMember() / row.wallNanosOfMember());
      }
    }
    return OptionalDouble.empty();
  }
}
