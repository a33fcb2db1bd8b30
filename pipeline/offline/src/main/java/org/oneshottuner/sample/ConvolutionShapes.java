package org.oneshottuner.sample;

import java.util.List;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.DepthwiseConv2d;
import org.oneshottuner.workload.ElementType;
import org.oneshottuner.workload.Epilogue;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Padding;
import org.oneshottuner.workload.Window;
import org.oneshottuner.workload.Workload;

/** Convolutions near to those of networks. */
final class ConvolutionShapes {
  private static final double CHANNELS_SD = 0.35;
  private static final double PLANE_SD = 0.2;
  private static final double OTHER_CHANNELS_SHARE = 0.3;
  private static final double OTHER_WINDOW_SHARE = 0.1;
  private static final double OTHER_EPILOGUE_SHARE = 0.1;
  private static final double CHAIN_SHARE = 0.6;
  private static final double OBLONG_SHARE = 0.05;
  private static final double OBLONG_SD = 0.4;
  private static final double DILATED_SHARE = 0.02;
  private static final double GROUPED_SHARE = 0.08;
  private static final int FEW_CHANNELS = 4;
  private static final double SAME_FEW_CHANNELS_SHARE = 0.9;
  private static final double USUAL_INPUT = 224;
  private static final List<Integer> INPUTS =
      List.of(128, 160, 192, 208, 224, 240, 256, 288, 299, 320, 384);
  private static final List<Integer> GROUPS = List.of(2, 4, 8, 16, 32, 64);

  /**
   * Most convolutions of networks look at one element alone, yet those that look at more take most
   * of the time, and their schedules differ most.
   */
  private static final double POINTWISE_SHARE = 0.5;

  private final Anchors<Conv2d> plain;
  private final Anchors<Conv2d> pointwise;
  private final Anchors<Conv2d> others;
  private final Anchors<DepthwiseConv2d> depthwise;

  ConvolutionShapes(Anchors<Conv2d> plain, Anchors<DepthwiseConv2d> depthwise) {
    this.plain = plain;
    this.pointwise = plain.where(layer -> isPointwise(layer.window()));
    this.others = plain.where(layer -> !isPointwise(layer.window()));
    this.depthwise = depthwise;
  }

  Workload conv2d(Draws draws) {
    Conv2d anchor = anchor(draws);
    int groups = groups(anchor, draws);
    int c = grouped(inputChannels(anchor, draws), groups);
    int k = grouped(outputChannels(anchor, c, draws), groups);
    return new Conv2d(
        1,
        c,
        k,
        groups,
        window(anchor.window(), plain.pick(draws).window(), draws),
        Layout.NCHW,
        ElementType.F32,
        epilogue(anchor.epilogue(), plain.pick(draws).epilogue(), draws));
  }

  Workload depthwise(Draws draws) {
    DepthwiseConv2d anchor = depthwise.pick(draws);
    return new DepthwiseConv2d(
        1,
        Rounding.channels(draws.scaled(anchor.c(), CHANNELS_SD), draws),
        window(anchor.window(), depthwise.pick(draws).window(), draws),
        Layout.NCHW,
        ElementType.F32,
        epilogue(anchor.epilogue(), depthwise.pick(draws).epilogue(), draws));
  }

  private Conv2d anchor(Draws draws) {
    if (pointwise.isEmpty() || others.isEmpty()) {
      return plain.pick(draws);
    }
    return (draws.chance(POINTWISE_SHARE) ? pointwise : others).pick(draws);
  }

  private static boolean isPointwise(Window window) {
    return window.r() == 1 && window.s() == 1;
  }

  private static int inputChannels(Conv2d anchor, Draws draws) {
    if (anchor.c() <= FEW_CHANNELS) {
      // an image
      return draws.chance(SAME_FEW_CHANNELS_SHARE) ? anchor.c() : draws.between(1, FEW_CHANNELS);
    }
    return Rounding.channels(draws.scaled(anchor.c(), CHANNELS_SD), draws);
  }

  /** Scales with the input channels, or takes after another layer that has the same kernel. */
  private int outputChannels(Conv2d anchor, int c, Draws draws) {
    if (draws.chance(OTHER_CHANNELS_SHARE)) {
      Conv2d other = plain.where(layer -> alike(layer.window(), anchor.window())).pick(draws);
      return Rounding.channels(draws.scaled(other.k(), CHANNELS_SD), draws);
    }
    if (anchor.k() == anchor.c()) {
      return c;
    }
    double ratio = (double) c / anchor.c();
    return Rounding.channels(draws.scaled(anchor.k() * ratio, CHANNELS_SD / 2), draws);
  }

  private static boolean alike(Window one, Window other) {
    return one.r() == other.r()
        && one.s() == other.s()
        && one.stride() == other.stride()
        // a gate's plane is one pixel, and its channels follow other rules
        && (one.h() == 1) == (other.h() == 1);
  }

  private static int groups(Conv2d anchor, Draws draws) {
    boolean other = draws.chance(GROUPED_SHARE);
    return other && anchor.c() > FEW_CHANNELS ? draws.pick(GROUPS) : anchor.groups();
  }

  /** Returns the nearest number of channels that {@code groups} divides. */
  private static int grouped(int channels, int groups) {
    return groups * Math.max(1, (int) Math.rint((double) channels / groups));
  }

  private static Epilogue epilogue(Epilogue own, Epilogue other, Draws draws) {
    return draws.chance(OTHER_EPILOGUE_SHARE) ? other : own;
  }

  private static Window window(Window anchor, Window other, Draws draws) {
    int r = anchor.r();
    int s = anchor.s();
    int stride = anchor.stride();
    Padding pad = anchor.pad();
    if (draws.chance(OTHER_WINDOW_SHARE)) {
      boolean kernel = draws.chance(0.5);
      r = kernel ? other.r() : r;
      s = kernel ? other.s() : s;
      stride = kernel ? stride : other.stride();
      pad = new Padding(r / 2, s / 2, r / 2, s / 2);
    }
    int dilation = anchor.dilation();
    if (r > 1 && stride == 1 && draws.chance(DILATED_SHARE)) {
      dilation = 2;
      pad = new Padding(2 * (r / 2), 2 * (s / 2), 2 * (r / 2), 2 * (s / 2));
    }
    int h = plane(anchor.h(), draws);
    int w = h > 1 && draws.chance(OBLONG_SHARE) ? rounded(draws.scaled(h, OBLONG_SD)) : h;
    return new Window(
        Math.max(h, dilation * (r - 1) + 1 - pad.top() - pad.bottom()),
        Math.max(w, dilation * (s - 1) + 1 - pad.left() - pad.right()),
        r,
        s,
        stride,
        pad,
        dilation);
  }

  /** Halves a common input size as often as the layer's own was, or scales the layer's plane. */
  private static int plane(int anchor, Draws draws) {
    if (anchor == 1) {
      return 1;
    }
    if (!draws.chance(CHAIN_SHARE)) {
      return Math.max(2, rounded(draws.scaled(anchor, PLANE_SD)));
    }
    int plane = draws.pick(INPUTS);
    for (double size = USUAL_INPUT; size > anchor * StrictMath.sqrt(2); size /= 2) {
      plane = (plane + 1) / 2;
    }
    return plane;
  }

  private static int rounded(double value) {
    return Math.max(1, (int) Math.rint(value));
  }
}
