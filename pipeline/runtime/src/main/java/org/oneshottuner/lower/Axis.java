package org.oneshottuner.lower;

/**
 * A whole-numbered variable of a loop nest: a loop counter, or a name for an index.
 *
 * @param name C identifier, unique among the variables in scope
 */
public record Axis(String name) {
  /** Returns this variable as an index. */
  public Index index() {
    return Index.of(this);
  }
}
