package org.oneshottuner.lower;

import java.util.Optional;
import org.oneshottuner.workload.BatchMatmul;
import org.oneshottuner.workload.Dense;
import org.oneshottuner.workload.Epilogue;
import org.oneshottuner.workload.Transpose;
import org.oneshottuner.workload.TuningTask;

/**
 * A matrix product: its extents, and how its sides lie in memory.
 *
 * @param task that asks for it
 * @param batch independent products
 * @param m rows
 * @param n columns
 * @param k length of the sums
 * @param transpose which sides lie with their rows and columns exchanged
 * @param constantRight whether the right side is constant, and packed ahead
 * @param epilogue fused behind the sum
 */
record Product(
    TuningTask task,
    int batch,
    int m,
    int n,
    int k,
    Transpose transpose,
    boolean constantRight,
    Epilogue epilogue) {
  private static final int PAGE_BYTES = 4096;

  /** Returns the product that a task asks for, and nothing where it asks for something else. */
  static Optional<Product> of(TuningTask task) {
    if (task.workload() instanceof Dense dense) {
      return Optional.of(
          new Product(
              task, 1, dense.m(), dense.n(), dense.k(), Transpose.NONE, true, dense.epilogue()));
    }
    if (task.workload() instanceof BatchMatmul product) {
      return Optional.of(
          new Product(
              task,
              product.b(),
              product.m(),
              product.n(),
              product.k(),
              product.transpose(),
              false,
              product.epilogue()));
    }
    return Optional.empty();
  }

  int lanes() {
    return task.lanes();
  }

  /** Returns whether columns of the right side are packed into panels, ahead or by each unit. */
  boolean panels() {
    return constantRight || transpose.ofRhs();
  }

  /** Returns whether each unit packs the columns of the right side that it needs. */
  boolean stagesColumns() {
    return transpose.ofRhs();
  }

  /** Returns whether the rows of the left side fall on the same sets of a cache. */
  boolean aliased() {
    return m > 1 && (long) leftPitch() * Float.BYTES % PAGE_BYTES == 0;
  }

  /** Returns how many elements lie between two rows of the left side as it is in memory. */
  int leftPitch() {
    return transpose.ofLhs() ? m : k;
  }
}
