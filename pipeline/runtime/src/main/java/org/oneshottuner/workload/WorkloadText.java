package org.oneshottuner.workload;

import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The fields of one workload text while it is read, and the writer of canonical texts. */
final class WorkloadText {
  private final String kind;
  private final Map<String, String> values;
  private final TreeSet<String> known = new TreeSet<>();

  private WorkloadText(String kind, Map<String, String> values) {
    this.kind = kind;
    this.values = values;
  }

  static WorkloadText read(String text) {
    String[] words = text.strip().split("\\s+");
    Map<String, String> values = new LinkedHashMap<>();
    for (String word : Arrays.asList(words).subList(1, words.length)) {
      int equals = word.indexOf('=');
      if (equals < 1 || equals == word.length() - 1) {
        throw new IllegalArgumentException(
            "Cannot read workload '"
                + text.strip()
                + "': '"
                + word
                + "' is not of the form name=value");
      }
      String previous = values.put(word.substring(0, equals), word.substring(equals + 1));
      if (previous != null) {
        throw new IllegalArgumentException(
            "Cannot read workload '"
                + text.strip()
                + "': "
                + word.substring(0, equals)
                + " is given twice");
      }
    }
    return new WorkloadText(words[0], values);
  }

  String kind() {
    return kind;
  }

  String word(String name) {
    String value = take(name);
    if (value.isEmpty()) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return value;
  }

  int number(String name) {
    return number(name, word(name));
  }

  int number(String name, int otherwise) {
    String value = take(name);
    return value.isEmpty() ? otherwise : number(name, value);
  }

  long bytes(String name) {
    String value = word(name);
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          name + " is '" + value + "', expected a whole number of bytes", e);
    }
  }

  Padding padding() {
    String value = take("pad");
    if (value.isEmpty()) {
      return Padding.NONE;
    }
    String[] sides = value.split(",", -1);
    return switch (sides.length) {
      case 1 -> Padding.same(number("pad", sides[0]));
      case 4 ->
          new Padding(
              number("pad", sides[0]),
              number("pad", sides[1]),
              number("pad", sides[2]),
              number("pad", sides[3]));
      default ->
          throw new IllegalArgumentException(
              "pad is '" + value + "', expected one number or top,left,bottom,right");
    };
  }

  Layout layout() {
    String value = take("layout");
    return value.isEmpty() ? Layout.NCHW : constant("layout", value, Layout.values(), Layout::text);
  }

  Transpose transpose() {
    String value = take("transpose");
    return value.isEmpty()
        ? Transpose.NONE
        : constant("transpose", value, Transpose.values(), Transpose::text);
  }

  ElementType dtype() {
    String value = take("dtype");
    return value.isEmpty()
        ? ElementType.F32
        : constant("dtype", value, ElementType.values(), ElementType::text);
  }

  Epilogue epilogue() {
    String value = take("epilogue");
    return value.isEmpty() ? Epilogue.NONE : Epilogue.parse(value);
  }

  /**
   * Says which names a reader will ask for, before it asks for any: a misspelt name is not a
   * missing one.
   *
   * @throws IllegalArgumentException if a name is none of them
   */
  void only(String... names) {
    known.addAll(List.of(names));
    for (String name : values.keySet()) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            name + " is unknown, nearest is " + nearest(name) + "; known are " + known);
      }
    }
  }

  /** Returns the known name that fewest changed letters lead to, the first of them. */
  private String nearest(String name) {
    return known.stream()
        .min(Comparator.comparingInt(candidate -> distance(candidate, name)))
        .orElseThrow();
  }

  /** Returns how many letters are put in, left out or exchanged between two words. */
  private static int distance(String left, String right) {
    int[] above = IntStream.rangeClosed(0, right.length()).toArray();
    for (int i = 1; i <= left.length(); i++) {
      int[] row = new int[right.length() + 1];
      row[0] = i;
      for (int j = 1; j <= right.length(); j++) {
        int exchanged = above[j - 1] + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(exchanged, 1 + Math.min(above[j], row[j - 1]));
      }
      above = row;
    }
    return above[right.length()];
  }

  static <E> E constant(String what, String text, E[] constants, Function<E, String> name) {
    return Arrays.stream(constants)
        .filter(constant -> name.apply(constant).equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    what
                        + " is '"
                        + text
                        + "', known are "
                        + Arrays.stream(constants).map(name).collect(Collectors.joining(", "))));
  }

  /** Refuses an extent below one. */
  static void positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " is " + value + ", least is 1");
    }
  }

  /** Refuses a workload with a tensor that 32-bit indices cannot address. */
  static <W extends Workload> W addressable(W workload) {
    String largest = largest(workload);
    if (!largest.isEmpty()) {
      throw new IllegalArgumentException(
          "a tensor has " + largest + " elements, most is " + Operands.MAX_ELEMENTS);
    }
    return workload;
  }

  /** Returns how many elements the largest tensor has, or nothing if that is not too many. */
  private static String largest(Workload workload) {
    try {
      // 64 lanes: the longest vector that any target may have
      Operands operands = workload.operands(64);
      long largest =
          Math.max(
              Math.max(Math.max(operands.input(), operands.rhs()), operands.weight()),
              Math.max(operands.residual(), operands.output()));
      return largest > Operands.MAX_ELEMENTS ? Long.toString(largest) : "";
    } catch (ArithmeticException overflow) {
      return "more than 2^63";
    }
  }

  /** Returns a writer of canonical text. */
  static Writer write(String kind) {
    return new Writer(kind);
  }

  private String take(String name) {
    if (!known.contains(name)) {
      throw new IllegalStateException("Cannot ask for " + name + ": known are " + known);
    }
    return values.getOrDefault(name, "");
  }

  private static int number(String name, String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          name + " is '" + value + "', expected a whole number below 2^31", e);
    }
  }

  /** Collects {@code name=value} pairs in order, leaving defaults out. */
  static final class Writer {
    private final StringBuilder text;

    private Writer(String kind) {
      text = new StringBuilder(kind);
    }

    Writer field(String name, int value) {
      text.append(' ').append(name).append('=').append(value);
      return this;
    }

    Writer field(String name, int value, int otherwise) {
      return value == otherwise ? this : field(name, value);
    }

    Writer field(String name, String value, String otherwise) {
      if (!value.equals(otherwise)) {
        text.append(' ').append(name).append('=').append(value);
      }
      return this;
    }

    Writer window(Window window) {
      return field("r", window.r())
          .field("s", window.s())
          .field("stride", window.stride(), 1)
          .field("pad", window.pad().text(), Padding.NONE.text())
          .field("dilation", window.dilation(), 1);
    }

    Writer common(Workload workload) {
      return field("layout", workload.layout().text(), Layout.NCHW.text())
          .field("dtype", workload.dtype().text(), ElementType.F32.text())
          .field("epilogue", workload.epilogue().text(), Epilogue.NONE.text());
    }

    String done() {
      return text.toString();
    }
  }
}
