package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.Epilogue;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Transpose;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Tasks small enough to compute by naive loops: the corners of every operator, and drawn ones. */
public final class SmallTasks {
  /** A target of 4 lanes, so that nothing can rest on there being 8 or 16. */
  static final CpuTarget FOUR_LANES =
      new CpuTarget("four", "x86-64-v3", 16, 16, 32 << 10, 1 << 20, 32 << 20, 2);

  private static final List<CpuTarget> TARGETS =
      List.of(CpuTarget.AVX512, CpuTarget.AVX2, FOUR_LANES);
  private static final long MOST_FLOPS = 300_000;

  /** One line a workload; each has something that the others lack. */
  private static final List<String> WORKLOADS =
      List.of(
          "conv2d n=1 c=8 h=2 w=2 k=12 r=3 s=3 pad=1 epilogue=gelu",
          "conv2d n=1 c=3 h=11 w=13 k=16 r=3 s=3 pad=1",
          "conv2d n=2 c=17 h=6 w=7 k=17 r=3 s=3 pad=1 epilogue=bias+relu",
          "conv2d n=1 c=2 h=31 w=29 k=5 r=3 s=3 pad=1 epilogue=bias+add+relu",
          "conv2d n=1 c=16 h=8 w=8 k=32 r=3 s=3 pad=1 layout=nchw16c epilogue=bias+relu6",
          "conv2d n=2 c=17 h=6 w=7 k=18 r=3 s=3 pad=1 layout=nchw16c epilogue=add+sigmoid",
          "conv2d n=1 c=256 h=2 w=5 k=32 r=3 s=3 pad=1 layout=nchw16c epilogue=bias+add",
          "conv2d n=1 c=16 h=6 w=9 k=64 r=3 s=3 pad=2 epilogue=relu",
          "conv2d n=2 c=16 h=10 w=6 k=96 r=3 s=3 layout=nchw16c",
          "conv2d n=1 c=20 h=13 w=9 k=36 r=3 s=3 pad=1 epilogue=bias+add+gelu",
          "conv2d n=1 c=8 h=9 w=9 k=48 r=1 s=1 epilogue=bias+swish",
          "conv2d n=2 c=20 h=5 w=6 k=33 r=1 s=1 layout=nchw16c epilogue=bias+add+relu",
          "conv2d n=1 c=6 h=9 w=9 k=10 r=1 s=1 stride=2 epilogue=gelu",
          "conv2d n=1 c=4 h=12 w=12 k=8 r=1 s=1 pad=1",
          "conv2d n=1 c=3 h=20 w=21 k=16 r=7 s=7 stride=2 pad=3 epilogue=bias+relu",
          "conv2d n=1 c=5 h=9 w=14 k=7 r=1 s=7 pad=0,3,0,3",
          "conv2d n=1 c=5 h=14 w=9 k=7 r=7 s=1 pad=3,0,3,0 layout=nchw16c epilogue=relu",
          "conv2d n=1 c=4 h=9 w=10 k=9 r=5 s=5 pad=2 epilogue=relu6",
          "conv2d n=1 c=4 h=13 w=12 k=8 r=3 s=3 pad=2 dilation=2 epilogue=bias",
          "conv2d n=1 c=4 h=9 w=12 k=6 r=4 s=2 pad=0,2,1,0 epilogue=sigmoid",
          "conv2d n=1 c=3 h=13 w=14 k=4 r=2 s=3 stride=3 pad=1,0,2,3 layout=nchw16c",
          "conv2d n=1 c=32 h=6 w=6 k=32 r=3 s=3 pad=1 groups=2 epilogue=bias+relu",
          "conv2d n=1 c=34 h=5 w=5 k=51 r=3 s=3 pad=1 groups=17 layout=nchw16c epilogue=bias+sigmoid",
          "conv2d n=1 c=12 h=5 w=6 k=18 r=3 s=3 pad=1 groups=3 stride=2 epilogue=bias+gelu+add",
          "conv2d n=3 c=5 h=3 w=3 k=4 r=3 s=3",
          "conv2d n=1 c=1 h=1 w=1 k=1 r=1 s=1",
          "conv2d n=1 c=3 h=2 w=2 k=3 r=3 s=3 pad=4",
          "depthwise_conv2d n=1 c=32 h=9 w=10 r=3 s=3 pad=1 epilogue=bias+relu6",
          "depthwise_conv2d n=2 c=17 h=31 w=29 r=3 s=3 pad=1 epilogue=bias+relu",
          "depthwise_conv2d n=2 c=17 h=8 w=9 r=3 s=3 stride=2 pad=1 layout=nchw16c epilogue=bias+sigmoid",
          "depthwise_conv2d n=1 c=16 h=9 w=11 r=5 s=5 pad=2 layout=nchw16c epilogue=bias+add+swish",
          "depthwise_conv2d n=1 c=5 h=13 w=12 r=3 s=3 pad=2 dilation=2",
          "depthwise_conv2d n=1 c=4 h=15 w=16 r=7 s=7 stride=2 pad=3,2,1,3 epilogue=gelu",
          "depthwise_conv2d n=1 c=20 h=6 w=9 r=1 s=7 pad=0,3,0,3 layout=nchw16c",
          "depthwise_conv2d n=1 c=3 h=1 w=1 r=1 s=1 epilogue=add",
          "depthwise_conv2d n=2 c=33 h=7 w=7 r=3 s=3 pad=1 layout=nchw16c epilogue=bias+relu6",
          "depthwise_conv2d n=1 c=16 h=14 w=14 r=5 s=5 stride=2 pad=2 layout=nchw16c",
          "depthwise_conv2d n=1 c=17 h=12 w=8 r=7 s=7 pad=3 layout=nchw16c epilogue=add",
          "depthwise_conv2d n=1 c=40 h=13 w=10 r=3 s=3 pad=2 dilation=2 layout=nchw16c",
          "depthwise_conv2d n=2 c=3 h=14 w=14 r=3 s=3 pad=1 epilogue=bias+add+relu6",
          "depthwise_conv2d n=1 c=5 h=7 w=7 r=5 s=5 pad=2 epilogue=bias+swish",
          "depthwise_conv2d n=1 c=4 h=20 w=37 r=7 s=7 pad=3 epilogue=add",
          "depthwise_conv2d n=2 c=3 h=19 w=33 r=3 s=3 stride=2 pad=1 epilogue=bias",
          "depthwise_conv2d n=1 c=3 h=15 w=15 r=5 s=5 stride=2 pad=2 epilogue=add+gelu",
          "depthwise_conv2d n=1 c=2 h=3 w=40 r=3 s=5 pad=1,4,1,4",
          "depthwise_conv2d n=1 c=2 h=2 w=3 r=3 s=3 pad=1",
          "dense m=1 n=40 k=30 epilogue=bias",
          "dense m=17 n=33 k=19 epilogue=bias+gelu",
          "dense m=8 n=64 k=160 epilogue=bias+relu+add",
          "dense m=31 n=7 k=300 epilogue=sigmoid",
          "dense m=1 n=1 k=1",
          "dense m=7 n=1001 k=513 epilogue=bias",
          "dense m=1 n=100 k=300 epilogue=bias+add",
          "dense m=9 n=40 k=1024 epilogue=relu",
          "batch_matmul b=3 m=17 n=33 k=20",
          "batch_matmul b=1 m=1 n=16 k=7 epilogue=bias+swish",
          "batch_matmul b=2 m=12 n=48 k=140 epilogue=add+relu",
          "batch_matmul b=2 m=9 n=3 k=5 epilogue=relu6",
          "batch_matmul b=2 m=19 n=37 k=21 transpose=rhs epilogue=bias+add",
          "batch_matmul b=3 m=21 n=18 k=130 transpose=lhs",
          "batch_matmul b=2 m=7 n=50 k=140 transpose=both epilogue=add+relu",
          "batch_matmul b=1 m=1 n=5 k=9 transpose=rhs",
          "batch_matmul b=1 m=197 n=197 k=64",
          "batch_matmul b=2 m=1 n=37 k=256 transpose=rhs epilogue=add",
          "batch_matmul b=1 m=1024 n=20 k=9 transpose=lhs",
          "depthwise_conv2d n=1 c=4 h=4 w=33 r=31 s=31 pad=15 layout=nchw16c epilogue=bias+relu",
          "depthwise_conv2d n=1 c=5 h=3 w=33 r=3 s=31 pad=1,15,1,15 layout=nchw16c epilogue=add",
          "depthwise_conv2d n=1 c=17 h=2 w=105 r=1 s=101 layout=nchw16c epilogue=bias+sigmoid",
          "depthwise_conv2d n=1 c=2 h=2 w=9 r=31 s=31 pad=15");

