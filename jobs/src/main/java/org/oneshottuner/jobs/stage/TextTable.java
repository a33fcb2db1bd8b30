package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.oneshottuner.train.Bootstrap;

/**
 * Rows of text in columns that are as wide as what stands in them: how figures look on a terminal.
 * Used by one thread.
 */
final class TextTable {
  /** What stands for a figure that is not known. */
  static final String UNKNOWN = "-";

  private static final String GAP = "  ";

  private final List<Boolean> words = new ArrayList<>();
  private final List<List<String>> rows = new ArrayList<>();

  TextTable() {
    rows.add(new ArrayList<>());
  }

  /** Adds a column of words, which start below each other. */
  TextTable words(String name) {
    return column(name, true);
  }

  /** Adds a column of figures, which end below each other. */
  TextTable figures(String name) {
    return column(name, false);
  }

  private TextTable column(String name, boolean ofWords) {
    if (rows.size() > 1) {
      throw new IllegalStateException("Cannot add column " + name + ": there are rows already");
    }
    rows.get(0).add(name);
    words.add(ofWords);
    return this;
  }

  /** Adds a row. */
  void row(String... cells) {
    if (cells.length != words.size()) {
      throw new IllegalArgumentException(
          "Cannot add row " + Arrays.toString(cells) + ": there are " + words.size() + " columns");
    }
    rows.add(List.of(cells));
  }

  /** Returns the names of the columns and the rows, a line each; nothing if there is no row. */
  List<String> lines() {
    if (rows.size() == 1) {
      return List.of();
    }
    int[] widths =
        IntStream.range(0, words.size())
            .map(place -> rows.stream().mapToInt(row -> row.get(place).length()).max().orElse(0))
            .toArray();
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String blanks = " ".repeat(widths[i] - row.get(i).length());
        line.append(i == 0 ? "" : GAP)
            .append(words.get(i) ? row.get(i) + blanks : blanks + row.get(i));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  /** Returns a share in percent. */
  static String percent(double share) {
    return Double.isNaN(share) ? UNKNOWN : fixed(1, 100 * share) + "%";
  }

  /** Returns a share in percent, if it is known. */
  static String percent(OptionalDouble share) {
    return percent(share.orElse(Double.NaN));
  }

  /** Returns the ends of an interval in percent, if they are known. */
  static String range(Bootstrap.Interval interval) {
    return interval.low().isPresent()
        ? range(interval.low().getAsDouble(), interval.high().orElseThrow())
        : UNKNOWN;
  }

  /** Returns the ends of an interval in percent. */
  static String range(double low, double high) {
    return percent(low) + " to " + percent(high);
  }

  /** Returns nanoseconds as microseconds, if they are known. */
  static String micros(OptionalDouble nanos) {
    return fixed(1, nanos.orElse(Double.NaN) / 1e3);
  }

  /** Returns a figure with a number of digits behind the point. */
  static String fixed(int digits, double figure) {
    return Double.isFinite(figure)
        ? String.format(Locale.ROOT, "%." + digits + "f", figure)
        : UNKNOWN;
  }
}
