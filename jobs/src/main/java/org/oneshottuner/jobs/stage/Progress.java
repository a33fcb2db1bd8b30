package org.oneshottuner.jobs.stage;

import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells how far long work is: a bar on a terminal, else a log line now and then. Thread-safe. */
public abstract class Progress implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);

  private Progress() {}

  /**
   * Begins.
   *
   * @param what is done
   * @param unit of what is counted, such as {@code labels}
   * @param most how many there are
   */
  @SuppressWarnings("SystemConsoleNull") // JDK 22 and later may draw a bar into a pipe
  public static Progress of(String what, String unit, long most) {
    return System.console() == null ? new Lines(what, unit, most) : new Bar(what, unit, most);
  }

  /** Counts what was done since the last call. */
  public abstract void step(long count);

  /** Says that there are fewer than was thought. */
  public abstract void fewer(long count);

  /** Says something beside the count, such as how many failed. */
  public abstract void say(String text);

  /** Tells of a part of the work: a line of its own, or on a terminal beside the count. */
  public abstract void note(String text);

  @Override
  public abstract void close();

  private static final class Bar extends Progress {
    private final ProgressBar bar;

    Bar(String what, String unit, long most) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(what)
              .setUnit(" " + unit, 1)
              .setInitialMax(most)
              .setStyle(ProgressBarStyle.ASCII)
              .showSpeed()
              .setUpdateIntervalMillis(250)
              .build();
    }

    @Override
    public void step(long count) {
      bar.stepBy(count);
    }

    @Override
    public void fewer(long count) {
      bar.maxHint(bar.getMax() - count);
    }

    @Override
    public void say(String text) {
      bar.setExtraMessage(text);
    }

    @Override
    public void note(String text) {
      say(text);
    }

    @Override
    public void close() {
      bar.close();
    }
  }

  private static final class Lines extends Progress {
    private final String what;
    private final String unit;
    private long most;
    private final long beginNanos = System.nanoTime();
    private long lastNanos = beginNanos;
    private long count;
    private String beside = "";

    Lines(String what, String unit, long most) {
      this.what = what;
      this.unit = unit;
      this.most = most;
    }

    @Override
    public synchronized void step(long more) {
      count += more;
      long now = System.nanoTime();
      if (now - lastNanos >= BETWEEN_LINES.toNanos()) {
        lastNanos = now;
        LOG.info("{}", line(now));
      }
    }

    @Override
    public synchronized void fewer(long less) {
      most -= less;
    }

    @Override
    public synchronized void say(String text) {
      beside = text;
    }

    @Override
    public void note(String text) {
      LOG.info("{}", text);
    }

    @Override
    public synchronized void close() {
      LOG.info("{}", line(System.nanoTime()));
    }

    private String line(long now) {
      double seconds = Math.max(1e-9, (now - beginNanos) / 1e9);
      double rate = count / seconds;
      long left = rate > 0 ? Math.round((most - count) / rate) : 0;
      return String.format(
          Locale.ROOT,
          "%s: %d of %d %s, %.1f/%s, %s%s%s",
          what,
          count,
          most,
          unit,
          rate < 1 ? 60 * rate : rate,
          rate < 1 ? "min" : "s",
          count < most ? left + " s left" : "in " + Math.round(seconds) + " s",
          beside.isEmpty() ? "" : ", ",
          beside);
    }
  }
}
