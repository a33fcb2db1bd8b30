package org.oneshottuner.dataset;

import java.util.List;

/** A split is refused because something is known on both of its sides. */
public final class LeakException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  private final List<String> leaks;

  LeakException(String message, List<String> leaks) {
    super(message);
    this.leaks = List.copyOf(leaks);
  }

  /** Returns a line for each pair of tasks that are nearly the same and on different sides. */
  public List<String> leaks() {
    return leaks;
  }
}
