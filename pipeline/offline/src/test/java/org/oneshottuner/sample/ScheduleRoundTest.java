package org.oneshottuner.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.oneshottuner.sample.ScheduleDraw.Part;
import org.oneshottuner.sample.ScheduleRound.Guide;
import org.oneshottuner.space.SplitMix64;

class ScheduleRoundTest {
  private static final long[] NONE = {};
  private static final String TASK = "dense m=1 n=2 k=3";

  /** Scores that look like a model's: a function of the member alone. */
  private static final class Hashed implements RangeScorer {
    @Override
    public void score(long from, long to, float[] out) {
      for (long member = from; member < to; member++) {
        out[(int) (member - from)] = of(member);
      }
    }

    static float of(long member) {
      double sum = 0;
      for (int i = 0; i < 4; i++) {
        sum += (SplitMix64.mix(member * 4 + i + 77) >>> 11) * 0x1.0p-53;
      }
      return (float) (sum * sum);
    }
  }

  private static void shuffle(List<?> list, SplitMix64 random) {
    for (int place = list.size() - 1; place > 0; place--) {
      Collections.swap(list, place, (int) random.nextLong(place + 1L));
    }
  }

  private static List<ScheduleDraw> drawAll(ScheduleRound round, Guide guide) {
    return round.draws(merged(round, guide));
  }

  private static RangeSample merged(ScheduleRound round, Guide guide) {
    RangeSample all = round.sample(0, guide);
    for (int range = 1; range < round.ranges(); range++) {
      all = all.merge(round.sample(range, guide));
    }
    return all;
  }

  private static List<ScheduleDraw> drawAll(ScheduleRound round) {
    RangeSample all = round.sample(0);
    for (int range = 1; range < round.ranges(); range++) {
      all = all.merge(round.sample(range));
    }
    return round.draws(all);
  }

  private static RoundKey key(long trial) {
    return new RoundKey(TestSeed.value() + trial, TASK, 0);
  }

