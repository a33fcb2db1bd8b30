package org.oneshottuner.lower;

import java.util.List;
import java.util.Optional;
import org.oneshottuner.workload.Operands;

/**
 * A lowered kernel: what it packs ahead, and the phases that it runs in order.
 *
 * @param buffers every tensor and workspace array, none of them on the stack
 * @param pack writes the packed constants from weights and bias; empty where there are none
 * @param phases run in order, with a barrier between
 */
public record LoopNest(List<Place.Buffer> buffers, Optional<Statement> pack, List<Phase> phases) {
  /** Most bytes of workspace, what all threads share and what one has together: 1 GiB. */
  static final long MOST_WORKSPACE_BYTES = 1L << 30;

  /**
   * Units of work that may run at once.
   *
   * @param unit the variable that numbers the units, from zero
   * @param units how many there are
   * @param body what one unit does
   */
  public record Phase(Axis unit, long units, Statement body) {}

  /** Copies the lists. */
  public LoopNest {
    buffers = List.copyOf(buffers);
    phases = List.copyOf(phases);
  }

  /**
   * Returns where a workspace buffer begins among those of its role, in floats; all begin at whole
   * cache lines.
   */
  public long offset(Place.Buffer buffer) {
    long offset = 0;
    for (Place.Buffer other : buffers) {
      if (other.equals(buffer)) {
        return offset;
      }
      if (other.role() == buffer.role()) {
        offset += lines(other.floats());
      }
    }
    throw new IllegalArgumentException("Cannot find buffer " + buffer.name());
  }

  /** Returns how many floats all buffers of a role take together. */
  public long floats(Place.Role role) {
    return buffers.stream()
        .filter(buffer -> buffer.role() == role)
        .mapToLong(buffer -> lines(buffer.floats()))
        .sum();
  }

  /**
   * Returns which of the buffers beside a workload's own tensors take more than a kernel may have,
   * or nothing if none does.
   */
  Optional<String> excess() {
    long packed = floats(Place.Role.PACKED);
    if (packed > Operands.MAX_ELEMENTS) {
      return Optional.of(
          "packed constants are " + packed + " floats, most is " + Operands.MAX_ELEMENTS);
    }
    long bytes = (floats(Place.Role.SHARED) + floats(Place.Role.SLOT)) * Float.BYTES;
    return bytes <= MOST_WORKSPACE_BYTES
        ? Optional.empty()
        : Optional.of("workspace is " + bytes + " bytes, most is " + MOST_WORKSPACE_BYTES);
  }

  private static long lines(long floats) {
    long line = 64 / Float.BYTES;
    return (floats + line - 1) / line * line;
  }
}
