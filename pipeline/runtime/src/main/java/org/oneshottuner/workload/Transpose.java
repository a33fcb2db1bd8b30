package org.oneshottuner.workload;

import java.util.Locale;

/** Which sides of a batched matrix product lie in memory transposed. */
public enum Transpose {
  /** None: lhs is {@code [b][m][k]}, rhs is {@code [b][k][n]}. */
  NONE,
  /** The left one: lhs is {@code [b][k][m]}. */
  LHS,
  /** The right one: rhs is {@code [b][n][k]}. */
  RHS,
  /** Both. */
  BOTH;

  /** Returns the name used in workload text, such as {@code rhs}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns whether lhs is {@code [b][k][m]}. */
  public boolean ofLhs() {
    return this == LHS || this == BOTH;
  }

  /** Returns whether rhs is {@code [b][n][k]}. */
  public boolean ofRhs() {
    return this == RHS || this == BOTH;
  }
}