  static Stream<ScheduleSampler> samplers() {
    return Stream.of(
        ScheduleSampler.uniform(5),
        ScheduleSampler.exploration(5),
        ScheduleSampler.importance(5),
        ScheduleSampler.importance(5).withTemperature(2).withRandomShare(0.5),
        ScheduleSampler.importance(5).withPool(25));
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void inclusionProbabilitiesAreTrueForEveryMember(ScheduleSampler sampler) {
    int size = 40;
    int trials = 10_000;
    double[] weights = new double[size];
    double[] squares = new double[size];
    for (int trial = 0; trial < trials; trial++) {
      ScheduleRound round = new ScheduleRound(sampler, key(trial), size, NONE);
      for (ScheduleDraw draw : drawAll(round, new Guide(new Hashed(), 1.0))) {
        double weight = 1 / draw.inclusionProbability();
        weights[(int) draw.member()] += weight;
        squares[(int) draw.member()] += weight * weight;
      }
    }
    // Horvitz-Thompson: the expected weight of each member is one
    double chiSquare = 0;
    for (int member = 0; member < size; member++) {
      double mean = weights[member] / trials;
      double variance = squares[member] / trials - mean * mean;
      chiSquare += (mean - 1) * (mean - 1) / (variance / trials);
    }
    // 40 degrees of freedom: mean 40, standard deviation 9
    assertThat(chiSquare).as(TestSeed.note()).isBetween(10.0, 90.0);
  }

  @Test
  void firstTwoDrawsFollowTheProposalWithoutReplacement() {
    int size = 4;
    int trials = 50_000;
    ScheduleSampler sampler = ScheduleSampler.importance(2).withRandomShare(0.5);
    double[] proposal = new double[size];
    Map<List<Long>, Integer> pairs = new HashMap<>();
    for (int trial = 0; trial < trials; trial++) {
      ScheduleRound round = new ScheduleRound(sampler, key(trial), size, NONE);
      List<ScheduleDraw> draws = drawAll(round, new Guide(new Hashed(), 0.7));
      draws.forEach(draw -> proposal[(int) draw.member()] = draw.proposalProbability());
      pairs.merge(List.of(draws.get(0).member(), draws.get(1).member()), 1, Integer::sum);
    }
    assertThat(Arrays.stream(proposal).sum()).isCloseTo(1, within(1e-12));
    double chiSquare = 0;
    for (int first = 0; first < size; first++) {
      for (int second = 0; second < size; second++) {
        if (first != second) {
          // a proposal is half 1 / size and half that of the guided draw
          double guided = 2 * proposal[second] - 1.0 / size;
          double others = 2 - 2 * proposal[first] - (size - 1.0) / size;
          double expected = trials * guided / others / size;
          double off = pairs.getOrDefault(List.of((long) first, (long) second), 0) - expected;
          chiSquare += off * off / expected;
        }
      }
    }
    // 11 degrees of freedom: 35 is passed once in 4,000 seeds
    assertThat(chiSquare).as(TestSeed.note()).isLessThan(35);
  }

  @Test
  void uniformIncludesAllEquallyOften() {
    int size = 200;
    int trials = 10_000;
    int[] hits = new int[size];
    for (int trial = 0; trial < trials; trial++) {
      ScheduleRound round = new ScheduleRound(ScheduleSampler.uniform(20), key(trial), size, NONE);
      for (ScheduleDraw draw : drawAll(round)) {
        hits[(int) draw.member()]++;
        assertThat(draw.part()).isEqualTo(Part.RANDOM);
        assertThat(draw.proposalProbability()).isCloseTo(1.0 / size, within(1e-12));
        assertThat(draw.inclusionProbability()).isCloseTo(0.1, within(1e-12));
      }
    }
    double chiSquare = 0;
    for (int hit : hits) {
      double off = hit - trials * 0.1;
      chiSquare += off * off / (trials * 0.1 * 0.9);
    }
    assertThat(chiSquare).as(TestSeed.note()).isBetween(130.0, 280.0);
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void proposalAddsUpToOneAndDrawingAllIsCertain(ScheduleSampler sampler) {
    int size = 1000;
    ScheduleSampler all =
        new ScheduleSampler(
            sampler.name(), size, sampler.randomShare(), sampler.temperature(), size);
    ScheduleRound round = new ScheduleRound(all, key(0), size, NONE);
    List<ScheduleDraw> draws = drawAll(round, round.guide(new Hashed()));
    assertThat(draws).hasSize(size);
    assertThat(draws.stream().mapToDouble(ScheduleDraw::proposalProbability).sum())
        .isCloseTo(1, within(1e-9));
    assertThat(draws).allSatisfy(draw -> assertThat(draw.inclusionProbability()).isEqualTo(1));
    assertThat(draws.stream().map(ScheduleDraw::member).distinct()).hasSize(size);
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void sumsWeightedByInclusionAreUnbiased(ScheduleSampler sampler) {
    int size = 100_000;
    double truth = 0;
    for (int member = 0; member < size; member++) {
      truth += Hashed.of(member);
    }
    ScheduleSampler larger =
        new ScheduleSampler(
            sampler.name(),
            500,
            Math.max(0.3, sampler.randomShare()),
            Math.max(1, sampler.temperature()),
            sampler.pool() < size ? 80_000 : size);
    int trials = 60;
    double sum = 0;
    double squares = 0;
    for (int trial = 0; trial < trials; trial++) {
      ScheduleRound round = new ScheduleRound(larger, key(trial), size, NONE);
      double estimate = 0;
      for (ScheduleDraw draw : drawAll(round, round.guide(new Hashed()))) {
        estimate += Hashed.of(draw.member()) / draw.inclusionProbability();
      }
      sum += estimate / truth;
      squares += estimate / truth * estimate / truth;
    }
    double mean = sum / trials;
    double error = Math.sqrt((squares / trials - mean * mean) / trials);
    assertThat(mean).as(TestSeed.note()).isCloseTo(1, within(4 * error)).isCloseTo(1, within(0.03));
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void everyWayOfMergingGivesTheSameBytes(ScheduleSampler small) {
    int size = 500_000;
    ScheduleSampler sampler =
        new ScheduleSampler(
            small.name(), 300, small.randomShare(), small.temperature(), size - small.draws());
    ScheduleRound round = new ScheduleRound(sampler, key(0), size, new long[] {3, 99, 70_000, 3});
    Guide guide = round.guide(new Hashed());
    byte[] inOrder = merged(round, guide).bytes();
    List<ScheduleDraw> draws = round.draws(RangeSample.read(inOrder));
    SplitMix64 random = new SplitMix64(TestSeed.value());
    for (int partitions : new int[] {1, 2, 7}) {
      List<Integer> ranges = new ArrayList<>();
      for (int range = 0; range < round.ranges(); range++) {
        ranges.add(range);
      }
      shuffle(ranges, random);
      List<RangeSample> parts = new ArrayList<>();
      for (int part = 0; part < partitions; part++) {
        List<Integer> mine =
            ranges.subList(
                part * ranges.size() / partitions, (part + 1) * ranges.size() / partitions);
        mine.stream()
            .map(range -> RangeSample.read(round.sample(range, guide).bytes()))
            .reduce(RangeSample::merge)
            .ifPresent(parts::add);
      }
      shuffle(parts, random);
      RangeSample all = parts.stream().reduce((left, right) -> right.merge(left)).orElseThrow();
      assertThat(all.bytes()).as(TestSeed.note()).isEqualTo(inOrder);
      assertThat(round.draws(all)).isEqualTo(draws);
    }
    assertThat(draws).hasSize(300);
    assertThat(draws.stream().map(ScheduleDraw::member)).doesNotContain(3L, 99L, 70_000L);
  }

  @Test
  void aDrawIsThatOfSortingAllKeys() {
    int size = 200_000;
    ScheduleSampler sampler = ScheduleSampler.importance(50);
    ScheduleRound round = new ScheduleRound(sampler, key(0), size, NONE);
    Guide guide = new Guide(new Hashed(), 0.25);
    List<Long> random = new ArrayList<>();
    List<Long> guided = new ArrayList<>();
    for (long member = 0; member < size; member++) {
      random.add(member);
      guided.add(member);
    }
    long randomStream = key(0).stream("random");
    random.sort(Comparator.comparing(member -> Noise.rank(randomStream, member)));
    List<Long> expected = new ArrayList<>(random.subList(0, 5));
    long guidedStream = key(0).stream("guided");
    guided.removeAll(expected);
    guided.sort(
        Comparator.comparing(
            member ->
                -(Hashed.of(member) / 0.25 + Noise.gumbel(Noise.rank(guidedStream, member)))));
    expected.addAll(guided.subList(0, 45));
    assertThat(drawAll(round, guide).stream().map(ScheduleDraw::member))
        .containsExactlyElementsOf(expected);
  }

  @Test
  void drawsAreThoseChecked() throws IOException {
    StringBuilder drawn = new StringBuilder();
    for (ScheduleSampler sampler :
        List.of(
            ScheduleSampler.uniform(12),
            ScheduleSampler.exploration(24),
            ScheduleSampler.importance(24),
            ScheduleSampler.importance(24).withPool(70_000))) {
      RoundKey checked = new RoundKey(7, "dense m=4 n=5 k=6", 2);
      ScheduleRound round = new ScheduleRound(sampler, checked, 100_000, new long[] {5, 6});
      for (ScheduleDraw draw : drawAll(round, round.guide(new Hashed()))) {
        drawn
            .append(sampler.name())
            .append(sampler.pool() < 100_000 ? " thinned " : " ")
            .append(draw.member())
            .append(' ')
            .append(draw.part())
            .append(' ')
            .append(Double.toHexString(draw.proposalProbability()))
            .append(' ')
            .append(Double.toHexString(draw.inclusionProbability()))
            .append('\n');
      }
    }
    Golden.check("schedules-v1.txt", drawn.toString());
  }

  @Test
  void roundsTasksAndSeedsDrawDifferently() {
    ScheduleSampler sampler = ScheduleSampler.uniform(30);
    List<ScheduleDraw> draws =
        drawAll(new ScheduleRound(sampler, new RoundKey(1, TASK, 0), 100_000, NONE));
    assertThat(drawAll(new ScheduleRound(sampler, new RoundKey(1, TASK, 0), 100_000, NONE)))
        .isEqualTo(draws);
    for (RoundKey other :
        List.of(
            new RoundKey(2, TASK, 0), new RoundKey(1, TASK, 1), new RoundKey(1, TASK + "1", 0))) {
      assertThat(drawAll(new ScheduleRound(sampler, other, 100_000, NONE)))
          .doesNotContainAnyElementsOf(draws);
    }
  }

  @Test
  void explorationNearlyTakesTheBestPredicted() {
    int size = 100_000;
    ScheduleRound round = new ScheduleRound(ScheduleSampler.exploration(64), key(0), size, NONE);
    List<ScheduleDraw> draws = drawAll(round, round.guide(new Hashed()));
    List<Float> scores = new ArrayList<>();
    for (int member = 0; member < size; member++) {
      scores.add(Hashed.of(member));
    }
    scores.sort(Collections.reverseOrder());
    float hundredth = scores.get(size / 100);
    assertThat(draws.stream().filter(draw -> Hashed.of(draw.member()) >= hundredth))
        .hasSizeGreaterThan(58);
    assertThat(draws.stream().filter(draw -> draw.part() == Part.RANDOM)).hasSize(3);
  }

  @Test
  void extremeScoresNeitherOverflowNorLoseTheRandomShare() {
    int size = 70_000;
    RangeScorer extreme =
        (from, to, out) -> {
          for (long member = from; member < to; member++) {
            out[(int) (member - from)] = member == 123 ? 3e3f : member % 2 == 0 ? -3e3f : 0;
          }
        };
    ScheduleRound round = new ScheduleRound(ScheduleSampler.importance(100), key(0), size, NONE);
    List<ScheduleDraw> draws = drawAll(round, new Guide(extreme, 1e-3));
    assertThat(draws).hasSize(100);
    assertThat(draws.get(10).member()).isEqualTo(123);
    assertThat(draws.get(10).proposalProbability()).isCloseTo(0.9, within(1e-4));
    assertThat(draws)
        .allSatisfy(draw -> assertThat(draw.inclusionProbability()).isBetween(1e-5, 1.0));
  }

  @Test
  void theLastMembersAreDrawnWithProbabilitiesOfAtMostOne() {
    for (int score = 1; score < 500; score++) {
      float high = score;
      RangeScorer constant = (from, to, out) -> Arrays.fill(out, high);
      ScheduleRound round = new ScheduleRound(ScheduleSampler.importance(8), key(score), 1, NONE);
      // in units of thousandths, as scores of a flat space are, their exponentials are rounded
      assertThat(drawAll(round, new Guide(constant, 1e-3)))
          .singleElement()
          .satisfies(draw -> assertThat(draw.proposalProbability()).isBetween(0.99, 1.0))
          .satisfies(draw -> assertThat(draw.inclusionProbability()).isEqualTo(1));
    }
  }

  @Test
  void equalScoresAreAsGoodAsNone() {
    ScheduleSampler sampler = ScheduleSampler.importance(10);
    ScheduleRound round = new ScheduleRound(sampler, key(0), 5000, NONE);
    Guide guide = round.guide((from, to, out) -> Arrays.fill(out, 4.5f));
    assertThat(guide.unit()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(drawAll(round, guide))
        .allSatisfy(
            draw -> assertThat(draw.proposalProbability()).isCloseTo(1 / 5000.0, within(1e-12)));
  }

  @Test
  void aThinnedSpaceStatesTheProbabilityOfThinning() {
    long size = 4_000_000_000_000L;
    ScheduleSampler sampler = ScheduleSampler.uniform(40).withPool(100_000);
    ScheduleRound round = new ScheduleRound(sampler, key(0), size, NONE);
    assertThat(round.ranges()).isEqualTo(2);
    List<ScheduleDraw> draws = drawAll(round);
    assertThat(draws).hasSize(40);
    double estimate =
        draws.stream().mapToDouble(draw -> 1 / draw.inclusionProbability()).sum() / size;
    assertThat(estimate).isCloseTo(1, within(1e-9));
    assertThat(draws.stream().map(ScheduleDraw::member).distinct()).hasSize(40);
    assertThat(draws.stream().filter(draw -> draw.member() > size / 2)).hasSizeBetween(8, 32);
  }

  @Test
  void fewerMembersThanDrawsAreAllDrawn() {
    ScheduleRound round =
        new ScheduleRound(ScheduleSampler.uniform(10), key(0), 6, new long[] {5, 0});
    assertThat(drawAll(round).stream().map(ScheduleDraw::member))
        .containsExactlyInAnyOrder(1L, 2L, 3L, 4L);
    ScheduleRound empty =
        new ScheduleRound(ScheduleSampler.uniform(10), key(0), 2, new long[] {1, 0});
    assertThat(drawAll(empty)).isEmpty();
    assertThat(
            drawAll(
                new ScheduleRound(ScheduleSampler.importance(10), key(0), 2, new long[] {1, 0}),
                new Guide(new Hashed(), 1)))
        .isEmpty();
  }

  @Test
  void sweepsMillionsOfMembersASecond() {
    long size = 20L * ScheduleRound.RANGE_MEMBERS;
    ScheduleRound round =
        new ScheduleRound(ScheduleSampler.uniform(200).withPool(size), key(0), size, NONE);
    long leastNanos = Long.MAX_VALUE;
    for (int repeat = 0; repeat < 5; repeat++) {
      long start = System.nanoTime();
      assertThat(drawAll(round)).hasSize(200);
      leastNanos = Math.min(leastNanos, System.nanoTime() - start);
    }
    // over 100 million on a free core
    assertThat(size * 1e9 / leastNanos).isGreaterThan(5e6);
  }

  @Test
  void refusesWhatItCannotDo() {
    ScheduleRound round = new ScheduleRound(ScheduleSampler.uniform(3), key(0), 200_000, NONE);
    assertThatThrownBy(() -> round.draws(round.sample(0)))
        .hasMessage("Cannot draw from 1 of 4 ranges of " + TASK);
    RangeSample first = round.sample(0);
    assertThatThrownBy(() -> first.merge(round.sample(0)))
        .hasMessage("Cannot merge samples: both hold range 0");
    assertThatThrownBy(() -> round.sample(4))
        .hasMessage("Cannot sample range 4 of " + TASK + ": it has 4");
    assertThatThrownBy(
            () -> new ScheduleRound(ScheduleSampler.uniform(3), key(0), 10, new long[] {10}))
        .hasMessageContaining("Cannot leave out members 10 to 10");
    assertThatThrownBy(() -> new ScheduleRound(ScheduleSampler.uniform(3), key(0), 0, NONE))
        .hasMessageContaining("Cannot sample 0 of 0 members");
    ScheduleRound guided = new ScheduleRound(ScheduleSampler.importance(3), key(0), 10, NONE);
    assertThatThrownBy(
            () -> guided.sample(0, new Guide((from, to, out) -> Arrays.fill(out, Float.NaN), 1)))
        .hasMessage("Cannot sample by score: member 0 has NaN");
    assertThatThrownBy(() -> ScheduleSampler.uniform(0))
        .hasMessageContaining("draws is 0, least is 1");
    assertThatThrownBy(() -> ScheduleSampler.importance(3).withRandomShare(0))
        .hasMessageContaining("randomShare is 0.0");
    assertThatThrownBy(() -> ScheduleSampler.importance(3).withTemperature(0))
        .hasMessageContaining("temperature is 0.0");
    assertThatThrownBy(() -> ScheduleSampler.importance(30).withPool(3))
        .hasMessageContaining("pool is 3");
    assertThatThrownBy(() -> new RoundKey(1, TASK, -1)).hasMessageContaining("round -1");
    byte[] bytes = first.bytes();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> RangeSample.read(cut))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Cannot read a range sample");
    }
    assertThatThrownBy(() -> RangeSample.read(Arrays.copyOf(bytes, bytes.length + 1)))
        .hasMessageContaining("1 bytes are left over");
  }

  @Test
  void aSmallSpaceIsScoredOnceAndALargeOneAsItIsDrawn() {
    for (long size : List.of(1L, 700L, 5000L, (long) ScheduleRound.RANGE_MEMBERS, 70_000L)) {
      long[] scored = {0};
      RangeScorer counting =
          (from, to, out) -> {
            scored[0] += to - from;
            new Hashed().score(from, to, out);
          };
      ScheduleRound round =
          new ScheduleRound(ScheduleSampler.importance(5), key(size), size, new long[] {0});
      Guide guide = round.guide(counting);
      if (size > 1) {
        assertThat(drawAll(round, guide))
            .isEqualTo(drawAll(round, new Guide(new Hashed(), guide.unit())));
      }
      assertThat(scored[0])
          .isBetween(size, size > ScheduleRound.RANGE_MEMBERS ? size + 1024 : size);
    }
  }
}
