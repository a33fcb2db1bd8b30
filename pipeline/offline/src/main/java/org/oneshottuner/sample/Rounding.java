package org.oneshottuner.sample;

import java.util.List;

/** Puts drawn extents where designers of networks put them. */
final class Rounding {
  private static final int STEPS_AT_LEAST = 3;
  private static final List<Integer> CHANNEL_STEPS = List.of(32, 16, 8, 4, 1);
  private static final List<Double> CHANNEL_WEIGHTS = List.of(0.35, 0.3, 0.25, 0.05, 0.05);
  private static final List<Integer> WIDTH_STEPS = List.of(64, 32, 16, 8, 1);
  private static final List<Double> WIDTH_WEIGHTS = List.of(0.55, 0.2, 0.1, 0.1, 0.05);
  private static final List<Integer> TOKENS =
      List.of(16, 32, 48, 64, 77, 96, 128, 160, 192, 197, 224, 256, 320, 384, 512);
  private static final double COMMON_TOKENS_SHARE = 0.5;
  private static final double TOKENS_SD = 0.5;
  private static final int LEAST_TOKENS = 4;
  private static final int MOST_TOKENS = 1024;

  private Rounding() {}

  /** Rounds a number of channels: mostly to a multiple of 8, 16 or 32. */
  static int channels(double value, Draws draws) {
    return to(CHANNEL_STEPS, CHANNEL_WEIGHTS, value, draws);
  }

  /** Rounds the width of a matrix: mostly to a multiple of 64 or 32. */
  static int width(double value, Draws draws) {
    return to(WIDTH_STEPS, WIDTH_WEIGHTS, value, draws);
  }

  /** Returns a number of tokens near to {@code value}, or a common one. */
  static int tokens(int value, Draws draws) {
    if (draws.chance(COMMON_TOKENS_SHARE)) {
      return draws.pick(TOKENS);
    }
    int near = width(draws.scaled(value, TOKENS_SD), draws);
    return Math.max(LEAST_TOKENS, Math.min(MOST_TOKENS, near));
  }

  /** Rounds to a multiple of a drawn step, or of the next smaller one that leaves it some steps. */
  private static int to(List<Integer> steps, List<Double> weights, double value, Draws draws) {
    int place = draws.place(weights);
    while (place < steps.size() - 1 && value < STEPS_AT_LEAST * steps.get(place)) {
      place++;
    }
    int step = steps.get(place);
    return Math.max(step, step * (int) Math.rint(value / step));
  }
}
