package org.oneshottuner.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceColumn;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.GoldenTasks;
import org.oneshottuner.lower.SmallTasks;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.TuningTask;

class SpaceScorerTest {
  private static final int WIDTH = FeatureSchema.CURRENT.size();
  private static final int DRAWN_TASKS = 40;

  private static Stream<TuningTask> tasks() {
    SplitMix64 random = TestSeed.random("tasks of the space scorer");
    return Stream.concat(
        GoldenTasks.all(), Stream.generate(() -> SmallTasks.draw(random)).limit(DRAWN_TASKS));
  }

  @Test
  void consecutiveMembersGetTheBitsOfTheirRows() {
    tasks()
        .forEach(
            task -> {
              Scored scored = new Scored(task, "range");
              int size = (int) scored.space.size();
              scored.checkRange(0, size);
              int from = (int) scored.random.nextLong(size);
              scored.checkRange(from, from + 1 + (int) scored.random.nextLong(size - from));
              scored.checkRange(from, from);
            });
  }

  @Test
  void aRangeMayCrossTemplates() {
    tasks()
        .forEach(
            task -> {
              Scored scored = new Scored(task, "crossing");
              for (int place = 1; place < scored.space.templates().size(); place++) {
                int start = (int) scored.space.start(place);
                scored.checkRange(
                    Math.max(0, start - 3), (int) Math.min(scored.space.size(), start + 3));
              }
            });
  }

  @Test
  void membersAnywhereGetTheBitsOfTheirRows() {
    tasks()
        .forEach(
            task -> {
              Scored scored = new Scored(task, "list");
              long[] members = new long[1 + (int) scored.random.nextLong(3000)];
              Arrays.setAll(members, i -> scored.random.nextLong(scored.space.size()));
              scored.checkList(members);
              scored.checkList(Arrays.copyOf(members, 1));
            });
  }

  @Test
  void valuesOfEveryKindInOneTemplate() {
    SplitMix64 random = TestSeed.random("odd values");
    for (int trial = 0; trial < 60; trial++) {
      int depth = 1 + trial % Tree.MAX_DEPTH;
      Odd odd = new Odd(drawnKnobs(random, trial), random);
      odd.check(DrawnEnsembles.ensemble(random, odd.columns.size(), 30, depth), random);
    }
  }

