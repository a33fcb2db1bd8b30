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

  /**
   * Returns whether columns of the right side do not lie side by side: every unit packs its own.
   */
  boolean mustPackColumns() {
    return transpose.ofRhs();
  }

  /** Returns whether units have the choice to pack the columns of the right side. */
  boolean mayPackColumns() {
    return !constantRight && !transpose.ofRhs() && m >= MatrixProduct.LEAST_PACKED_FOR;
  }

  /**
   * Returns whether a whole number of pages of 4 KiB lies between two rows of the left side, or
   * between two terms where it is transposed. These are read one after the other, and would drive
   * each other out of a first-level cache: its ways are a page long.
   */
  boolean aliased() {
    return m > 1 && aliased(leftPitch());
  }

  /** Returns whether lines that many elements apart are. */
  static boolean aliased(int pitch) {
    return (long) pitch * Float.BYTES % PAGE_BYTES == 0;
  }

  /**
   * Returns how many elements lie between two rows of the left side as it is in memory, or between
   * two terms where it is transposed.
   */
  int leftPitch() {
    return transpose.ofLhs() ? m : k;
  }
}
