package org.oneshottuner.sample;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/**
 * A source of workloads. Draw number i depends on the sampler's seed, settings and i alone.
 * Immutable.
 */
public interface TaskSampler {
  /** Returns the sampler's name, as rows keep it. */
  String name();

  /** Returns the run's seed. */
  long seed();

  /**
   * Returns draw number {@code index}; two draws may be the same.
   *
   * @param index from 0
   * @throws IllegalStateException if the settings leave next to nothing to draw
   */
  Workload workload(long index);

  /** Returns draw number {@code index} as a task. */
  default TaskDraw draw(long index, CpuTarget target, int threads) {
    return new TaskDraw(new TuningTask(workload(index), target, threads), name(), index, seed());
  }

  /**
   * Returns the first draws that differ.
   *
   * @param count how many tasks
   * @throws IllegalStateException if there are hardly so many
   */
  default List<TaskDraw> distinct(int count, CpuTarget target, int threads) {
    int mostRepeats = 100;
    Set<Workload> seen = new HashSet<>();
    List<TaskDraw> draws = new ArrayList<>();
    long index = 0;
    while (draws.size() < count) {
      if (index > mostRepeats + (long) mostRepeats * count) {
        throw new IllegalStateException(
            "Cannot draw "
                + count
                + " distinct tasks by "
                + name()
                + ": found "
                + draws.size()
                + " in "
                + index
                + " draws");
      }
      TaskDraw draw = draw(index, target, threads);
      if (seen.add(draw.task().workload())) {
        draws.add(draw);
      }
      index++;
    }
    return List.copyOf(draws);
  }
}
