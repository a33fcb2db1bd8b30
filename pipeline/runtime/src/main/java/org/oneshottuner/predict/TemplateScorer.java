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
   * Columns with more combinations of choices are read run by run: the table of those that depend
   * on the same knobs takes at most 1 MiB. Combinations that constraints forbid count too.
   */
  private static final int MOST_ENTRIES = 1 << 18;

  private final RankedTrees trees;
  private final Outcomes outcomes;
  private final TemplateSpace template;
  private final MemberBlock block;
  private final List<Group> groups = new ArrayList<>();
  // by run: its combination of choices, and the rank of its members
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
    this.block = new MemberBlock(template, capacity);
    this.entries = new int[capacity];
    this.ranks = new int[capacity];
    int[] digits = new int[template.knobs().size()];
    int[] read = trees.columns();
    Map<List<Integer>, Group> byKnobs = new LinkedHashMap<>();
    for (int place = 0; place < read.length; place++) {
      SpaceColumn column = columns.apply(read[place]);
      int[] knobs =
          Arrays.stream(column.knobs())
              .filter(knob -> template.knobs().get(knob).size() > 1)
              .toArray();
      if (knobs.length == 0) {
        outcomes.settle(place, trees.rank(place, column.value(digits)));
      } else {
        byKnobs
            .computeIfAbsent(Arrays.stream(knobs).boxed().toList(), key -> new Group(knobs))
            .columns
            .add(new Column(place, column));
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
    private final List<Column> columns = new ArrayList<>();
    // by combination of choices: one more than its number, zero if it was not met yet; or empty
    private final int[] numbers;
    private int met;

    Group(int[] knobs) {
      this.knobs = knobs;
      this.strides = new int[knobs.length];
      long product = 1;
      for (int i = 0; i < knobs.length; i++) {
        strides[i] = (int) product;
        product = Math.min(product * template.knobs().get(knobs[i]).size(), Integer.MAX_VALUE);
      }
      this.numbers = new int[product <= MOST_ENTRIES ? (int) product : 0];
    }

    void lay() {
      int[] starts = block.starts(knobs[0]);
      int runs = block.runs(knobs[0]);
      if (numbers.length > 0) {
        block.entries(knobs, strides, entries);
        number(starts, runs);
      } else {
        met = 0;
        for (int run = 0; run < runs; run++) {
          entries[run] = meet(starts[run]);
        }
      }
      for (Column column : columns) {
        column.lay(starts, runs);
      }
    }

    /** Replaces combinations by their numbers. */
    private void number(int[] starts, int runs) {
      for (int run = 0; run < runs; run++) {
        int number = numbers[entries[run]];
        if (number == 0) {
          number = meet(starts[run]) + 1;
          numbers[entries[run]] = number;
        }
        entries[run] = number - 1;
      }
    }

    private int meet(int row) {
      int[] digits = block.digits(row);
      for (Column column : columns) {
        column.learn(met, digits);
      }
      return met++;
    }
  }

  private final class Column {
    private static final int UNSETTLED = -1;

    private final int place;
    private final SpaceColumn values;
    // by number of a combination
    private int[] known = new int[Long.SIZE];
    private int settled = UNSETTLED;

    Column(int place, SpaceColumn values) {
      this.place = place;
      this.values = values;
    }

    void learn(int number, int[] digits) {
      if (number == known.length) {
        known = Arrays.copyOf(known, 2 * number);
      }
      known[number] = trees.rank(place, values.value(digits));
    }

    void lay(int[] starts, int runs) {
      if (runs == 1) {
        int rank = known[entries[0]];
        if (rank != settled) {
          outcomes.settle(place, rank);
          settled = rank;
        }
      } else {
        for (int run = 0; run < runs; run++) {
          ranks[run] = known[entries[run]];
        }
        outcomes.lay(place, ranks, starts, runs);
        settled = UNSETTLED;
      }
    }
  }
}
