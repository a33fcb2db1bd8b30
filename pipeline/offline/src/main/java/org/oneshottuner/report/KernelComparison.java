package org.oneshottuner.report;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.stream.DoubleStream;

/**
 * Times of our kernels and of libraries, each row from one process in which all took turns.
 *
 * @param kernels a row a workload and number of threads
 */
public record KernelComparison(List<Row> kernels) {
  /** A ratio below which a library is called faster. */
  private static final double BEHIND = 0.95;

  private static final List<String> COLUMNS =
      List.of(
          "workload",
          "threads",
          "oursMillis",
          "schedule",
          "origin",
          "onednnMillis",
          "onednnPlainMillis",
          "onednnReorderMillis",
          "ortMillis",
          "ortNote",
          "blasMillis",
          "spreadPercent",
          "notes");

  /** Copies the list. */
  public KernelComparison {
    kernels = List.copyOf(kernels);
  }

  /**
   * One workload on a number of threads. A time is empty where nobody has one.
   *
   * @param workload its text
   * @param threads that everyone had
   * @param oursMillis of the fastest of our schedules that took part
   * @param schedule which one that was; {@code none} if none was timed
   * @param origin where our schedules come from: {@code default}, {@code best known} or {@code
   *     searched}
   * @param onednnMillis of oneDNN in the layout that it is fastest in, without getting into it
   * @param onednnPlainMillis of oneDNN on plain activations
   * @param onednnReorderMillis what getting into its preferred layout and back takes; empty where
   *     that is the plain one
   * @param ortMillis of ONNX Runtime, from plain activations to plain activations
   * @param ortNote what keeps that time from comparing like with like; none if empty
   * @param blasMillis of OpenBLAS; matrix products alone
   * @param spreadPercent how far the second fastest visit is from the fastest, the largest of all
   *     that are compared
   * @param notes who could not compute it, and why
   */
  public record Row(
      String workload,
      int threads,
      OptionalDouble oursMillis,
      String schedule,
      String origin,
      OptionalDouble onednnMillis,
      OptionalDouble onednnPlainMillis,
      OptionalDouble onednnReorderMillis,
      OptionalDouble ortMillis,
      String ortNote,
      OptionalDouble blasMillis,
      OptionalDouble spreadPercent,
      String notes) {
    /** Checks that all are there. */
    public Row {
      requireNonNull(workload, "workload");
      requireNonNull(schedule, "schedule");
      requireNonNull(origin, "origin");
      requireNonNull(ortNote, "ortNote");
      requireNonNull(notes, "notes");
      if (threads < 1) {
        throw new IllegalArgumentException(
            "Cannot compare " + workload + " on " + threads + " threads: least is 1");
      }
    }

    /** Returns how many times as fast ours is as oneDNN in its best layout. */
    public OptionalDouble overOnednn() {
      return over(onednnMillis);
    }

    /** Returns how many times as fast ours is as ONNX Runtime, end to end. */
    public OptionalDouble overOrt() {
      return over(ortMillis);
    }

    /**
     * Returns how many times as fast ours is as the better of the two, or as the one that has a
     * time.
     */
    public OptionalDouble overBetter() {
      return DoubleStream.concat(overOnednn().stream(), overOrt().stream()).min();
    }

    /** Returns whether a library is faster by more than times vary, or ours has no time at all. */
    public boolean behind() {
      return oursMillis.isEmpty() || overBetter().orElse(1) < BEHIND;
    }

    private boolean complete() {
      return overOnednn().isPresent() && overOrt().isPresent();
    }

    /**
     * Returns how many times as fast ours is as each library, in words. A layout of oneDNN's own is
     * no way to compute a workload in another layout but together with its reorders, so these are
     * told beside it.
     */
    public String standing() {
      if (oursMillis.isEmpty()) {
        return "ours was not timed";
      }
      StringBuilder text = new StringBuilder();
      tell(text, overOnednn(), "oneDNN in its best layout");
      if (onednnMillis.isPresent() && onednnReorderMillis.isPresent()) {
        double together = onednnMillis.getAsDouble() + onednnReorderMillis.getAsDouble();
        tell(text, over(OptionalDouble.of(together)), "it with its reorders");
      }
      tell(text, over(onednnPlainMillis), "it on plain activations");
      tell(text, overOrt(), "ONNX Runtime");
      return text.toString();
    }

    private static void tell(StringBuilder text, OptionalDouble ratio, String what) {
      if (ratio.isPresent()) {
        text.append(text.isEmpty() ? "" : ", ")
            .append(String.format(Locale.ROOT, "%.2f x %s", ratio.getAsDouble(), what));
      }
    }

    private OptionalDouble over(OptionalDouble other) {
      return oursMillis.isPresent() && other.isPresent()
          ? OptionalDouble.of(other.getAsDouble() / oursMillis.getAsDouble())
          : OptionalDouble.empty();
    }
  }

