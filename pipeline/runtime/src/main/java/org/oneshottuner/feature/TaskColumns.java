package org.oneshottuner.feature;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.oneshottuner.workload.BatchMatmul;
import org.oneshottuner.workload.Epilogue;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Transpose;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Window;

/** The columns that a predictor reads of a task, whatever its schedule. */
final class TaskColumns {
  static final String USEFUL_FMAS = "useful_fmas";

  private TaskColumns() {}

  static void add(List<FeatureColumn> columns) {
    operatorColumns(columns);
    extentColumns(columns);
    targetColumns(columns);
  }

  private static void operatorColumns(List<FeatureColumn> columns) {
    for (String kind : List.of("conv2d", "depthwise_conv2d", "dense", "batch_matmul")) {
      task(
          columns,
          "is_" + kind,
          "flag",
          "1 if the operator is a " + kind,
          t -> flag(t.workload().kind().equals(kind)));
    }
    task(
        columns,
        "blocked_layout",
        "flag",
        "1 if channels are blocked in memory",
        t -> flag(t.workload().layout() == Layout.NCHW16C));
    task(
        columns,
        "lhs_transposed",
        "flag",
        "1 if the left side of a batched product has its rows and columns exchanged in memory",
        t -> flag(transpose(t).ofLhs()));
    task(
        columns,
        "rhs_transposed",
        "flag",
        "1 if the right side of a batched product has its rows and columns exchanged in memory",
        t -> flag(transpose(t).ofRhs()));
    task(
        columns,
        "has_residual",
        "flag",
        "1 if a residual is added",
        t -> flag(t.workload().epilogue().has(Epilogue.Step.ADD)));
    task(
        columns,
        "has_exponential",
        "flag",
        "1 if the epilogue computes an exponential or error function",
        t ->
            flag(
                t.workload().epilogue().has(Epilogue.Step.GELU)
                    || t.workload().epilogue().has(Epilogue.Step.SIGMOID)
                    || t.workload().epilogue().has(Epilogue.Step.SWISH)));
  }

  private static void extentColumns(List<FeatureColumn> columns) {
    task(
        columns,
        "flops",
        "log2 operations",
        "operations of the direct algorithm",
        t -> log2(t.workload().flops()));
    task(
        columns,
        USEFUL_FMAS,
        "log2 instructions",
        "multiply-adds of the direct algorithm, in full vectors",
        t -> log2(t.workload().flops()) - 1 - log2(t.lanes()));
    task(columns, "bytes", "log2 bytes", "every tensor once", t -> log2(t.workload().bytes()));
    task(
        columns,
        "intensity",
        "log2 operations/byte",
        "operations for each byte that must move",
        t -> log2(t.workload().flops()) - log2(t.workload().bytes()));
    task(
        columns,
        "batch",
        "log2 items",
        "independent items",
        t -> log2(Extents.of(t.workload()).batch()));
    task(
        columns,
        "rows",
        "log2 rows",
        "output rows of the plane, or of the product",
        t -> log2(Extents.of(t.workload()).rows()));
    task(
        columns,
        "columns",
        "log2 columns",
        "output columns of the plane, or of the product",
        t -> log2(Extents.of(t.workload()).columns()));
    task(
        columns,
        "outputs",
        "log2 channels",
        "output channels, 1 for products",
        t -> log2(Extents.of(t.workload()).outputs()));
    task(
        columns,
        "sum",
        "log2 terms",
        "terms of one output's sum",
        t -> log2(Extents.of(t.workload()).sum()));
    task(
        columns,
        "input_channels",
        "log2 channels",
        "input channels of one group, 1 for products",
        t -> log2(Extents.of(t.workload()).inputs()));
    task(
        columns,
        "kernel_rows",
        "elements",
        "rows of the kernel",
        t -> Extents.of(t.workload()).window().r());
    task(
        columns,
        "kernel_columns",
        "elements",
        "columns of the kernel",
        t -> Extents.of(t.workload()).window().s());
    task(
        columns,
        "stride",
        "elements",
        "distance between kernel positions",
        t -> Extents.of(t.workload()).window().stride());
    task(
        columns,
        "dilation",
        "elements",
        "distance between kernel elements",
        t -> Extents.of(t.workload()).window().dilation());
    task(
        columns,
        "padding",
        "ratio",
        "padded over unpadded elements of the input plane, less one",
        t -> paddedShare(Extents.of(t.workload()).window()));
    task(
        columns,
        "groups",
        "log2 groups",
        "groups of channels",
        t -> log2(Extents.of(t.workload()).groups()));
    task(
        columns,
        "lane_use",
        "ratio",
        "output channels, or columns, over those rounded up to whole vectors",
        t -> laneUse(t));
  }

  private static void targetColumns(List<FeatureColumn> columns) {
    task(columns, "threads", "threads", "threads that run the kernel", TuningTask::threads);
    task(columns, "lanes", "elements", "elements of a vector register", TuningTask::lanes);
    task(columns, "registers", "registers", "vector registers", t -> t.target().vectorRegisters());
    task(
        columns,
        "l1_bytes",
        "log2 bytes",
        "first-level data cache",
        t -> log2(t.target().l1Bytes()));
    task(columns, "l2_bytes", "log2 bytes", "second-level cache", t -> log2(t.target().l2Bytes()));
    task(columns, "l3_bytes", "log2 bytes", "last-level cache", t -> log2(t.target().l3Bytes()));
  }

  private static void task(
      List<FeatureColumn> columns,
      String name,
      String unit,
      String meaning,
      ToDoubleFunction<TuningTask> value) {
    columns.add(new FeatureColumn(name, unit, meaning, new FeatureColumn.OfTask(value)));
  }

  private static Transpose transpose(TuningTask task) {
    return task.workload() instanceof BatchMatmul product ? product.transpose() : Transpose.NONE;
  }

  private static double flag(boolean set) {
    return set ? 1 : 0;
  }

  private static double log2(double value) {
    return FeatureColumn.Scale.LOG2.apply(value);
  }

  private static double paddedShare(Window window) {
    double rows = (double) window.h() + window.pad().top() + window.pad().bottom();
    double columns = (double) window.w() + window.pad().left() + window.pad().right();
    return rows * columns / ((double) window.h() * window.w()) - 1;
  }

  private static double laneUse(TuningTask task) {
    Extents extents = Extents.of(task.workload());
    long vectorised = extents.outputs() > 1 ? extents.outputs() : extents.columns();
    long lanes = task.lanes();
    return (double) vectorised / ((vectorised + lanes - 1) / lanes * lanes);
  }
}
