package org.oneshottuner.jobs.stage;

import org.apache.spark.sql.SparkSession;
import org.oneshottuner.jobs.LocalSpark;

/** A JVM that measures a sample and is halted after some measurements, as by {@code kill -9}. */
final class DyingMeasuring {
  static final int DIED = 77;

  private DyingMeasuring() {}

  public static void main(String[] arguments) throws InterruptedException {
    SparkSession spark = LocalSpark.session();
    int most = Integer.parseInt(arguments[1]);
    int[] count = {0};
    FakeDevice device =
        new FakeDevice(
            () -> {
              count[0]++;
              if (count[0] == most) {
                Runtime.getRuntime().halt(DIED);
              }
            });
    Measuring measuring =
        new Measuring(spark, JobsTest.settings(), device, arguments[0] + "/m", JobsTest.CLOCK);
    MeasureFigures figures =
        new MeasureJob(spark, JobsTest.settings(), measuring).run(arguments[0]);
    throw new IllegalStateException("Cannot end before it is halted: " + figures);
  }
}
