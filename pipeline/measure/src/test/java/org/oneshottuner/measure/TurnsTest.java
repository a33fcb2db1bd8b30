package org.oneshottuner.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Test;

/** What is visited when, by a clock and canaries that the tests move. */
class TurnsTest {
  private static final Canary QUIET = new Canary(10_000, 5_000);

  /** A neighbour that uses the cache that processors share. */
  private static final Canary NOISY = new Canary(10_000, 7_000);

  /** A neighbour that runs on the same core. */
  private static final Canary TAKEN_AWAY = new Canary(20_000, 7_000);

  private static final Canary SLOW_CLOCK = new Canary(11_000, 5_250);

  private static final long VISIT_NANOS = Duration.ofMillis(3).toNanos();

  private long nanos = 7_000_000_000L;
  private final Noise noise = new Noise(() -> nanos);
  private final Turns turns = new Turns(Protocol.CAREFUL, () -> nanos);

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  /** When a kernel was visited or put off, from the beginning. */
  private record Seen(List<Duration> visits, List<Duration> postponements) {
    Seen() {
      this(new ArrayList<>(), new ArrayList<>());
    }
  }

  /**
   * Lets the time pass as a ring does: visits what is due, which tells a canary each time, and else
   * waits.
   *
   * @param noisyAt whether the machine is noisy at a time
   */
  private Map<String, Seen> run(Duration time, LongPredicate noisyAt, String... ids) {
    Map<String, Seen> seen = new LinkedHashMap<>();
    for (String id : ids) {
      turns.enter(id);
      seen.put(id, new Seen());
    }
    long begin = nanos;
    while (nanos - begin < time.toNanos()) {
      List<String> due = turns.due();
      if (due.isEmpty()) {
        pass(turns.untilDue());
      }
      Set<String> forced = turns.forced(due, noise.lasting());
      List<String> visited = new ArrayList<>();
      for (String id : due) {
        Canary canary = noisyAt.test(nanos - begin) ? NOISY : QUIET;
        noise.hear(canary);
        if (forced.contains(id) || noise.isQuiet(canary)) {
          nanos += VISIT_NANOS;
          visited.add(id);
        }
      }
      for (String id : due) {
        Duration at = Duration.ofNanos(nanos - begin);
        if (visited.contains(id)) {
          assertThat(turns.visited(id)).isNotNegative();
          seen.get(id).visits().add(at);
        } else {
          turns.postpone(id);
          seen.get(id).postponements().add(at);
        }
      }
    }
    return seen;
  }

  private static LongPredicate between(Duration from, Duration to) {
    return nanos -> nanos >= from.toNanos() && nanos < to.toNanos();
  }

  @Test
  void aQuietMachineVisitsAtTheSpacingThatWidensWhenAKernelHasHadItsVisits() {
    Seen kernel = run(Duration.ofSeconds(10), nanos -> false, "k").get("k");

    assertThat(kernel.postponements()).isEmpty();
    assertThat(kernel.visits()).hasSize(6);
    for (int i = 1; i < kernel.visits().size(); i++) {
      Duration spacing = Protocol.CAREFUL.spacing().multipliedBy(i < 3 ? 1 : 2);
      assertThat(kernel.visits().get(i).minus(kernel.visits().get(i - 1)))
          .isBetween(spacing, spacing.plusMillis(10));
    }
  }

  @Test
  void shortNoiseIsWaitedFor() {
    Duration from = Duration.ofMillis(500);
    Duration to = Duration.ofMillis(4500);
    Seen kernel = run(Duration.ofSeconds(8), between(from, to), "k").get("k");

    assertThat(kernel.visits()).noneMatch(at -> at.compareTo(from) > 0 && at.compareTo(to) < 0);
    assertThat(kernel.postponements()).hasSizeBetween(13, 15);
    assertThat(kernel.visits().get(1)).isBetween(to, to.plusMillis(300));
  }

  @Test
  void noiseThatLastsIsHowTheMachineIs() {
    Duration from = Duration.ofMillis(500);
    Seen kernel = run(Duration.ofSeconds(40), between(from, Duration.ofDays(1)), "k").get("k");

    Duration lasting = Protocol.CAREFUL.patience().dividedBy(4);
    assertThat(kernel.visits().get(1)).isBetween(from.plus(lasting), from.plusMillis(7000));
    // from then on as if it were quiet
    assertThat(kernel.visits()).hasSizeBetween(17, 20);
    assertThat(kernel.postponements()).hasSizeBetween(18, 24);
  }

