package org.oneshottuner.measure;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class DeviceLockTest {
  private final Path file;

  DeviceLockTest(@TempDir Path folder) {
    file = folder.resolve("cpu.lock");
  }

  @Test
  void theSecondWaitsForTheFirst() throws InterruptedException {
    DeviceLock first = DeviceLock.acquire(file);
    CountDownLatch acquired = new CountDownLatch(1);
    Thread second =
        new Thread(
            () -> {
              try {
                DeviceLock lock = DeviceLock.acquire(file);
                acquired.countDown();
                lock.close();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    second.start();
    assertTrue(!acquired.await(200, TimeUnit.MILLISECONDS));
    first.close();
    assertTrue(acquired.await(10, TimeUnit.SECONDS));
    second.join();
  }

  @Test
  void whoeverWaitsCanBeInterrupted() throws InterruptedException {
    DeviceLock first = DeviceLock.acquire(file);
    Thread.currentThread().interrupt();
    assertThrows(InterruptedException.class, () -> DeviceLock.acquire(file));
    first.close();
  }
}
