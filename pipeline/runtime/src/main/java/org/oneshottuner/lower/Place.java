package org.oneshottuner.lower;

/** Where elements are loaded from and stored to. */
public sealed interface Place {
  /** Returns the C identifier. */
  String name();

  /** Returns the memory that it is, or lies in. */
  Buffer buffer();

  /** Whose memory a buffer is. */
  enum Role {
    /** The activation, or the left side of a product; only read. */
    INPUT,
    /** The right side of a batched product; only read. */
    RHS,
    /** Constants as the kernel wants them; written when packing, else only read. */
    PACKED,
    /** What epilogue {@code add} reads; only read. */
    RESIDUAL,
    /** The result; a kernel that sums it up in parts reads those back. */
    OUTPUT,
    /** Workspace that all threads share. */
    SHARED,
    /** Workspace of each thread. */
    SLOT,
    /** A small array on the stack. */
    STACK,
    /** The weights in their logical layout; only read, and only when packing. */
    WEIGHT,
    /** The bias; only read, and only when packing. */
    BIAS
  }

  /**
   * A whole tensor or array.
   *
   * @param name C identifier, unique within a kernel
   * @param role whose memory it is
   * @param floats its size in elements
   */
  record Buffer(String name, Role role, long floats) implements Place {
    /** Checks the size. */
    public Buffer {
      if (floats < 1) {
        throw new IllegalArgumentException(
            "Cannot use buffer " + name + " of " + floats + " floats");
      }
    }

    @Override
    public Buffer buffer() {
      return this;
    }
  }

  /**
   * A pointer into a place, which keeps index expressions short.
   *
   * @param name C identifier, unique among those in scope
   * @param base what it points into
   * @param offset where, in elements
   */
  record View(String name, Place base, Index offset) implements Place {
    @Override
    public Buffer buffer() {
      return base.buffer();
    }
  }
}
