package org.oneshottuner.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Numbers that never change: datasets are drawn by them. */
class SeedsTest {
  @Test
  void theGeneratorIsSplitMix64() {
    // the first numbers of the authors' own program for seed 1234567
    SplitMix64 random = new SplitMix64(1234567);
    assertThat(LongStream.generate(random::nextLong).limit(5))
        .containsExactly(
            6457827717110365317L,
            3203168211198807973L,
            -8629252141511181193L,
            4593380528125082431L,
            -2037821214251327795L);
  }

  @Test
  void numbersBelowABoundArePinned() {
    SplitMix64 random = new SplitMix64(42);
    assertThat(LongStream.generate(() -> random.nextLong(1000)).limit(6))
        .containsExactly(706L, 145L, 929L, 882L, 625L, 531L);
  }

  @Test
  void numbersFromZeroToOneArePinned() {
    SplitMix64 random = new SplitMix64(42);
    assertThat(random.nextDouble()).isEqualTo(0.7415648787718233);
    assertThat(random.nextDouble()).isEqualTo(0.1599103928769201);
  }

  @Test
  void seedsOfPurposesArePinned() {
    assertThat(Seeds.derive(1, "schedules")).isEqualTo(-2482358291909693914L);
    assertThat(Seeds.derive(1, "dense m=1 n=2 k=3", "schedules")).isEqualTo(-6783387948612950235L);
    assertThat(Seeds.derive(1, 2)).isEqualTo(-1211274664761577749L);
  }

  @Test
  void noTwoPurposesShareASeed() {
    assertThat(
            LongStream.of(
                    Seeds.derive(1, "ab", "c"),
                    Seeds.derive(1, "a", "bc"),
                    Seeds.derive(1, "abc"),
                    Seeds.derive(1, "abc", ""),
                    Seeds.derive(1, "cba"),
                    Seeds.derive(2, "abc"),
                    Seeds.derive(1),
                    Seeds.derive(1, 0),
                    Seeds.derive(1, 1))
                .boxed())
        .doesNotHaveDuplicates();
  }

  @Test
  void numbersBelowABoundAreEquallyLikely() {
    SplitMix64 random = TestSeed.random("bounded");
    int[] counts = new int[7];
    for (int i = 0; i < 70_000; i++) {
      counts[(int) random.nextLong(counts.length)]++;
    }
    // 8 standard deviations of 93
    assertThat(counts)
        .as(TestSeed.rerun())
        .satisfies(
            all -> {
              for (int count : all) assertThat(count).isBetween(9_250, 10_750);
            });
  }

  @Test
  void theLargestBoundIsKept() {
    SplitMix64 random = TestSeed.random("largest bound");
    for (int i = 0; i < 1000; i++) {
      assertThat(random.nextLong(Long.MAX_VALUE)).isBetween(0L, Long.MAX_VALUE - 1);
    }
  }

  @Test
  void aBoundBelowOneIsRefused() {
    assertThatThrownBy(() -> new SplitMix64(1).nextLong(0))
        .hasMessage("Cannot draw below 0: the least bound is 1");
  }
}
