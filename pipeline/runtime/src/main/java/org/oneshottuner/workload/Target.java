package org.oneshottuner.workload;

/** A device that kernels are generated for: its architecture and hard limits. */
public sealed interface Target permits CpuTarget {
  /** Returns the short name, such as {@code avx512}. */
  String name();

  /** Returns what kind of processor runs its kernels. */
  Architecture architecture();

  /** Returns the canonical text; two targets are equal iff their texts are. */
  String text();
}
