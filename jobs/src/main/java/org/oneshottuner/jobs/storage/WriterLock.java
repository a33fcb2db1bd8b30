package org.oneshottuner.jobs.storage;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a second writer away from a table: a file that names its owner and is touched while the
 * owner lives.
 *
 * <p>A lock is stale if its owner is gone, which can be told of a process that started since this
 * host did and that this one can see, or if nobody touched it for {@link #SILENCE}. An owner of the
 * second kind may wake again. Then it finds the lock another's before its next commit, or its
 * manifest taken away if it looked before it slept, and clears away only what is its own.
 */
final class WriterLock implements AutoCloseable {
  /** How long a lock of another host may go untouched. */
  static final Duration SILENCE = Duration.ofMinutes(2);

  private static final Duration TOUCH = Duration.ofSeconds(15);
  private static final int WRITER_DIGITS = 12;

  /** Of /proc/PID/stat, counted after the name of the program: proc(5), starttime. */
  private static final int START_FIELD = 19;

  static final String LOCK = "lock";
  private static final Logger LOG = LoggerFactory.getLogger(WriterLock.class);
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final AtomicLong COUNTER = new AtomicLong();

  /**
   * Who holds a lock.
   *
   * @param started when the process did, in a way no step of the clock changes
   * @param writer another for each writer of every host
   */
  record Owner(String host, long pid, String started, String writer) {
    @Override
    public String toString() {
      return "process " + pid + " on " + host;
    }

    /** Returns whether its process is one that this one would see if it lived. */
    boolean visible() {
      return host.equals(hostName()) && world(started).equals(WORLD);
    }

    boolean gone() {
      return visible() && !startOf(pid).equals(started);
    }

    private static String world(String started) {
      return started.substring(started.indexOf(' ') + 1);
    }
  }

  /** This start of this host, and what processes can be seen: a container sees its own only. */
  private static final String WORLD = world();

  private final Folder folder;
  private final Owner owner;
  private final Timer touching;

  private final boolean wasSilent;

  private WriterLock(Folder folder, Owner owner, Clock clock, boolean wasSilent) {
    this.folder = folder;
    this.owner = owner;
    this.wasSilent = wasSilent;
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
    boolean wasSilent = false;
    if (!folder.add(LOCK, content)) {
      wasSilent = evict(folder, owner, clock);
      if (!folder.add(LOCK, content)) {
        throw held(folder, holder(folder));
      }
    }
    return new WriterLock(folder, owner, clock, wasSilent);
  }

  /** Returns a name that no other writer has. */
  String writer() {
    return owner.writer();
  }

  /** Returns whether the lock was taken from an owner that may still live. */
  boolean wasSilent() {
    return wasSilent;
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

  /** Returns whether the owner that the lock is taken from may still live. */
  private static boolean evict(Folder folder, Owner self, Clock clock) throws IOException {
    Owner holder;
    long touched;
    try {
      holder = holder(folder);
      touched = folder.status(LOCK).getModificationTime();
    } catch (FileNotFoundException e) {
      // its owner has just given it back
      LOG.debug("The lock of {} went away", folder, e);
      return false;
    }
    boolean silent = !holder.visible() && clock.millis() - touched > SILENCE.toMillis();
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
    return silent;
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
      if (holder(folder).equals(owner)) {
        folder.touch(LOCK, clock.millis());
      } else {
        touching.cancel();
      }
    } catch (IOException e) {
      LOG.warn("Cannot touch the lock of {}: {}", folder, e.getMessage());
    }
  }

  private static Owner self() {
    long pid = ProcessHandle.current().pid();
    String started = startOf(pid);
    String all = hostName() + " " + pid + " " + started + " " + COUNTER.incrementAndGet();
    String writer = Digests.of(all.getBytes(StandardCharsets.UTF_8)).substring(0, WRITER_DIGITS);
    return new Owner(hostName(), pid, started, writer);
  }

  /**
   * Returns the clock ticks from the start of the host to that of a process, and its world. The
   * instants that Java tells are no use: they are ticks added to a time that moves with the clock.
   */
  static String startOf(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      // a process that has ended, and that nobody has asked after yet, writes no more
      return fields[0].matches("[ZX]") ? "never" : fields[START_FIELD] + " " + WORLD;
    } catch (IOException e) {
      LOG.debug("There is no process {}", pid, e);
      return "never";
    }
  }

  private static String world() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip()
          + " "
          + Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
    } catch (IOException e) {
      LOG.debug("This host does not tell its starts apart", e);
      return "somewhere";
    }
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
