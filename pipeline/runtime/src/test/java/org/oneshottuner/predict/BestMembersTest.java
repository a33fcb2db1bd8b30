package org.oneshottuner.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceColumn;
import org.oneshottuner.feature.SpaceColumns;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.GoldenTasks;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.space.TestSeed;

class BestMembersTest {
  private static final SearchBudget SEARCHED = new SearchBudget(0, 1 << 20);

  private static Ensemble ensemble(SplitMix64 random, int number) {
    return DrawnEnsembles.ensemble(
        random, DrawnSpace.COLUMNS, 1 + number % 30, 1 + number % Tree.MAX_DEPTH);
  }

  @RepeatedTest(80)
  void searchingFindsWhatScoringAllDoes(RepetitionInfo repetition) {
    int number = repetition.getCurrentRepetition();
    SplitMix64 random = TestSeed.random("best members", Integer.toString(number));
    DrawnSpace drawn = new DrawnSpace(random);
    Ensemble ensemble = ensemble(random, number);
    List<ScoredMember> ordered = drawn.ordered(ensemble);
    for (int count : new int[] {1, 2, 7, 100}) {
      List<ScoredMember> expected = ordered.subList(0, Math.min(count, ordered.size()));
      for (SearchBudget budget : List.of(SEARCHED, SearchBudget.DEFAULT)) {
        BestMembers.Found found = new BestMembers(drawn, ensemble, budget).find(count);
        assertThat(found.members()).as(TestSeed.rerun()).isEqualTo(expected);
        assertThat(found.proven()).isTrue();
        assertThat(found.gap()).isZero();
      }
    }
  }

  @RepeatedTest(40)
  void aSpentBudgetLeavesABoundOnWhatWasMissed(RepetitionInfo repetition) {
    int number = repetition.getCurrentRepetition();
    SplitMix64 random = TestSeed.random("spent budget", Integer.toString(number));
    DrawnSpace drawn = new DrawnSpace(random);
    Ensemble ensemble = ensemble(random, number);
    List<ScoredMember> ordered = drawn.ordered(ensemble);
    for (int boxes = 1; boxes < 100; boxes *= 3) {
      BestMembers.Found found =
          new BestMembers(drawn, ensemble, new SearchBudget(0, boxes)).find(1);
      float best = ordered.get(0).score();
      assertThat(best).as(TestSeed.rerun()).isBetween(found.best().score(), found.bound());
      assertThat((double) best - found.best().score())
          .as(TestSeed.rerun())
          .isLessThanOrEqualTo(found.gap());
      if (found.proven()) {
        assertThat(found.best()).as(TestSeed.rerun()).isEqualTo(ordered.get(0));
      }
    }
  }

  @Test
  void ofEqualScoresTheFirstMembersAreTheBest() {
    List<Integer> ten = IntStream.range(0, 10).boxed().toList();
    List<Knob> knobs =
        IntStream.range(0, 7).mapToObj(i -> (Knob) new Knob.Count("k" + i, ten)).toList();
    Constraint rule =
        new Constraint("k0+k6>3", List.of("k0", "k6"), v -> v.number("k0") + v.number("k6") > 3);
    TemplateSpace template = new TemplateSpace("plateau", knobs, List.of(rule));
    ScheduleSpace space = new ScheduleSpace(List.of(template));
    Tree stump =
        Tree.of(
            new int[] {0, Tree.LEAF, Tree.LEAF},
            new float[] {4, 1, 2},
            new boolean[] {false, false, false});
    // the column is the choice of k3: half of the members share the best score
    BestMembers best =
        new BestMembers(
            new Digits(space, 3), Ensemble.of("digits-1", 1, 0, List.of(stump)), SEARCHED);
    int[] digits = new int[7];
    long[] expected =
        LongStream.range(0, space.size())
            .filter(
                index -> {
                  template.digits(index, digits);
                  return digits[3] >= 4;
                })
            .limit(5)
            .toArray();
    BestMembers.Found found = best.find(5);
    assertThat(found.proven()).isTrue();
    assertThat(found.members())
        .containsExactly(
            LongStream.of(expected)
                .mapToObj(index -> new ScoredMember(index, 2))
                .toArray(ScoredMember[]::new));
    assertThat(found.scored()).isLessThan(20_000);
  }

  @Test
  void withoutTreesTheFirstMemberIsTheBest() {
    DrawnSpace drawn = new DrawnSpace(TestSeed.random("no trees"));
    Ensemble ensemble = Ensemble.of("drawn-1", DrawnSpace.COLUMNS, 0.5f, List.of());
    assertThat(new BestMembers(drawn, ensemble, SEARCHED).find(1).members())
        .as(TestSeed.rerun())
        .containsExactly(new ScoredMember(0, 0.5f));
  }

  @Test
  void spacesOfRealTasksAreSearchedAsTheyAreScored() {
    int width = FeatureSchema.CURRENT.size();
    GoldenTasks.all()
        .forEach(
            task -> {
              SplitMix64 random = TestSeed.random("searched task", task.key());
              ScheduleSpace space = Templates.space(task);
              SpaceFeatures features = SpaceFeatures.of(task, space);
              float[] rows = new float[50 * width];
              float[] row = new float[width];
              for (int i = 0; i < 50; i++) {
                features.fill(random.nextLong(space.size()), 1, row);
                System.arraycopy(row, 0, rows, i * width, width);
              }
              Ensemble ensemble =
                  ThresholdTrees.ensemble(FeatureSchema.CURRENT.id(), width, rows, random);
              BestMembers.Found searched = new BestMembers(features, ensemble, SEARCHED).find(3);
              assertThat(searched.proven()).as(task.key()).isTrue();
              assertThat(searched.members())
                  .as(task.key() + ", " + TestSeed.rerun())
                  .isEqualTo(
                      new BestMembers(features, ensemble, SearchBudget.DEFAULT).find(3).members());
            });
  }

  @Test
  void refusesWhatItCannotFind() {
    DrawnSpace drawn = new DrawnSpace(TestSeed.random("refused"));
    Ensemble ensemble = Ensemble.of("drawn-1", DrawnSpace.COLUMNS, 0, List.of());
    BestMembers best = new BestMembers(drawn, ensemble, SEARCHED);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> best.find(0))
        .withMessageStartingWith("Cannot find the best 0 members of space");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SearchBudget(-1, 1))
        .withMessageContaining("-1 members");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ScoredMember(0, Float.NaN))
        .withMessageContaining("NaN");
  }

  @Test
  void zerosAreEqualScores() {
    assertThat(new ScoredMember(1, 0.0f)).isLessThan(new ScoredMember(2, -0.0f));
    assertThat(new ScoredMember(1, -0.0f)).isLessThan(new ScoredMember(2, 0.0f));
    assertThat(new ScoredMember(9, 1)).isLessThan(new ScoredMember(2, 0.5f));
  }

  /** One column: the choice of a knob. */
  private record Digits(ScheduleSpace space, int knob) implements SpaceColumns, SpaceColumn {
    @Override
    public String schemaId() {
      return "digits-1";
    }

    @Override
    public SpaceColumn column(int template, int column) {
      return this;
    }

    @Override
    public int[] knobs() {
      return new int[] {knob};
    }

    @Override
    public float value(int[] digits) {
      return digits[knob];
    }
  }
}
