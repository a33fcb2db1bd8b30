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
 * Scores members of one template. Columns that all members share are settled once; of the others
 * the rank is kept for each combination of the knobs that the column depends on. Not thread-safe.
 */
final class TemplateScorer {
  /**
   * Columns with more combinations of choices are read member by member: a column's table takes at
   * most 256 KiB. Combinations that constraints forbid count too. Among the layers of known
   * networks, none has more than 21,120 combinations, and all tables of a task take 0.8 MB at most.
   */
  private static final int MOST_ENTRIES = 1 << 16;

  private final RankedTrees trees;
  private final Outcomes outcomes;
  private final TemplateSpace template;
  private final MemberBlock block;
  private final List<Group> groups = new ArrayList<>();
  private final int[] entries;
  private final int[] ranks;

  /**
   * Prepares a template.
   *
   * @param columns the columns over it, by their places in the ensemble's schema
   * @param capacity the most members at once
   */
  TemplateScorer(
      RankedTrees trees, TemplateSpace template, IntFunction<SpaceColumn> columns, int capacity) {
    this.trees = trees;
    this.outcomes = new Outcomes(trees);
    this.template = template;
    this.block = new MemberBlock(template.knobs().size(), capacity);
    this.entries = new int[capacity];
    this.ranks = new int[capacity];
    int[] digits = new int[template.knobs().size()];
    int[] read = trees.columns();
    Map<List<Integer>, Group> byKnobs = new LinkedHashMap<>();
    for (int place = 0; place < read.length; place++) {
      SpaceColumn column = columns.apply(read[place]);
      int[] knobs = column.knobs();
      if (knobs.length == 0) {
        outcomes.settle(place, trees.rank(place, column.value(digits)));
      } else {
        byKnobs
            .computeIfAbsent(Arrays.stream(knobs).boxed().toList(), key -> new Group(knobs))
            .add(place, column);
      }
    }
    groups.addAll(byKnobs.values());
  }

  /** Returns the template's space. */
  TemplateSpace template() {
    return template;
  }

  /** Returns how the ensemble's tests turn out for consecutive members. */
  Outcomes outcomes(long from, int count) {
    block.take(template, from, count);
    return lay();
  }

  /** Returns how the ensemble's tests turn out for members that lie anywhere. */
  Outcomes outcomes(long[] members, int count) {
    block.take(template, members, count);
    return lay();
  }

  private Outcomes lay() {
    outcomes.start(block.count());
    for (Group group : groups) {
      group.lay();
    }
    return outcomes;
  }

  /** The columns that depend on the same knobs. */
  private final class Group {
    private final int[] knobs;
    private final int[] strides;
    private final long size;
    private final List<Column> columns = new ArrayList<>();

    Group(int[] knobs) {
      this.knobs = knobs;
      this.strides = new int[knobs.length];
      long product = 1;
      for (int i = 0; i < knobs.length; i++) {
        strides[i] = (int) Math.min(product, MOST_ENTRIES);
        product = Math.min(product * template.knobs().get(knobs[i]).size(), Integer.MAX_VALUE);
      }
      this.size = product;
    }

    void add(int place, SpaceColumn column) {
      columns.add(new Column(place, column, size <= MOST_ENTRIES ? (int) size : 0));
    }

    void lay() {
      if (size <= MOST_ENTRIES) {
        block.entries(knobs, strides, entries);
        for (Column column : columns) {
          column.rankEntries();
          outcomes.lay(column.place, ranks);
        }
      } else {
        for (Column column : columns) {
          column.rankMembers();
          outcomes.lay(column.place, ranks);
        }
      }
    }
  }

  private final class Column {
    private final int place;
    private final SpaceColumn values;
    // by combination of choices: one more than the rank, zero if it is not known yet
    private final int[] known;

    Column(int place, SpaceColumn values, int size) {
      this.place = place;
      this.values = values;
      this.known = new int[size];
    }

    void rankEntries() {
      for (int row = 0; row < block.count(); row++) {
        int rank = known[entries[row]] - 1;
        ranks[row] = rank >= 0 ? rank : learn(row);
      }
    }

    private int learn(int row) {
      int rank = trees.rank(place, values.value(block.digits(row)));
      known[entries[row]] = rank + 1;
      return rank;
    }

    void rankMembers() {
      for (int row = 0; row < block.count(); row++) {
        ranks[row] = trees.rank(place, values.value(block.digits(row)));
      }
    }
  }
}
