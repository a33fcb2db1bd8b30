package org.oneshottuner.search;

import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Tasks to search. */
final class TestTasks {
  /** Of several templates, which differ in size. */
  static final TuningTask CONVOLUTION =
      task("conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1 epilogue=bias+relu");

  static final TuningTask PRODUCT = task("dense m=128 n=768 k=768 epilogue=bias");

  /** Of few members. */
  static final TuningTask SMALL = task("conv2d n=1 c=16 h=8 w=8 k=32 r=3 s=3 pad=1");

  private TestTasks() {}

  private static TuningTask task(String workload) {
    return new TuningTask(Workload.parse(workload), CpuTarget.AVX512, 1);
  }
}
