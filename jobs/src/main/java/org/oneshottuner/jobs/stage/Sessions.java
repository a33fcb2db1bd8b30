package org.oneshottuner.jobs.stage;

import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/** The one place where a Spark session is made. */
public final class Sessions {
  private static final String SHUFFLE_PARTS = "spark.sql.shuffle.partitions";
  private static final long ROWS_A_PART = 20_000;
  private static final long FEWEST_PARTS = 4;
  private static final long MOST_PARTS = 200;

  private Sessions() {}

  /**
   * Returns the process's session, made if there is none.
   *
   * @param name what Spark calls the application
   * @param master used where spark-submit has not named one
   */
  public static SparkSession open(String name, String master) {
    SparkConf conf = new SparkConf(true);
    boolean submitted = conf.contains("spark.master");
    conf.setIfMissing("spark.app.name", "oneshot " + name);
    conf.setIfMissing("spark.master", master);
    conf.setIfMissing("spark.ui.enabled", "false");
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    conf.setIfMissing("spark.sql.session.timeZone", "UTC");
    // a folder's name is a string, even where it looks like a number
    conf.set("spark.sql.sources.partitionColumnTypeInference.enabled", "false");
    conf.set("spark.sql.sources.parallelPartitionDiscovery.threshold", "10000");
    conf.set("spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs", "false");
    // More workers than slots: fail at once, not after an hour. A barrier stage that failed would
    // be
    // tried again against a tracker that is gone, which hides why it failed.
    conf.set("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "1");
    conf.set("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s");
    conf.set("spark.stage.maxConsecutiveAttempts", "1");
    // what is measured is measured once
    conf.set("spark.speculation", "false");
    if (!submitted) {
      conf.setIfMissing("spark.driver.host", "127.0.0.1");
      conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1");
      conf.setIfMissing(SHUFFLE_PARTS, Long.toString(FEWEST_PARTS));
      conf.setIfMissing("spark.default.parallelism", "4");
    }
    return SparkSession.builder().config(conf).getOrCreate();
  }

  /**
   * Cuts what is shuffled into parts by how many rows there are, unless this session was opened
   * with a number of them: Spark's own 200 cost more than the work where rows are few.
   */
  static void shuffle(SparkSession spark, long rows) {
    if (!spark.sparkContext().getConf().contains(SHUFFLE_PARTS)) {
      spark.conf().set(SHUFFLE_PARTS, shuffleParts(rows));
    }
  }

  static long shuffleParts(long rows) {
    return Math.min(MOST_PARTS, Math.max(FEWEST_PARTS, rows / ROWS_A_PART));
  }
}
