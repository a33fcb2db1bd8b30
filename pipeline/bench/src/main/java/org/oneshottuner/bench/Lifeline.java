package org.oneshottuner.bench;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends this program when its standard input ends: whoever started it holds the other end, and is
 * gone, however that came about. A command that is killed at once cannot end what it started.
 */
final class Lifeline {
  private static final Logger LOG = LoggerFactory.getLogger(Lifeline.class);

  /** For what is built and timed to be cleared away. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private static final long LOOK_NANOS = Duration.ofMillis(20).toNanos();

  /** As of a program that was ended by signal TERM. */
  private static final int STATUS = 128 + 15;

  private Lifeline() {}

  /**
   * Watches the input from now on.
   *
   * @param work is interrupted when it ends; if that does not end the program in time, the
   *     processes that it started and the program itself are ended the hard way
   */
  static void hold(Thread work) {
    Thread watch = new Thread(() -> watch(System.in, work), "lifeline");
    watch.setDaemon(true);
    watch.start();
  }

  private static void watch(InputStream input, Thread work) {
    awaitEnd(input);
    work.interrupt();
    for (long end = System.nanoTime() + LIMIT.toNanos();
        work.isAlive() && System.nanoTime() - end < 0; ) {
      LockSupport.parkNanos(LOOK_NANOS);
    }
    ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
    Runtime.getRuntime().halt(STATUS);
  }

  private static void awaitEnd(InputStream input) {
    byte[] ignored = new byte[64];
    boolean open = true;
    while (open) {
      try {
        open = input.read(ignored) >= 0;
      } catch (IOException e) {
        LOG.warn("Cannot read the standard input, which ends this program: {}", e.getMessage());
        open = false;
      }
    }
  }
}
