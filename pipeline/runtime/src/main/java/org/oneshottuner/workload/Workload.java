package org.oneshottuner.workload;

import java.util.function.Function;

/**
 * One tensor operator with every extent named and fixed.
 *
 * <p>A workload is a value: it is immutable, equal iff all its extents are, and its {@link #text()}
 * is canonical.
 */
public sealed interface Workload permits Conv2d, DepthwiseConv2d, Dense, BatchMatmul {

  /** Returns the operator's name as it begins the workload text, such as {@code conv2d}. */
  String kind();

  /**
   * Returns how the activations lie in memory; matrix products have only {@link Layout#NCHW}, plain
   * row-major.
   */
  Layout layout();

  /** Returns the type of all elements. */
  ElementType dtype();

  /** Returns what is fused behind the operator. */
  Epilogue epilogue();

  /**
   * Returns the floating-point operations of the direct algorithm, a multiply-add counted as two,
   * epilogue left out.
   */
  long flops();

  /**
   * Returns the size of every tensor in memory.
   *
   * @param lanes vector length of the target, in elements; sets the channel block of {@link
   *     Layout#NCHW16C}
   */
  Operands operands(int lanes);

  /**
   * Returns the canonical text: the kind, then {@code name=value} in the family's order, defaults
   * left out. Two workloads are equal iff their texts are.
   */
  String text();

  /** Returns the bytes that must move at least: every tensor once, in plain layout. */
  default long bytes() {
    return Math.multiplyExact(operands(1).total(), dtype().bytes());
  }

  /** Returns the value of the function that belongs to this workload's family. */
  <R> R fold(Cases<R> cases);

  /**
   * A function for each family of workloads.
   *
   * @param conv2d applied to a convolution
   * @param depthwise applied to a depthwise convolution
   * @param dense applied to a product with constant weights
   * @param batchMatmul applied to a batched product
   */
  record Cases<R>(
      Function<Conv2d, R> conv2d,
      Function<DepthwiseConv2d, R> depthwise,
      Function<Dense, R> dense,
      Function<BatchMatmul, R> batchMatmul) {}

  /**
   * Reads a workload text: {@code kind name=value …}, the names in any order, defaults may be left
   * out.
   *
   * @throws IllegalArgumentException if the kind or a name is unknown, a name is missing or given
   *     twice, a value is malformed, or the shape is impossible; the message names the text, the
   *     value and the bound
   */
  static Workload parse(String text) {
    WorkloadText fields = WorkloadText.read(text);
    try {
      return switch (fields.kind()) {
        case Conv2d.KIND -> Conv2d.read(fields);
        case DepthwiseConv2d.KIND -> DepthwiseConv2d.read(fields);
        case Dense.KIND -> Dense.read(fields);
        case BatchMatmul.KIND -> BatchMatmul.read(fields);
        default ->
            throw new IllegalArgumentException(
                "unknown kind '"
                    + fields.kind()
                    + "', known are conv2d, depthwise_conv2d, dense, batch_matmul");
      };
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new IllegalArgumentException(
          "Cannot read workload '" + text.strip() + "': " + e.getMessage(), e);
    }
  }
}
