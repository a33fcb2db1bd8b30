package org.oneshottuner.predict;

import java.util.ArrayList;
import java.util.List;
import org.oneshottuner.feature.SpaceColumns;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.space.ScheduleSpace;

/**
 * An ensemble's scores of the members of one task's space: to the bit those of {@link
 * Ensemble#score} for the rows of {@link SpaceFeatures#fill}, without making the rows.
 *
 * <p>Splits on what all members share, or all members of a block, are passed by; the others are
 * settled for 64 members at once. A member then costs a fraction of what reading its features alone
 * does. Not thread-safe; cheap to make one a thread and task.
 */
public final class SpaceScorer {
  /** Members at once; their bit planes stay in the second-level cache. */
  private static final int MOST_MEMBERS = 4096;

  private final ScheduleSpace space;
  private final float base;
  private final List<TemplateScorer> templates = new ArrayList<>();
  private final PlaneScorer planes;
  private final int capacity;
  private final long[] members;
  private final int[] places;

  /**
   * Prepares a task.
   *
   * @param columns over the task's space
   * @throws IllegalArgumentException if the ensemble reads another schema
   */
  public SpaceScorer(SpaceColumns columns, Ensemble ensemble) {
    if (!ensemble.schemaId().equals(columns.schemaId())) {
      throw new IllegalArgumentException(
          "Cannot score by a predictor trained on schema "
              + ensemble.schemaId()
              + ": candidates are read by "
              + columns.schemaId());
    }
    this.space = columns.space();
    this.base = ensemble.base();
    this.capacity = (int) Math.min(space.size(), MOST_MEMBERS);
    this.members = new long[capacity];
    this.places = new int[capacity];
    for (int place = 0; place < space.templates().size(); place++) {
      int template = place;
      templates.add(
          new TemplateScorer(
              ensemble.ranked(),
              space.templates().get(place),
              column -> columns.column(template, column),
              capacity));
    }
    this.planes = new PlaneScorer(ensemble.ranked(), capacity);
  }

  /**
   * Scores consecutive members.
   *
   * @param from first member
   * @param to member behind the last; at most {@code from + out.length}
   * @param out receives the score of member {@code from + i} at place {@code i}
   * @throws IndexOutOfBoundsException if the members are not all of the space, or {@code out} is
   *     too short
   */
  public void score(long from, long to, float[] out) {
    long member = from;
    while (member < to) {
      int place = space.templateOf(member);
      int count = (int) Math.min(capacity, Math.min(to, space.start(place + 1)) - member);
      Outcomes outcomes = templates.get(place).outcomes(member - space.start(place), count);
      float[] scores = planes.score(outcomes, count, base);
      System.arraycopy(scores, 0, out, Math.toIntExact(member - from), count);
      member += count;
    }
  }

  /**
   * Scores members wherever they lie.
   *
   * @param wanted numbers of the members, in any order
   * @param count how many of {@code wanted} to score
   * @param out receives the score of {@code wanted[i]} at place {@code i}
   * @throws IndexOutOfBoundsException if one is no member of the space, or {@code out} is too short
   */
  public void score(long[] wanted, int count, float[] out) {
    for (int place = 0; place < templates.size(); place++) {
      int found = 0;
      for (int i = 0; i < count; i++) {
        if (space.templateOf(wanted[i]) == place) {
          members[found] = wanted[i] - space.start(place);
          places[found++] = i;
          if (found == capacity) {
            scatter(place, found, out);
            found = 0;
          }
        }
      }
      if (found > 0) {
        scatter(place, found, out);
      }
    }
  }

  private void scatter(int place, int count, float[] out) {
    Outcomes outcomes = templates.get(place).outcomes(members, count);
    float[] scores = planes.score(outcomes, count, base);
    for (int i = 0; i < count; i++) {
      out[places[i]] = scores[i];
    }
  }
}