  /** Draws two or more knobs, some of them without a choice; many choices fill no table. */
  private static List<Knob> drawnKnobs(SplitMix64 random, int trial) {
    int count = trial % 3 == 0 ? 4 : 2 + (int) random.nextLong(7);
    int most = trial % 3 == 0 ? 60 : count > 4 ? 4 : 9;
    List<Knob> knobs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int choices = trial % 6 == 0 ? most : 1 + (int) random.nextLong(most);
      knobs.add(new Knob.Count("k" + i, IntStream.rangeClosed(1, choices).boxed().toList()));
    }
    return knobs;
  }

  @Test
  void templatesMayHaveOneKnobOrNone() {
    SplitMix64 random = TestSeed.random("few knobs");
    for (int choices : new int[] {1, 2, 63, 64, 65, 130, 5000}) {
      List<Integer> values = IntStream.rangeClosed(1, choices).boxed().toList();
      for (List<Knob> knobs :
          List.of(List.<Knob>of(), List.<Knob>of(new Knob.Count("k0", values)))) {
        Odd odd = new Odd(knobs, random);
        odd.check(DrawnEnsembles.ensemble(random, odd.columns.size(), 10, 6), random);
      }
    }
  }

  @Test
  void anEnsembleWithoutTreesScoresItsBase() {
    TuningTask task = GoldenTasks.all().findFirst().orElseThrow();
    Ensemble ensemble = Ensemble.of(FeatureSchema.CURRENT.id(), WIDTH, 0.25f, List.of());
    float[] out = new float[3];
    new SpaceScorer(SpaceFeatures.of(task, Templates.space(task)), ensemble).score(1, 4, out);
    assertThat(out).containsOnly(0.25f);
  }

  @Test
  void refusesWhatItCannotScore() {
    TuningTask task = GoldenTasks.all().findFirst().orElseThrow();
    ScheduleSpace space = Templates.space(task);
    SpaceFeatures features = SpaceFeatures.of(task, space);
    Ensemble ensemble = Ensemble.of(FeatureSchema.CURRENT.id(), WIDTH, 0, List.of());
    SpaceScorer scorer = new SpaceScorer(features, ensemble);
    float[] out = new float[2];
    assertThatThrownBy(() -> scorer.score(-1, 1, out))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> scorer.score(space.size() - 1, space.size() + 1, out))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> scorer.score(0, 3, out)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> scorer.score(new long[] {space.size()}, 1, out))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> new SpaceScorer(features, Ensemble.of("other-1", WIDTH, 0, List.of())))
        .hasMessageContaining("trained on schema other-1");
  }

  /** A task's space, with an ensemble that is drawn to split between and on its values. */
  private static final class Scored {
    private final TuningTask task;
    private final ScheduleSpace space;
    private final SplitMix64 random;
    private final SpaceFeatures features;
    private final Ensemble ensemble;
    private final SpaceScorer scorer;

    Scored(TuningTask task, String purpose) {
      this.task = task;
      this.space = Templates.space(task);
      this.random = TestSeed.random(purpose, task.key());
      this.features = SpaceFeatures.of(task, space);
      this.ensemble = ensemble();
      // of its own, so that nothing is known from the rows
      this.scorer = new SpaceScorer(SpaceFeatures.of(task, space), ensemble);
    }

    private Ensemble ensemble() {
      int count = 50;
      float[] rows = new float[count * WIDTH];
      float[] row = new float[WIDTH];
      for (int i = 0; i < count; i++) {
        features.fill(random.nextLong(space.size()), 1, row);
        System.arraycopy(row, 0, rows, i * WIDTH, WIDTH);
      }
      return ThresholdTrees.ensemble(FeatureSchema.CURRENT.id(), WIDTH, rows, random);
    }

    void checkRange(int from, int to) {
      float[] rows = new float[(to - from) * WIDTH];
      features.fill(from, to - from, rows);
      float[] expected = new float[to - from];
      ensemble.score(rows, to - from, expected);
      float[] scores = new float[to - from];
      scorer.score(from, to, scores);
      assertThat(bits(scores)).as(note(from + " to " + to)).isEqualTo(bits(expected));
    }

    void checkList(long[] members) {
      float[] row = new float[WIDTH];
      float[] expected = new float[members.length];
      for (int i = 0; i < members.length; i++) {
        features.fill(members[i], 1, row);
        expected[i] = ensemble.score(row);
      }
      float[] scores = new float[members.length];
      scorer.score(members, members.length, scores);
      assertThat(bits(scores)).as(note(members.length + " members")).isEqualTo(bits(expected));
    }

    private String note(String what) {
      return what + " of " + task.key() + ", " + TestSeed.rerun();
    }
  }

  /** A template with columns of all sorts of values, some missing for some members. */
  private static final class Odd {
    private final TemplateSpace template;
    private final List<SpaceColumn> columns = new ArrayList<>();

    /** Draws columns over the combinations of some knobs. */
    Odd(List<Knob> knobs, SplitMix64 random) {
      int count = knobs.size();
      List<Constraint> rules = new ArrayList<>();
      if (count > 1) {
        String last = knobs.get(count - 1).name();
        rules.add(
            new Constraint(
                "rising", List.of("k0", last), v -> v.number("k0") <= v.number(last) + 1));
      }
      this.template = new TemplateSpace("odd", knobs, rules);
      for (int column = 0; column < 12; column++) {
        long mask = column == 0 ? -1 : random.nextLong(1L << count);
        int[] read = IntStream.range(0, count).filter(k -> (mask >> k & 1) != 0).toArray();
        float[] values = DrawnEnsembles.rows(random, 1, 1 + (int) random.nextLong(40));
        columns.add(new Hashed(read, values));
      }
    }

    void check(Ensemble ensemble, SplitMix64 random) {
      RankedTrees trees = new RankedTrees(columns.size(), ensemble.trees());
      int most =
          (int)
              Math.min(template.size(), 1 + random.nextLong(random.nextLong(5) == 0 ? 5000 : 400));
      TemplateScorer scorer = new TemplateScorer(trees, template, columns::get, most);
      PlaneScorer planes = new PlaneScorer(trees, most);
      for (int block = 0; block < 3; block++) {
        int count = 1 + (int) random.nextLong(most);
        long from = random.nextLong(template.size() - count + 1);
        float[] scores = planes.score(scorer.outcomes(from, count), count, ensemble.base());
        float[] expected = new float[count];
        int[] digits = new int[template.knobs().size()];
        for (int i = 0; i < count; i++) {
          template.digits(from + i, digits);
          float[] row = new float[columns.size()];
          for (int column = 0; column < row.length; column++) {
            row[column] = columns.get(column).value(digits);
          }
          expected[i] = ensemble.score(row);
        }
        assertThat(bits(Arrays.copyOf(scores, count)))
            .as(count + " from " + from + ", " + TestSeed.rerun())
            .isEqualTo(bits(expected));
      }
    }
  }

  /** A column that takes one of some values for each combination of choices. */
  private static final class Hashed implements SpaceColumn {
    private final int[] knobs;
    private final float[] values;

    Hashed(int[] knobs, float[] values) {
      this.knobs = knobs;
      this.values = values;
    }

    @Override
    public int[] knobs() {
      return knobs.clone();
    }

    @Override
    public float value(int[] digits) {
      long hash = 0;
      for (int knob : knobs) {
        hash = SplitMix64.mix(hash + digits[knob]);
      }
      return values[(int) Long.remainderUnsigned(hash, values.length)];
    }
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
    return bits;
  }
}
