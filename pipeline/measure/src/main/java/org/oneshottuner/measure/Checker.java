package org.oneshottuner.measure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.oneshottuner.measure.Outcome.Failed;
import org.oneshottuner.measure.Outcome.Kind;
import org.oneshottuner.measure.RunnerProcess.Answers;
import org.oneshottuner.measure.RunnerProcess.Death;
import org.oneshottuner.measure.RunnerProcess.Query;
import org.oneshottuner.measure.TaskValues.Numbers;

/**
 * Tries kernels in guarded child processes, before they are timed. A trial that ends its child is
 * an answer; one that ends even the checking process is its kernel's failure, and costs no other
 * kernel anything.
 */
final class Checker {
  private static final Duration GRACE = Duration.ofSeconds(20);

  private final RunnerSeat seat;
  private final TaskValues values;
  private final Protocol protocol;

  Checker(List<String> words, Numbers numbers, long mostBytes, Protocol protocol) {
    seat = new RunnerSeat(words);
    values = new TaskValues(numbers, true, mostBytes);
    this.protocol = protocol;
  }

  /** Returns for each trial why it failed, or nothing if it passed. */
  List<Optional<Failed>> check(List<Trial> trials) throws InterruptedException {
    List<Optional<Failed>> results = new ArrayList<>();
    boolean retried = false;
    while (results.size() < trials.size()) {
      List<Trial> rest = trials.subList(results.size(), trials.size());
      Answers answers = attempt(rest);
      answers.answers().forEach(answer -> results.add(read(answer)));
      retried = retried && answers.answers().isEmpty();
      if (answers.death().isPresent()) {
        seat.buried(answers.detail());
        values.clear();
        if (Thread.interrupted()) {
          throw new InterruptedException("Interrupted while a kernel was tried");
        }
        // A process killed from outside gets another chance, since its kernel may be innocent.
        if (answers.death().get() != Death.KILLED || retried) {
          results.add(Optional.of(blame(answers)));
          retried = false;
        } else {
          retried = true;
        }
      }
    }
    seat.worked();
    return results;
  }

  private Answers attempt(List<Trial> trials) throws InterruptedException {
    RunnerProcess runner = seat.runner();
    Set<String> inUse =
        trials.stream().map(trial -> trial.task().key()).collect(Collectors.toSet());
    for (Trial trial : trials) {
      Answers made = values.make(runner, trial.task(), inUse);
      if (made.death().isPresent()) {
        return new Answers(List.of(), made.death(), made.detail());
      }
    }
    return runner.ask(trials.stream().map(this::query).toList());
  }

  private Query query(Trial trial) {
    Duration limit = protocol.limitFor(trial.task().workload());
    String line =
        "check task="
            + values.id(trial.task())
            + " limit_ms="
            + limit.toMillis()
            + " tolerance="
            + trial.tolerance()
            + " "
            + trial.fields();
    return new Query(line, limit.multipliedBy(10).plus(GRACE));
  }

  private static Optional<Failed> read(String line) {
    Answer answer = Answer.parse(line);
    return answer.verb().equals("ok") ? Optional.empty() : Optional.of(answer.failure());
  }

  private static Failed blame(Answers answers) {
    boolean late = answers.death().equals(Optional.of(Death.TIMED_OUT));
    return new Failed(late ? Kind.TIMED_OUT : Kind.CRASHED, answers.detail());
  }

  void close() {
    seat.kill();
    values.clear();
  }

  Optional<Long> pid() {
    return seat.pid();
  }
}
