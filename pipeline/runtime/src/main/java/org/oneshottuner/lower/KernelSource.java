package org.oneshottuner.lower;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A kernel as C source, and what a caller must know to run it.
 *
 * <p>The text defines, with external linkage,
 *
 * <pre>{@code
 * void NAME_pack(const float *weight, const float *bias, float *packed);      // only if packedFloats > 0
 * void NAME_phase(int phase, const float *const *in, float *out, float *workspace, long slot, long begin, long end);
 * }</pre>
 *
 * where {@code in} holds the input (lhs), the rhs of a batched product, the packed constants and
 * the residual, null where there is none. A run executes the phases in order, each over units
 * {@code [0, phaseUnits)}, which may be shared among threads with a barrier between phases; {@code
 * slot} numbers the threads from zero. All buffers are aligned to 64 bytes, and {@code out}
 * overlaps none of {@code in}: partial sums may lie in it. The workspace holds {@code
 * sharedWorkspaceFloats + slots · slotWorkspaceFloats} floats with any content. Texts of several
 * kernels with different names may be concatenated into one file.
 *
 * @param name C identifier that all symbols begin with
 * @param text the translation unit
 * @param phaseUnits units of parallel work of each phase
 * @param packedFloats floats of packed constants
 * @param sharedWorkspaceFloats floats of workspace that all threads share
 * @param slotWorkspaceFloats floats of workspace of each thread
 */
public record KernelSource(
    String name,
    String text,
    List<Long> phaseUnits,
    long packedFloats,
    long sharedWorkspaceFloats,
    long slotWorkspaceFloats) {
  /** Copies the list and checks the sizes. */
  public KernelSource {
    requireNonNull(text, "text");
    phaseUnits = List.copyOf(phaseUnits);
    if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
      throw new IllegalArgumentException("Cannot name a kernel '" + name + "': not a C identifier");
    }
    if (phaseUnits.isEmpty() || phaseUnits.stream().anyMatch(units -> units < 1)) {
      throw new IllegalArgumentException(
          "Cannot run kernel " + name + " in phases of " + phaseUnits + " units");
    }
    if (packedFloats < 0 || sharedWorkspaceFloats < 0 || slotWorkspaceFloats < 0) {
      throw new IllegalArgumentException("Cannot run kernel " + name + " in a negative workspace");
    }
  }
}
