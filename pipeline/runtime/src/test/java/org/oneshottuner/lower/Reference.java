package org.oneshottuner.lower;

import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.BatchMatmul;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Dense;
import org.oneshottuner.workload.DepthwiseConv2d;
import org.oneshottuner.workload.Epilogue.Step;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Operands;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Window;
import org.oneshottuner.workload.Workload;

/**
 * Operands, and what loops written for obviousness make of them in {@code double}. Every order of
 * summing small whole numbers is exact in {@code float} too.
 */
final class Reference {
  private static final int REALS = 1 << 24;

  private final Workload workload;
  private final Numbers numbers;
  private final int lanes;
  private final float[] input;
  private final float[] rhs;
  private final float[] weight;
  private final float[] bias;
  private final float[] residual;
  private final double[] output;
  private double terms;

  /** What operands are drawn from. */
  enum Numbers {
    /** The whole numbers from -3 to 3. */
    WHOLE,
    /** The interval from -1 to 1, of which every sum is rounded. */
    REAL
  }

  /** Draws operands of small whole numbers. */
  Reference(TuningTask task, SplitMix64 random) {
    this(task, random, Numbers.WHOLE);
  }

  Reference(TuningTask task, SplitMix64 random, Numbers numbers) {
    this.numbers = numbers;
    workload = task.workload();
    lanes = task.lanes();
    Operands sizes = workload.operands(lanes);
    input = new float[(int) sizes.input()];
    residual = new float[(int) sizes.residual()];
    rhs = numbers(sizes.rhs(), random);
    weight = numbers(sizes.weight(), random);
    bias = numbers(sizes.bias(), random);
    output = new double[(int) sizes.output()];
    workload.fold(
        new Workload.Cases<>(
            conv -> conv(conv, random),
            conv -> conv(groupsOfOne(conv), random),
            dense -> dense(dense, random),
            product -> product(product, random)));
  }

  float[] input() {
    return input;
  }

  float[] rhs() {
    return rhs;
  }

  float[] weight() {
    return weight;
  }

  float[] bias() {
    return bias;
  }

  float[] residual() {
    return residual;
  }

  /** Returns the output in its physical layout; lanes beyond the last channel are zero. */
  double[] output() {
    return output;
  }

  /**
   * Returns the largest sum of the magnitudes of what an element of the output is the sum of,
   * before the epilogue: how large the output would be did nothing cancel out.
   */
  double terms() {
    return terms;
  }

  private static Conv2d groupsOfOne(DepthwiseConv2d conv) {
    return new Conv2d(
        conv.n(),
        conv.c(),
        conv.c(),
        conv.c(),
        conv.window(),
        conv.layout(),
        conv.dtype(),
        conv.epilogue());
  }

  private boolean conv(Conv2d conv, SplitMix64 random) {
    Window at = conv.window();
    Activation in = new Activation(conv.layout(), lanes, conv.c(), at.h(), at.w());
    Activation out = new Activation(conv.layout(), lanes, conv.k(), at.outHeight(), at.outWidth());
    fill(in, input, conv.n(), random);
    if (residual.length > 0) {
      fill(out, residual, conv.n(), random);
    }
    int channels = conv.c() / conv.groups();
    int outputs = conv.k() / conv.groups();
    for (int n = 0; n < conv.n(); n++) {
      for (int k = 0; k < conv.k(); k++) {
        for (int oy = 0; oy < out.height(); oy++) {
          for (int ox = 0; ox < out.width(); ox++) {
            double sum = 0;
            double magnitude = 0;
            for (int c = 0; c < channels; c++) {
              for (int r = 0; r < at.r(); r++) {
                for (int s = 0; s < at.s(); s++) {
                  int y = oy * at.stride() + r * at.dilation() - at.pad().top();
                  int x = ox * at.stride() + s * at.dilation() - at.pad().left();
                  if (0 <= y && y < at.h() && 0 <= x && x < at.w()) {
                    double term =
                        (double) input[in.at(n, k / outputs * channels + c, y, x)]
                            * weight[((k * channels + c) * at.r() + r) * at.s() + s];
                    sum += term;
                    magnitude += StrictMath.abs(term);
                  }
                }
              }
            }
            terms = StrictMath.max(terms, magnitude);
            int place = out.at(n, k, oy, ox);
            output[place] = epilogue(sum, k, place);
          }
        }
      }
    }
    return true;
  }

