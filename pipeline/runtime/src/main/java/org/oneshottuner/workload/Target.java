package org.oneshottuner.workload;

/** A device that kernels are generated for: its architecture and hard limits. */
public sealed interface Target permits CpuTarget {
  /** Returns the short name, such as {@code avx512}. */
  String name();

  /** Returns the canonical text; two targets are equal iff their texts are. */
  String text();
}
