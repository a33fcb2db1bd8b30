package org.oneshottuner.predict;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.oneshottuner.feature.SpaceColumn;
import org.oneshottuner.feature.SpaceColumns;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;

/**
 * A space of two templates with constraints, and columns that rise and fall with a few knobs at
 * random, some of their values missing or infinite.
 */
final class DrawnSpace implements SpaceColumns {
  static final int COLUMNS = 10;

  private final ScheduleSpace space;
  private final List<List<SpaceColumn>> columns = new ArrayList<>();

  DrawnSpace(SplitMix64 random) {
    List<TemplateSpace> templates = new ArrayList<>();
    for (String name : List.of("first", "second")) {
      List<Knob> knobs = new ArrayList<>();
      int count = 2 + (int) random.nextLong(4);
      for (int knob = 0; knob < count; knob++) {
        knobs.add(
            new Knob.Count(
                "k" + knob,
                IntStream.rangeClosed(1, 1 + (int) random.nextLong(6)).boxed().toList()));
      }
      Constraint rule =
          new Constraint(
              "k0+k1 is not 3",
              List.of("k0", "k1"),
              values -> values.number("k0") + values.number("k1") != 3);
      templates.add(new TemplateSpace(name, knobs, List.of(rule)));
      columns.add(
          IntStream.range(0, COLUMNS)
              .mapToObj(column -> (SpaceColumn) drawn(random, count))
              .toList());
    }
    this.space = new ScheduleSpace(templates);
  }

  private static HashedColumn drawn(SplitMix64 random, int knobs) {
    int[] read = IntStream.range(0, knobs).filter(knob -> random.nextLong(3) == 0).toArray();
    return new HashedColumn(
        read, DrawnEnsembles.rows(random, 1, 1 + (int) random.nextLong(12)), random.nextLong());
  }

  @Override
  public String schemaId() {
    return "drawn-1";
  }

  @Override
  public ScheduleSpace space() {
    return space;
  }

  @Override
  public SpaceColumn column(int template, int column) {
    return columns.get(template).get(column);
  }

  /** Returns the row of a member. */
  float[] row(long index) {
    int place = space.templateOf(index);
    int[] digits = new int[space.templates().get(place).knobs().size()];
    space.templates().get(place).digits(index - space.start(place), digits);
    float[] row = new float[COLUMNS];
    for (int column = 0; column < COLUMNS; column++) {
      row[column] = column(place, column).value(digits);
    }
    return row;
  }

  /** Returns all members with the scores of their rows, best first. */
  List<ScoredMember> ordered(Ensemble ensemble) {
    return LongStream.range(0, space.size())
        .mapToObj(index -> new ScoredMember(index, ensemble.score(row(index))))
        .sorted()
        .toList();
  }

  /** A column that takes one of some values for each combination of choices. */
  private static final class HashedColumn implements SpaceColumn {
    private final int[] knobs;
    private final float[] values;
    private final long salt;

    HashedColumn(int[] knobs, float[] values, long salt) {
      this.knobs = knobs;
      this.values = values;
      this.salt = salt;
    }

    @Override
    public int[] knobs() {
      return knobs.clone();
    }

    @Override
    public float value(int[] digits) {
      long hash = salt;
      for (int knob : knobs) {
        hash = SplitMix64.mix(hash + digits[knob]);
      }
      return values[(int) Long.remainderUnsigned(hash, values.length)];
    }
  }
}
