package org.oneshottuner.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.jobs.stage.SampleFigures;
import org.oneshottuner.report.Figures.SamplerCost;

class SamplerCostsTest {
  @TempDir Path folder;

  private static SampleFigures sampled(int round, long members, OptionalDouble scored) {
    return new SampleFigures(
        "sample", "importance", round, 3, 12, members, 2, 4, OptionalDouble.of(50), scored);
  }

  @Test
  void aLaterStageKnowsWhatTheRoundsCost() {
    RunFolder run = new RunFolder(folder.toString());
    assertThat(SamplerCosts.of(run)).isEmpty();
    SamplerCosts.keep(run, sampled(1, 200, OptionalDouble.of(80)));
    SamplerCosts.keep(run, sampled(0, 100, OptionalDouble.empty()));
    SamplerCosts.keep(run, sampled(1, 0, OptionalDouble.empty())); // was there already
    List<SamplerCost> costs = SamplerCosts.of(run);
    assertThat(costs).hasSize(2);
    assertThat(costs.get(0))
        .isEqualTo(new SamplerCost("importance 0", 100, 4, OptionalDouble.empty()));
    assertThat(costs.get(1).sampler()).isEqualTo("importance 1");
    assertThat(costs.get(1).candidates()).isEqualTo(200);
    assertThat(costs.get(1).scoredPerSecondAndCore().orElseThrow()).isCloseTo(80, within(1e-9));
  }

  @Test
  void nothingIsKeptElsewhereAndDamageIsLeftOut() throws Exception {
    RunFolder remote = new RunFolder("hdfs://host:9/run");
    SamplerCosts.keep(remote, sampled(0, 100, OptionalDouble.empty()));
    assertThat(SamplerCosts.of(remote)).isEmpty();
    RunFolder run = new RunFolder(folder.toString());
    SamplerCosts.keep(run, sampled(0, 100, OptionalDouble.empty()));
    Path kept = folder.resolve("sample/costs/round-0000.json");
    Files.writeString(kept, "{");
    assertThat(SamplerCosts.of(run)).isEmpty();
  }
}
