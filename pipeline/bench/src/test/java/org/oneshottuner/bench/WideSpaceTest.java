package org.oneshottuner.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.oneshottuner.predict.BestMembers;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.SearchBudget;
import org.oneshottuner.predict.SpaceScorer;
import org.oneshottuner.space.SplitMix64;

class WideSpaceTest {
  @Test
  void itIsAsLargeAndItsColumnsAsNarrowAsItSays() {
    WideSpace space = new WideSpace(128, 3072, 768);
    assertThat(space.space().size()).isEqualTo(50_803_200);
    for (int column = 0; column < WideSpace.WIDTH; column++) {
      int[] knobs = space.column(0, column).knobs();
      assertThat(knobs.length).isLessThanOrEqualTo(4);
      assertThat(knobs).isEqualTo(Arrays.stream(knobs).sorted().distinct().toArray());
    }
  }

  @Test
  void noMemberOfASampleScoresMoreThanTheBest() {
    WideSpace space = new WideSpace(512, 512, 512);
    Ensemble ensemble = WideTrees.ensemble(30, 6, 0.06);
    BestMembers.Found found = new BestMembers(space, ensemble, SearchBudget.DEFAULT).find(3);
    assertThat(found.proven()).isTrue();
    float[] row = new float[WideSpace.WIDTH];
    float rate = space.fill(found.best().index(), row);
    assertThat(rate).isNegative();
    assertThat(ensemble.score(row)).isEqualTo(found.best().score());
    SplitMix64 random = new SplitMix64(3);
    long[] members = new long[20_000];
    Arrays.setAll(members, i -> random.nextLong(space.space().size()));
    float[] scores = new float[members.length];
    new SpaceScorer(space, ensemble).score(members, members.length, scores);
    for (int i = 0; i < members.length; i++) {
      long member = members[i];
      if (found.members().stream().noneMatch(best -> best.index() == member)) {
        assertThat(scores[i]).isLessThanOrEqualTo(found.bound());
      }
    }
  }
}