  private void fill(Activation tensor, float[] all, int batch, SplitMix64 random) {
    for (int n = 0; n < batch; n++) {
      for (int c = 0; c < tensor.channels(); c++) {
        for (int y = 0; y < tensor.height(); y++) {
          for (int x = 0; x < tensor.width(); x++) {
            all[tensor.at(n, c, y, x)] = number(random);
          }
        }
      }
    }
  }

  private boolean dense(Dense dense, SplitMix64 random) {
    fill(input, random);
    fill(residual, random);
    for (int m = 0; m < dense.m(); m++) {
      for (int n = 0; n < dense.n(); n++) {
        double sum = 0;
        double magnitude = 0;
        for (int k = 0; k < dense.k(); k++) {
          double term = (double) input[m * dense.k() + k] * weight[n * dense.k() + k];
          sum += term;
          magnitude += StrictMath.abs(term);
        }
        terms = StrictMath.max(terms, magnitude);
        int place = m * dense.n() + n;
        output[place] = epilogue(sum, n, place);
      }
    }
    return true;
  }

  private boolean product(BatchMatmul product, SplitMix64 random) {
    fill(input, random);
    fill(residual, random);
    for (int b = 0; b < product.b(); b++) {
      for (int m = 0; m < product.m(); m++) {
        for (int n = 0; n < product.n(); n++) {
          double sum = 0;
          double magnitude = 0;
          for (int k = 0; k < product.k(); k++) {
            int left =
                product.transpose().ofLhs()
                    ? (b * product.k() + k) * product.m() + m
                    : (b * product.m() + m) * product.k() + k;
            int right =
                product.transpose().ofRhs()
                    ? (b * product.n() + n) * product.k() + k
                    : (b * product.k() + k) * product.n() + n;
            double term = (double) input[left] * rhs[right];
            sum += term;
            magnitude += StrictMath.abs(term);
          }
          terms = StrictMath.max(terms, magnitude);
          int place = (b * product.m() + m) * product.n() + n;
          output[place] = epilogue(sum, n, place);
        }
      }
    }
    return true;
  }

  private double epilogue(double sum, int channel, int place) {
    double x = sum;
    for (Step step : workload.epilogue().steps()) {
      x =
          switch (step) {
            case BIAS -> x + bias[channel];
            case ADD -> x + residual[place];
            case RELU -> StrictMath.max(x, 0);
            case RELU6 -> StrictMath.min(StrictMath.max(x, 0), 6);
            case GELU -> x / 2 * (1 + erf(x / StrictMath.sqrt(2)));
            case SIGMOID -> 1 / (1 + StrictMath.exp(-x));
            case SWISH -> x / (1 + StrictMath.exp(-x));
          };
    }
    return x;
  }

  /** The error function: Abramowitz and Stegun 1964, 7.1.6, whose terms all have one sign. */
  static double erf(double x) {
    if (StrictMath.abs(x) > 6) {
      return StrictMath.signum(x);
    }
    double term = x;
    double sum = x;
    for (int n = 1; n < 200; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / StrictMath.sqrt(StrictMath.PI) * StrictMath.exp(-x * x) * sum;
  }

  private float[] numbers(long count, SplitMix64 random) {
    float[] numbers = new float[(int) count];
    fill(numbers, random);
    return numbers;
  }

  private void fill(float[] all, SplitMix64 random) {
    for (int i = 0; i < all.length; i++) {
      all[i] = number(random);
    }
  }

  private float number(SplitMix64 random) {
    return switch (numbers) {
      case WHOLE -> random.nextLong(7) - 3;
      case REAL -> (random.nextLong(REALS) - REALS / 2) / (REALS / 2f);
    };
  }

  /** Where the elements of an activation lie. */
  private record Activation(Layout layout, int lanes, int channels, int height, int width) {
    int at(int n, int c, int y, int x) {
      return switch (layout) {
        case NCHW -> ((n * channels + c) * height + y) * width + x;
        case NCHW16C -> {
          int blocks = (channels + lanes - 1) / lanes;
          yield (((n * blocks + c / lanes) * height + y) * width + x) * lanes + c % lanes;
        }
      };
    }
  }
}
