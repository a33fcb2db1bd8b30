package org.oneshottuner.measure;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The right to measure on a processor, held by one device of one program at a time: two that time
 * kernels on one core measure each other. A program that ends, however it ends, gives it back; its
 * children do not inherit it.
 *
 * <p>A system takes a file's locks away from a program that closes the file anywhere. So a program
 * opens it only once at a time: its devices take turns before they do.
 */
final class DeviceLock implements AutoCloseable {
  private static final Duration WAIT = Duration.ofMillis(50);

  private static final int MOST_BYTES = 100;

  private static final String INTERRUPTED = "Interrupted while another device measures";

  /** By file: the turn of this program's devices. */
  private static final Map<Path, Semaphore> TURNS = new ConcurrentHashMap<>();

  private final FileChannel channel;
  private final Semaphore turn;

  private DeviceLock(FileChannel channel, Semaphore turn) {
    this.channel = channel;
    this.turn = turn;
  }

  /**
   * Waits until nobody else measures.
   *
   * @param waiting is told once who measures, if somebody does
   */
  static DeviceLock acquire(Path file, Consumer<String> waiting) throws InterruptedException {
    Semaphore turn = TURNS.computeIfAbsent(real(file), key -> new Semaphore(1, true));
    if (!turn.tryAcquire()) {
      say("This program", waiting);
      turn.acquire();
    }
    boolean locked = false;
    try {
      DeviceLock lock = locked(file, turn, waiting);
      locked = true;
      return lock;
    } finally {
      if (!locked) {
        turn.release();
      }
    }
  }

  /** Returns the one path of a file that may have several, and need not be there. */
  private static Path real(Path file) {
    Path absolute = file.toAbsolutePath();
    try {
      return absolute.resolveSibling("").toRealPath().resolve(absolute.getFileName());
    } catch (IOException e) {
      throw refusal(file, e);
    }
  }

  private static DeviceException refusal(Path file, IOException cause) {
    return new DeviceException(
        "Cannot lock the measuring processor by " + file + ": " + cause, cause);
  }

  private static DeviceLock locked(Path file, Semaphore turn, Consumer<String> waiting)
      throws InterruptedException {
    FileChannel channel;
    try {
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw refusal(file, e);
    }
    boolean locked = false;
    try {
      lock(channel, waiting);
      sign(channel);
      locked = true;
      return new DeviceLock(channel, turn);
    } catch (ClosedByInterruptException e) {
      Thread.interrupted();
      throw new InterruptedException(INTERRUPTED);
    } catch (IOException e) {
      throw refusal(file, e);
    } finally {
      if (!locked) {
        close(channel);
      }
    }
  }

  private static void lock(FileChannel channel, Consumer<String> waiting)
      throws IOException, InterruptedException {
    boolean told = false;
    while (channel.tryLock() == null) {
      if (!told) {
        say(holder(channel), waiting);
        told = true;
      }
      LockSupport.parkNanos(WAIT.toNanos());
      if (Thread.interrupted()) {
        throw new InterruptedException(INTERRUPTED);
      }
    }
  }

  private static void say(String holder, Consumer<String> waiting) {
    waiting.accept(holder + " measures on this processor; waiting until it has ended");
  }

  private static void sign(FileChannel channel) throws IOException {
    String name = "process " + ProcessHandle.current().pid();
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(name.getBytes(StandardCharsets.UTF_8)), 0);
  }

  /** Returns who signed last; whoever took the lock a moment ago may not have yet. */
  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(MOST_BYTES);
    channel.read(text, 0);
    String name = new String(text.array(), 0, text.position(), StandardCharsets.UTF_8).strip();
    return name.isEmpty() ? "Another program" : "Another program, " + name + ",";
  }

  private static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new DeviceException("Cannot unlock the measuring processor: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      close(channel);
    } finally {
      turn.release();
    }
  }
}
