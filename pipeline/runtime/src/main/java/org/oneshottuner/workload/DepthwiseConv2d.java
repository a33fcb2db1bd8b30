package org.oneshottuner.workload;

import static java.util.Objects.requireNonNull;

import org.oneshottuner.workload.Epilogue.Step;
import org.oneshottuner.workload.Layout.Activation;

/**
 * A two-dimensional convolution of each channel with its own constant kernel {@code [c][r][s]}.
 *
 * @param n batch
 * @param c channels, of input and output
 * @param window the plane and how the kernel slides over it
 * @param layout of input, residual and output
 * @param dtype of all tensors
 * @param epilogue fused behind the sum
 */
public record DepthwiseConv2d(
    int n, int c, Window window, Layout layout, ElementType dtype, Epilogue epilogue)
    implements Workload {
  static final String KIND = "depthwise_conv2d";

  /** Checks that the shape is possible. */
  public DepthwiseConv2d {
    requireNonNull(window, "window");
    requireNonNull(layout, "layout");
    requireNonNull(dtype, "dtype");
    requireNonNull(epilogue, "epilogue");
    WorkloadText.positive("n", n);
    WorkloadText.positive("c", c);
  }

  static DepthwiseConv2d read(WorkloadText fields) {
    fields.only(
        "n", "c", "h", "w", "r", "s", "stride", "pad", "dilation", "layout", "dtype", "epilogue");
    return WorkloadText.addressable(
        new DepthwiseConv2d(
            fields.number("n"),
            fields.number("c"),
            Window.read(fields),
            fields.layout(),
            fields.dtype(),
            fields.epilogue()));
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public long flops() {
    return 2L * n * c * window.outHeight() * window.outWidth() * window.r() * window.s();
  }

  @Override
  public Operands operands(int lanes) {
    long input = layout.elements(new Activation(n, c, window.h(), window.w()), lanes);
    long output =
        layout.elements(new Activation(n, c, window.outHeight(), window.outWidth()), lanes);
    long weight = Math.multiplyExact((long) c, (long) window.r() * window.s());
    return new Operands(
        input,
        0,
        weight,
        epilogue.has(Step.BIAS) ? c : 0,
        epilogue.has(Step.ADD) ? output : 0,
        output);
  }

  @Override
  public String text() {
    return WorkloadText.write(KIND)
        .field("n", n)
        .field("c", c)
        .field("h", window.h())
        .field("w", window.w())
        .window(window)
        .common(this)
        .done();
  }

  @Override
  public <R> R fold(Cases<R> cases) {
    return cases.depthwise().apply(this);
  }

  @Override
  public String toString() {
    return text();
  }
}
