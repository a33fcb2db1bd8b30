package org.oneshottuner.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.oneshottuner.space.SplitMix64;

class TriedMembersTest {
  private static final int SIZE = 300;

  @Test
  void ordersWhatIsLeft() {
    SplitMix64 random = new SplitMix64(TestSeed.value());
    TriedMembers tried = new TriedMembers();
    TreeSet<Long> expected = new TreeSet<>();
    while (expected.size() < SIZE) {
      long from = random.nextLong(SIZE);
      long to = from + random.nextLong(SIZE + 1 - from);
      long[] left =
          LongStream.range(from, to).filter(member -> !expected.contains(member)).toArray();
      assertThat(tried.untried(from, to)).as(TestSeed.note()).isEqualTo(left.length);
      for (int rank = 0; rank < left.length; rank++) {
        assertThat(tried.untriedAt(from, rank)).as(TestSeed.note()).isEqualTo(left[rank]);
      }
      long member = random.nextLong(SIZE);
      assertThat(tried.contains(member)).isEqualTo(expected.contains(member));
      assertThat(tried.add(member)).isEqualTo(expected.add(member));
      assertThat(tried.size()).isEqualTo(expected.size());
    }
  }
}
