package org.oneshottuner.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.oneshottuner.workload.Workload;

class NearDuplicatesTest {
  private static final Workload CONV =
      Workload.parse("conv2d n=1 c=100 h=56 w=56 k=64 r=3 s=3 pad=1 epilogue=bias+relu");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "conv2d n=1 c=100 h=56 w=56 k=64 r=3 s=3 pad=1 epilogue=bias+relu | true",
        "conv2d n=1 c=95 h=56 w=56 k=64 r=3 s=3 pad=1 | true",
        "conv2d n=1 c=105 h=54 w=58 k=66 r=3 s=3 layout=nchw16c epilogue=bias | true",
        "conv2d n=1 c=94 h=56 w=56 k=64 r=3 s=3 pad=1 | false",
        "conv2d n=1 c=106 h=56 w=56 k=64 r=3 s=3 pad=1 | false",
        "conv2d n=8 c=100 h=56 w=56 k=64 r=3 s=3 pad=1 | false",
        "conv2d n=1 c=100 h=56 w=56 k=64 r=5 s=3 pad=1 | false",
        "conv2d n=1 c=100 h=56 w=56 k=64 r=3 s=3 stride=2 pad=1 | false",
        "conv2d n=1 c=100 h=56 w=56 k=64 r=3 s=3 pad=1 groups=2 | false",
        "conv2d n=1 c=100 h=56 w=56 k=64 r=3 s=3 pad=2 dilation=2 | false",
        "depthwise_conv2d n=1 c=100 h=56 w=56 r=3 s=3 pad=1 | false",
        "dense m=1 n=100 k=56 | false",
      })
  void nearIsWithinFivePercentInEveryExtent(String text, boolean expected) {
    Workload other = Workload.parse(text);
    assertThat(NearDuplicates.near(CONV, other)).isEqualTo(expected);
    assertThat(NearDuplicates.near(other, CONV)).isEqualTo(expected);
    assertThat(new NearDuplicates(List.of(CONV)).near(other).isPresent()).isEqualTo(expected);
  }

  @Test
  void aGroupForEachChannelIsDepthwise() {
    assertThat(
            NearDuplicates.near(
                Workload.parse("conv2d n=1 c=32 h=9 w=9 k=32 r=3 s=3 groups=32"),
                Workload.parse("depthwise_conv2d n=1 c=32 h=9 w=9 r=3 s=3")))
        .isTrue();
  }

  @Test
  void productsCompareAllExtents() {
    NearDuplicates known =
        new NearDuplicates(
            List.of(
                Workload.parse("dense m=128 n=512 k=512"),
                Workload.parse("batch_matmul b=8 m=128 n=128 k=64")));
    assertThat(known.near(Workload.parse("dense m=125 n=500 k=520 epilogue=bias")))
        .contains(Workload.parse("dense m=128 n=512 k=512"));
    assertThat(known.near(Workload.parse("dense m=1 n=512 k=512"))).isEmpty();
    assertThat(known.near(Workload.parse("batch_matmul b=8 m=125 n=125 k=64"))).isPresent();
    assertThat(known.near(Workload.parse("batch_matmul b=9 m=128 n=128 k=64"))).isEmpty();
  }

  @Test
  void distanceIsTheLargestRatioToTheNearest() {
    NearDuplicates known =
        new NearDuplicates(
            List.of(Workload.parse("dense m=1 n=10 k=10"), Workload.parse("dense m=1 n=40 k=80")));
    assertThat(known.distance(Workload.parse("dense m=1 n=40 k=80"))).isEqualTo(0);
    assertThat(known.distance(Workload.parse("dense m=1 n=40 k=40")))
        .isCloseTo(StrictMath.log(2), within(1e-12));
    assertThat(known.distance(CONV)).isEqualTo(Double.POSITIVE_INFINITY);
  }
}
