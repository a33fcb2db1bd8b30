package org.oneshottuner.measure;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The right to measure on a processor, held by one program at a time: two that time kernels on one
 * core measure each other. A program that ends, however it ends, gives it back; its children do not
 * inherit it.
 */
final class DeviceLock implements AutoCloseable {
  private static final Duration WAIT = Duration.ofMillis(50);

  private static final int MOST_BYTES = 100;

  private final FileChannel channel;

  private DeviceLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Waits until nobody else measures.
   *
   * @param waiting is told once who measures, if somebody does
   */
  static DeviceLock acquire(Path file, Consumer<String> waiting) throws InterruptedException {
    FileChannel channel;
    try {
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new DeviceException("Cannot lock the measuring processor by " + file + ": " + e, e);
    }
    DeviceLock lock = new DeviceLock(channel);
    try {
      boolean told = false;
      while (lock.attempt().isEmpty()) {
        if (!told) {
          waiting.accept(lock.holder() + " measures on this processor; waiting until it has ended");
          told = true;
        }
        LockSupport.parkNanos(WAIT.toNanos());
        if (Thread.interrupted()) {
          throw new InterruptedException("Interrupted while another program measures");
        }
      }
      lock.sign();
      return lock;
    } catch (ClosedByInterruptException e) {
      Thread.interrupted();
      throw new InterruptedException("Interrupted while another program measures");
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

  private void sign() throws IOException {
    String name = "process " + ProcessHandle.current().pid();
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(name.getBytes(StandardCharsets.UTF_8)), 0);
  }

  /** Returns who signed last; whoever took the lock a moment ago may not have yet. */
  private String holder() throws IOException {
    ByteBuffer text = ByteBuffer.allocate(MOST_BYTES);
    channel.read(text, 0);
    String name = new String(text.array(), 0, text.position(), StandardCharsets.UTF_8).strip();
    return name.isEmpty() ? "Another program" : "Another program, " + name + ",";
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
