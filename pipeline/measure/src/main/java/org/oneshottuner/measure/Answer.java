package org.oneshottuner.measure;

import java.util.HashMap;
import java.util.Map;

/**
 * A runner's answer: a verb, and {@code name=value} fields.
 *
 * @param verb the first word
 * @param rest all behind it
 */
record Answer(String verb, String rest) {

  static Answer parse(String line) {
    int space = line.indexOf(' ');
    return space < 0
        ? new Answer(line, "")
        : new Answer(line.substring(0, space), line.substring(space + 1));
  }

  /** Returns a field's value. */
  String text(String name) {
    String value = fields().get(name);
    if (value == null) {
      throw new DeviceException(
          "Cannot read the native runner's answer '" + verb + " " + rest + "': it lacks " + name);
    }
    return value;
  }

  /** Returns a field that is a whole number. */
  long number(String name) {
    String value = text(name);
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new DeviceException(
          "Cannot read the native runner's answer '"
              + verb
              + " "
              + rest
              + "': "
              + name
              + " is no number",
          e);
    }
  }

  /** Returns whether a field is {@code yes}. */
  boolean yes(String name) {
    return text(name).equals("yes");
  }

  private Map<String, String> fields() {
    Map<String, String> fields = new HashMap<>();
    for (String word : rest.split(" ", -1)) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        fields.put(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    return fields;
  }

  /** Returns this answer as a failure of the kernel: {@code fail KIND detail}. */
  Outcome.Failed failure() {
    Answer failure = parse(rest);
    return new Outcome.Failed(Outcome.Kind.valueOf(failure.verb()), failure.rest());
  }
}
