package org.oneshottuner.compile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.workload.TuningTask;

/** Tells the best member of a space from the scores of all, and what other decisions would cost. */
final class Ballot {
  private final ScheduleSpace space;
  private final float[] scores;
  private final int first;
  private final int second;

  /**
   * Counts the votes.
   *
   * @param scores of all members, in order
   */
  Ballot(ScheduleSpace space, float[] scores) {
    this.space = space;
    this.scores = scores;
    int best = 0;
    int other = -1;
    for (int member = 1; member < scores.length; member++) {
      if (scores[member] > scores[best]) {
        other = best;
        best = member;
      } else if (other < 0 || scores[member] > scores[other]) {
        other = member;
      }
    }
    this.first = best;
    this.second = other < 0 ? best : other;
  }

  Choice choice(TuningTask task) {
    Schedule chosen = space.at(first);
    return new Choice(
        task,
        chosen,
        scores[first],
        space.size(),
        0,
        space.at(second),
        scores[second],
        alternatives(chosen),
        List.of());
  }

  private List<Choice.Alternative> alternatives(Schedule chosen) {
    List<Choice.Alternative> alternatives = new ArrayList<>();
    int place = space.templateOf(first);
    otherTemplate(chosen, place, alternatives);
    TemplateSpace template = space.templates().get(place);
    int[] taken = new int[template.knobs().size()];
    template.digits(first - space.start(place), taken);
    float[][] best = bestByChoice(template, (int) space.start(place));
    for (int knob = 0; knob < taken.length; knob++) {
      int other = highest(best[knob], taken[knob]);
      if (other >= 0) {
        alternatives.add(
            new Choice.Alternative(
                template.knobs().get(knob).name(),
                template.knobs().get(knob).text(taken[knob]),
                template.knobs().get(knob).text(other),
                scores[first] - best[knob][other]));
      }
    }
    alternatives.sort(Comparator.comparingDouble(Choice.Alternative::scoreLost).reversed());
    return alternatives;
  }

  private void otherTemplate(
      Schedule chosen, int chosenPlace, List<Choice.Alternative> alternatives) {
    float bestOther = Float.NEGATIVE_INFINITY;
    String otherTemplate = "";
    for (int place = 0; place < space.templates().size(); place++) {
      for (long member = space.start(place);
          place != chosenPlace && member < space.start(place + 1);
          member++) {
        if (scores[(int) member] > bestOther) {
          bestOther = scores[(int) member];
          otherTemplate = space.templates().get(place).template();
        }
      }
    }
    if (!otherTemplate.isEmpty()) {
      alternatives.add(
          new Choice.Alternative(
              "template", chosen.template(), otherTemplate, scores[first] - bestOther));
    }
  }

  /**
   * Returns, by knob and place of a choice, the best score with it. A knob's best is handed on to
   * the next knob only where its own run of members ends.
   */
  private float[][] bestByChoice(TemplateSpace template, int start) {
    int knobs = template.knobs().size();
    float[][] best = new float[knobs][];
    for (int knob = 0; knob < knobs; knob++) {
      best[knob] = new float[template.knobs().get(knob).size()];
      Arrays.fill(best[knob], Float.NEGATIVE_INFINITY);
    }
    float[] ofRun = new float[knobs + 1];
    Arrays.fill(ofRun, Float.NEGATIVE_INFINITY);
    TemplateSpace.Cursor cursor = template.cursor(0);
    int[] digits = cursor.digits().clone();
    for (int member = 0; member < template.size(); member++) {
      ofRun[0] = scores[start + member];
      int changed = member + 1 < template.size() ? cursor.next() : knobs;
      for (int knob = 0; knob < changed; knob++) {
        float[] choices = best[knob];
        choices[digits[knob]] = Math.max(choices[digits[knob]], ofRun[knob]);
        ofRun[knob + 1] = Math.max(ofRun[knob + 1], ofRun[knob]);
        ofRun[knob] = Float.NEGATIVE_INFINITY;
        digits[knob] = cursor.digits()[knob];
      }
    }
    return best;
  }

  /**
   * Returns the place of the first of the highest scores but one, or -1 where there is no other.
   */
  private static int highest(float[] of, int but) {
    int highest = -1;
    for (int i = 0; i < of.length; i++) {
      if (i != but && of[i] > Float.NEGATIVE_INFINITY && (highest < 0 || of[i] > of[highest])) {
        highest = i;
      }
    }
    return highest;
  }
}
