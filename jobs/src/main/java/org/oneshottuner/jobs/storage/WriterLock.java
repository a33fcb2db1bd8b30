package org.oneshottuner.jobs.storage;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a second writer away from a table: a file that names its owner and is touched while the
 * owner lives.
 *
 * <p>A lock is stale if its owner ran on this host and is gone, or if nobody touched it for {@link
 * #SILENCE}. Taking over a stale lock is safe even if its owner wakes again: each commit checks the
 * lock, and no two commits can have one sequence number.
 */
final class WriterLock implements AutoCloseable {
  /** How long a lock of another host may go untouched. */
  static final Duration SILENCE = Duration.ofMinutes(2);

  private static final Duration TOUCH = Duration.ofSeconds(15);
  private static final String LOCK = "lock";
  private static final Logger LOG = LoggerFactory.getLogger(WriterLock.class);
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final AtomicLong COUNTER = new AtomicLong();

  /** Who holds a lock; {@code writer} is another for each writer. */
  record Owner(String host, long pid, String started, String writer) {
    @Override
    public String toString() {
      return "process " + pid + " on " + host + ", started " + started;
    }

    boolean gone() {
      if (!host.equals(hostName())) {
        return false;
      }
      Optional<ProcessHandle> process = ProcessHandle.of(pid);
      return process.isEmpty() || !startOf(process.get()).equals(started);
    }
  }

  private final Folder folder;
  private final Owner owner;
  private final Timer touching;

  private WriterLock(Folder folder, Owner owner, Clock clock) {
    this.folder = folder;
    this.owner = owner;
    this.touching = new Timer("lock of " + folder, true);
    touching.schedule(
        new TimerTask() {
          @Override
          public void run() {
            touch(clock);
          }
        },
        TOUCH.toMillis(),
        TOUCH.toMillis());
  }

  /**
   * Takes the lock.
   *
   * @throws IllegalStateException if another writer has it
   */
  static WriterLock take(Folder folder, Clock clock) throws IOException {
    Owner owner = self();
    byte[] content = MAPPER.writeValueAsBytes(owner);
    folder.makeFolder("");
    if (!folder.add(LOCK, content)) {
      evict(folder, owner, clock);
      if (!folder.add(LOCK, content)) {
        throw held(folder, holder(folder));
      }
    }
    return new WriterLock(folder, owner, clock);
  }

  /** Checks that nobody took the lock over. */
  void check() throws IOException {
    Owner holder = holder(folder);
    if (!holder.equals(owner)) {
      throw held(folder, holder);
    }
  }

  @Override
  public void close() throws IOException {
    touching.cancel();
    try {
      if (holder(folder).equals(owner)) {
        folder.delete(LOCK);
      }
    } catch (FileNotFoundException e) {
      LOG.debug("The lock of {} was gone before it was given back", folder, e);
    }
  }

  private static void evict(Folder folder, Owner self, Clock clock) throws IOException {
    Owner holder;
    long touched;
    try {
      holder = holder(folder);
      touched = folder.status(LOCK).getModificationTime();
    } catch (FileNotFoundException e) {
      // its owner has just given it back
      LOG.debug("The lock of {} went away", folder, e);
      return;
    }
    boolean silent =
        !holder.host().equals(self.host()) && clock.millis() - touched > SILENCE.toMillis();
    if (!holder.gone() && !silent) {
      throw held(folder, holder);
    }
    String aside = LOCK + ".stale-" + self.writer();
    if (folder.moveAway(LOCK, aside)) {
      byte[] moved = folder.read(aside);
      if (!MAPPER.readValue(moved, Owner.class).equals(holder)) {
        // another writer took the stale lock over first, and this is its fresh one
        boolean restored = folder.add(LOCK, moved);
        folder.delete(aside);
        LOG.debug("Gave the lock of {} back to its owner: {}", folder, restored);
        throw held(folder, MAPPER.readValue(moved, Owner.class));
      }
      folder.delete(aside);
      LOG.info("Took over the lock that {} left at {}", holder, folder);
    }
  }

  private static Owner holder(Folder folder) throws IOException {
    return MAPPER.readValue(folder.read(LOCK), Owner.class);
  }

  private static IllegalStateException held(Folder folder, Owner holder) {
    return new IllegalStateException(
        "Cannot write to " + folder + ": " + holder + ", is writing to it (" + LOCK + ")");
  }

  private void touch(Clock clock) {
    try {
      folder.touch(LOCK, clock.millis());
    } catch (IOException e) {
      LOG.warn("Cannot touch the lock of {}: {}", folder, e.getMessage());
    }
  }

  private static Owner self() {
    ProcessHandle process = ProcessHandle.current();
    return new Owner(
        hostName(),
        process.pid(),
        startOf(process),
        process.pid() + "-" + COUNTER.incrementAndGet());
  }

  private static String startOf(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toString).orElse("at an unknown time");
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      LOG.debug("This host has no name", e);
      return "localhost";
    }
  }
}
