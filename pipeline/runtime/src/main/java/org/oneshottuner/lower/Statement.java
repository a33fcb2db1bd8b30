package org.oneshottuner.lower;

import java.util.List;

/** A step of a loop nest. */
public sealed interface Statement {

  /**
   * Steps in order; what they declare is known to those after, and ends with the block.
   *
   * @param steps the steps
   */
  record Block(List<Statement> steps) implements Statement {
    /** Copies the list. */
    public Block {
      steps = List.copyOf(steps);
    }
  }

  /**
   * Runs {@code body} for {@code axis} from {@code from} up to, not including, {@code to}.
   *
   * @param axis the counter
   * @param from its first value
   * @param to where it ends
   * @param step what it grows by, at least one
   * @param form how it is written down
   * @param body what is repeated
   */
  record Loop(Axis axis, Index from, Index to, long step, Form form, Statement body)
      implements Statement {}

  /** How a loop is written down. */
  enum Form {
    /** As a loop. */
    SERIAL,
    /** As a copy of the body for each value; the bounds are constant. */
    UNROLLED
  }

  /**
   * Names an index.
   *
   * @param axis the name
   * @param value what it stands for
   */
  record Define(Axis axis, Index value) implements Statement {}

  /**
   * Makes a view known.
   *
   * @param view the view
   */
  record Bind(Place.View view) implements Statement {}

  /**
   * Makes an array on the stack known; its content is undefined.
   *
   * @param buffer of role {@link Place.Role#STACK}
   */
  record Allocate(Place.Buffer buffer) implements Statement {}

  /**
   * Makes registers known; their content is undefined.
   *
   * @param local the registers
   */
  record Declare(Local local) implements Statement {}

  /**
   * Sets a register.
   *
   * @param register which
   * @param value to what
   */
  record Assign(Value.Read register, Value value) implements Statement {}

  /**
   * Keeps a vector in its register from here on: it is not loaded again at each use, as compilers
   * like to do with a value that comes from memory, nor is it the copy of an earlier load, for
   * which they would keep that in a register all the while.
   *
   * @param register which
   */
  record Keep(Value.Read register) implements Statement {}

  /**
   * Forgets what was loaded: what comes after is loaded where it is used. Compilers like to keep
   * what a later step needs once more, even where no register is left for it.
   */
  record Reload() implements Statement {}

  /**
   * Writes all lanes of a value to consecutive elements.
   *
   * @param place where to
   * @param index of the first
   * @param value what
   */
  record Store(Place place, Index index, Value value) implements Statement {}

  /**
   * Copies elements between places that do not overlap.
   *
   * @param to where to
   * @param toIndex of the first there
   * @param from where from
   * @param fromIndex of the first there
   * @param count how many; none if it is not positive
   */
  record Copy(Place to, Index toIndex, Place from, Index fromIndex, Index count)
      implements Statement {}

  /**
   * Writes the columns of a square block as rows: element {@code j} of row {@code i} comes from
   * element {@code i} of row {@code j}. The places do not overlap.
   *
   * @param to where to
   * @param from where from
   * @param lanes rows of the block, and elements of each: a power of two from 4 on
   */
  record Transpose(Rows to, Rows from, int lanes) implements Statement {
    /** Checks the lanes. */
    public Transpose {
      if (lanes < 4 || Integer.bitCount(lanes) != 1) {
        throw new IllegalArgumentException(
            "Cannot transpose a block of " + lanes + " lanes: no power of two from 4 on");
      }
    }
  }

  /**
   * Rows of elements in memory.
   *
   * @param place where
   * @param index of the first element of the first row
   * @param stride from one row to the next, in elements
   */
  record Rows(Place place, Index index, long stride) {}

  /**
   * Sets elements to zero.
   *
   * @param place where
   * @param index of the first
   * @param count how many; none if it is not positive
   */
  record Clear(Place place, Index index, Index count) implements Statement {}

  /**
   * Runs one of two.
   *
   * @param condition which
   * @param then where it holds
   * @param otherwise where it does not; may be an empty block
   */
  record Branch(Condition condition, Statement then, Statement otherwise) implements Statement {}

  /**
   * A remark for who reads the source.
   *
   * @param text one line
   */
  record Comment(String text) implements Statement {}
}
