package org.oneshottuner.space;

import java.util.HashSet;
import java.util.List;

/** One decision of a schedule: a name and its ordered choices. */
public sealed interface Knob {
  /** Returns the name, unique within a template. */
  String name();

  /** Returns how many choices there are. */
  int size();

  /** Returns the choice at {@code digit} as it stands in a schedule's text. */
  String text(int digit);

  /** Returns the choice at {@code digit} as a number. */
  int number(int digit);

  /**
   * A size to cut an extent into; the last piece may be smaller.
   *
   * @param name unique within a template
   * @param extent what is cut
   * @param sizes the choices, rising, each from 1 to {@code extent}
   */
  record Split(String name, long extent, List<Integer> sizes) implements Knob {
    /** Copies the sizes and checks them. */
    public Split {
      sizes = rising(name, sizes);
      if (sizes.get(0) < 1 || sizes.get(sizes.size() - 1) > extent) {
        throw new IllegalArgumentException(
            "Cannot split " + name + ": " + sizes + " are not all from 1 to " + extent);
      }
    }

    @Override
    public int size() {
      return sizes.size();
    }

    @Override
    public String text(int digit) {
      return Integer.toString(sizes.get(digit));
    }

    @Override
    public int number(int digit) {
      return sizes.get(digit);
    }
  }

  /**
   * A count, such as of accumulators or of an unrolling.
   *
   * @param name unique within a template
   * @param values the choices, rising
   */
  record Count(String name, List<Integer> values) implements Knob {
    /** Copies the values and checks them. */
    public Count {
      values = rising(name, values);
    }

    @Override
    public int size() {
      return values.size();
    }

    @Override
    public String text(int digit) {
      return Integer.toString(values.get(digit));
    }

    @Override
    public int number(int digit) {
      return values.get(digit);
    }
  }

  /**
   * One of several named ways; as a number, its place in the list.
   *
   * @param name unique within a template
   * @param labels the choices
   */
  record Choice(String name, List<String> labels) implements Knob {
    /** Copies the labels and checks them. */
    public Choice {
      labels = List.copyOf(labels);
      if (labels.isEmpty() || new HashSet<>(labels).size() != labels.size()) {
        throw new IllegalArgumentException("Cannot choose " + name + " from " + labels);
      }
    }

    @Override
    public int size() {
      return labels.size();
    }

    @Override
    public String text(int digit) {
      return labels.get(digit);
    }

    @Override
    public int number(int digit) {
      return digit;
    }
  }

  private static List<Integer> rising(String name, List<Integer> values) {
    List<Integer> copy = List.copyOf(values);
    for (int i = 1; i < copy.size(); i++) {
      if (copy.get(i) <= copy.get(i - 1)) {
        throw new IllegalArgumentException(
            "Cannot choose " + name + " from " + copy + ": not rising");
      }
    }
    if (copy.isEmpty()) {
      throw new IllegalArgumentException("Cannot choose " + name + " from no values");
    }
    return copy;
  }
}
