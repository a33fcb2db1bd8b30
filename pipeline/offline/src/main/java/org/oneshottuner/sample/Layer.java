package org.oneshottuner.sample;

import static java.util.Objects.requireNonNull;

import org.oneshottuner.workload.BatchMatmul;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Dense;
import org.oneshottuner.workload.DepthwiseConv2d;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Workload;

/**
 * An operator of a network.
 *
 * @param workload what it computes
 * @param count how often one inference of the network runs it
 */
public record Layer(Workload workload, int count) {
  /** Checks the count. */
  public Layer {
    requireNonNull(workload, "workload");
    if (count < 1) {
      throw new IllegalArgumentException(
          "Cannot run " + workload.text() + " " + count + " times: the least is 1");
    }
  }

  /** Returns this layer, which is one of batch 1, at another batch. */
  public Layer atBatch(int batch) {
    return new Layer(batched(workload, batch), count);
  }

  /** Returns this layer with its activations in a layout; matrix products have but one. */
  public Layer inLayout(Layout layout) {
    return new Layer(inLayout(workload, layout), count);
  }

  static Workload batched(Workload workload, int batch) {
    return workload.fold(
        new Workload.Cases<>(
            conv ->
                new Conv2d(
                    Math.multiplyExact(conv.n(), batch),
                    conv.c(),
                    conv.k(),
                    conv.groups(),
                    conv.window(),
                    conv.layout(),
                    conv.dtype(),
                    conv.epilogue()),
            conv ->
                new DepthwiseConv2d(
                    Math.multiplyExact(conv.n(), batch),
                    conv.c(),
                    conv.window(),
                    conv.layout(),
                    conv.dtype(),
                    conv.epilogue()),
            dense ->
                new Dense(
                    Math.multiplyExact(dense.m(), batch),
                    dense.n(),
                    dense.k(),
                    dense.dtype(),
                    dense.epilogue()),
            product ->
                new BatchMatmul(
                    Math.multiplyExact(product.b(), batch),
                    product.m(),
                    product.n(),
                    product.k(),
                    product.transpose(),
                    product.dtype(),
                    product.epilogue())));
  }

  static Workload inLayout(Workload workload, Layout layout) {
    return workload.fold(
        new Workload.Cases<>(
            conv ->
                new Conv2d(
                    conv.n(),
                    conv.c(),
                    conv.k(),
                    conv.groups(),
                    conv.window(),
                    layout,
                    conv.dtype(),
                    conv.epilogue()),
            conv ->
                new DepthwiseConv2d(
                    conv.n(), conv.c(), conv.window(), layout, conv.dtype(), conv.epilogue()),
            dense -> dense,
            product -> product));
  }
}
