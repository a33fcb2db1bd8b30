package org.oneshottuner.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.oneshottuner.measure.Outcome.Failed;
import org.oneshottuner.measure.Outcome.Kind;

/** When a kernel was visited enough, and what is kept of it. */
class RingTest {
  private static final Canary CANARY = new Canary(17_000, 5_000);
  private final Noise noise = new Noise(() -> 0);

  private static List<Visit> disturbed(int count) {
    return IntStream.range(0, count)
        .mapToObj(number -> new Visit(number, OptionalLong.of(900), 1, List.of(), 8, 5, CANARY))
        .toList();
  }

  @Test
  void aKernelThatWasDisturbedInAllItsVisitsKeepsThem() {
    int most = Protocol.CAREFUL.mostVisits();
    assertThat(Ring.outcome(disturbed(most - 1), Protocol.CAREFUL, noise, 1000)).isEmpty();
    assertThat(Ring.outcome(disturbed(most), Protocol.CAREFUL, noise, 1000))
        .hasValue(new Failed(Kind.UNSTABLE, "disturbed in all of 10 visits", disturbed(most)));
  }

  @Test
  void disturbedVisitsStayBesideThoseThatTellTheTime() {
    noise.know(CANARY);
    Visit complete = new Visit(9, OptionalLong.empty(), 1, List.of(100L), 8, 0, CANARY);
    List<Visit> visits = List.of(disturbed(1).get(0), complete, complete);
    assertThat(Ring.outcome(visits.subList(0, 2), Protocol.CAREFUL, noise, 1000)).isEmpty();
    assertThat(Ring.outcome(visits, Protocol.CAREFUL, noise, 1000))
        .hasValue(new Outcome.Timed(visits, CANARY));
  }
}
