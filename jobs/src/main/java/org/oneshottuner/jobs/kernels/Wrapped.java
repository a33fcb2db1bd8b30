package org.oneshottuner.jobs.kernels;

import java.util.ArrayList;
import java.util.List;

/** Text in lines that fit a terminal. */
final class Wrapped {
  private static final int COLUMNS = 100;

  private Wrapped() {}

  /** Breaks a text at blanks; all lines but the first are indented as far as the label goes. */
  static List<String> lines(String label, String text) {
    String indent = " ".repeat(Math.max(label.length(), 2));
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder(label);
    boolean begun = false;
    for (String word : text.split(" ", -1)) {
      if (begun && line.length() + 1 + word.length() > COLUMNS) {
        lines.add(line.toString());
        line = new StringBuilder(indent);
        begun = false;
      }
      line.append(begun ? " " : "").append(word);
      begun = true;
    }
    lines.add(line.toString());
    return lines;
  }
}
