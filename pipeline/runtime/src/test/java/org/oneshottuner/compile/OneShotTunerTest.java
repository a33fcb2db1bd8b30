package org.oneshottuner.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.CProgram;
import org.oneshottuner.lower.SmallTasks;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.lower.Trait;
import org.oneshottuner.predict.Calibration;
import org.oneshottuner.predict.Compatibility;
import org.oneshottuner.predict.Domain;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.predict.GoldenRows;
import org.oneshottuner.predict.Release;
import org.oneshottuner.predict.SearchBudget;
import org.oneshottuner.predict.Tree;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TestSeed;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

class OneShotTunerTest {
  private static final FeatureSchema SCHEMA = FeatureSchema.CURRENT;

  static Stream<TuningTask> tasks() {
    SplitMix64 random = TestSeed.random("chosen");
    return Stream.generate(() -> SmallTasks.draw(random))
        .filter(task -> task.target().equals(CpuTarget.AVX2))
        .filter(task -> Templates.space(task).size() < 2000)
        .limit(12);
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void aSearchChoosesWhatScoringAllDoes(TuningTask task) {
    OneShotTuner tuner = OneShotTuner.of(model(drawn()));
    Choice scored = tuner.choose(task);
    Choice searched = tuner.choose(task, new SearchBudget(0, 1 << 20));
    assertThat(searched.schedule()).as(TestSeed.rerun()).isEqualTo(scored.schedule());
    assertThat(searched.score()).isEqualTo(scored.score());
    assertThat(searched.gap()).isZero();
    assertThat(searched.candidates()).isEqualTo(scored.candidates());
    assertThat(searched.runnerUp()).as(TestSeed.rerun()).isEqualTo(scored.runnerUp());
    assertThat(searched.runnerUpScore()).isEqualTo(scored.runnerUpScore());
    assertThat(searched.alternatives()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void theFirstOfTheMembersWithTheHighestScoreIsChosen(TuningTask task) {
    Ensemble ensemble = drawn();
    List<Float> scores = scores(task, ensemble);
    float highest = scores.stream().max(Float::compare).orElseThrow();
    Choice choice = OneShotTuner.of(model(ensemble)).choose(task);
    assertThat(choice.schedule())
        .as(TestSeed.rerun())
        .isEqualTo(Templates.space(task).at(scores.indexOf(highest)));
    assertThat(choice.score()).isEqualTo(highest);
    assertThat(choice.candidates()).isEqualTo(scores.size());
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void theRunnerUpIsTheBestOfTheOthers(TuningTask task) {
    Ensemble ensemble = drawn();
    List<Float> scores = scores(task, ensemble);
    Choice choice = OneShotTuner.of(model(ensemble)).choose(task);
    ScheduleSpace space = Templates.space(task);
    if (scores.size() > 1) {
      scores.remove((int) space.indexOf(choice.schedule()));
      assertThat(choice.runnerUpScore())
          .as(TestSeed.rerun())
          .isEqualTo(scores.stream().max(Float::compare).orElseThrow());
      assertThat(choice.runnerUp()).isNotEqualTo(choice.schedule());
    }
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void anAlternativeLosesWhatTheBestMemberWithAnotherChoiceDoes(TuningTask task) {
    Ensemble ensemble = drawn();
    List<Float> scores = scores(task, ensemble);
    ScheduleSpace space = Templates.space(task);
    Choice choice = OneShotTuner.of(model(ensemble)).choose(task);
    for (Choice.Alternative alternative : choice.alternatives()) {
      float best = Float.NEGATIVE_INFINITY;
      for (int i = 0; i < scores.size(); i++) {
        if (decidesOtherwise(space.at(i), choice.schedule(), alternative.decision())) {
          best = Math.max(best, scores.get(i));
        }
      }
      assertThat(alternative.scoreLost())
          .as(alternative + ", " + TestSeed.rerun())
          .isEqualTo(choice.score() - best);
    }
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void aSchedulesRankCountsThoseAheadOfIt(TuningTask task) {
    Ensemble ensemble = drawn();
    OneShotTuner tuner = OneShotTuner.of(model(ensemble));
    List<Float> scores = scores(task, ensemble);
    Schedule fallback = Templates.defaultSchedule(task);
    int own = (int) Templates.space(task).indexOf(fallback);
    long ahead =
        LongStream.range(0, scores.size())
            .filter(
                i ->
                    scores.get((int) i) > scores.get(own)
                        || (i < own && scores.get((int) i).equals(scores.get(own))))
            .count();
    assertThat(tuner.standing(task, fallback).rank()).as(TestSeed.rerun()).isEqualTo(ahead + 1);
    assertThat(tuner.standing(task, tuner.choose(task).schedule()).rank()).isEqualTo(1);
  }

  @Test
  void manyTasksGetWhatEachGetsAlone() {
    OneShotTuner tuner = OneShotTuner.of(model(drawn()));
    List<TuningTask> tasks = tasks().toList();
    assertThat(tuner.chooseAll(tasks))
        .as(TestSeed.rerun())
        .isEqualTo(tasks.stream().map(tuner::choose).toList());
  }

  @Test
  void anyNumberOfThreadsMakesTheSameChoice() {
    OneShotTuner tuner = OneShotTuner.of(model(drawn()));
    TuningTask task = new TuningTask(Workload.parse("dense m=128 n=768 k=768"), CpuTarget.AVX2, 1);
    assertThat(Templates.space(task).size()).isGreaterThan(9000);
    Choice choice = tuner.choose(task);
    for (int threads : List.of(1, 2, 3, 7)) {
      assertThat(tuner.withThreads(threads).choose(task)).isEqualTo(choice);
    }
    assertThatThrownBy(() -> tuner.withThreads(0))
        .hasMessage("Cannot choose by 0 threads: expected 1 to 1024");
  }

  @Test
  void aTaskOfAnotherTargetIsRefused() {
    TuningTask task = new TuningTask(Workload.parse("dense m=1 n=2 k=3"), CpuTarget.AVX512, 1);
    assertThatThrownBy(() -> OneShotTuner.of(model(drawn())).choose(task))
        .hasMessage("Cannot choose for target avx512: model in memory was trained for avx2");
  }

  @Test
  void aTaskBeyondWhatWasLearntFromGetsItsDefault() {
    TuningTask known = new TuningTask(Workload.parse("dense m=64 n=128 k=96"), CpuTarget.AVX2, 1);
    TuningTask wider = new TuningTask(Workload.parse("dense m=64 n=4096 k=96"), CpuTarget.AVX2, 1);
    Ensemble ensemble = drawn();
    OneShotTuner tuner =
        OneShotTuner.of(
            model(ensemble, OneShotTuner.served(), Domain.of(List.of(SCHEMA.ofTask(known)))));
    Choice inside = tuner.choose(known);
    assertThat(inside).isEqualTo(OneShotTuner.of(model(ensemble)).choose(known));
    assertThat(inside.basis()).isEqualTo(Choice.Basis.PREDICTED);
    Choice outside = tuner.choose(wider);
    assertThat(outside.basis()).isEqualTo(Choice.Basis.DEFAULT);
    assertThat(outside.beyond()).contains("columns", "flops").doesNotContain("rows", "is_dense");
    assertThat(outside.schedule()).isEqualTo(Templates.defaultSchedule(wider));
    assertThat(outside.score()).isEqualTo(tuner.score(wider, outside.schedule()));
    Choice predicted = OneShotTuner.of(model(ensemble)).choose(wider);
    assertThat(outside.runnerUp()).isEqualTo(predicted.schedule());
    assertThat(outside.runnerUpScore()).isEqualTo(predicted.score());
  }

  @Test
  void aModelOfOtherSpacesIsRefused() {
    Compatibility other = new Compatibility(SCHEMA.id(), OneShotTuner.served().columns(), "cpu-0");
    assertThatThrownBy(() -> OneShotTuner.of(model(drawn(), other)))
        .hasMessageContaining("Cannot serve a model of schema " + SCHEMA.id() + " and spaces cpu-0")
        .hasMessageContaining("this runtime has " + SCHEMA.id() + " and " + Templates.VERSION);
  }

  @Test
  void aProgramThatIncludesTheHeaderRunsTheKernel(@TempDir Path directory) throws Exception {
    TuningTask task =
        new TuningTask(
            Workload.parse("dense m=2 n=3 k=2 epilogue=bias+add+relu"), CpuTarget.AVX2, 1);
    CompiledKernel kernel = OneShotTuner.of(model(drawn())).compile(task, "tiny");
    CProgram program = new CProgram(directory);
    program.source("tiny.c", kernel.source().text());
    program.source("tiny.h", kernel.header());
    program.source(
        "main.c",
        """
        #include "tiny.h"
        #include "tiny.h"
        static float packed[tiny_PACKED_FLOATS + 1] __attribute__((aligned(64)));
        static float workspace[tiny_WORKSPACE_FLOATS(1) + 1] __attribute__((aligned(64)));
        int main(void) {
          float input[tiny_INPUT_FLOATS] __attribute__((aligned(64))) = {1, 2, 3, 4};
          float weight[tiny_WEIGHT_FLOATS] = {1, 0, 0, 1, 1, -1};
          float bias[tiny_BIAS_FLOATS] = {10, 20, 30};
          float residual[tiny_RESIDUAL_FLOATS] __attribute__((aligned(64))) = {0, 0, 0, 0, 0, -99};
          float out[tiny_OUTPUT_FLOATS] __attribute__((aligned(64)));
          float expected[] = {11, 22, 29, 13, 24, 0};
          tiny_pack(weight, bias, packed);
          tiny_run(input, packed, residual, out, workspace);
          for (int i = 0; i < 6; i++) if (out[i] != expected[i]) return 1;
          return 0;
        }
        """);
    program.compile(task.target().march(), "main.c", "tiny.c");
    assertThat(program.run(0)).isZero();
  }

  private static boolean decidesOtherwise(Schedule other, Schedule chosen, String decision) {
    boolean sameTemplate = other.template().equals(chosen.template());
    return decision.equals("template")
        ? !sameTemplate
        : sameTemplate && !other.text(decision).equals(chosen.text(decision));
  }

  private static List<Float> scores(TuningTask task, Ensemble ensemble) {
    ScheduleSpace space = Templates.space(task);
    SpaceFeatures features = SpaceFeatures.of(task, space);
    List<Float> scores = new ArrayList<>();
    for (long i = 0; i < space.size(); i++) {
      float[] row = new float[SCHEMA.size()];
      features.fill(i, 1, row);
      scores.add(ensemble.score(row));
    }
    return scores;
  }

  /** Draws stumps over traits: few enough for scores to be equal now and then. */
  private static Ensemble drawn() {
    SplitMix64 random = TestSeed.random("stumps");
    List<Trait> traits = List.of(Trait.values());
    List<Tree> trees = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      Trait trait = traits.get((int) random.nextLong(traits.size()));
      int column = SCHEMA.place(trait.columnName());
      trees.add(
          Tree.of(
              new int[] {column, Tree.LEAF, Tree.LEAF},
              new float[] {
                (float) (random.nextDouble() * 8), random.nextLong(9) / 8f, random.nextLong(9) / 8f
              },
              new boolean[] {random.nextLong(2) == 0, false, false}));
    }
    return Ensemble.of(SCHEMA.id(), SCHEMA.size(), 0, trees);
  }

  private static FrozenModel model(Ensemble ensemble) {
    return model(ensemble, OneShotTuner.served());
  }

  private static FrozenModel model(Ensemble ensemble, Compatibility compatibility) {
    return model(ensemble, compatibility, Domain.ANYTHING);
  }

  private static FrozenModel model(Ensemble ensemble, Compatibility compatibility, Domain domain) {
    float[] row = new float[SCHEMA.size()];
    return new FrozenModel(
        Release.NONE,
        compatibility,
        new FrozenModel.TargetText(CpuTarget.AVX2.name(), CpuTarget.AVX2.text()),
        List.of(),
        List.of(),
        Calibration.NONE,
        domain,
        ensemble,
        GoldenRows.of(SCHEMA.size(), row, new float[] {ensemble.score(row)}));
  }
}
