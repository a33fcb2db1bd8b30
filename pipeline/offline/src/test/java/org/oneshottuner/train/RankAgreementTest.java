package org.oneshottuner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.oneshottuner.train.RankedTaskTest.EXACTLY;

import org.junit.jupiter.api.Test;
import org.oneshottuner.space.SplitMix64;

class RankAgreementTest {

  @Test
  void tiesAreCountedAsKendallDid() {
    // of six pairs, left ties 1, right ties 1, another; four stay, three of them concordant
    double[] left = {1, 2, 2, 3};
    double[] right = {1, 3, 2, 2};
    RankAgreement agreement = RankAgreement.of(left, right);
    // pairs: (1,2)c (1,3)c (1,4)c (2,3)left tie (2,4)d (3,4)right tie
    assertThat(agreement.kendallTau().orElseThrow()).isEqualTo(2 / 5.0, EXACTLY);
    assertThat(agreement.pairAccuracy().orElseThrow()).isEqualTo(0.75, EXACTLY);
    // ranks 0, 1.5, 1.5, 3 against 0, 3, 1.5, 1.5
    assertThat(agreement.spearman().orElseThrow()).isEqualTo(2.25 / 4.5, EXACTLY);
  }

  @Test
  void isUndefinedWhereOneSideTiesAll() {
    RankAgreement agreement = RankAgreement.of(new double[] {1, 1, 1}, new double[] {1, 2, 3});
    assertThat(agreement.kendallTau()).isEmpty();
    assertThat(agreement.spearman()).isEmpty();
    assertThat(agreement.pairAccuracy()).isEmpty();
    assertThat(RankAgreement.of(new double[] {1}, new double[] {1}).kendallTau()).isEmpty();
    assertThat(RankAgreement.of(new double[0], new double[0]).kendallTau()).isEmpty();
  }

  @Test
  void agreesWithCountingEveryPair() {
    SplitMix64 draw = new SplitMix64(7);
    for (int trial = 0; trial < 200; trial++) {
      int count = 2 + (int) draw.nextLong(40);
      double[] left = new double[count];
      double[] right = new double[count];
      for (int i = 0; i < count; i++) {
        left[i] = draw.nextLong(12);
        right[i] = draw.nextLong(12);
      }
      long concordant = 0;
      long discordant = 0;
      long leftUntied = 0;
      long rightUntied = 0;
      for (int i = 0; i < count; i++) {
        for (int j = 0; j < i; j++) {
          double sign = Math.signum(left[i] - left[j]) * Math.signum(right[i] - right[j]);
          concordant += sign > 0 ? 1 : 0;
          discordant += sign < 0 ? 1 : 0;
          leftUntied += left[i] != left[j] ? 1 : 0;
          rightUntied += right[i] != right[j] ? 1 : 0;
        }
      }
      RankAgreement agreement = RankAgreement.of(left, right);
      double scale = Math.sqrt((double) leftUntied * rightUntied);
      assertThat(agreement.kendallTau().isPresent()).isEqualTo(scale > 0);
      if (scale > 0) {
        assertThat(agreement.kendallTau().orElseThrow())
            .isEqualTo((concordant - discordant) / scale, EXACTLY);
      }
      if (concordant + discordant > 0) {
        assertThat(agreement.pairAccuracy().orElseThrow())
            .isEqualTo((double) concordant / (concordant + discordant), EXACTLY);
      }
    }
  }
}
