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

  private static final long SILENT_SECONDS = 2;
  private static final long PATIENCE_SECONDS = 60;
  private final CountDownLatch done = new CountDownLatch(1);
  private final Runnable hook;
  private volatile boolean requested;

  /** Opens it for the calling thread. */
  public Interruption() {
    Thread worker = Thread.currentThread();
    hook =
        () -> {
          requested = true;
          worker.interrupt();
          await();
        };
    ShutdownHookManager.get()
        .addShutdownHook(hook, PRIORITY, 2 * PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Returns whether the thread was interrupted so: whatever it throws then is a consequence. */
  public boolean requested() {
    return requested;
  }

  private void await() {
    try {
      if (!done.await(SILENT_SECONDS, TimeUnit.SECONDS)) {
        LOG.info("Interrupted: finishing what was begun");
      }
      if (!done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("Cannot wait longer than {} s for the work to end", PATIENCE_SECONDS);
      }
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
