package org.oneshottuner.jobs;

import org.oneshottuner.jobs.cli.Program;

/** The command line: {@code oneshot COMMAND …}. */
public final class Main {
  private Main() {}

  /** Runs a command and exits: 0 done, 1 failed, 2 refused, 130 interrupted. */
  public static void main(String[] arguments) {
    System.exit(Program.run(System.out, System.err, arguments));
  }
}
