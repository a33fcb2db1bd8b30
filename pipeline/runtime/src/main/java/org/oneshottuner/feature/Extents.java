package org.oneshottuner.feature;

import org.oneshottuner.workload.BatchMatmul;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Dense;
import org.oneshottuner.workload.DepthwiseConv2d;
import org.oneshottuner.workload.Padding;
import org.oneshottuner.workload.Window;
import org.oneshottuner.workload.Workload;

/** The extents that all operators have in common. */
record Extents(
    long batch,
    long rows,
    long columns,
    long outputs,
    long inputs,
    long sum,
    long groups,
    Window window) {
  private static final Window POINT = new Window(1, 1, 1, 1, 1, Padding.NONE, 1);

  static Extents of(Workload workload) {
    return workload.fold(new Workload.Cases<>(Extents::of, Extents::of, Extents::of, Extents::of));
  }

  private static Extents of(Conv2d conv) {
    Window window = conv.window();
    long inputs = conv.c() / conv.groups();
    return new Extents(
        conv.n(),
        window.outHeight(),
        window.outWidth(),
        conv.k(),
        inputs,
        inputs * window.r() * window.s(),
        conv.groups(),
        window);
  }

  private static Extents of(DepthwiseConv2d conv) {
    Window window = conv.window();
    return new Extents(
        conv.n(),
        window.outHeight(),
        window.outWidth(),
        conv.c(),
        1,
        (long) window.r() * window.s(),
        conv.c(),
        window);
  }

  private static Extents of(Dense dense) {
    return new Extents(1, dense.m(), dense.n(), 1, 1, dense.k(), 1, POINT);
  }

  private static Extents of(BatchMatmul product) {
    return new Extents(product.b(), product.m(), product.n(), 1, 1, product.k(), 1, POINT);
  }
}
