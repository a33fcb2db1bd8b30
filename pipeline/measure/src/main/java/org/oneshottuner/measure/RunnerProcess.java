package org.oneshottuner.measure;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One running {@code oneshot-runner} that answers lines with lines. Used by one thread.
 *
 * <p>Commands are sent ahead of the answers, so that the runner need not wait for this process
 * between two kernels.
 */
final class RunnerProcess {
  /** The status with which a runner ends itself when a kernel runs past its limit. */
  private static final int TIMEOUT_STATUS = 124;

  /** HUP, INT, QUIT, KILL and TERM: what a terminal, a system or a person sends. */
  private static final Set<Integer> FROM_OUTSIDE = Set.of(1, 2, 3, 9, 15);

  private static final int WINDOW = 16;
  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final Duration END_LIMIT = Duration.ofSeconds(5);

  /**
   * A line to send.
   *
   * @param line without its end
   * @param limit for the answer
   */
  record Query(String line, Duration limit) {}

  /** How a runner ended while it owed an answer. */
  enum Death {
    /** A kernel ran past its limit. */
    TIMED_OUT,
    /** A kernel ended the process by a fault of its own. */
    CRASHED,
    /** Something outside may have killed it. */
    KILLED
  }

  /**
   * What came of a list of commands.
   *
   * @param answers to the first commands
   * @param death why there is no answer to the next; empty if all were answered
   * @param detail of the death
   */
  record Answers(List<String> answers, Optional<Death> death, String detail) {
    Answers {
      answers = List.copyOf(answers);
    }
  }

  private record Line(String text, boolean end) {}

  private final Process process;
  private String hello = "";
  private final BufferedWriter out;
  private final BlockingQueue<Line> lines = new LinkedBlockingQueue<>();

  private RunnerProcess(Process process) {
    this.process = process;
    out =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
    Thread reader = new Thread(this::read, "oneshot-runner-" + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts a runner and waits until it is ready.
   *
   * @throws DeviceException if it does not start
   */
  static RunnerProcess start(List<String> words) throws InterruptedException {
    RunnerProcess runner;
    try {
      runner =
          new RunnerProcess(
              new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start());
    } catch (IOException e) {
      throw new DeviceException("Cannot start the native runner: " + e.getMessage(), e);
    }
    Line hello;
    try {
      hello = runner.receive(START_LIMIT);
    } catch (InterruptedException e) {
      runner.kill();
      throw e;
    }
    if (!hello.text().startsWith("hello ")) {
      runner.kill();
      throw new DeviceException(
          "Cannot start the native runner: it said '" + hello.text() + "', expected hello");
    }
    runner.hello = hello.text();
    return runner;
  }

  /** Returns what the runner said when it started. */
  Answer hello() {
    return Answer.parse(hello);
  }

  long pid() {
    return process.pid();
  }

  private void read() {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        lines.add(new Line(line, false));
      }
    } catch (IOException e) {
      lines.add(new Line(String.valueOf(e.getMessage()), true));
    }
    lines.add(new Line("", true));
  }

  private Line receive(Duration limit) throws InterruptedException {
    Line line = null;
    for (long left = limit.toNanos(); line == null && left > 0; left -= Command.SLICE_NANOS) {
      line = lines.poll(Math.min(left, Command.SLICE_NANOS), TimeUnit.NANOSECONDS);
    }
    return line == null ? new Line("no answer within " + limit.toMillis() + " ms", true) : line;
  }

  /**
   * Sends commands and waits for their answers.
   *
   * @throws DeviceException if the runner refuses a command: it and this program disagree
   */
  Answers ask(List<Query> commands) throws InterruptedException {
    List<String> answers = new ArrayList<>();
    int sent = 0;
    while (answers.size() < commands.size()) {
      boolean broken = false;
      try {
        for (; sent < commands.size() && sent < answers.size() + WINDOW; sent++) {
          out.write(commands.get(sent).line());
          out.write('\n');
        }
        out.flush();
      } catch (IOException e) {
        broken = true; // it has ended; answers it gave before are still in the queue
      }
      Duration limit = commands.get(answers.size()).limit();
      Line line = receive(broken ? END_LIMIT : limit);
      if (line.end()) {
        return bury(answers, line);
      }
      if (line.text().startsWith("fatal ")) {
        kill();
        throw new DeviceException(
            "Cannot measure: the native runner says " + line.text().substring(6));
      }
      answers.add(line.text());
    }
    return new Answers(answers, Optional.empty(), "");
  }

  /** Sends one command. */
  Answers ask(String line, Duration limit) throws InterruptedException {
    return ask(List.of(new Query(line, limit)));
  }

  private Answers bury(List<String> answers, Line last) throws InterruptedException {
    boolean ended =
        process.waitFor(last.text().isEmpty() ? END_LIMIT.toMillis() : 0, TimeUnit.MILLISECONDS);
    kill();
    if (!ended) {
      return new Answers(answers, Optional.of(Death.TIMED_OUT), last.text());
    }
    int status = process.exitValue();
    if (status == TIMEOUT_STATUS) {
      return new Answers(
          answers, Optional.of(Death.TIMED_OUT), "ran past its limit while it was timed");
    }
    boolean fault = !FROM_OUTSIDE.contains(status - 128);
    return new Answers(
        answers,
        Optional.of(fault ? Death.CRASHED : Death.KILLED),
        status > 128
            ? "ended by signal " + (status - 128) + " while it was timed"
            : "ended with status " + status + " while it was timed");
  }

  boolean alive() {
    return process.isAlive();
  }

  /** Ends the process at once. */
  void kill() {
    Command.kill(process);
  }
}
