package org.oneshottuner.jobs;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.oneshottuner.jobs.cli.Program;

/** How a command ended, and what it said. */
public record Ran(int code, String out, String err) {
  /** Runs a command in this process. */
  public static Ran oneshot(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Program.run(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            arguments);
    return new Ran(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** As {@link #oneshot(String...)}. */
  public static Ran oneshot(List<String> arguments) {
    return oneshot(arguments.toArray(new String[0]));
  }
}
