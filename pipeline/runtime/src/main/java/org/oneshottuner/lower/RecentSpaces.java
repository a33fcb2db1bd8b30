package org.oneshottuner.lower;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/**
 * The spaces of the tasks used last. Building a space costs as much as scoring thousands of its
 * members, and a task's candidates are lowered one after another. Thread-safe.
 */
final class RecentSpaces {
  private static final int KEPT = 16;

  private final Map<TuningTask, ScheduleSpace> spaces =
      new LinkedHashMap<>(2 * KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<TuningTask, ScheduleSpace> eldest) {
          return size() > KEPT;
        }
      };

  /** Returns a task's space, built by {@code build} unless it was used lately. */
  ScheduleSpace of(TuningTask task, Function<TuningTask, ScheduleSpace> build) {
    synchronized (spaces) {
      ScheduleSpace known = spaces.get(task);
      if (known != null) {
        return known;
      }
    }
    ScheduleSpace built = build.apply(task);
    synchronized (spaces) {
      spaces.put(task, built);
    }
    return built;
  }
}
