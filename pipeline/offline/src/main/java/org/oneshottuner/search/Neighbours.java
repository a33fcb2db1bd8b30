package org.oneshottuner.search;

import java.util.ArrayList;
import java.util.List;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;

/** Ways from members of a space to others that are like them. Every one ends at a member. */
final class Neighbours {
  private final ScheduleSpace space;
  private final SplitMix64 random;

  Neighbours(ScheduleSpace space, SplitMix64 random) {
    this.space = space;
    this.random = random;
  }

  /** Returns a member of a random template, all equally likely. */
  long any() {
    int place = (int) random.nextLong(space.templates().size());
    return space.start(place) + random.nextLong(space.templates().get(place).size());
  }

  /**
   * Returns a member that differs in one decision, or the same where none can be made otherwise.
   * The template counts as one decision: as much as can be of the knobs is kept when it changes.
   */
  long step(long member) {
    int place = space.templateOf(member);
    TemplateSpace template = space.templates().get(place);
    int[] digits = new int[template.knobs().size()];
    template.digits(member - space.start(place), digits);
    List<Integer> decisions = new ArrayList<>();
    for (int knob = space.templates().size() > 1 ? -1 : 0; knob < digits.length; knob++) {
      decisions.add(knob);
    }
    while (!decisions.isEmpty()) {
      int knob = decisions.remove((int) random.nextLong(decisions.size()));
      if (knob < 0) {
        return otherTemplate(place, digits);
      }
      List<Long> others = others(template, digits, knob);
      if (!others.isEmpty()) {
        return space.start(place) + others.get((int) random.nextLong(others.size()));
      }
    }
    return member;
  }

  /**
   * Returns the member that has each knob from one of two members of a template, or the one nearest
   * to it where a constraint forbids it; the first if the templates differ.
   */
  long cross(long first, long second) {
    int place = space.templateOf(first);
    if (space.templateOf(second) != place) {
      return first;
    }
    TemplateSpace template = space.templates().get(place);
    int[] child = new int[template.knobs().size()];
    int[] other = new int[child.length];
    template.digits(first - space.start(place), child);
    template.digits(second - space.start(place), other);
    for (int knob = 0; knob < child.length; knob++) {
      if (random.nextLong(2) == 0) {
        child[knob] = other[knob];
      }
    }
    return space.start(place) + template.nearest(child);
  }

  private static List<Long> others(TemplateSpace template, int[] digits, int knob) {
    int[] changed = digits.clone();
    List<Long> others = new ArrayList<>();
    for (int digit = 0; digit < template.knobs().get(knob).size(); digit++) {
      changed[knob] = digit;
      long index = digit == digits[knob] ? -1 : template.indexOf(changed);
      if (index >= 0) {
        others.add(index);
      }
    }
    return others;
  }

  private long otherTemplate(int place, int[] digits) {
    int drawn = (int) random.nextLong(space.templates().size() - 1L);
    int other = drawn < place ? drawn : drawn + 1;
    TemplateSpace from = space.templates().get(place);
    TemplateSpace to = space.templates().get(other);
    int[] wishes = new int[to.knobs().size()];
    for (int i = 0; i < wishes.length; i++) {
      Knob knob = to.knobs().get(i);
      int same = from.place(knob.name());
      wishes[i] =
          same < 0
              ? (int) random.nextLong(knob.size())
              : closest(knob, from.knobs().get(same), digits[same]);
    }
    return space.start(other) + to.nearest(wishes);
  }

  /** Returns the choice of {@code knob} with the text, or else the number, nearest to another's. */
  private static int closest(Knob knob, Knob like, int digit) {
    int best = 0;
    for (int i = 0; i < knob.size(); i++) {
      if (knob.text(i).equals(like.text(digit))) {
        return i;
      }
      if (distance(knob, i, like, digit) < distance(knob, best, like, digit)) {
        best = i;
      }
    }
    return best;
  }

  private static long distance(Knob knob, int digit, Knob like, int likeDigit) {
    return Math.abs((long) knob.number(digit) - like.number(likeDigit));
  }
}
