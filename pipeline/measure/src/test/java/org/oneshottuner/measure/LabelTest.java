package org.oneshottuner.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.oneshottuner.measure.Outcome.Timed;
import org.oneshottuner.workload.Workload;

class LabelTest {
  private static final Canary CANARY = new Canary(17_000, 5_000);

  private static Visit visit(long cold, int calls, Long... windows) {
    return visit(CANARY, cold, calls, windows);
  }

  private static Visit visit(Canary canary, long cold, int calls, Long... windows) {
    return new Visit(
        0,
        cold > 0 ? OptionalLong.of(cold) : OptionalLong.empty(),
        calls,
        Arrays.asList(windows),
        5,
        0,
        canary);
  }

  private static Timed timed(Visit... visits) {
    return new Timed(List.of(visits), CANARY);
  }

  @Test
  void warmIsTheSumOverWindowsOfTheSecondLeast() {
    Label label =
        Label.of(
            timed(visit(900, 1, 100L, 250L), visit(800, 1, 120L, 200L), visit(850, 1, 110L, 230L)));
    assertEquals(340, label.warmNanos());
    assertEquals(OptionalLong.of(800), label.coldNanos());
    assertEquals(340.0 / 320 - 1, label.spread());
  }

  @Test
  void timesAreToldAtTheClockOfTheFastestCanary() {
    Canary slow = new Canary(18_700, 5_000);
    Label label =
        Label.of(
            timed(
                visit(slow, 0, 1, 1100L, 2200L),
                visit(slow, 0, 1, 1100L, 2200L),
                visit(0, 1, 1010L, 2020L)));
    assertEquals(3000, label.warmNanos(), 1e-9);
    assertEquals(0, label.spread(), 1e-9);
  }

  @Test
  void timesOfTwoMomentsAreComparedOnceToldByOneCanary() {
    Canary early = new Canary(18_360, 5_400);
    Visit quiet = visit(early, 0, 1, 1080L, 2160L);
    Visit slower = visit(new Canary(20_196, 5_400), 0, 1, 1188L, 2376L);
    Visit chance = visit(new Canary(18_360, 6_000), 0, 1, 1000L, 2000L);
    Timed before = new Timed(List.of(quiet, slower, chance), early);
    assertEquals(3240, Label.of(before).warmNanos(), 1e-9);
    // nor is a visit noise, or its clock untold, that is 19 % slower than a canary of later
    assertEquals(3000, Label.warmNanosAt(before, 17_000), 1e-9);
    assertEquals(3240, Label.warmNanosAt(before, early.fmaNanos()), 1e-9);
  }

  @Test
  void aCanaryThatWasDisturbedItselfTellsNoClock() {
    Canary disturbed = new Canary(40_000, 5_000);
    Visit slow = visit(disturbed, 0, 1, 1100L);
    assertEquals(
        1020,
        Label.of(timed(slow, slow, visit(0, 1, 1020L), visit(0, 1, 1010L))).warmNanos(),
        1e-9);
    // where none tells the clock, no time is made shorter than it was
    assertEquals(
        1100,
        Label.of(timed(visit(new Canary(34_000, 5_000), 0, 1, 1100L), slow)).warmNanos(),
        1e-9);
  }

  @Test
  void visitsInNoiseCountAsLongAsTheyTookUnlessNoTwoFoundQuiet() {
    Canary noisy = new Canary(18_000, 5_400);
    // told at the clock of its canary, a noisy visit may agree with another by chance
    Visit chance = visit(noisy, 0, 1, 1060L);
    Label quiet = Label.of(timed(chance, chance, visit(0, 1, 1040L), visit(0, 1, 1050L)));
    assertEquals(1050, quiet.warmNanos(), 1e-9);
    assertEquals(1050.0 / 1040 - 1, quiet.spread(), 1e-9);
    Label noise = Label.of(timed(chance, chance, visit(0, 1, 1100L)));
    assertEquals(1060 * 17.0 / 18, noise.warmNanos(), 1e-9);
    assertEquals(0, noise.spread(), 1e-9);
  }

  @Test
  void aVisitThatFoundQuietButHalfAProcessorDoesNotOutweighThoseInNoise() {
    Canary noisy = new Canary(17_000, 5_400);
    Label label =
        Label.of(
            timed(
                visit(noisy, 0, 1, 1010L),
                visit(0, 1, 1000L),
                visit(noisy, 0, 1, 1005L),
                visit(0, 1, 2000L)));
    assertEquals(1005, label.warmNanos(), 1e-9);
    assertEquals(0.005, label.spread(), 1e-9);
  }

  @Test
  void severalCallsInAWindowAreDivided() {
    Label label = Label.of(timed(visit(0, 8, 20_008L), visit(0, 8, 20_000L)));
    assertEquals(2501, label.warmNanos());
    assertEquals(OptionalLong.empty(), label.coldNanos());
  }

  @Test
  void disturbedVisitsCountForNothingButTheirColdRun() {
    Label label = Label.of(timed(visit(500, 1), visit(600, 1, 100L, 100L)));
    assertEquals(200, label.warmNanos());
    assertEquals(OptionalLong.of(500), label.coldNanos());
    assertEquals(Double.POSITIVE_INFINITY, label.spread());
  }

  @Test
  void visitsThatCannotBeComparedAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> timed(visit(1, 1)));
    assertThrows(
        IllegalArgumentException.class, () -> timed(visit(1, 1, 100L), visit(1, 1, 50L, 50L)));
    assertThrows(IllegalArgumentException.class, () -> timed(visit(1, 1, 100L), visit(1, 2, 100L)));
  }

  @Test
  void aKernelIsVisitedUntilItsLeastIsConfirmed() {
    Protocol protocol = Protocol.CAREFUL;
    Label confirmed = new Label(1e5, 0.01, OptionalLong.empty());
    Label doubtful = new Label(1e5, 0.03, OptionalLong.empty());
    Label slow = new Label(5e6, 0.01, OptionalLong.empty());
    assertFalse(protocol.satisfied(2, 2, confirmed, 1000));
    assertTrue(protocol.satisfied(3, 2, confirmed, 1000));
    assertFalse(protocol.satisfied(3, 1, confirmed, 1000)); // two of them in a noisy minute
    assertFalse(protocol.satisfied(3, 2, doubtful, 1000));
    assertFalse(protocol.satisfied(9, 2, doubtful, 1000));
    assertTrue(protocol.satisfied(10, 2, doubtful, 1000));
    assertFalse(protocol.satisfied(5, 2, slow, 1000));
    assertFalse(protocol.satisfied(5, 2, confirmed, 5L << 20));
    assertTrue(protocol.satisfied(6, 2, slow, 5L << 20));
  }

  @Test
  void whatLivesInTheSharedCacheIsRunUntilItIsThere() {
    Protocol protocol = Protocol.CAREFUL;
    Workload small = Workload.parse("dense m=1 n=512 k=512");
    Workload large = Workload.parse("dense m=1 n=2048 k=1024");
    assertEquals(protocol.budget(), protocol.budgetFor(small));
    assertTrue(protocol.budgetFor(large).compareTo(protocol.budget().multipliedBy(8)) > 0);
  }

  @Test
  void deviationIsRelativeToEachCandidatesMean() {
    double expected = Math.sqrt((0.02 * 0.02 * 2 + 0) / 2);
    assertEquals(
        expected, Label.relativeDeviation(List.of(List.of(98.0, 102.0), List.of(5e6, 5e6))), 1e-12);
    assertThrows(
        IllegalArgumentException.class, () -> Label.relativeDeviation(List.of(List.of(1.0))));
  }
}
