package org.oneshottuner.measure;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * The right to measure on a processor, held by one program at a time: two that time kernels on one
 * core measure each other. A program that ends, however it ends, gives it back; its children do not
 * inherit it.
 */
final class DeviceLock implements AutoCloseable {
  private static final Duration WAIT = Duration.ofMillis(50);

  private final FileChannel channel;

  private DeviceLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Waits until nobody else measures. */
  static DeviceLock acquire(Path file) throws InterruptedException {
    FileChannel channel;
    try {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new DeviceException("Cannot lock the measuring processor by " + file + ": " + e, e);
    }
    DeviceLock lock = new DeviceLock(channel);
    try {
      while (lock.attempt().isEmpty()) {
        LockSupport.parkNanos(WAIT.toNanos());
        if (Thread.interrupted()) {
          throw new InterruptedException("Interrupted while another program measures");
        }
      }
      return lock;
    } catch (IOException e) {
      lock.close();
      throw new DeviceException("Cannot lock the measuring processor by " + file + ": " + e, e);
    } catch (InterruptedException e) {
      lock.close();
      throw e;
    }
  }

  private Optional<FileLock> attempt() throws IOException {
    try {
      return Optional.ofNullable(channel.tryLock());
    } catch (OverlappingFileLockException e) {
      return Optional.empty(); // held by another device of this program
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new DeviceException("Cannot unlock the measuring processor: " + e.getMessage(), e);
    }
  }
}
