package org.oneshottuner.jobs.kernels;

import java.util.List;
import org.oneshottuner.sample.WorkloadList;

/**
 * What {@code kernels.json} says of a folder of kernels.
 *
 * @param format {@link #FORMAT}
 * @param schema feature schema of the model
 * @param spaces version of the templates
 * @param target canonical text
 * @param threads that the schedules were chosen for
 * @param compiler the first line that the C compiler says of itself
 * @param flags that it was given
 * @param library name of the shared library
 * @param files of the folder, sorted
 * @param kernels in the order of the tasks
 */
record KernelIndex(
    String format,
    String schema,
    String spaces,
    String target,
    int threads,
    String compiler,
    List<String> flags,
    String library,
    List<String> files,
    List<Kernel> kernels) {
  /** Names the form of the index. */
  static final String FORMAT = "oneshot-kernels-1";

  /** The file's name. */
  static final String FILE = "kernels.json";

  /**
   * A kernel.
   *
   * @param name that all its symbols and files begin with
   * @param task canonical key
   * @param workload canonical text
   * @param uses by networks, as far as they were named
   * @param schedule text of the schedule
   * @param score predicted
   * @param candidates how many schedules were scored
   * @param tolerance error allowed of the output, as a share of the largest magnitude in it
   * @param symbols that the library exports
   * @param phaseUnits units of parallel work of each phase
   * @param floats of each buffer
   */
  record Kernel(
      String name,
      String task,
      String workload,
      List<WorkloadList.Use> uses,
      String schedule,
      float score,
      long candidates,
      double tolerance,
      List<String> symbols,
      List<Long> phaseUnits,
      Floats floats) {
    Kernel {
      uses = List.copyOf(uses);
      symbols = List.copyOf(symbols);
      phaseUnits = List.copyOf(phaseUnits);
    }
  }

  /** Sizes of a kernel's buffers, in floats; 0 where it has no such buffer. */
  record Floats(
      long input,
      long rhs,
      long weight,
      long bias,
      long residual,
      long output,
      long packed,
      long sharedWorkspace,
      long threadWorkspace) {}

  KernelIndex {
    flags = List.copyOf(flags);
    files = List.copyOf(files);
    kernels = List.copyOf(kernels);
  }
}