  private SmallTasks() {}

  /** Returns every corner on every target. */
  public static Stream<TuningTask> corners() {
    return WORKLOADS.stream()
        .map(Workload::parse)
        .flatMap(workload -> TARGETS.stream().map(target -> new TuningTask(workload, target, 2)));
  }

  /** Returns a drawn task. */
  public static TuningTask draw(SplitMix64 random) {
    while (true) {
      String text = text(random);
      Workload workload;
      try {
        workload = Workload.parse(text);
      } catch (IllegalArgumentException impossible) {
        continue;
      }
      TuningTask task = new TuningTask(workload, one(random, TARGETS), number(random, 1, 2));
      if (workload.flops() <= MOST_FLOPS) {
        return task;
      }
    }
  }

  private static String text(SplitMix64 random) {
    String shape =
        switch (number(random, 0, 5)) {
          case 0 ->
              String.format(
                  "dense m=%d n=%d k=%d", upTo(random, 60), upTo(random, 90), upTo(random, 300));
          case 1 ->
              String.format(
                  "batch_matmul b=%d m=%d n=%d k=%d transpose=%s",
                  upTo(random, 3),
                  upTo(random, 40),
                  upTo(random, 70),
                  upTo(random, 150),
                  one(random, List.of(Transpose.values())).text());
          case 2 ->
              String.format(
                  "depthwise_conv2d n=%d c=%d %s",
                  upTo(random, 2), upTo(random, 40), window(random));
          default -> conv(random);
        };
    return shape + " epilogue=" + epilogue(random);
  }

