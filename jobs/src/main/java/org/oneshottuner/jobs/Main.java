package org.oneshottuner.jobs;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import org.oneshottuner.jobs.cli.Program;

/**
 * The command line: {@code oneshot COMMAND …}.
 *
 * <p>XGBoost's native code prints to the process's standard error, and nothing turns that off. The
 * launcher therefore leads standard error to a file, and the terminal's to another descriptor; the
 * system property {@code oneshot.messages} says which.
 */
public final class Main {
  private static final int FIRST_OTHER = 3;

  private Main() {}

  /** Runs a command and exits: 0 done, 1 failed, 2 refused, 130 interrupted. */
  public static void main(String[] arguments) {
    int messages = Integer.getInteger("oneshot.messages", 0);
    if (messages >= FIRST_OTHER) {
      // before anything logs: loggers keep the stream that they find
      System.setErr(writing(messages));
    }
    System.exit(Program.run(System.out, System.err, arguments));
  }

  /** Returns a stream into an open descriptor; opening its path would not share its offset. */
  private static PrintStream writing(int number) {
    try {
      Constructor<FileDescriptor> open = FileDescriptor.class.getDeclaredConstructor(int.class);
      open.setAccessible(true);
      return new PrintStream(
          new FileOutputStream(open.newInstance(number)), true, StandardCharsets.UTF_8);
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new IllegalStateException("Cannot write messages to descriptor " + number, e);
    }
  }
}
