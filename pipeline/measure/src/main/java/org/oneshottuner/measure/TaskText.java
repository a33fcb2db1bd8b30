package org.oneshottuner.measure;

import org.oneshottuner.workload.BatchMatmul;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Dense;
import org.oneshottuner.workload.DepthwiseConv2d;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Window;
import org.oneshottuner.workload.Workload;

/** A task in the words of the native runner, every extent spelt out. */
final class TaskText {
  private TaskText() {}

  /** Returns the fields that say what is computed, without the values it is computed on. */
  static String of(TuningTask task) {
    int lanes = task.workload().layout() == Layout.NCHW16C ? task.lanes() : 0;
    String fields =
        task.workload()
            .fold(
                new Workload.Cases<String>(
                    conv -> conv2d(conv, lanes),
                    depthwise -> depthwise(depthwise, lanes),
                    TaskText::dense,
                    TaskText::batchMatmul));
    return fields
        + " epilogue="
        + task.workload().epilogue().text()
        + " vector_bytes="
        + task.target().vectorBytes();
  }

  private static String conv2d(Conv2d conv, int lanes) {
    return image(conv.n(), conv.c(), conv.k(), conv.groups())
        + window(conv.window())
        + " lanes="
        + lanes;
  }

  private static String depthwise(DepthwiseConv2d conv, int lanes) {
    return image(conv.n(), conv.c(), conv.c(), conv.c())
        + window(conv.window())
        + " lanes="
        + lanes;
  }

  private static String image(int n, int c, int k, int groups) {
    return "kind=conv2d n=" + n + " c=" + c + " k=" + k + " groups=" + groups;
  }

  private static String window(Window window) {
    return " h="
        + window.h()
        + " w="
        + window.w()
        + " r="
        + window.r()
        + " s="
        + window.s()
        + " stride_h="
        + window.stride()
        + " stride_w="
        + window.stride()
        + " pad_t="
        + window.pad().top()
        + " pad_l="
        + window.pad().left()
        + " pad_b="
        + window.pad().bottom()
        + " pad_r="
        + window.pad().right()
        + " dilation_h="
        + window.dilation()
        + " dilation_w="
        + window.dilation();
  }

  private static String dense(Dense dense) {
    return "kind=dense m=" + dense.m() + " n=" + dense.n() + " k=" + dense.k();
  }

  private static String batchMatmul(BatchMatmul matmul) {
    return "kind=batch_matmul b="
        + matmul.b()
        + " m="
        + matmul.m()
        + " n="
        + matmul.n()
        + " k="
        + matmul.k()
        + (matmul.transpose().ofLhs() ? " lhs_transposed=1" : "")
        + (matmul.transpose().ofRhs() ? " rhs_transposed=1" : "");
  }
}
