package org.oneshottuner.sample;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * The operators that one inference of a network runs, without those that are not tuned, such as
 * pooling.
 *
 * @param name as in the catalogue, such as {@code resnet-18}
 * @param layers distinct operators in order of first use
 */
public record Network(String name, List<Layer> layers) {
  /** Copies the list and checks that it is not empty and holds no operator twice. */
  public Network {
    requireNonNull(name, "name");
    layers = List.copyOf(layers);
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("Cannot describe network " + name + " without a layer");
    }
    if (layers.stream().map(Layer::workload).distinct().count() != layers.size()) {
      throw new IllegalArgumentException(
          "Cannot describe network " + name + ": an operator is listed twice");
    }
  }

  /** Returns this network, which is one of batch 1, at another batch. */
  public Network atBatch(int batch) {
    return new Network(name, layers.stream().map(layer -> layer.atBatch(batch)).toList());
  }

  /** Returns the floating-point operations of one inference, a multiply-add counted as two. */
  public long flops() {
    return layers.stream()
        .mapToLong(layer -> Math.multiplyExact(layer.count(), layer.workload().flops()))
        .reduce(0, Math::addExact);
  }

  /** Returns the number of constant weights and biases. */
  public long constants() {
    return layers.stream()
        .mapToLong(
            layer ->
                Math.multiplyExact(
                    layer.count(),
                    layer.workload().operands(1).weight() + layer.workload().operands(1).bias()))
        .reduce(0, Math::addExact);
  }
}
