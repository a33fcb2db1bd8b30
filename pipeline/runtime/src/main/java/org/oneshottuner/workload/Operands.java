package org.oneshottuner.workload;

/**
 * How many floats each tensor of a workload takes in memory, in its physical layout; zero where it
 * has no such tensor.
 *
 * @param input the activation, or the left side of a matrix product
 * @param rhs the right side of a batched matrix product, which is not constant
 * @param weight the constant weights, in their logical layout
 * @param bias the constant bias
 * @param residual the tensor that epilogue {@code add} reads
 * @param output what the operator writes
 */
public record Operands(long input, long rhs, long weight, long bias, long residual, long output) {
  /** Largest number of elements that one tensor may have. */
  public static final long MAX_ELEMENTS = Integer.MAX_VALUE;

  /** Returns the sum over all tensors, in elements. */
  public long total() {
    return input + rhs + weight + bias + residual + output;
  }
}
