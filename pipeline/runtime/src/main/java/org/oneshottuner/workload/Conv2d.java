package org.oneshottuner.workload;

import static java.util.Objects.requireNonNull;

import org.oneshottuner.workload.Epilogue.Step;
import org.oneshottuner.workload.Layout.Activation;

/**
 * A two-dimensional convolution with constant weights {@code [k][c/groups][r][s]}.
 *
 * @param n batch
 * @param c input channels
 * @param k output channels
 * @param groups independent groups that channels are split into; divides {@code c} and {@code k}
 * @param window the plane and how the kernel slides over it
 * @param layout of input, residual and output
 * @param dtype of all tensors
 * @param epilogue fused behind the sum
 */
public record Conv2d(
    int n,
    int c,
    int k,
    int groups,
    Window window,
    Layout layout,
    ElementType dtype,
    Epilogue epilogue)
    implements Workload {
  static final String KIND = "conv2d";

  /** Checks that the shape is possible. */
  public Conv2d {
    requireNonNull(window, "window");
    requireNonNull(layout, "layout");
    requireNonNull(dtype, "dtype");
    requireNonNull(epilogue, "epilogue");
    WorkloadText.positive("n", n);
    WorkloadText.positive("c", c);
    WorkloadText.positive("k", k);
    WorkloadText.positive("groups", groups);
    if (c % groups != 0 || k % groups != 0) {
      throw new IllegalArgumentException(
          "groups is " + groups + ", does not divide both c " + c + " and k " + k);
    }
  }

  static Conv2d read(WorkloadText fields) {
    fields.only(
        "n",
        "c",
        "h",
        "w",
        "k",
        "r",
        "s",
        "stride",
        "pad",
        "dilation",
        "groups",
        "layout",
        "dtype",
        "epilogue");
    return WorkloadText.addressable(
        new Conv2d(
            fields.number("n"),
            fields.number("c"),
            fields.number("k"),
            fields.number("groups", 1),
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
    return 2L
        * n
        * k
        * window.outHeight()
        * window.outWidth()
        * (c / groups)
        * window.r()
        * window.s();
  }

  @Override
  public Operands operands(int lanes) {
    long input = layout.elements(new Activation(n, c, window.h(), window.w()), lanes);
    long output =
        layout.elements(new Activation(n, k, window.outHeight(), window.outWidth()), lanes);
    long weight = Math.multiplyExact((long) k * (c / groups), (long) window.r() * window.s());
    return new Operands(
        input,
        0,
        weight,
        epilogue.has(Step.BIAS) ? k : 0,
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
        .field("k", k)
        .window(window)
        .field("groups", groups, 1)
        .common(this)
        .done();
  }

  @Override
  public <R> R fold(Cases<R> cases) {
    return cases.conv2d().apply(this);
  }

  @Override
  public String toString() {
    return text();
  }
}
