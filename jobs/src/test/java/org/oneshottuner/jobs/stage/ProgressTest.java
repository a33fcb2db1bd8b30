package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.oneshottuner.jobs.LoggedLines;

/** Without a terminal, as tests are run. */
class ProgressTest {
  @Test
  void theLastLineSaysWhatWasDoneAndHowFast() {
    try (LoggedLines logged = new LoggedLines(Progress.class)) {
      try (Progress progress = Progress.of("measure", "labels", 3)) {
        progress.step(1);
        progress.step(2);
        progress.say("1 failed");
      }
      assertThat(logged.lines())
          .singleElement()
          .asString()
          .matches("measure: 3 of 3 labels, [0-9.]+/(s|min), in 0 s, 1 failed");
    }
  }

  @Test
  void whatNeedNotBeDoneIsNotCounted() {
    try (LoggedLines logged = new LoggedLines(Progress.class)) {
      try (Progress progress = Progress.of("train", "trainings", 7)) {
        progress.step(2);
        progress.fewer(4);
      }
      assertThat(logged.lines())
          .singleElement()
          .asString()
          .startsWith("train: 2 of 3 trainings, ")
          .endsWith(" s left");
    }
  }
}
