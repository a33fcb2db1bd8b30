package org.oneshottuner.report;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/**
 * Writes HTML and SVG. Text and attribute values are escaped here and nowhere else, so that none
 * can be forgotten.
 */
@CanIgnoreReturnValue
final class Markup {
  private final StringBuilder out = new StringBuilder();
  private final Deque<String> open = new ArrayDeque<>();

  /**
   * Opens an element.
   *
   * @param attributes names and values in turn; numbers are written with at most two decimals
   */
  Markup open(String tag, Object... attributes) {
    tag(tag, attributes);
    out.append('>');
    open.push(tag);
    return this;
  }

  /** Writes an element without content. */
  Markup empty(String tag, Object... attributes) {
    tag(tag, attributes);
    out.append("/>");
    return this;
  }

  /** Writes an element with nothing but text in it. */
  Markup element(String tag, String text, Object... attributes) {
    return open(tag, attributes).text(text).close();
  }

  /** Closes the element that was opened last. */
  Markup close() {
    out.append("</").append(open.pop()).append(">");
    return this;
  }

  /** Writes text. */
  Markup text(String text) {
    escape(text);
    return this;
  }

  /** Starts a new line in the source. */
  Markup line() {
    out.append('\n');
    return this;
  }

  /** Writes what is markup already, such as a style sheet of our own. */
  Markup raw(String trusted) {
    out.append(trusted);
    return this;
  }

  /** Returns all that was written. */
  String done() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("Cannot end the page: open are " + open);
    }
    return out.toString();
  }

  private void tag(String tag, Object... attributes) {
    out.append('<').append(tag);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      escape(
          attributes[i + 1] instanceof Double number
              ? trimmed(number)
              : attributes[i + 1].toString());
      out.append('"');
    }
  }

  private static String trimmed(double number) {
    String text = String.format(Locale.ROOT, "%.2f", number);
    return text.endsWith(".00") ? text.substring(0, text.length() - 3) : text;
  }

  private void escape(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '&' -> out.append("&amp;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        default -> out.append(c < ' ' && c != '\n' && c != '\t' ? '\uFFFD' : c);
      }
    }
  }
}
