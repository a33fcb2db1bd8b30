package org.oneshottuner.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ForkJoinWorkerThread;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.SpaceScorer;
import org.oneshottuner.predict.Tree;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

class AllScoresTest {
  private static final FeatureSchema SCHEMA = FeatureSchema.CURRENT;
  private static final TuningTask TASK =
      new TuningTask(Workload.parse("dense m=128 n=768 k=768"), CpuTarget.AVX2, 1);

  private final ScheduleSpace space = Templates.space(TASK);

  @AfterEach
  void nothingScoresAnyMore() {
    assertThat(Thread.getAllStackTraces().entrySet())
        .filteredOn(entry -> entry.getKey() instanceof ForkJoinWorkerThread)
        .flatExtracting(entry -> Arrays.asList(entry.getValue()))
        .noneMatch(frame -> frame.getClassName().equals(AllScores.class.getName()));
  }

  @Test
  void anyNumberOfThreadsGivesTheSameBits() {
    assertThat(space.size()).isGreaterThan(2 << 12);
    Ensemble ensemble = byCycles(SCHEMA.id());
    float[] expected = new float[(int) space.size()];
    new SpaceScorer(SpaceFeatures.of(TASK, space), ensemble).score(0, space.size(), expected);
    for (int threads : List.of(1, 2, 3, 1000)) {
      assertThat(AllScores.of(TASK, space, ensemble, threads)).containsExactly(expected);
    }
  }

  @Test
  void whatFailsInOneThreadFailsTheCall() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AllScores.of(TASK, space, byCycles("other-1"), 3))
        .withMessageContaining("trained on schema other-1");
  }

  @Test
  void anInterruptedThreadScoresAndStaysInterrupted() {
    Ensemble ensemble = byCycles(SCHEMA.id());
    float[] expected = AllScores.of(TASK, space, ensemble, 1);
    Thread.currentThread().interrupt();
    try {
      assertThat(AllScores.of(TASK, space, ensemble, 3)).containsExactly(expected);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  private static Ensemble byCycles(String schema) {
    Tree stump =
        Tree.of(
            new int[] {SCHEMA.place("cycles_per_useful_fma"), Tree.LEAF, Tree.LEAF},
            new float[] {0.2f, 1, 0},
            new boolean[3]);
    return Ensemble.of(schema, SCHEMA.size(), 0, List.of(stump));
  }
}
