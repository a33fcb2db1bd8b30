package org.oneshottuner.workload;

import java.util.Locale;

/** How the activations of an operator lie in memory. */
public enum Layout {
  /** Plain row-major {@code [n][c][h][w]}. */
  NCHW,
  /**
   * Channels blocked by the target's vector length L: {@code [n][ceil(c/L)][h][w][L]}. The lanes
   * beyond the last channel hold zero, in what an operator reads and in what it writes.
   */
  NCHW16C;

  /** Returns the name used in workload text, such as {@code nchw16c}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns how many floats one activation takes in this layout.
   *
   * @param shape the activation's extents
   * @param lanes vector length of the target, in elements
   */
  long elements(Activation shape, int lanes) {
    long channels =
        switch (this) {
          case NCHW -> shape.channels();
          case NCHW16C ->
              Math.multiplyExact(-Math.floorDiv(-shape.channels(), (long) lanes), (long) lanes);
        };
    return Math.multiplyExact(
        Math.multiplyExact(shape.batch(), channels),
        Math.multiplyExact(shape.height(), shape.width()));
  }

  /** The extents of an activation tensor, independent of its layout. */
  record Activation(long batch, long channels, long height, long width) {}
}
