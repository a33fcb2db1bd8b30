package org.oneshottuner.dataset;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/**
 * Looks for what is known on both sides of a split, before anything is scored: a task, or a shape
 * that is within 5 % of another in every extent ({@link NearDuplicates}).
 */
public final class LeakAudit {
  private static final int MOST_NAMED = 20;

  private LeakAudit() {}

  /**
   * Checks that nothing is on both sides.
   *
   * @param train keys of the tasks that are learnt from
   * @param test keys of the tasks that are judged by
   * @throws LeakException if there is a leak; it names the pairs
   */
  public static void check(Collection<String> train, Collection<String> test) {
    Map<Workload, String> known = new LinkedHashMap<>();
    for (String key : train) {
      known.putIfAbsent(TuningTask.parse(key).workload(), key);
    }
    NearDuplicates near = new NearDuplicates(known.keySet());
    List<String> leaks = new ArrayList<>();
    for (String key : test) {
      Optional<Workload> leak = near.near(TuningTask.parse(key).workload());
      leak.ifPresent(workload -> leaks.add("'" + key + "' is near '" + known.get(workload) + "'"));
    }
    if (!leaks.isEmpty()) {
      throw new LeakException(
          "Cannot score: "
              + leaks.size()
              + " of "
              + test.size()
              + " tasks are known from training: "
              + String.join("; ", leaks.subList(0, Math.min(MOST_NAMED, leaks.size())))
              + (leaks.size() > MOST_NAMED ? "; …" : ""),
          leaks);
    }
  }
}
