package org.oneshottuner.workload;

import static java.util.Objects.requireNonNull;

import org.oneshottuner.workload.Epilogue.Step;

/**
 * {@code out[b,m,n] = Σ_k lhs[b,m,k] · rhs[b,k,n]}; neither side is constant.
 *
 * @param b independent products
 * @param m rows of lhs and output
 * @param n columns of rhs and output
 * @param k length of the sums
 * @param transpose which sides lie in memory with their rows and columns exchanged
 * @param dtype of all tensors
 * @param epilogue fused behind the sum; a bias has a value for each of the {@code n} columns
 */
public record BatchMatmul(
    int b, int m, int n, int k, Transpose transpose, ElementType dtype, Epilogue epilogue)
    implements Workload {
  static final String KIND = "batch_matmul";

  /** Checks that the shape is possible. */
  public BatchMatmul {
    requireNonNull(transpose, "transpose");
    requireNonNull(dtype, "dtype");
    requireNonNull(epilogue, "epilogue");
    WorkloadText.positive("b", b);
    WorkloadText.positive("m", m);
    WorkloadText.positive("n", n);
    WorkloadText.positive("k", k);
  }

  static BatchMatmul read(WorkloadText fields) {
    fields.only("b", "m", "n", "k", "transpose", "dtype", "epilogue");
    return WorkloadText.addressable(
        new BatchMatmul(
            fields.number("b"),
            fields.number("m"),
            fields.number("n"),
            fields.number("k"),
            fields.transpose(),
            fields.dtype(),
            fields.epilogue()));
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Layout layout() {
    return Layout.NCHW;
  }

  @Override
  public long flops() {
    return Math.multiplyExact(Math.multiplyExact(2L * b * m, n), k);
  }

  @Override
  public Operands operands(int lanes) {
    long output = Math.multiplyExact((long) b * m, n);
    return new Operands(
        Math.multiplyExact((long) b * m, k),
        Math.multiplyExact((long) b * k, n),
        0,
        epilogue.has(Step.BIAS) ? n : 0,
        epilogue.has(Step.ADD) ? output : 0,
        output);
  }

  @Override
  public String text() {
    return WorkloadText.write(KIND)
        .field("b", b)
        .field("m", m)
        .field("n", n)
        .field("k", k)
        .field("transpose", transpose.text(), Transpose.NONE.text())
        .common(this)
        .done();
  }

  @Override
  public <R> R fold(Cases<R> cases) {
    return cases.batchMatmul().apply(this);
  }

  @Override
  public String toString() {
    return text();
  }
}