  /**
   * All rows of one number of threads.
   *
   * @param threads that number
   * @param workloads how many rows there are
   * @param complete in how many of them ours and both libraries have times
   * @param overOnednn geometric mean over rows that have the ratio; so are the others
   * @param overOrt against ONNX Runtime
   * @param overBetter against the better of the two
   * @param leastOverBetter the least of the rows' ratios
   */
  public record Summary(
      int threads,
      int workloads,
      int complete,
      OptionalDouble overOnednn,
      OptionalDouble overOrt,
      OptionalDouble overBetter,
      OptionalDouble leastOverBetter) {}

  /** Returns what keeps times of ONNX Runtime from comparing like with like, each once. */
  public List<String> ortNotes() {
    return kernels.stream().map(Row::ortNote).filter(note -> !note.isEmpty()).distinct().toList();
  }

  /** Returns a summary for each number of threads, rising. */
  public List<Summary> summaries() {
    List<Summary> summaries = new ArrayList<>();
    for (int threads : new TreeSet<>(kernels.stream().map(Row::threads).toList())) {
      List<Row> rows = kernels.stream().filter(row -> row.threads() == threads).toList();
      summaries.add(
          new Summary(
              threads,
              rows.size(),
              (int) rows.stream().filter(Row::complete).count(),
              geometricMean(rows.stream().flatMapToDouble(row -> row.overOnednn().stream())),
              geometricMean(rows.stream().flatMapToDouble(row -> row.overOrt().stream())),
              geometricMean(rows.stream().flatMapToDouble(row -> row.overBetter().stream())),
              rows.stream().flatMapToDouble(row -> row.overBetter().stream()).min()));
    }
    return summaries;
  }

  private static OptionalDouble geometricMean(DoubleStream ratios) {
    OptionalDouble mean = ratios.map(StrictMath::log).average();
    return mean.isPresent()
        ? OptionalDouble.of(StrictMath.exp(mean.getAsDouble()))
        : OptionalDouble.empty();
  }

  /** Returns the rows as RFC 4180 has it, below a line of the columns' names. */
  public String csv() {
    StringBuilder text = new StringBuilder(String.join(",", COLUMNS)).append('\n');
    for (Row row : kernels) {
      List<String> fields =
          List.of(
              quoted(row.workload()),
              Integer.toString(row.threads()),
              number(row.oursMillis()),
              quoted(row.schedule()),
              quoted(row.origin()),
              number(row.onednnMillis()),
              number(row.onednnPlainMillis()),
              number(row.onednnReorderMillis()),
              number(row.ortMillis()),
              quoted(row.ortNote()),
              number(row.blasMillis()),
              number(row.spreadPercent()),
              quoted(row.notes()));
      text.append(String.join(",", fields)).append('\n');
    }
    return text.toString();
  }

  private static String quoted(String field) {
    return '"' + field.replace("\"", "\"\"").replace('\n', ' ').replace('\r', ' ') + '"';
  }

  private static String number(OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, "%.6f", value.getAsDouble()) : "";
  }

  /**
   * Reads what {@link #csv()} writes.
   *
   * @throws IllegalArgumentException if it is of another form; the message names the line
   */
  public static KernelComparison read(String csv) {
    List<String> lines = csv.lines().toList();
    if (lines.isEmpty() || !lines.get(0).equals(String.join(",", COLUMNS))) {
      throw new IllegalArgumentException(
          "Cannot read a comparison: expected the columns " + COLUMNS);
    }
    List<Row> rows = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      try {
        rows.add(row(fields(lines.get(i))));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "Cannot read line " + (i + 1) + " of a comparison: " + e.getMessage(), e);
      }
    }
    return new KernelComparison(rows);
  }

  private static Row row(List<String> fields) {
    if (fields.size() != COLUMNS.size()) {
      throw new IllegalArgumentException(
          "it has " + fields.size() + " fields, expected " + COLUMNS.size());
    }
    return new Row(
        fields.get(0),
        Integer.parseInt(fields.get(1)),
        value(fields.get(2)),
        fields.get(3),
        fields.get(4),
        value(fields.get(5)),
        value(fields.get(6)),
        value(fields.get(7)),
        value(fields.get(8)),
        fields.get(9),
        value(fields.get(10)),
        value(fields.get(11)),
        fields.get(12));
  }

  private static OptionalDouble value(String field) {
    return field.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(Double.parseDouble(field));
  }

  private static List<String> fields(String line) {
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean inside = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"' && inside && i + 1 < line.length() && line.charAt(i + 1) == '"') {
        field.append(c);
        i++;
      } else if (c == '"') {
        inside = !inside;
      } else if (c == ',' && !inside) {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    if (inside) {
      throw new IllegalArgumentException("a quoted field does not end");
    }
    fields.add(field.toString());
    return fields;
  }
}
