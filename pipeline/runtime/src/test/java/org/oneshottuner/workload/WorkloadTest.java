package org.oneshottuner.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.oneshottuner.lower.SmallTasks;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.space.TestSeed;

class WorkloadTest {
  private static final String CONV = "conv2d n=1 c=4 h=8 w=8 k=8 ";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1",
        "conv2d n=8 c=32 h=9 w=7 k=48 r=5 s=1 stride=2 pad=2,0,1,0 dilation=2 groups=4"
            + " layout=nchw16c epilogue=bias+add+relu",
        "depthwise_conv2d n=1 c=96 h=112 w=112 r=3 s=3 stride=2 pad=1 epilogue=bias+relu6",
        "dense m=128 n=3072 k=768 epilogue=bias+gelu",
        "batch_matmul b=12 m=128 n=128 k=64 epilogue=swish",
        "batch_matmul b=2 m=3 n=4 k=5 transpose=rhs epilogue=bias",
        "batch_matmul b=2 m=3 n=4 k=5 transpose=lhs",
        "batch_matmul b=2 m=3 n=4 k=5 transpose=both"
      })
  void canonicalTextIsReadAndWrittenAsItIs(String text) {
    assertThat(Workload.parse(text).text()).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "  dense   n=2 k=3\tm=1 | dense m=1 n=2 k=3",
        "dense m=1 n=2 k=3 dtype=f32 epilogue=none | dense m=1 n=2 k=3",
        "batch_matmul transpose=none b=1 k=4 n=3 m=2 | batch_matmul b=1 m=2 n=3 k=4",
        "conv2d n=1 c=1 h=1 w=1 k=1 r=1 s=1 stride=1 pad=0 dilation=1 groups=1 layout=nchw |"
            + " conv2d n=1 c=1 h=1 w=1 k=1 r=1 s=1",
        "conv2d n=1 c=1 h=1 w=1 k=1 r=1 s=1 pad=2,2,2,2 |"
            + " conv2d n=1 c=1 h=1 w=1 k=1 r=1 s=1 pad=2"
      })
  void textInAnyOrderAndWithDefaultsIsReadAsTheCanonicalOne(String text, String canonical) {
    assertThat(Workload.parse(text).text()).isEqualTo(canonical);
    assertThat(Workload.parse(text)).isEqualTo(Workload.parse(canonical));
  }

  @Test
  void drawnTasksAreReadAsTheyAreWritten() {
    SplitMix64 random = TestSeed.random("texts");
    for (int i = 0; i < 2000; i++) {
      TuningTask task = SmallTasks.draw(random);
      assertThat(Workload.parse(task.workload().text()))
          .as(TestSeed.rerun())
          .isEqualTo(task.workload());
      assertThat(TuningTask.parse(task.key())).as(TestSeed.rerun()).isEqualTo(task);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | unknown kind '', known are conv2d, depthwise_conv2d, dense, batch_matmul",
        "conv3d n=1 | unknown kind 'conv3d', known are conv2d",
        "conv2d | n is missing",
        "dense m=1 n=2 | k is missing",
        "dense m=1 n=2 k | 'k' is not of the form name=value",
        "dense m=1 n=2 k= | 'k=' is not of the form name=value",
        "dense m=1 n=2 =3 | '=3' is not of the form name=value",
        "dense m=1 n=2 k=3 k=4 | k is given twice",
        "dense m=1 n=2 k=3 z=4 | z is unknown, nearest is k; known are [dtype, epilogue, k, m, n]",
        "dense m=1 n=2 kk=3 | kk is unknown, nearest is k",
        "conv2d n=1 c=8 h=8 w=8 k=8 r=3 s=3 strid=2 | strid is unknown, nearest is stride",
        "dense m=1 n=2 k=3 layout=nchw16c | layout is unknown",
        "dense m=1 n=2 k=three | k is 'three', expected a whole number below 2^31",
        "dense m=1 n=2 k=3.0 | k is '3.0', expected a whole number below 2^31",
        "dense m=1 n=2 k=2147483648 | k is '2147483648', expected a whole number below 2^31",
        "dense m=0 n=2 k=3 | m is 0, least is 1",
        "dense m=1 n=-2 k=3 | n is -2, least is 1",
        "batch_matmul b=0 m=1 n=1 k=1 | b is 0, least is 1",
        "batch_matmul b=1 m=1 n=1 k=1 transpose=yes | transpose is 'yes', known are none, lhs, rhs, both",
        "dense m=1 n=1 k=1 transpose=rhs | transpose is unknown",
        "dense m=1 n=2 k=3 dtype=f16 | dtype is 'f16', known are f32",
        "dense m=1 n=2 k=3 epilogue=tanh | epilogue is 'tanh', known are bias, relu, relu6",
        "dense m=1 n=2 k=3 epilogue=relu+ | epilogue is '', known are",
        "dense m=1 n=2 k=3 epilogue=relu+bias+relu | Cannot use epilogue step relu twice"
      })
  void malformedTextIsRefused(String text, String reason) {
    refused(text, reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "r=0 s=3 | r is 0, least is 1",
        "r=3 s=3 stride=0 | stride is 0, least is 1",
        "r=3 s=3 dilation=0 | dilation is 0, least is 1",
        "r=3 s=3 groups=3 | groups is 3, does not divide both c 4 and k 8",
        "r=3 s=3 layout=nhwc | layout is 'nhwc', known are nchw, nchw16c",
        "r=3 s=3 pad=-1 | Cannot pad by -1,-1,-1,-1: the least is 0",
        "r=3 s=3 pad=1,2,3 | pad is '1,2,3', expected one number or top,left,bottom,right",
        "r=3 s=3 pad=1,2,3,x | pad is 'x', expected a whole number",
        "r=9 s=1 | r is 9 at dilation 1, reaching over 9 elements of a padded input of 8",
        "r=1 s=11 pad=1 | s is 11 at dilation 1, reaching over 11 elements of a padded input of 10",
        "r=3 s=3 dilation=4 | r is 3 at dilation 4, reaching over 9 elements of a padded input of 8"
      })
  void impossibleConvolutionsAreRefused(String window, String reason) {
    refused(CONV + window, reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dense m=65536 n=65536 k=1 | a tensor has 4294967296 elements, most is 2147483647",
        "dense m=1 n=65536 k=32768 | a tensor has 2147483648 elements, most is 2147483647",
        "batch_matmul b=65536 m=65536 n=65536 k=65536 | a tensor has 281474976710656 elements",
        "batch_matmul b=2147483647 m=2147483647 n=2147483647 k=1 | most is 2147483647",
        "conv2d n=2147483647 c=2147483647 h=2147483647 w=1 k=1 r=1 s=1 | most is 2147483647",
        "conv2d n=1 c=1 h=1 w=1 k=1 r=1 s=1 pad=2147483647 | most is 2147483647",
        "conv2d n=1 c=1 h=1 w=1 k=1 r=2147483647 s=2147483647 dilation=2147483647 | r is 2147483647",
        "depthwise_conv2d n=1 c=1 h=2147483647 w=2 r=1 s=1 | most is 2147483647"
      })
  void tensorsThatCannotBeAddressedAreRefused(String text, String reason) {
    refused(text, reason);
  }

  @Test
  void theLargestTensorIsRead() {
    assertThat(Workload.parse("dense m=1 n=1 k=2147483647").flops()).isEqualTo(4294967294L);
  }

  @Test
  void workCountsMultipliesAndAddsOfTheDirectAlgorithm() {
    assertThat(Workload.parse("conv2d n=2 c=8 h=5 w=6 k=4 r=3 s=3 pad=1 groups=2").flops())
        .isEqualTo(2L * 2 * 4 * 5 * 6 * (8 / 2) * 9);
    assertThat(Workload.parse("depthwise_conv2d n=1 c=3 h=5 w=5 r=3 s=3 stride=2").flops())
        .isEqualTo(2L * 3 * 2 * 2 * 9);
    assertThat(Workload.parse("dense m=2 n=3 k=5").flops()).isEqualTo(60);
    assertThat(Workload.parse("batch_matmul b=7 m=2 n=3 k=5").flops()).isEqualTo(420);
  }

  @Test
  void bytesCountEveryTensorOnceInPlainLayout() {
    assertThat(
            Workload.parse("conv2d n=1 c=3 h=4 w=4 k=2 r=3 s=3 layout=nchw16c epilogue=bias+add")
                .bytes())
        .isEqualTo(4L * (3 * 16 + 2 * 3 * 9 + 2 + 2 * 4 + 2 * 4));
  }

  @Test
  void blockedChannelsAreRoundedUpToTheTargetsVectors() {
    Operands operands =
        Workload.parse("conv2d n=2 c=17 h=5 w=5 k=8 r=1 s=1 layout=nchw16c").operands(16);
    assertThat(operands.input()).isEqualTo(2L * 32 * 25);
    assertThat(operands.output()).isEqualTo(2L * 16 * 25);
    assertThat(operands.weight()).isEqualTo(17L * 8);
  }

  private static void refused(String text, String reason) {
    assertThatThrownBy(() -> Workload.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot read workload '" + text + "': ")
        .hasMessageContaining(reason);
  }
}
