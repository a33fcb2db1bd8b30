package org.oneshottuner.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class TemplateSpaceTest {
  private static final int DRAWN_SPACES = 200;
  private static final Knob A = new Knob.Count("a", List.of(1, 2, 3));
  private static final Knob B = new Knob.Count("b", List.of(1, 2, 3));

  @RepeatedTest(DRAWN_SPACES)
  void aSpaceHoldsWhatTheConstraintsAllowInOrder(RepetitionInfo repetition) {
    TemplateSpace space = drawn(repetition.getCurrentRepetition());
    List<int[]> members = enumerated(space);
    assertThat(space.size()).as(TestSeed.rerun()).isEqualTo(members.size());
    for (int i = 0; i < members.size(); i++) {
      int[] digits = new int[space.knobs().size()];
      space.digits(i, digits);
      assertThat(digits).as(TestSeed.rerun()).isEqualTo(members.get(i));
      assertThat(space.indexOf(digits)).as(TestSeed.rerun()).isEqualTo(i);
    }
  }

  @RepeatedTest(DRAWN_SPACES)
  void aCursorVisitsEveryMemberAndSaysWhatChanged(RepetitionInfo repetition) {
    TemplateSpace space = drawn(repetition.getCurrentRepetition());
    List<int[]> members = enumerated(space);
    for (int start = 0; start < members.size(); start += 1 + members.size() / 3) {
      TemplateSpace.Cursor cursor = space.cursor(start);
      for (int i = start; i < members.size(); i++) {
        assertThat(cursor.digits()).as(TestSeed.rerun()).isEqualTo(members.get(i));
        int[] before = cursor.digits().clone();
        int changed = cursor.next();
        assertThat(changed > 0).as(TestSeed.rerun()).isEqualTo(i + 1 < members.size());
        assertThat(Arrays.copyOfRange(cursor.digits(), changed, before.length))
            .as(TestSeed.rerun())
            .isEqualTo(Arrays.copyOfRange(before, changed, before.length));
      }
    }
  }

  @RepeatedTest(DRAWN_SPACES)
  void whatAConstraintForbidsHasNoNumber(RepetitionInfo repetition) {
    TemplateSpace space = drawn(repetition.getCurrentRepetition());
    for (int[] digits : combinations(space.knobs())) {
      assertThat(space.indexOf(digits) >= 0).as(TestSeed.rerun()).isEqualTo(allows(space, digits));
    }
  }

  @RepeatedTest(DRAWN_SPACES)
  void theNearestMemberToAMemberIsItself(RepetitionInfo repetition) {
    TemplateSpace space = drawn(repetition.getCurrentRepetition());
    for (int[] digits : enumerated(space)) {
      assertThat(space.nearest(digits)).as(TestSeed.rerun()).isEqualTo(space.indexOf(digits));
    }
  }

  @Test
  void aHugeSpaceHasAnExactSizeAndAnyMemberAtOnce() {
    List<Knob> knobs = huge();
    Constraint rule =
        new Constraint("k0!=k11", List.of("k0", "k11"), v -> v.number("k0") != v.number("k11"));
    TemplateSpace space = new TemplateSpace("huge", knobs, List.of(rule));
    assertThat(space.size()).isEqualTo(900_000_000_000L);
    SplitMix64 random = TestSeed.random("huge");
    for (int i = 0; i < 1000; i++) {
      long index = random.nextLong(space.size());
      int[] digits = new int[knobs.size()];
      space.digits(index, digits);
      assertThat(digits[0]).as(TestSeed.rerun()).isNotEqualTo(digits[11]);
      assertThat(space.indexOf(digits)).as(TestSeed.rerun()).isEqualTo(index);
    }
  }

  @Test
  void aSpaceWhoseSizeOverflowsIsRefused() {
    List<Knob> knobs = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      knobs.add(new Knob.Count("k" + i, List.of(1, 2)));
    }
    assertThatThrownBy(() -> new TemplateSpace("wide", knobs, List.of()))
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void theFirstKnobTurnsFastest() {
    int[] digits = new int[2];
    new TemplateSpace("t", List.of(A, B), List.of()).digits(1, digits);
    assertThat(digits).containsExactly(1, 0);
  }

  @Test
  void withoutKnobsThereIsOneMember() {
    TemplateSpace space = new TemplateSpace("t", List.of(), List.of());
    assertThat(space.size()).isEqualTo(1);
    assertThat(space.indexOf(new int[0])).isZero();
    assertThat(space.nearest(new int[0])).isZero();
    assertThat(space.place("a")).isEqualTo(-1);
    assertThat(space.cursor(0).next()).isZero();
    assertThat(space.boxes().first(new int[0], new int[0])).isZero();
    assertThatThrownBy(() -> space.digits(1, new int[0]))
        .hasMessage("Cannot take member 1 of t: size is 1");
  }

  @Test
  void aNumberOutsideOfTheSpaceIsRefused() {
    TemplateSpace space = new TemplateSpace("t", List.of(A, B), List.of());
    assertThatThrownBy(() -> space.digits(9, new int[2]))
        .hasMessage("Cannot take member 9 of t: size is 9");
    assertThatThrownBy(() -> space.digits(-1, new int[2]))
        .hasMessage("Cannot take member -1 of t: size is 9");
  }

  @Test
  void twoKnobsOfOneNameAreRefused() {
    assertThatThrownBy(() -> new TemplateSpace("t", List.of(A, A), List.of()))
        .hasMessage("Cannot build space t: two knobs are called a");
  }

  @Test
  void aConstraintOnAKnobThatIsNotThereIsRefused() {
    Constraint rule = new Constraint("c<=2", List.of("c"), v -> v.number("c") <= 2);
    assertThatThrownBy(() -> new TemplateSpace("t", List.of(A), List.of(rule)))
        .hasMessage("Cannot build space t: constraint c<=2 reads [c], knobs are [a]");
  }

  @Test
  void choicesThatDoNotRiseOrFitAreRefused() {
    assertThatThrownBy(() -> new Knob.Count("a", List.of(2, 2)))
        .hasMessage("Cannot choose a from [2, 2]: not rising");
    assertThatThrownBy(() -> new Knob.Count("a", List.of()))
        .hasMessage("Cannot choose a from no values");
    assertThatThrownBy(() -> new Knob.Split("a", 8, List.of(4, 9)))
        .hasMessage("Cannot split a: [4, 9] are not all from 1 to 8");
    assertThatThrownBy(() -> new Knob.Split("a", 8, List.of(0, 8)))
        .hasMessage("Cannot split a: [0, 8] are not all from 1 to 8");
    assertThatThrownBy(() -> new Knob.Choice("a", List.of("x", "x")))
        .hasMessage("Cannot choose a from [x, x]");
  }

  /** Twelve knobs of ten choices. */
  private static List<Knob> huge() {
    List<Integer> ten = IntStream.range(0, 10).boxed().toList();
    return IntStream.range(0, 12).mapToObj(i -> (Knob) new Knob.Count("k" + i, ten)).toList();
  }

  /**
   * Draws up to 5 knobs of up to 5 choices, and up to 4 constraints that allow about two thirds.
   */
  private static TemplateSpace drawn(int number) {
    SplitMix64 random = TestSeed.random("space", Integer.toString(number));
    List<Knob> knobs = new ArrayList<>();
    for (long i = random.nextLong(5); i >= 0; i--) {
      List<Integer> values =
          IntStream.rangeClosed(1, 1 + (int) random.nextLong(5)).boxed().toList();
      knobs.add(new Knob.Count("k" + i, values));
    }
    List<Constraint> constraints = new ArrayList<>();
    for (long i = random.nextLong(5); i > 0; i--) {
      List<String> read =
          knobs.stream().map(Knob::name).filter(name -> random.nextLong(2) == 0).toList();
      long salt = random.nextLong();
      if (!read.isEmpty()) {
        constraints.add(new Constraint("rule" + i, read, values -> holds(read, values, salt)));
      }
    }
    return new TemplateSpace("drawn", knobs, constraints);
  }

  private static boolean holds(List<String> read, KnobValues values, long salt) {
    long hash = salt;
    for (String knob : read) {
      hash = SplitMix64.mix(hash + values.number(knob));
    }
    return Math.floorMod(hash, 3L) > 0;
  }

  private static List<int[]> enumerated(TemplateSpace space) {
    return combinations(space.knobs()).stream().filter(digits -> allows(space, digits)).toList();
  }

  private static boolean allows(TemplateSpace space, int[] digits) {
    return space.constraints().stream().allMatch(rule -> rule.holds().test(space.values(digits)));
  }

  /** Returns every combination of choices, the first knob turning fastest. */
  private static List<int[]> combinations(List<Knob> knobs) {
    List<int[]> all = List.of(new int[knobs.size()]);
    for (int knob = knobs.size() - 1; knob >= 0; knob--) {
      List<int[]> longer = new ArrayList<>();
      for (int[] digits : all) {
        for (int digit = 0; digit < knobs.get(knob).size(); digit++) {
          int[] copy = digits.clone();
          copy[knob] = digit;
          longer.add(copy);
        }
      }
      all = longer;
    }
    return all;
  }
}
