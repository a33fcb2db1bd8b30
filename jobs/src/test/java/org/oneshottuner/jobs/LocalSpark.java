package org.oneshottuner.jobs;

import org.apache.spark.sql.SparkSession;
import org.oneshottuner.jobs.stage.Sessions;

/** The session that all tests of this JVM share. */
public final class LocalSpark {
  private LocalSpark() {}

  /** Returns the session. */
  public static SparkSession session() {
    return Sessions.open("tests", "local[2]");
  }
}
