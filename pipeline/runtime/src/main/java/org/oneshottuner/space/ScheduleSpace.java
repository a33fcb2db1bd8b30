package org.oneshottuner.space;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * All schedules of a task: the union of its templates' spaces. Every member lowers, builds and is
 * correct.
 *
 * <p>Members are numbered from zero, template after template. Immutable and thread-safe.
 */
public final class ScheduleSpace {
  private static final int ID_DIGITS = 16;

  private final List<TemplateSpace> templates;
  private final long[] starts;
  private final String id;

  /**
   * Joins the spaces of several templates.
   *
   * @throws IllegalArgumentException if there is none, one has no member, or two share a name
   */
  public ScheduleSpace(List<TemplateSpace> templates) {
    this.templates = List.copyOf(templates);
    this.starts = new long[templates.size() + 1];
    Set<String> names = new HashSet<>();
    MessageDigest digest = sha256();
    for (int i = 0; i < templates.size(); i++) {
      TemplateSpace space = templates.get(i);
      if (!names.add(space.template()) || space.size() == 0) {
        throw new IllegalArgumentException(
            "Cannot join template "
                + space.template()
                + " of "
                + space.size()
                + " members to a space");
      }
      starts[i + 1] = Math.addExact(starts[i], space.size());
      digest.update(space.description().getBytes(StandardCharsets.UTF_8));
    }
    if (templates.isEmpty()) {
      throw new IllegalArgumentException("Cannot build a space of no templates");
    }
    this.id = HexFormat.of().formatHex(digest.digest()).substring(0, ID_DIGITS);
  }

  /** Returns a digest of templates, knobs, choices and constraints, as 16 hexadecimal digits. */
  public String id() {
    return id;
  }

  /** Returns the number of members. */
  public long size() {
    return starts[templates.size()];
  }

  /** Returns the templates' spaces, in the order in which members are numbered. */
  public List<TemplateSpace> templates() {
    return templates;
  }

  /**
   * Returns the number of the first member of the template at {@code place} in {@link
   * #templates()}.
   */
  public long start(int place) {
    return starts[place];
  }

  /**
   * Returns the place in {@link #templates()} of the template that member {@code index} belongs to.
   */
  public int templateOf(long index) {
    if (index < 0 || index >= size()) {
      throw new IndexOutOfBoundsException(
          "Cannot take member " + index + " of space " + id + ": size is " + size());
    }
    int place = 0;
    while (index >= starts[place + 1]) {
      place++;
    }
    return place;
  }

  /**
   * Returns the member with a number.
   *
   * @throws IndexOutOfBoundsException if it is not from 0 to {@code size() - 1}
   */
  public Schedule at(long index) {
    int place = templateOf(index);
    TemplateSpace space = templates.get(place);
    int[] digits = new int[space.knobs().size()];
    space.digits(index - starts[place], digits);
    List<Schedule.Setting> settings = new ArrayList<>();
    for (int i = 0; i < digits.length; i++) {
      Knob knob = space.knobs().get(i);
      settings.add(new Schedule.Setting(knob.name(), knob.text(digits[i])));
    }
    return new Schedule(id, space.template(), settings);
  }

  /**
   * Returns the number of a member.
   *
   * @throws IllegalArgumentException if the schedule is of another space, or no member of this one
   */
  public long indexOf(Schedule schedule) {
    if (!schedule.spaceId().equals(id)) {
      throw new IllegalArgumentException(
          "Cannot find schedule '"
              + schedule.text()
              + "': it is of space "
              + schedule.spaceId()
              + ", asked of "
              + id);
    }
    return indexOfText(schedule.text());
  }

  /**
   * Returns the number of the member with a text, whatever space it was written under.
   *
   * @throws IllegalArgumentException if no member has this text
   */
  public long indexOfText(String text) {
    Schedule schedule = Schedule.parse(id, text);
    for (int place = 0; place < templates.size(); place++) {
      TemplateSpace space = templates.get(place);
      if (space.template().equals(schedule.template())) {
        long index = space.indexOf(digits(space, schedule));
        if (index < 0) {
          throw refuse(
              text,
              "a constraint of "
                  + space.constraints().stream().map(Constraint::name).toList()
                  + " forbids it");
        }
        return starts[place] + index;
      }
    }
    throw refuse(text, "templates are " + templates.stream().map(TemplateSpace::template).toList());
  }

  /**
   * Draws members, all equally likely, with replacement.
   *
   * @param count how many
   * @param random where the draws come from
   */
  public List<Schedule> draw(int count, SplitMix64 random) {
    List<Schedule> drawn = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      drawn.add(at(random.nextLong(size())));
    }
    return drawn;
  }

  private int[] digits(TemplateSpace space, Schedule schedule) {
    List<String> names = space.knobs().stream().map(Knob::name).toList();
    List<String> given = schedule.settings().stream().map(Schedule.Setting::knob).toList();
    if (!names.equals(given)) {
      throw refuse(schedule.text(), "knobs of " + space.template() + " are " + names);
    }
    int[] digits = new int[names.size()];
    for (int i = 0; i < digits.length; i++) {
      digits[i] = digit(space.knobs().get(i), schedule.settings().get(i).value(), schedule);
    }
    return digits;
  }

  private int digit(Knob knob, String value, Schedule schedule) {
    List<String> choices = new ArrayList<>();
    for (int digit = 0; digit < knob.size(); digit++) {
      if (knob.text(digit).equals(value)) {
        return digit;
      }
      choices.add(knob.text(digit));
    }
    throw refuse(schedule.text(), knob.name() + " is " + value + ", choices are " + choices);
  }

  private IllegalArgumentException refuse(String text, String reason) {
    return new IllegalArgumentException(
        "Cannot find schedule '" + text + "' in space " + id + ": " + reason);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      // every Java platform must have it: java.security.MessageDigest
      throw new IllegalStateException("Cannot digest: no SHA-256", e);
    }
  }
}
