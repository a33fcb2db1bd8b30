package org.oneshottuner.sample;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import org.oneshottuner.workload.BatchMatmul;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Dense;
import org.oneshottuner.workload.DepthwiseConv2d;
import org.oneshottuner.workload.Workload;

/**
 * A generative model of what networks compute, fitted to a catalogue. It draws new shapes, not
 * rows: the extents of a layer are scaled by log-normal factors (a kernel density over their
 * logarithms), channels are recombined between layers of the same kernel, planes follow the halving
 * of common input sizes, and rounding puts extents where designers put them. Kernel, stride,
 * padding and epilogue come together, as layers have them, and now and then apart; kernels,
 * dilations and groups that the catalogue lacks keep a small share.
 */
public final class TaskPrior implements TaskSampler {
  private final TaskScope scope;
  private final long seed;
  private final TaskScope.Shapes shapes;

  /**
   * Fits the model.
   *
   * @param catalogue networks to be near to; each kind of operator that {@code scope} asks for must
   *     occur
   * @param scope what to keep to
   * @param seed of the run
   * @throws IllegalArgumentException if a kind is asked for that no network has
   */
  public TaskPrior(NetworkCatalogue catalogue, TaskScope scope, long seed) {
    this.scope = requireNonNull(scope, "scope");
    this.seed = seed;
    Anchors<Conv2d> convolutions = anchors(catalogue, Conv2d.class);
    Anchors<DepthwiseConv2d> depthwise = anchors(catalogue, DepthwiseConv2d.class);
    Anchors<Dense> dense = anchors(catalogue, Dense.class);
    Anchors<BatchMatmul> batched = anchors(catalogue, BatchMatmul.class);
    require("conv2d", scope.kinds().conv2d(), convolutions);
    require("depthwise_conv2d", scope.kinds().depthwise(), depthwise);
    require("dense", scope.kinds().dense(), dense);
    require("batch_matmul", scope.kinds().batchMatmul(), batched);
    this.shapes =
        new NearShapes(
            new ConvolutionShapes(convolutions, depthwise), new ProductShapes(dense, batched));
  }

  /**
   * Fits the model to all networks but {@code heldOut}, and lets it draw nothing near to what those
   * compute at any batch.
   */
  public static TaskPrior holdingOut(
      NetworkCatalogue catalogue, Collection<String> heldOut, TaskScope scope, long seed) {
    return new TaskPrior(
        catalogue.without(heldOut), scope.excluding(catalogue.only(heldOut).workloads()), seed);
  }

  @Override
  public String name() {
    return "prior";
  }

  @Override
  public long seed() {
    return seed;
  }

  @Override
  public Workload workload(long index) {
    return scope.draw(Draws.of(seed, name(), index), shapes);
  }

  private static <T extends Workload> Anchors<T> anchors(
      NetworkCatalogue catalogue, Class<T> kind) {
    return Anchors.of(
        catalogue.networks().stream()
            .map(
                network ->
                    network.layers().stream()
                        .map(Layer::workload)
                        .filter(kind::isInstance)
                        .map(kind::cast)
                        .toList())
            .toList());
  }

  private static void require(String kind, double share, Anchors<?> anchors) {
    if (share > 0 && anchors.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot fit a task prior: no network has a " + kind + ", its share is " + share);
    }
  }

  /** Both halves of the model. */
  private static final class NearShapes implements TaskScope.Shapes {
    private final ConvolutionShapes convolutions;
    private final ProductShapes products;

    NearShapes(ConvolutionShapes convolutions, ProductShapes products) {
      this.convolutions = convolutions;
      this.products = products;
    }

    @Override
    public Workload conv2d(Draws draws) {
      return convolutions.conv2d(draws);
    }

    @Override
    public Workload depthwise(Draws draws) {
      return convolutions.depthwise(draws);
    }

    @Override
    public Workload dense(Draws draws) {
      return products.dense(draws);
    }

    @Override
    public Workload batchMatmul(Draws draws) {
      return products.batchMatmul(draws);
    }
  }
}
