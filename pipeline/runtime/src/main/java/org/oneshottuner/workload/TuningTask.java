package org.oneshottuner.workload;

import static java.util.Objects.requireNonNull;

/**
 * What is tuned: a workload on a target, run by a number of threads.
 *
 * @param workload what to compute
 * @param target what to compute it on
 * @param threads how many threads run it; at most the target's cores
 */
public record TuningTask(Workload workload, CpuTarget target, int threads) {
  private static final String AT = " @ ";
  private static final String THREADS = " threads=";

  /** Checks the number of threads, and that the tensors can be addressed. */
  public TuningTask {
    requireNonNull(workload, "workload");
    requireNonNull(target, "target");
    if (threads < 1 || threads > target.cores()) {
      throw new IllegalArgumentException(
          "Cannot run "
              + workload.text()
              + " with "
              + threads
              + " threads: target "
              + target.name()
              + " takes 1 to "
              + target.cores());
    }
    try {
      workload = WorkloadText.addressable(workload);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Cannot run " + workload.text() + ": " + e.getMessage(), e);
    }
  }

  /** Returns the canonical text; two tasks are equal iff their keys are. */
  public String key() {
    return workload.text() + AT + target.text() + THREADS + threads;
  }

  /**
   * Reads the form that {@link #key()} writes.
   *
   * @throws IllegalArgumentException if a part is missing or malformed
   */
  public static TuningTask parse(String key) {
    int at = key.indexOf(AT);
    int threads = key.lastIndexOf(THREADS);
    if (at < 0 || threads < at) {
      throw new IllegalArgumentException(
          "Cannot read task '" + key + "': expected WORKLOAD @ TARGET threads=N");
    }
    String count = key.substring(threads + THREADS.length()).strip();
    if (!count.matches("[0-9]{1,4}")) {
      throw new IllegalArgumentException(
          "Cannot read task '" + key + "': threads is '" + count + "', expected a whole number");
    }
    return new TuningTask(
        Workload.parse(key.substring(0, at)),
        CpuTarget.parse(key.substring(at + AT.length(), threads)),
        Integer.parseInt(count));
  }

  /** Returns the vector length of the target in elements of the workload. */
  public int lanes() {
    return target.vectorLanes();
  }

  @Override
  public String toString() {
    return key();
  }
}
