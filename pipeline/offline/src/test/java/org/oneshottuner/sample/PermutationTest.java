package org.oneshottuner.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.oneshottuner.space.Seeds;

class PermutationTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 9, 100, 1000, 65_536, 65_537, 100_003})
  void holdsEveryMemberOnce(int size) {
    Permutation permutation = new Permutation(size, TestSeed.value());
    BitSet seen = new BitSet();
    for (int place = 0; place < size; place++) {
      seen.set(Math.toIntExact(permutation.at(place)));
    }
    assertThat(seen.cardinality()).as(TestSeed.note()).isEqualTo(size);
    assertThat(seen.length()).isEqualTo(size);
  }

  @Test
  void holdsMembersOfHugeSpaces() {
    long size = 3_000_000_000_000_000_000L;
    Permutation permutation = new Permutation(size, TestSeed.value());
    for (int place = 0; place < 1000; place++) {
      assertThat(permutation.at(place)).isBetween(0L, size - 1);
    }
  }

  @Test
  void putsEveryMemberAmongTheFirstEquallyOften() {
    int size = 97;
    int first = 20;
    int trials = 20_000;
    int[] hits = new int[size];
    for (int trial = 0; trial < trials; trial++) {
      Permutation permutation = new Permutation(size, Seeds.derive(TestSeed.value(), trial));
      for (int place = 0; place < first; place++) {
        hits[(int) permutation.at(place)]++;
      }
    }
    double share = (double) first / size;
    double chiSquare = 0;
    for (int hit : hits) {
      double off = hit - trials * share;
      chiSquare += off * off / (trials * share * (1 - share));
    }
    // sums to a constant, so (size - 1) / size of the plain variance: mean 97, standard deviation
    // 14
    assertThat(chiSquare).as(TestSeed.note()).isBetween(40.0, 160.0);
  }

  @Test
  void refusesAnEmptySpace() {
    assertThatThrownBy(() -> new Permutation(0, 1))
        .hasMessage("Cannot order 0 members: the least is 1");
  }
}
