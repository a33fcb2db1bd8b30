package org.oneshottuner.jobs;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;

/** What a class logs, from now on until this is closed. */
public final class LoggedLines implements AutoCloseable {
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Logger logger;
  private final Collector collector = new Collector();

  /** Begins to listen. */
  public LoggedLines(Class<?> speaker) {
    logger = (Logger) LogManager.getLogger(speaker);
    collector.start();
    logger.addAppender(collector);
  }

  /** Returns the messages, in their order. */
  public List<String> lines() {
    return List.copyOf(lines);
  }

  @Override
  public void close() {
    logger.removeAppender(collector);
    collector.stop();
  }

  private final class Collector extends AbstractAppender {
    Collector() {
      super("lines", null, null, true, Property.EMPTY_ARRAY);
    }

    @Override
    public void append(LogEvent event) {
      lines.add(event.getMessage().getFormattedMessage());
    }
  }
}
