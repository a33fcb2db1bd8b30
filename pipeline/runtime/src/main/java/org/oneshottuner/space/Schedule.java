package org.oneshottuner.space;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;

/**
 * A point of a schedule space, by name, so that it keeps its meaning when a knob gains a choice.
 *
 * @param spaceId the id of the space it is a point of
 * @param template the template's name
 * @param settings the value of every knob, in the template's order
 */
public record Schedule(String spaceId, String template, List<Setting> settings)
    implements KnobValues {

  /**
   * The value of one knob.
   *
   * @param knob the knob's name
   * @param value its choice as text
   */
  public record Setting(String knob, String value) {
    /** Checks that both can stand in a schedule's text. */
    public Setting {
      if (!knob.matches("[a-z0-9_]+") || !value.matches("[a-z0-9_.]+")) {
        throw new IllegalArgumentException("Cannot set knob '" + knob + "' to '" + value + "'");
      }
    }
  }

  /** Copies the list. */
  public Schedule {
    requireNonNull(spaceId, "spaceId");
    requireNonNull(template, "template");
    settings = List.copyOf(settings);
  }

  /** Returns the template and {@code knob=value} of every knob, in order; unique within a space. */
  public String text() {
    StringBuilder text = new StringBuilder(template);
    for (Setting setting : settings) {
      text.append(' ').append(setting.knob()).append('=').append(setting.value());
    }
    return text.toString();
  }

  /**
   * Reads the form that {@link #text()} writes.
   *
   * @throws IllegalArgumentException if a word is not of the form {@code knob=value}
   */
  public static Schedule parse(String spaceId, String text) {
    String[] words = text.strip().split("\\s+", -1);
    List<Setting> settings = new ArrayList<>();
    for (int i = 1; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException(
            "Cannot read schedule '"
                + text
                + "': '"
                + words[i]
                + "' is not of the form knob=value");
      }
      settings.add(new Setting(words[i].substring(0, equals), words[i].substring(equals + 1)));
    }
    return new Schedule(spaceId, words[0], settings);
  }

  @Override
  public String text(String knob) {
    for (Setting setting : settings) {
      if (setting.knob().equals(knob)) {
        return setting.value();
      }
    }
    throw new IllegalArgumentException(
        "Cannot read knob " + knob + " of schedule '" + text() + "'");
  }

  /** Returns a knob's value; only for knobs whose choices are numbers. */
  @Override
  public int number(String knob) {
    return Integer.parseInt(text(knob));
  }

  @Override
  public String toString() {
    return text();
  }
}
