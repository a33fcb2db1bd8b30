package org.oneshottuner.lower;

import java.util.List;
import java.util.stream.Stream;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Tasks whose spaces and features are checked in: layers of networks, and odd ones. */
public final class GoldenTasks {
  private static final List<String> WORKLOADS =
      List.of(
          "conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1 epilogue=bias+relu",
          "conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1 layout=nchw16c epilogue=bias+add+relu",
          "conv2d n=1 c=3 h=224 w=224 k=64 r=7 s=7 stride=2 pad=3 epilogue=bias+relu",
          "conv2d n=8 c=256 h=14 w=14 k=1024 r=1 s=1 layout=nchw16c epilogue=bias",
          "conv2d n=1 c=512 h=7 w=7 k=2048 r=1 s=1 epilogue=bias+add+relu",
          "conv2d n=1 c=256 h=56 w=56 k=512 r=1 s=1 stride=2",
          "conv2d n=1 c=128 h=56 w=56 k=128 r=3 s=3 pad=1 groups=32 epilogue=bias+relu",
          "conv2d n=1 c=128 h=17 w=17 k=192 r=1 s=7 pad=0,3,0,3 epilogue=bias+relu",
          "conv2d n=1 c=17 h=31 w=29 k=33 r=3 s=3 dilation=2 pad=2,1,1,2 epilogue=swish",
          "depthwise_conv2d n=1 c=96 h=112 w=112 r=3 s=3 stride=2 pad=1 epilogue=bias+relu6",
          "depthwise_conv2d n=1 c=384 h=14 w=14 r=3 s=3 pad=1 layout=nchw16c epilogue=bias+relu6",
          "depthwise_conv2d n=8 c=672 h=14 w=14 r=5 s=5 pad=2 epilogue=bias+swish",
          "dense m=128 n=3072 k=768 epilogue=bias+gelu",
          "dense m=1 n=1000 k=2048 epilogue=bias",
          "batch_matmul b=12 m=128 n=128 k=64",
          "batch_matmul b=96 m=197 n=64 k=197",
          "batch_matmul b=12 m=128 n=128 k=64 transpose=rhs",
          "batch_matmul b=6 m=197 n=64 k=197 transpose=lhs");

  private GoldenTasks() {}

  /** Returns every workload on both targets. */
  public static Stream<TuningTask> all() {
    return WORKLOADS.stream()
        .map(Workload::parse)
        .flatMap(
            workload ->
                CpuTarget.known().stream().map(target -> new TuningTask(workload, target, 1)));
  }
}
