package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
   * @param count how often that network runs it
   */
  record Unseen(TuningTask task, String network, int count) {}

  /**
   * Draws layers at batch 1, the kinds of operator in turn, so that a few tasks are of all kinds;
   * convolutions of one element and of several count as two kinds, since other schedules suit them.
   * Within a kind, the chance of a layer to come next is as often as its network runs it. Each
   * layer is drawn in one of its layouts. The draw depends on the seed and each layer alone.
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
        layers.putIfAbsent(
            workload,
            new Unseen(
                new TuningTask(workload, target, where.threads()), network.name(), layer.count()));
      }
    }
    Map<String, List<Unseen>> kinds = new TreeMap<>();
    for (Unseen layer : layers.values()) {
      kinds.computeIfAbsent(kind(layer.task().workload()), kind -> new ArrayList<>()).add(layer);
    }
    kinds
        .values()
        .forEach(list -> list.sort(Comparator.comparingDouble(l -> arrival(l, where.seed()))));
    List<Unseen> drawn = new ArrayList<>();
    for (int turn = 0; drawn.size() < Math.min(most, layers.size()); turn++) {
      for (List<Unseen> kind : kinds.values()) {
        if (turn < kind.size() && drawn.size() < most) {
          drawn.add(kind.get(turn));
        }
      }
    }
    return drawn;
  }

  /**
   * Returns when a layer arrives whose rate is its count: sorted by it, layers are a weighted
   * sample without replacement (Efraimidis and Spirakis 2006).
   */
  private static double arrival(Unseen layer, long seed) {
    SplitMix64 random = new SplitMix64(Seeds.derive(seed, layer.task().key(), "unseen"));
    return -StrictMath.log(1 - random.nextDouble()) / layer.count();
  }

  private static String kind(Workload workload) {
    boolean point =
        workload instanceof Conv2d conv && conv.window().r() == 1 && conv.window().s() == 1;
    return workload.kind() + (point ? " 1x1" : "");
  }

  /** The run's seed, and how many threads run a kernel. */
  record Where(long seed, int threads) {}
}
