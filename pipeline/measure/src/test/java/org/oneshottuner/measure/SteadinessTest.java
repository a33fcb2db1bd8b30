package org.oneshottuner.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.oneshottuner.measure.Outcome.Failed;
import org.oneshottuner.measure.Outcome.Kind;
import org.oneshottuner.measure.Outcome.Timed;

class SteadinessTest {
  private static List<Visit> visits(Canary... canaries) {
    return Stream.of(canaries)
        .map(canary -> new Visit(0, OptionalLong.empty(), 1, List.of(100L), 8, 0, canary))
        .toList();
  }

  @Test
  void bothPartsCountAndTheLeastThatIsKnownInTheEnd() {
    Steadiness steadiness = new Steadiness();
    Canary early = new Canary(1_100, 1_200);
    steadiness.add(new Timed(visits(early, early), early)); // quiet, as far as was known
    steadiness.add(new Timed(visits(new Canary(1_050, 1_040)), new Canary(1_000, 1_000)));
    steadiness.add(new Failed(Kind.CRASHED, "signal 11", visits(new Canary(1_150, 1_000))));
    steadiness.add(new Failed(Kind.BUILD_FAILED, "no reason"));
    assertThat(steadiness.multiplyAddDrift()).hasValueCloseTo(0.15, within(1e-12));
    assertThat(steadiness.memoryDrift()).hasValueCloseTo(0.2, within(1e-12));
    assertThat(steadiness.quietShare()).hasValue(0.25);
  }

  @Test
  void nothingIsToldWithoutAVisit() {
    Steadiness steadiness = new Steadiness();
    steadiness.add(new Failed(Kind.BUILD_FAILED, "no reason"));
    assertThat(steadiness.multiplyAddDrift()).isEmpty();
    assertThat(steadiness.memoryDrift()).isEmpty();
    assertThat(steadiness.quietShare()).isEmpty();
  }
}
