package org.oneshottuner.search;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;

/** Random steps in a space. Members are chosen by knobs, not by number: neighbours are alike. */
final class Moves {
  private static final int ATTEMPTS = 32;

  private final ScheduleSpace space;
  private final SplitMix64 random;

  Moves(ScheduleSpace space, SplitMix64 random) {
    this.space = space;
    this.random = random;
  }

  long any() {
    return random.nextLong(space.size());
  }

  /** Returns a member that differs in one knob, or now and then in its template. */
  long step(long member) {
    int place = space.templateOf(member);
    TemplateSpace template = space.templates().get(place);
    int knobs = template.knobs().size();
    if (space.templates().size() > 1 && random.nextLong(knobs + 1L) == 0) {
      return any();
    }
    int[] digits = new int[knobs];
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      template.digits(member - space.start(place), digits);
      int knob = (int) random.nextLong(knobs);
      digits[knob] = (int) random.nextLong(template.knobs().get(knob).size());
      long moved = template.indexOf(digits);
      if (moved >= 0 && space.start(place) + moved != member) {
        return space.start(place) + moved;
      }
    }
    return any();
  }

  /**
   * Returns a member that has each knob from one of two; of the first's template if they differ.
   */
  long cross(long one, long other) {
    int place = space.templateOf(one);
    if (space.templateOf(other) != place) {
      return one;
    }
    TemplateSpace template = space.templates().get(place);
    int[] mine = new int[template.knobs().size()];
    int[] theirs = new int[template.knobs().size()];
    template.digits(one - space.start(place), mine);
    template.digits(other - space.start(place), theirs);
    for (int knob = 0; knob < mine.length; knob++) {
      if (random.nextLong(2) == 0) {
        mine[knob] = theirs[knob];
      }
    }
    long child = template.indexOf(mine);
    return child < 0 ? one : space.start(place) + child;
  }

  /** Returns members not yet in {@code known}, all alike; adds them to it. */
  List<Long> fresh(int most, Set<Long> known) {
    Set<Long> found = new LinkedHashSet<>();
    long misses = 0;
    while (found.size() < most && known.size() < space.size()) {
      long member = any();
      if (known.add(member)) {
        found.add(member);
        misses = 0;
      } else if (misses++ > ATTEMPTS) {
        // nearly all are known: take the next that is not
        while (!known.add(member)) {
          member = (member + 1) % space.size();
        }
        found.add(member);
        misses = 0;
      }
    }
    return new ArrayList<>(found);
  }
}
