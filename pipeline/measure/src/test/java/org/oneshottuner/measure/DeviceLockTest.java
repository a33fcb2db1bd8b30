package org.oneshottuner.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class DeviceLockTest {
  private final Path file;
  private final List<String> said = Collections.synchronizedList(new ArrayList<>());

  DeviceLockTest(@TempDir Path folder) {
    file = folder.resolve("cpu.lock");
  }

  @Test
  void theSecondWaitsForTheFirst() throws InterruptedException {
    DeviceLock first = DeviceLock.acquire(file, said::add);
    CountDownLatch acquired = new CountDownLatch(1);
    Thread second =
        new Thread(
            () -> {
              try {
                DeviceLock lock = DeviceLock.acquire(file, said::add);
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
    assertEquals(
        List.of("This program measures on this processor; waiting until it has ended"), said);
  }

  /** Returns whether the system says that this program locks the file. */
  private boolean locked() throws IOException {
    String end = ":" + Files.getAttribute(file, "unix:ino") + " ";
    return Files.readAllLines(Path.of("/proc/locks")).stream()
        .anyMatch(line -> line.contains("POSIX") && line.contains(end));
  }

  @Test
  void whoeverGivesUpLeavesTheFirstItsLock() throws InterruptedException, IOException {
    DeviceLock first = DeviceLock.acquire(file, said::add);
    assertTrue(locked());
    Path alias = Files.createSymbolicLink(file.resolveSibling("alias"), file.getParent());
    Thread.currentThread().interrupt();
    assertThrows(
        InterruptedException.class, () -> DeviceLock.acquire(alias.resolve("cpu.lock"), said::add));
    assertTrue(locked());
    first.close();
    assertFalse(locked());
    DeviceLock.acquire(file, said::add).close();
    assertEquals(1, said.size());
  }

  @Test
  void whoeverWaitsCanBeInterrupted() throws InterruptedException {
    DeviceLock first = DeviceLock.acquire(file, said::add);
    Thread.currentThread().interrupt();
    assertThrows(InterruptedException.class, () -> DeviceLock.acquire(file, said::add));
    first.close();
  }
}
