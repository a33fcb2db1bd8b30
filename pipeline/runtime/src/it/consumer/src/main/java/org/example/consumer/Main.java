package org.example.consumer;

import java.nio.file.Path;
import org.oneshottuner.compile.Choice;
import org.oneshottuner.compile.CompiledKernel;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Loads a frozen model, picks a schedule for each operator, and generates its kernel. */
public final class Main {
  private Main() {}

  /**
   * Prints a line an operator: the schedule, the bits of its score, the number of candidates and
   * the length of the kernel's source.
   *
   * @param arguments the model's file, then workload texts
   */
  public static void main(String[] arguments) {
    OneShotTuner tuner = OneShotTuner.load(Path.of(arguments[0]));
    CpuTarget target = CpuTarget.parse(tuner.model().target().text());
    for (int i = 1; i < arguments.length; i++) {
      TuningTask task = new TuningTask(Workload.parse(arguments[i]), target, 1);
      CompiledKernel kernel = tuner.compile(task, "kernel" + i);
      Choice choice = kernel.choice();
      System.out.println(
          choice.schedule().text()
              + " | "
              + Integer.toHexString(Float.floatToRawIntBits(choice.score()))
              + " | "
              + choice.candidates()
              + " | "
              + kernel.source().text().length());
    }
  }
}
