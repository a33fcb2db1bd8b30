package org.oneshottuner.compile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

class BallotTest {
  private static final TuningTask TASK =
      new TuningTask(Workload.parse("dense m=1 n=2 k=3"), CpuTarget.AVX2, 1);

  @RepeatedTest(200)
  void countsAsGoingThroughAllMembersDoes(RepetitionInfo repetition) {
    SplitMix64 random =
        TestSeed.random("ballot", Integer.toString(repetition.getCurrentRepetition()));
    ScheduleSpace space = space(random);
    float[] scores = new float[(int) space.size()];
    int levels = 1 + (int) random.nextLong(6);
    for (int i = 0; i < scores.length; i++) {
      // few levels, so that many members are equal
      scores[i] = random.nextLong(levels) / 4f - 0.5f;
    }
    Choice choice = new Ballot(space, scores).choice(TASK);
    List<Integer> order =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted(Comparator.comparing((Integer i) -> -scores[i]).thenComparing(i -> i))
            .toList();
    int first = order.get(0);
    int second = order.get(Math.min(1, order.size() - 1));
    assertThat(choice)
        .as(TestSeed.rerun())
        .isEqualTo(
            new Choice(
                TASK,
                space.at(first),
                scores[first],
                scores.length,
                0,
                space.at(second),
                scores[second],
                alternatives(space, order, scores),
                List.of()));
  }

  /** Draws a space of up to three templates of up to six knobs, some of them without a choice. */
  private static ScheduleSpace space(SplitMix64 random) {
    List<TemplateSpace> templates = new ArrayList<>();
    for (long template = random.nextLong(3); template >= 0; template--) {
      List<Knob> knobs = new ArrayList<>();
      for (long knob = random.nextLong(7); knob > 0; knob--) {
        List<Integer> values =
            IntStream.rangeClosed(1, 1 + (int) random.nextLong(4)).boxed().toList();
        knobs.add(new Knob.Count("k" + knob, values));
      }
      List<Constraint> rules = new ArrayList<>();
      if (knobs.size() > 1) {
        List<String> read = List.of(knobs.get(0).name(), knobs.get(knobs.size() - 1).name());
        rules.add(
            new Constraint(
                "differ", read, v -> v.number(read.get(0)) + v.number(read.get(1)) != 3));
      }
      templates.add(new TemplateSpace("t" + template, knobs, rules));
    }
    return new ScheduleSpace(templates);
  }

  private static List<Choice.Alternative> alternatives(
      ScheduleSpace space, List<Integer> order, float[] scores) {
    float best = scores[order.get(0)];
    Schedule chosen = space.at(order.get(0));
    List<Choice.Alternative> alternatives = new ArrayList<>();
    order.stream()
        .filter(member -> !space.at(member).template().equals(chosen.template()))
        .findFirst()
        .ifPresent(
            member ->
                alternatives.add(
                    new Choice.Alternative(
                        "template",
                        chosen.template(),
                        space.at(member).template(),
                        best - scores[member])));
    for (Schedule.Setting setting : chosen.settings()) {
      String knob = setting.knob();
      // of choices that cost the same, the first is named
      order.stream()
          .filter(member -> space.at(member).template().equals(chosen.template()))
          .filter(member -> !space.at(member).text(knob).equals(setting.value()))
          .min(
              Comparator.comparing((Integer member) -> -scores[member])
                  .thenComparing(member -> Integer.parseInt(space.at(member).text(knob))))
          .ifPresent(
              member ->
                  alternatives.add(
                      new Choice.Alternative(
                          knob,
                          setting.value(),
                          space.at(member).text(knob),
                          best - scores[member])));
    }
    alternatives.sort(Comparator.comparingDouble(Choice.Alternative::scoreLost).reversed());
    return alternatives;
  }
}
