package org.oneshottuner.dataset;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.oneshottuner.workload.BatchMatmul;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Dense;
import org.oneshottuner.workload.DepthwiseConv2d;
import org.oneshottuner.workload.Window;
import org.oneshottuner.workload.Workload;

/**
 * A set of workloads, and which others are nearly one of them: of the same kind, and within 5 % in
 * every extent. What is known of one side of a split may then be known of the other, so that such a
 * pair is a leak.
 *
 * <p>Extents are the sizes of a shape, batch, stride, dilation and groups; padding, layout, type
 * and epilogue make no difference. A {@code conv2d} with a group for each channel is a {@code
 * depthwise_conv2d}. Immutable.
 */
public final class NearDuplicates {
  /** Least ratio of the smaller to the larger of two extents that are nearly the same. */
  public static final double NEAR_RATIO = 0.95;

  private static final Workload.Cases<Shape> SHAPES =
      new Workload.Cases<>(
          NearDuplicates::shape,
          NearDuplicates::shape,
          NearDuplicates::shape,
          NearDuplicates::shape);

  private final Map<String, List<Known>> known;

  /** Remembers the workloads that others may be near to. */
  public NearDuplicates(Collection<? extends Workload> known) {
    this.known =
        known.stream()
            .map(workload -> new Known(workload, workload.fold(SHAPES)))
            .collect(
                Collectors.groupingBy(
                    one -> one.shape().kind(), LinkedHashMap::new, Collectors.toList()));
  }

  /** Returns the first of the known workloads that {@code workload} equals or is near to. */
  public Optional<Workload> near(Workload workload) {
    Shape shape = workload.fold(SHAPES);
    return known.getOrDefault(shape.kind(), List.of()).stream()
        .filter(one -> ratio(one.shape(), shape, NEAR_RATIO) >= NEAR_RATIO)
        .map(Known::workload)
        .findFirst();
  }

  /**
   * Returns how far the nearest known workload is: the logarithm of the largest ratio between two
   * extents, 0 where all are equal; infinite where none is of the kind.
   */
  public double distance(Workload workload) {
    Shape shape = workload.fold(SHAPES);
    double best = 0;
    for (Known one : known.getOrDefault(shape.kind(), List.of())) {
      best = Math.max(best, ratio(one.shape(), shape, best));
    }
    return best == 1 ? 0 : -StrictMath.log(best);
  }

  /** Returns whether two workloads are nearly the same; every workload is near to itself. */
  public static boolean near(Workload one, Workload other) {
    Shape shape = one.fold(SHAPES);
    Shape against = other.fold(SHAPES);
    return shape.kind().equals(against.kind()) && ratio(shape, against, NEAR_RATIO) >= NEAR_RATIO;
  }

  /**
   * Returns the least ratio of two extents, smaller to larger, or any below {@code enough} once it
   * is below that.
   */
  private static double ratio(Shape one, Shape other, double enough) {
    double least = 1;
    for (int i = 0; i < one.extents().size() && least >= enough; i++) {
      double left = one.extents().get(i);
      double right = other.extents().get(i);
      least = Math.min(least, Math.min(left, right) / Math.max(left, right));
    }
    return least;
  }

  private static Shape shape(Conv2d conv) {
    Window window = conv.window();
    if (conv.groups() > 1 && conv.groups() == conv.c() && conv.groups() == conv.k()) {
      return shape(
          new DepthwiseConv2d(
              conv.n(), conv.c(), window, conv.layout(), conv.dtype(), conv.epilogue()));
    }
    return new Shape(
        conv.kind(),
        List.of(
            window.r(),
            window.s(),
            window.stride(),
            window.dilation(),
            conv.groups(),
            conv.n(),
            conv.c(),
            conv.k(),
            window.h(),
            window.w()));
  }

  private static Shape shape(DepthwiseConv2d conv) {
    Window window = conv.window();
    return new Shape(
        conv.kind(),
        List.of(
            window.r(),
            window.s(),
            window.stride(),
            window.dilation(),
            conv.n(),
            conv.c(),
            window.h(),
            window.w()));
  }

  private static Shape shape(Dense dense) {
    return new Shape(dense.kind(), List.of(dense.m(), dense.n(), dense.k()));
  }

  private static Shape shape(BatchMatmul product) {
    return new Shape(product.kind(), List.of(product.b(), product.m(), product.n(), product.k()));
  }

  private record Shape(String kind, List<Integer> extents) {}

  private record Known(Workload workload, Shape shape) {}
}
