package org.oneshottuner.space;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class BoxesTest {
  @RepeatedTest(100)
  void aBoxHoldsTheMembersWithinItsBoundsInOrder(RepetitionInfo repetition) {
    SplitMix64 random =
        TestSeed.random("boxes", Integer.toString(repetition.getCurrentRepetition()));
    TemplateSpace space = drawn(random);
    TemplateSpace.Boxes boxes = space.boxes();
    for (int question = 0; question < 20; question++) {
      int[] low = new int[space.knobs().size()];
      int[] high = new int[low.length];
      for (int knob = 0; knob < low.length; knob++) {
        int choices = space.knobs().get(knob).size();
        low[knob] = (int) random.nextLong(choices);
        high[knob] = low[knob] + (int) random.nextLong(choices - low[knob]);
      }
      long[] expected = within(space, low, high);
      assertThat(boxes.first(low, high))
          .as(TestSeed.rerun())
          .isEqualTo(expected.length == 0 ? -1 : expected[0]);
      long[] found = new long[expected.length + 3];
      assertThat(boxes.list(low, high, found)).as(TestSeed.rerun()).isEqualTo(expected.length);
      assertThat(Arrays.copyOf(found, expected.length)).as(TestSeed.rerun()).isEqualTo(expected);
      long[] few = new long[(expected.length + 1) / 2];
      assertThat(boxes.list(low, high, few)).as(TestSeed.rerun()).isEqualTo(few.length);
      assertThat(few).as(TestSeed.rerun()).isEqualTo(Arrays.copyOf(expected, few.length));
    }
  }

  @Test
  void aHugeEmptyBoxIsSoonKnownToBeEmpty() {
    List<Integer> ten = IntStream.range(0, 10).boxed().toList();
    List<Knob> knobs =
        IntStream.range(0, 12).mapToObj(i -> (Knob) new Knob.Count("k" + i, ten)).toList();
    Constraint rule =
        new Constraint("k0<k11", List.of("k0", "k11"), v -> v.number("k0") < v.number("k11"));
    TemplateSpace.Boxes boxes = new TemplateSpace("huge", knobs, List.of(rule)).boxes();
    int[] low = new int[12];
    int[] high = new int[12];
    Arrays.fill(high, 9);
    low[0] = 5;
    high[11] = 5;
    // ten to the power of ten combinations lie between the two knobs of the rule
    assertThat(boxes.first(low, high)).isEqualTo(-1);
    high[11] = 6;
    assertThat(boxes.first(low, high)).isPositive();
  }

  private static long[] within(TemplateSpace space, int[] low, int[] high) {
    int[] digits = new int[low.length];
    return LongStream.range(0, space.size())
        .filter(
            index -> {
              space.digits(index, digits);
              return IntStream.range(0, digits.length)
                  .allMatch(knob -> digits[knob] >= low[knob] && digits[knob] <= high[knob]);
            })
        .toArray();
  }

  /** Draws up to 5 knobs of up to 5 choices, and up to 3 rules that allow about two thirds. */
  private static TemplateSpace drawn(SplitMix64 random) {
    List<Knob> knobs = new ArrayList<>();
    for (long i = random.nextLong(5); i >= 0; i--) {
      knobs.add(
          new Knob.Count(
              "k" + i, IntStream.rangeClosed(1, 1 + (int) random.nextLong(5)).boxed().toList()));
    }
    List<Constraint> rules = new ArrayList<>();
    for (long i = random.nextLong(4); i > 0; i--) {
      List<String> read =
          knobs.stream().map(Knob::name).filter(name -> random.nextLong(2) == 0).toList();
      long salt = random.nextLong();
      if (!read.isEmpty()) {
        rules.add(new Constraint("rule" + i, read, values -> holds(read, values, salt)));
      }
    }
    return new TemplateSpace("drawn", knobs, rules);
  }

  private static boolean holds(List<String> read, KnobValues values, long salt) {
    long hash = salt;
    for (String knob : read) {
      hash = SplitMix64.mix(hash + values.number(knob));
    }
    return Math.floorMod(hash, 3L) > 0;
  }
}