  @Test
  void aKernelIsPutOffForNoLongerThanThePatience() {
    // never noisy for long, but whenever this kernel is looked at
    turns.enter("k");
    long begin = nanos;
    while (!turns.forced(List.of("k"), noise.lasting()).contains("k")) {
      pass(turns.untilDue());
      noise.hear(NOISY);
      turns.postpone("k");
      pass(Duration.ofMillis(100));
      noise.hear(QUIET);
    }
    assertThat(Duration.ofNanos(nanos - begin))
        .isBetween(
            Protocol.CAREFUL.patience(),
            Protocol.CAREFUL.patience().plus(Protocol.CAREFUL.postponement()));
    // only this one
    turns.enter("fresh");
    assertThat(turns.forced(List.of("k", "fresh"), noise.lasting())).containsExactly("k");
  }

  @Test
  void noiseOfLongAgoSaysNothing() {
    noise.hear(QUIET);
    noise.hear(NOISY);
    pass(Duration.ofMillis(900));
    noise.hear(NOISY);
    assertThat(noise.lasting()).isEqualTo(Duration.ofMillis(900));
    pass(Duration.ofMinutes(5));
    assertThat(noise.lasting()).isZero();
    noise.hear(NOISY);
    assertThat(noise.lasting()).isZero();
  }

  @Test
  void aProcessorThatIsTakenAwayIsWaitedForAMinuteOverAllKernels() {
    turns.enter("k");
    noise.hear(QUIET);
    noise.hear(TAKEN_AWAY);
    for (int i = 0; i < 60; i++) {
      assertThat(turns.forced(List.of("k"), noise.lasting())).as("after %d s", i).isEmpty();
      pass(Duration.ofSeconds(1));
      noise.hear(TAKEN_AWAY);
    }
    assertThat(noise.lasting()).isEqualTo(Duration.ofSeconds(5));
    pass(Duration.ofSeconds(1));
    noise.hear(TAKEN_AWAY);
    assertThat(turns.forced(List.of("k"), noise.lasting())).containsExactly("k");
    noise.hear(QUIET);
    assertThat(noise.lasting()).isZero();
  }

  @Test
  void noiseLastsFromWhenTheClockCanBeTold() {
    noise.hear(QUIET);
    noise.hear(TAKEN_AWAY);
    noise.hear(NOISY);
    pass(Duration.ofSeconds(1));
    noise.hear(NOISY);
    assertThat(noise.lasting()).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void aLowerClockIsNoNoise() {
    noise.hear(QUIET);
    assertThat(noise.isQuiet(SLOW_CLOCK)).isTrue();
    assertThat(noise.isQuiet(NOISY)).isFalse();
  }

  @Test
  void whatTheFirstCanaryCalledQuietMayTurnOutToBeNoise() {
    noise.hear(NOISY);
    assertThat(noise.isQuiet(NOISY)).isTrue();
    noise.hear(QUIET);
    assertThat(noise.isQuiet(NOISY)).isFalse();
    assertThat(noise.least()).contains(QUIET);
  }

  @Test
  void whatIsKnownFromBeforeTellsTheFirstNoise() {
    noise.know(QUIET);
    assertThat(noise.isQuiet(NOISY)).isFalse();
    noise.hear(NOISY);
    assertThat(noise.least()).contains(QUIET);
    assertThat(noise.heard()).contains(NOISY);
  }

  @Test
  void thoseThatWaitLongestComeFirstAndARoundIsShort() {
    for (int i = 0; i < 100; i++) {
      turns.enter("k" + i);
      nanos++;
    }
    assertThat(turns.due()).hasSize(64).startsWith("k0", "k1").endsWith("k63");
    assertThat(turns.visited("k0")).isZero();
    assertThat(turns.due()).startsWith("k1").endsWith("k64");
    pass(Protocol.CAREFUL.spacing());
    assertThat(turns.visited("k0")).isEqualTo(1000);
    turns.leave("k1");
    assertThat(turns.due()).startsWith("k2");
  }

  @Test
  void waitsAreShort() {
    assertThat(turns.untilDue()).isEqualTo(Duration.ofMillis(200));
    turns.enter("k");
    assertThat(turns.untilDue()).isZero();
    assertThat(turns.visited("k")).isZero();
    assertThat(turns.untilDue()).isEqualTo(Duration.ofMillis(200));
    pass(Duration.ofMillis(950));
    assertThat(turns.due()).isEmpty();
    assertThat(turns.untilDue()).isEqualTo(Duration.ofMillis(50));
  }
}
