package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.oneshottuner.sample.Layer;
import org.oneshottuner.sample.Network;
import org.oneshottuner.sample.NetworkCatalogue;
import org.oneshottuner.space.Seeds;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Layers of networks, to be judged by. */
final class UnseenTasks {
  private UnseenTasks() {}

  /**
   * A layer of a network.
   *
   * @param task the layer in one of its layouts
   * @param network the first network that has it
   * @param counts how often each network that has it runs it
   * @param chance of the layer to be among those drawn, given when the next one of its kind would
   *     have come; above 0, and 1 if all of its kind were drawn
   */
  record Unseen(TuningTask task, String network, SortedMap<String, Integer> counts, double chance) {
    Unseen {
      counts = Collections.unmodifiableSortedMap(new TreeMap<>(counts));
    }

    /**
     * Returns what the layer weighs in each network: how often that runs it, over the chance to be
     * drawn. So sums over drawn layers estimate, without bias, the sums over all layers of the
     * networks (Horvitz and Thompson 1952; with chances given the threshold, Cohen and Kaplan 2008,
     * "Tighter Estimation using Bottom k Sketches").
     */
    SortedMap<String, Double> weights() {
      SortedMap<String, Double> weights = new TreeMap<>();
      counts.forEach((name, count) -> weights.put(name, count / chance));
      return weights;
    }

    private double rate() {
      return counts.getOrDefault(network, 0);
    }

    private Unseen ofChance(double drawn) {
      return new Unseen(task, network, counts, drawn);
    }

    private Unseen alsoOf(String other, int count) {
      SortedMap<String, Integer> all = new TreeMap<>(counts);
      all.merge(other, count, Integer::sum);
      return new Unseen(task, network, all, chance);
    }
  }

  /**
   * Draws layers at batch 1, the kinds of operator in turn, so that a few tasks are of all kinds;
   * convolutions of one element and of several count as two kinds, since other schedules suit them.
   * Within a kind, the chance of a layer to come next is as often as its first network runs it.
   * Each layer is drawn in one of its layouts. When a layer comes is a function of the seed and of
   * its task, target and threads among it: for another target, others are drawn.
   *
   * @param networks whose layers they are
   */
  static List<Unseen> draw(NetworkCatalogue networks, int most, CpuTarget target, Where where) {
    Map<Workload, Unseen> layers = new LinkedHashMap<>();
    for (Network network : networks.networks()) {
      for (Layer layer : network.layers()) {
        long draw = Seeds.derive(where.seed(), layer.workload().text(), "layout");
        Layout layout = draw < 0 ? Layout.NCHW : Layout.NCHW16C;
        Workload workload = layer.inLayout(layout).workload();
        Unseen known =
            layers.computeIfAbsent(
                workload,
                first ->
                    new Unseen(
                        new TuningTask(first, target, where.threads()),
                        network.name(),
                        Collections.emptySortedMap(),
                        1));
        layers.put(workload, known.alsoOf(network.name(), layer.count()));
      }
    }
    Map<String, List<Unseen>> kinds = new TreeMap<>();
    for (Unseen layer : layers.values()) {
      kinds.computeIfAbsent(kind(layer.task().workload()), kind -> new ArrayList<>()).add(layer);
    }
    kinds
        .values()
        .forEach(list -> list.sort(Comparator.comparingDouble(l -> arrival(l, where.seed()))));
    Map<String, Integer> taken = new HashMap<>();
    List<Unseen> drawn = new ArrayList<>();
    for (int turn = 0; drawn.size() < Math.min(most, layers.size()); turn++) {
      for (Map.Entry<String, List<Unseen>> kind : kinds.entrySet()) {
        if (turn < kind.getValue().size() && drawn.size() < most) {
          drawn.add(kind.getValue().get(turn));
          taken.put(kind.getKey(), turn + 1);
        }
      }
    }
    return drawn.stream()
        .map(
            layer -> {
              String kind = kind(layer.task().workload());
              List<Unseen> all = kinds.getOrDefault(kind, List.of());
              int next = taken.getOrDefault(kind, 0);
              return next == all.size()
                  ? layer
                  : layer.ofChance(chance(layer, arrival(all.get(next), where.seed())));
            })
        .toList();
  }

  /** Returns the chance of a layer to arrive before a time. */
  private static double chance(Unseen layer, double time) {
    return -StrictMath.expm1(-layer.rate() * time);
  }

  /**
   * Returns when a layer arrives whose rate is its count: sorted by it, layers are a weighted
   * sample without replacement (Efraimidis and Spirakis 2006).
   */
  private static double arrival(Unseen layer, long seed) {
    SplitMix64 random = new SplitMix64(Seeds.derive(seed, layer.task().key(), "unseen"));
    return -StrictMath.log(1 - random.nextDouble()) / layer.rate();
  }

  private static String kind(Workload workload) {
    boolean point =
        workload instanceof Conv2d conv && conv.window().r() == 1 && conv.window().s() == 1;
    return workload.kind() + (point ? " 1x1" : "");
  }

  /** The run's seed, and how many threads run a kernel. */
  record Where(long seed, int threads) {}
}
