package org.oneshottuner.sample;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Layers of one kind to draw near to; a network's layers weigh together as the square root of their
 * number.
 */
final class Anchors<T> {
  private final List<T> layers;
  private final List<Double> weights;

  private Anchors(List<T> layers, List<Double> weights) {
    this.layers = List.copyOf(layers);
    this.weights = List.copyOf(weights);
  }

  /** Collects the layers of one kind, network by network. */
  static <T> Anchors<T> of(List<List<T>> networks) {
    List<T> layers = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    for (List<T> network : networks) {
      for (T layer : network) {
        layers.add(layer);
        weights.add(1 / StrictMath.sqrt(network.size()));
      }
    }
    return new Anchors<>(layers, weights);
  }

  boolean isEmpty() {
    return layers.isEmpty();
  }

  T pick(Draws draws) {
    return layers.get(draws.place(weights));
  }

  /** Returns those that fit a condition. */
  Anchors<T> where(Predicate<T> condition) {
    List<T> some = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      if (condition.test(layers.get(i))) {
        some.add(layers.get(i));
        theirs.add(weights.get(i));
      }
    }
    return new Anchors<>(some, theirs);
  }
}
