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

  private static final long PATIENCE_SECONDS = 60;
  private final CountDownLatch done = new CountDownLatch(1);
  private final Runnable hook;

  /** Opens it for the calling thread. */
  public Interruption() {
    Thread worker = Thread.currentThread();
    hook =
        () -> {
          LOG.info("Interrupted: finishing what was begun");
          worker.interrupt();
          await();
        };
    ShutdownHookManager.get().addShutdownHook(hook, PRIORITY, PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Throws if the thread was interrupted before this was opened. */
  public void check() throws InterruptedException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedException();
    }
  }

  private void await() {
    try {
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
