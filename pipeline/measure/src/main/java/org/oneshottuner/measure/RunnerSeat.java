package org.oneshottuner.measure;

import java.util.List;
import java.util.Optional;

/** A place for a runner process: starts one when it is needed, and another when it has died. */
final class RunnerSeat {
  private static final int MOST_DEATHS = 20;

  private final List<String> words;
  private Optional<RunnerProcess> process = Optional.empty();
  private int deaths;

  RunnerSeat(List<String> words) {
    this.words = List.copyOf(words);
  }

  /** Returns whether a process runs. */
  boolean taken() {
    return process.isPresent();
  }

  /** Returns the process, which is started if there is none. */
  RunnerProcess runner() throws InterruptedException {
    if (process.isEmpty()) {
      process = Optional.of(RunnerProcess.start(words));
    }
    return process.get();
  }

  /**
   * Gives up a dead process.
   *
   * @throws DeviceException if too many died without an answer in between
   */
  void buried(String detail) {
    kill();
    if (++deaths > MOST_DEATHS) {
      throw new DeviceException(
          "Cannot keep the native runner alive: it died "
              + deaths
              + " times in a row, last: "
              + detail);
    }
  }

  /** Says that a process did its work. */
  void worked() {
    deaths = 0;
  }

  /** Ends the process, if there is one. */
  void kill() {
    process.ifPresent(RunnerProcess::kill);
    process = Optional.empty();
  }

  /** Returns the process's number, if one runs. */
  Optional<Long> pid() {
    return process.map(RunnerProcess::pid);
  }
}