  private static String conv(SplitMix64 random) {
    int groups = one(random, List.of(1, 1, 1, 2, 3, 8));
    return String.format(
        "conv2d n=%d c=%d k=%d groups=%d %s",
        upTo(random, 2),
        groups * upTo(random, 40 / groups),
        groups * upTo(random, 50 / groups),
        groups,
        window(random));
  }

  private static String window(SplitMix64 random) {
    int r = one(random, List.of(1, 1, 2, 3, 3, 3, 5, 7));
    int s = number(random, 0, 3) == 0 ? number(random, 1, 7) : r;
    int pad = number(random, 0, 1) * (r / 2);
    String pads =
        number(random, 0, 3) > 0
            ? Integer.toString(pad)
            : String.format(
                "%d,%d,%d,%d",
                number(random, 0, 3),
                number(random, 0, 3),
                number(random, 0, 3),
                number(random, 0, 3));
    return String.format(
        "h=%d w=%d r=%d s=%d stride=%d dilation=%d pad=%s layout=%s",
        upTo(random, 30),
        upTo(random, 30),
        r,
        s,
        one(random, List.of(1, 1, 1, 2, 2, 3)),
        one(random, List.of(1, 1, 1, 2)),
        pads,
        one(random, List.of(Layout.values())).text());
  }

  private static String epilogue(SplitMix64 random) {
    List<Epilogue.Step> steps = new ArrayList<>();
    for (int i = number(random, 0, 3); i > 0; i--) {
      Epilogue.Step step = one(random, List.of(Epilogue.Step.values()));
      if (!steps.contains(step)) {
        steps.add(step);
      }
    }
    return new Epilogue(steps).text();
  }

  private static int upTo(SplitMix64 random, int most) {
    return number(random, 1, most);
  }

  private static int number(SplitMix64 random, int least, int most) {
    return least + (int) random.nextLong(most - least + 1L);
  }

  static <T> T one(SplitMix64 random, List<T> choices) {
    return choices.get((int) random.nextLong(choices.size()));
  }
}
