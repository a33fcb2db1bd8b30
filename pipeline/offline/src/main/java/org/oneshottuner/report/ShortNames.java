package org.oneshottuner.report;

import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.DepthwiseConv2d;
import org.oneshottuner.workload.Window;
import org.oneshottuner.workload.Workload;

/** Workloads in few letters, for an axis: without layout and epilogue. */
final class ShortNames {
  private ShortNames() {}

  /** Returns a short name, such as {@code conv 64×56×56→64 3×3}. */
  static String of(String workload) {
    return of(Workload.parse(workload));
  }

  private static String of(Workload workload) {
    return workload.fold(
        new Workload.Cases<String>(
            ShortNames::conv,
            ShortNames::depthwise,
            dense -> "dense " + dense.m() + "×" + dense.n() + "×" + dense.k(),
            batch -> "batch " + batch.b() + "×" + batch.m() + "×" + batch.n() + "×" + batch.k()));
  }

  private static String conv(Conv2d conv) {
    return "conv "
        + batch(conv.n())
        + plane(conv.c(), conv.window())
        + "→"
        + conv.k()
        + kernel(conv.window())
        + (conv.groups() > 1 ? " g" + conv.groups() : "");
  }

  private static String depthwise(DepthwiseConv2d conv) {
    return "depthwise " + batch(conv.n()) + plane(conv.c(), conv.window()) + kernel(conv.window());
  }

  private static String batch(int n) {
    return n > 1 ? n + "×" : "";
  }

  private static String plane(int channels, Window window) {
    return channels + "×" + window.h() + "×" + window.w();
  }

  private static String kernel(Window window) {
    return " "
        + window.r()
        + "×"
        + window.s()
        + (window.stride() > 1 ? " s" + window.stride() : "")
        + (window.dilation() > 1 ? " d" + window.dilation() : "");
  }
}
