package org.oneshottuner.sample;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.oneshottuner.dataset.NearDuplicates;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Workload;

/**
 * How new the tasks of a sampler are, and how far from what networks compute. A distance is the
 * logarithm of the largest ratio between two extents of a task and of the nearest layer of its
 * kind.
 *
 * @param sampler name of the sampler
 * @param draws how many draws these figures are of
 * @param distinctShare of the draws that are not repeats
 * @param novelShare of the draws that are no layer of the catalogue, whatever the layout and
 *     epilogue
 * @param farShare of the draws that are not even near to a layer, by {@link NearDuplicates}
 * @param medianDistance to the nearest layer
 * @param upperDistance which nine of ten draws do not exceed
 */
public record TaskFigures(
    String sampler,
    int draws,
    double distinctShare,
    double novelShare,
    double farShare,
    double medianDistance,
    double upperDistance) {
  private static final double UPPER = 0.9;

  /**
   * Draws the first {@code draws} tasks of a sampler and compares them with a catalogue at all its
   * batches.
   *
   * @throws IllegalArgumentException if {@code draws} is below one
   */
  public static TaskFigures of(TaskSampler sampler, int draws, NetworkCatalogue catalogue) {
    if (draws < 1) {
      throw new IllegalArgumentException(
          "Cannot describe sampler " + sampler.name() + " by " + draws + " draws: least is 1");
    }
    List<Workload> layers = catalogue.workloads();
    NearDuplicates near = new NearDuplicates(layers);
    Set<Workload> seen = new HashSet<>();
    double[] distances = new double[draws];
    int novel = 0;
    int far = 0;
    for (int i = 0; i < draws; i++) {
      Workload workload = sampler.workload(i);
      seen.add(workload);
      distances[i] = near.distance(Layer.inLayout(workload, Layout.NCHW));
      novel += distances[i] > 0 ? 1 : 0;
      far += near.near(workload).isEmpty() ? 1 : 0;
    }
    Arrays.sort(distances);
    return new TaskFigures(
        sampler.name(),
        draws,
        (double) seen.size() / draws,
        (double) novel / draws,
        (double) far / draws,
        distances[draws / 2],
        distances[(int) (draws * UPPER)]);
  }

  /** Returns one line for a terminal. */
  public String text() {
    return String.format(
        Locale.ROOT,
        "%s: %d draws, %.1f %% distinct, %.1f %% novel, %.1f %% over 5 %% off every layer;"
            + " nearest layer off by a factor of %.2f in the median, %.2f for nine of ten",
        sampler,
        draws,
        100 * distinctShare,
        100 * novelShare,
        100 * farShare,
        StrictMath.exp(medianDistance),
        StrictMath.exp(upperDistance));
  }
}
