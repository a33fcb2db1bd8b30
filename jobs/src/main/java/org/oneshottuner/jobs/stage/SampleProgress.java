package org.oneshottuner.jobs.stage;

import java.util.function.Supplier;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.util.LongAccumulator;

/**
 * Tells how many members of their spaces a sample has come through, each time that a partition is
 * done.
 */
final class SampleProgress extends SparkListener {
  private final LongAccumulator members;
  private final Progress progress;
  private long told;

  private SampleProgress(LongAccumulator members, Progress progress) {
    this.members = members;
    this.progress = progress;
  }

  /**
   * Does work, and tells how far it is.
   *
   * @param members counts what is done
   * @param most how much there is to do
   */
  static <T> T during(SparkContext context, LongAccumulator members, long most, Supplier<T> work) {
    try (Progress progress = Progress.of("sample", "members", most)) {
      SampleProgress listener = new SampleProgress(members, progress);
      context.addSparkListener(listener);
      try {
        T done = work.get();
        // tasks may have ended of which the listener is still to hear
        listener.tell();
        return done;
      } finally {
        context.removeSparkListener(listener);
      }
    }
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd ended) {
    tell();
  }

  private synchronized void tell() {
    long count = members.sum();
    if (count > told) {
      progress.step(count - told);
      told = count;
    }
  }
}
