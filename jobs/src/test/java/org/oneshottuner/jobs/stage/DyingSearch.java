package org.oneshottuner.jobs.stage;

import java.util.List;
import org.oneshottuner.jobs.LocalSpark;

/** A JVM that searches and is halted after some measurements, as by {@code kill -9}. */
final class DyingSearch {
  private DyingSearch() {}

  public static void main(String[] arguments) throws InterruptedException {
    int most = Integer.parseInt(arguments[1]);
    int[] count = {0};
    FakeDevice device =
        new FakeDevice(
            () -> {
              count[0]++;
              if (count[0] == most) {
                Runtime.getRuntime().halt(DyingMeasuring.DIED);
              }
            });
    Measuring measuring =
        new Measuring(
            LocalSpark.session(), JobsTest.settings(), device, arguments[0], JobsTest.CLOCK);
    TuneFigures figures =
        new TuneJob(JobsTest.settings(), measuring)
            .run(TuneJobTest.TASKS, List.of("evolutionary"), TuneJobTest.TRIALS);
    throw new IllegalStateException("Cannot end before it is halted: " + figures);
  }
}
