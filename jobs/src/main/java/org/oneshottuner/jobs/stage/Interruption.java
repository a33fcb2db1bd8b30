package org.oneshottuner.jobs.stage;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.util.ShutdownHookManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * While it is open, Ctrl-C interrupts the thread that opened it, and the JVM waits for the close
 * before it ends Spark and itself.
 */
public final class Interruption implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Interruption.class);

  /** Above Spark's, so that a session still lives. */
  private static final int PRIORITY = 1000;

  /** Between one interrupt and the next: some code of others' swallows one. */
  private static final long AGAIN_SECONDS = 2;

  private static final int MOST_TIMES = 30;
  private final CountDownLatch done = new CountDownLatch(1);
  private final Runnable hook;
  private volatile boolean requested;

  /** Opens it for the calling thread. */
  public Interruption() {
    Thread worker = Thread.currentThread();
    hook =
        () -> {
          requested = true;
          interrupt(worker);
        };
    ShutdownHookManager.get()
        .addShutdownHook(hook, PRIORITY, 2 * AGAIN_SECONDS * MOST_TIMES, TimeUnit.SECONDS);
  }

  /** Returns whether the thread was interrupted so: whatever it throws then is a consequence. */
  public boolean requested() {
    return requested;
  }

  private void interrupt(Thread worker) {
    try {
      for (int times = 1; times <= MOST_TIMES; times++) {
        worker.interrupt();
        if (done.await(AGAIN_SECONDS, TimeUnit.SECONDS)) {
          return;
        }
        if (times == 1) {
          LOG.info("Interrupted: finishing what was begun");
        }
      }
      LOG.warn("Cannot wait longer than {} s for the work to end", AGAIN_SECONDS * MOST_TIMES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    done.countDown();
    if (!ShutdownHookManager.get().isShutdownInProgress()) {
      ShutdownHookManager.get().removeShutdownHook(hook);
    }
  }
}
