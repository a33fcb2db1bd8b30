package org.oneshottuner.workload;

import static java.util.Objects.requireNonNull;

import org.oneshottuner.workload.Epilogue.Step;

/**
 * {@code out[m,n] = Σ_k in[m,k] · weight[n,k]} with constant weights.
 *
 * @param m rows of input and output
 * @param n columns of the output
 * @param k length of the sums
 * @param dtype of all tensors
 * @param epilogue fused behind the sum; a bias has a value for each of the {@code n} columns
 */
public record Dense(int m, int n, int k, ElementType dtype, Epilogue epilogue) implements Workload {
  static final String KIND = "dense";

  /** Checks that the shape is possible. */
  public Dense {
    requireNonNull(dtype, "dtype");
    requireNonNull(epilogue, "epilogue");
    WorkloadText.positive("m", m);
    WorkloadText.positive("n", n);
    WorkloadText.positive("k", k);
  }

  static Dense read(WorkloadText fields) {
    fields.only("m", "n", "k", "dtype", "epilogue");
    return WorkloadText.addressable(
        new Dense(
            fields.number("m"),
            fields.number("n"),
            fields.number("k"),
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
    return Math.multiplyExact(2L * m * n, k);
  }

  @Override
  public Operands operands(int lanes) {
    long output = (long) m * n;
    return new Operands(
        (long) m * k,
        0,
        (long) n * k,
        epilogue.has(Step.BIAS) ? n : 0,
        epilogue.has(Step.ADD) ? output : 0,
        output);
  }

  @Override
  public String text() {
    return WorkloadText.write(KIND).field("m", m).field("n", n).field("k", k).common(this).done();
  }

  @Override
  public <R> R fold(Cases<R> cases) {
    return cases.dense().apply(this);
  }

  @Override
  public String toString() {
    return text();
  }
}
