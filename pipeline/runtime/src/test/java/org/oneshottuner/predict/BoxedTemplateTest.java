package org.oneshottuner.predict;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.space.TestSeed;

class BoxedTemplateTest {
  @RepeatedTest(60)
  void noMemberOfABoxScoresBeyondItsBounds(RepetitionInfo repetition) {
    int number = repetition.getCurrentRepetition();
    SplitMix64 random = TestSeed.random("bounds", Integer.toString(number));
    DrawnSpace drawn = new DrawnSpace(random);
    Ensemble ensemble =
        DrawnEnsembles.ensemble(random, DrawnSpace.COLUMNS, 20, 1 + number % Tree.MAX_DEPTH);
    Influence influence = new Influence(ensemble.ranked());
    for (int place = 0; place < drawn.space().templates().size(); place++) {
      int template = place;
      TemplateSpace space = drawn.space().templates().get(place);
      BoxedTemplate boxed =
          new BoxedTemplate(
              influence, drawn.space(), place, column -> drawn.column(template, column));
      List<Extent> extents = new ArrayList<>(List.of(Extent.whole(place, space.knobs())));
      for (int i = 0; i < 200; i++) {
        half(extents.get((int) random.nextLong(extents.size())), space, random, extents);
      }
      long[] members = new long[(int) space.size()];
      for (Box box : boxed.boxes(extents, ensemble.base())) {
        int count = boxed.members(box.extent(), members);
        assertThat(count).as(TestSeed.rerun()).isPositive();
        assertThat(members[0]).as(TestSeed.rerun()).isEqualTo(box.first());
        for (int i = 0; i < count; i++) {
          float score = ensemble.score(drawn.row(members[i]));
          assertThat(score).as(TestSeed.rerun()).isLessThanOrEqualTo(box.upper());
          if (box.alike()) {
            assertThat(box.upper()).as(TestSeed.rerun()).isEqualTo(score);
          }
          // of one member all is known
          assertThat(box.alike() || box.knob() >= 0).as(TestSeed.rerun()).isTrue();
        }
      }
    }
  }

  /** Adds both halves of an extent by a knob, unless that is settled. */
  private static void half(
      Extent extent, TemplateSpace space, SplitMix64 random, List<Extent> extents) {
    int[] low = new int[space.knobs().size()];
    int[] high = new int[low.length];
    extent.read(low, high);
    int knob = (int) random.nextLong(low.length);
    if (high[knob] > low[knob]) {
      extents.add(extent.earlier(knob));
      extents.add(extent.later(knob));
    }
  }
}
