package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SessionsTest {
  @Test
  void fewRowsAreShuffledInFewParts() {
    assertThat(Sessions.shuffleParts(341)).isEqualTo(4);
    assertThat(Sessions.shuffleParts(1_000_000)).isEqualTo(50);
    assertThat(Sessions.shuffleParts(1_000_000_000L)).isEqualTo(200);
  }
}
