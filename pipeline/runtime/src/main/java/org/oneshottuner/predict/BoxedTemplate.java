package org.oneshottuner.predict;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.oneshottuner.feature.SpaceColumn;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.TemplateSpace;

/** Bounds the scores of boxes of one template's members. Not thread-safe. */
final class BoxedTemplate {
  /** The most boxes at once; their bit planes stay in the second-level cache. */
  static final int MOST_BOXES = 1024;

  private final long start;
  private final TemplateSpace.Boxes members;
  private final BoxRanks ranks;
  private final Outcomes least;
  private final Outcomes most;
  private final BoundScorer scorer;
  private final int[] low;
  private final int[] high;
  // by box
  private final long[] firsts = new long[MOST_BOXES];
  private final int[] knobs = new int[MOST_BOXES];

  /**
   * Prepares a template.
   *
   * @param place of the template in the space
   * @param columns the columns over it, by their places in the ensemble's schema
   */
  BoxedTemplate(
      Influence influence, ScheduleSpace space, int place, IntFunction<SpaceColumn> columns) {
    TemplateSpace template = space.templates().get(place);
    RankedTrees trees = influence.trees();
    this.start = space.start(place);
    this.members = template.boxes();
    this.ranks = new BoxRanks(influence, template, columns, MOST_BOXES);
    this.least = new Outcomes(trees);
    this.most = new Outcomes(trees);
    ranks.settle(least);
    ranks.settle(most);
    this.scorer = new BoundScorer(trees, MOST_BOXES);
    this.low = new int[template.knobs().size()];
    this.high = new int[template.knobs().size()];
  }

  /**
   * Bounds the scores of the members of some extents.
   *
   * @param extents of this template, at most {@link #MOST_BOXES}
   * @param base where the sums of leaves start
   * @return a box for each extent that holds a member, in their order
   */
  List<Box> boxes(List<Extent> extents, float base) {
    List<Extent> held = new ArrayList<>();
    for (Extent extent : extents) {
      extent.read(low, high);
      long first = members.first(low, high);
      if (first >= 0) {
        firsts[held.size()] = start + first;
        knobs[held.size()] = ranks.find(held.size(), low, high);
        held.add(extent);
      }
    }
    List<Box> boxes = new ArrayList<>();
    if (!held.isEmpty()) {
      least.start(held.size());
      most.start(held.size());
      ranks.lay(least, most);
      scorer.score(least, most, held.size(), base);
      for (int i = 0; i < held.size(); i++) {
        boxes.add(new Box(held.get(i), firsts[i], scorer.upper(i), scorer.alike(i), knobs[i]));
      }
    }
    return boxes;
  }

  /**
   * Writes the numbers of the first members of an extent, rising.
   *
   * @param to receives them, as many as it holds
   * @return how many were written
   */
  int members(Extent extent, long[] to) {
    extent.read(low, high);
    int count = members.list(low, high, to);
    for (int i = 0; i < count; i++) {
      to[i] += start;
    }
    return count;
  }
}
