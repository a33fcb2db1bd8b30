package org.oneshottuner.predict;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.oneshottuner.feature.SpaceColumn;
import org.oneshottuner.space.TemplateSpace;

/**
 * The ranks that columns have in several boxes of one template, and the knob that most hangs on in
 * each. Not thread-safe.
 */
final class BoxRanks {
  private final RankedTrees trees;
  private final Influence influence;
  private final List<Group> groups = new ArrayList<>();
  private final Map<Integer, Integer> settled = new LinkedHashMap<>();
  // by knob: what hangs on it in the box found last
  private final double[] pulls;

  /**
   * Prepares a template.
   *
   * @param columns the columns over it, by their places in the ensemble's schema
   * @param capacity the most boxes at once
   */
  BoxRanks(
      Influence influence, TemplateSpace template, IntFunction<SpaceColumn> columns, int capacity) {
    this.influence = influence;
    this.trees = influence.trees();
    this.pulls = new double[template.knobs().size()];
    int[] read = trees.columns();
    Map<List<Integer>, List<Integer>> byKnobs = new LinkedHashMap<>();
    for (int place = 0; place < read.length; place++) {
      SpaceColumn column = columns.apply(read[place]);
      List<Integer> knobs = Arrays.stream(column.knobs()).boxed().toList();
      if (knobs.isEmpty()) {
        settled.put(place, trees.rank(place, column.value(new int[pulls.length])));
      } else {
        byKnobs.computeIfAbsent(knobs, key -> new ArrayList<>()).add(place);
      }
    }
    byKnobs.forEach(
        (knobs, places) -> {
          List<SpaceColumn> ofGroup =
              places.stream().map(place -> columns.apply(read[place])).toList();
          groups.add(new Group(template, ints(knobs), ints(places), ofGroup, capacity));
        });
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Settles the tests of the columns that all members share. */
  void settle(Outcomes outcomes) {
    settled.forEach(outcomes::settle);
  }

  /**
   * Finds the ranks of a box that holds a member.
   *
   * @param box its number among those at once
   * @param low for each knob, the place of the first choice in the box
   * @param high for each knob, the place of the last choice in the box
   * @return the knob that is not settled and most of what is open hangs on, of equal ones the
   *     first; -1 if all are settled
   */
  int find(int box, int[] low, int[] high) {
    Arrays.fill(pulls, 0);
    for (Group group : groups) {
      double open = group.put(box, group.ranges.within(low, high));
      group.pull(open, low, high);
    }
    int best = -1;
    for (int knob = 0; knob < pulls.length; knob++) {
      if (high[knob] > low[knob] && (best < 0 || pulls[knob] > pulls[best])) {
        best = knob;
      }
    }
    return best;
  }

  /**
   * Lays the planes of all columns that vary.
   *
   * @param least laid by the least ranks
   * @param most laid by the largest ranks
   */
  void lay(Outcomes least, Outcomes most) {
    for (Group group : groups) {
      for (int i = 0; i < group.places.length; i++) {
        least.lay(group.places[i], group.leastRight[i], group.leastLeft[i]);
        most.lay(group.places[i], group.mostRight[i], group.mostLeft[i]);
      }
    }
  }

  /** The columns that depend on the same knobs. */
  private final class Group {
    private final int[] knobs;
    private final int[] places;
    private final RankRanges ranges;
    // by column and box: for tests that send missing values right, and for those that send them
    // left
    private final int[][] leastRight;
    private final int[][] leastLeft;
    private final int[][] mostRight;
    private final int[][] mostLeft;

    Group(
        TemplateSpace template,
        int[] knobs,
        int[] places,
        List<SpaceColumn> columns,
        int capacity) {
      this.knobs = knobs;
      this.places = places;
      this.ranges = new RankRanges(trees, template, knobs, places, columns);
      this.leastRight = new int[places.length][capacity];
      this.leastLeft = new int[places.length][capacity];
      this.mostRight = new int[places.length][capacity];
      this.mostLeft = new int[places.length][capacity];
    }

    /** Keeps the ranks of a box, and returns what hangs on what is still open of them. */
    double put(int box, int[] ranks) {
      double open = 0;
      for (int i = 0; i < places.length; i++) {
        int thresholds = trees.thresholds(places[i]);
        int low = ranks[RankRanges.PARTS * i + RankRanges.LEAST];
        int high = ranks[RankRanges.PARTS * i + RankRanges.MOST];
        boolean someMissing = high > thresholds;
        boolean allMissing = low > thresholds;
        leastRight[i][box] = Math.min(low, thresholds);
        mostRight[i][box] = Math.min(high, thresholds);
        leastLeft[i][box] = someMissing ? 0 : low;
        mostLeft[i][box] = allMissing ? 0 : ranks[RankRanges.PARTS * i + RankRanges.MOST_PRESENT];
        if (!allMissing && high > low) {
          open += influence.between(places[i], someMissing ? 0 : low, Math.min(high, thresholds));
        }
      }
      return open;
    }

    /** Shares out what is open among the knobs that are. */
    void pull(double open, int[] low, int[] high) {
      int unsettled = 0;
      for (int knob : knobs) {
        unsettled += high[knob] > low[knob] ? 1 : 0;
      }
      for (int knob : knobs) {
        pulls[knob] += high[knob] > low[knob] ? open / unsettled : 0;
      }
    }
  }
}
