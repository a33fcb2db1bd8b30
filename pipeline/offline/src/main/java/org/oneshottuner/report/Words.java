package org.oneshottuner.report;

import java.util.Locale;
import java.util.OptionalDouble;
import org.oneshottuner.train.Bootstrap;

/** Numbers as a reader wants them. */
final class Words {
  private Words() {}

  /** Returns a share in percent; NaN as a dash. */
  static String percent(double share) {
    if (Double.isNaN(share)) {
      return "–";
    }
    double percent = 100 * share;
    String form = Math.abs(percent) < 99.95 ? "%.1f %%" : "%.0f %%";
    return String.format(Locale.ROOT, form, percent);
  }

  /** Returns a share in percent, if there is one. */
  static String percent(OptionalDouble share) {
    return percent(share.orElse(Double.NaN));
  }

  /** Returns a share in percent without a zero behind the point, for axes. */
  static String percentTick(double share) {
    return percent(share).replace(".0 ", " ");
  }

  /** Returns the two ends of an interval in percent, if they are known. */
  static String range(Bootstrap.Interval interval) {
    return range(interval.low().orElse(Double.NaN), interval.high().orElse(Double.NaN));
  }

  /** Returns the two ends of an interval in percent. */
  static String range(double low, double high) {
    return Double.isNaN(low) ? "–" : percent(low) + " to " + percent(high);
  }

  /** Returns a time, if there is one. */
  static String time(OptionalDouble nanos) {
    return time(nanos.orElse(Double.NaN));
  }

  /** Returns a time with three digits and its unit. */
  static String time(double nanos) {
    if (Double.isNaN(nanos)) {
      return "–";
    }
    String[] units = {"ns", "µs", "ms", "s"};
    double value = nanos;
    int unit = 0;
    while (value >= 999.5 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return digits(value) + " " + units[unit];
  }

  /** Returns a number with three digits, or all that stand before the point. */
  static String digits(double value) {
    double size = Math.abs(value);
    String form = size >= 99.95 ? "%.0f" : size >= 9.995 ? "%.1f" : "%.2f";
    return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, form, value);
  }

  /** Returns a count with its thousands apart. */
  static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count).replace(',', '\u202F');
  }

  /** Returns a count in short form, for axes. */
  static String shortCount(double count) {
    if (count >= 1e6) {
      return digitsWithoutZeros(count / 1e6) + "M";
    }
    return count >= 1e3 ? digitsWithoutZeros(count / 1e3) + "k" : digitsWithoutZeros(count);
  }

  private static String digitsWithoutZeros(double value) {
    return value == Math.rint(value)
        ? Long.toString(Math.round(value))
        : String.format(Locale.ROOT, "%.1f", value);
  }
}
