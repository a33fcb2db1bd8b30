package org.oneshottuner.lower;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.TuningTask;

/** What schedules lower to, run by an interpreter, against naive loops. */
class LoweringTest {
  private static final int DRAWN_TASKS = 150;
  private static final int DRAWN_MEMBERS = 3;

  static Stream<TuningTask> corners() {
    return SmallTasks.corners();
  }

  @ParameterizedTest
  @MethodSource("corners")
  void everyTemplateComputesWhatTheNaiveLoopsDo(TuningTask task) {
    SplitMix64 random = TestSeed.random("lowering", task.key());
    Reference reference = new Reference(task, random);
    for (Schedule schedule : Templates.templateDefaults(task)) {
      check(new Candidate(task, schedule), reference, random);
    }
    drawn(task, DRAWN_MEMBERS, random).forEach(candidate -> check(candidate, reference, random));
  }

  @Test
  void everyTemplateComputesWhatTheNaiveLoopsDoOnDrawnTasks() {
    SplitMix64 random = TestSeed.random("drawn tasks");
    for (int i = 0; i < DRAWN_TASKS; i++) {
      TuningTask task = SmallTasks.draw(random);
      Reference reference = new Reference(task, random);
      drawn(task, 1, random).forEach(candidate -> check(candidate, reference, random));
    }
  }

  /** Draws some members of each template. */
  static Stream<Candidate> drawn(TuningTask task, int members, SplitMix64 random) {
    ScheduleSpace space = Templates.space(task);
    Stream.Builder<Candidate> drawn = Stream.builder();
    for (int place = 0; place < space.templates().size(); place++) {
      for (int i = 0; i < members; i++) {
        long member = space.start(place) + random.nextLong(space.templates().get(place).size());
        drawn.add(new Candidate(task, space.at(member)));
      }
    }
    return drawn.build();
  }

  static void check(Candidate candidate, Reference reference, SplitMix64 order) {
    String place = candidate.key() + ", " + TestSeed.rerun();
    try {
      OutputCheck.check(
          place,
          candidate,
          Interpreter.run(Templates.nest(candidate), reference, order),
          reference);
    } catch (Interpreter.Fault | ArithmeticException | IllegalArgumentException e) {
      throw new AssertionError(place + ": " + e.getMessage(), e);
    }
  }
}
