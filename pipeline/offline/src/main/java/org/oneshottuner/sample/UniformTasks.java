package org.oneshottuner.sample;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.oneshottuner.workload.BatchMatmul;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Dense;
import org.oneshottuner.workload.DepthwiseConv2d;
import org.oneshottuner.workload.ElementType;
import org.oneshottuner.workload.Epilogue;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Padding;
import org.oneshottuner.workload.Transpose;
import org.oneshottuner.workload.Window;
import org.oneshottuner.workload.Workload;

/**
 * The control: every extent drawn by itself, its logarithm uniform over what is legal, knowing
 * nothing of networks. Of a convolution: planes to 320, channels to 2048, kernels to 7, strides to
 * 4, padding to half the kernel, dilation to 2, one group three times of four. Of products: up to
 * 1024 rows, 4096 columns and sums of 4096; batched, up to 64 of 512.
 */
public final class UniformTasks implements TaskSampler {
  private static final int MOST_PLANE = 320;
  private static final int MOST_CHANNELS = 2048;
  private static final int MOST_KERNEL = 7;
  private static final int MOST_STRIDE = 4;
  private static final int MOST_ROWS = 1024;
  private static final int MOST_COLUMNS = 4096;
  private static final int MOST_PRODUCTS = 64;
  private static final int MOST_SIDE = 512;
  private static final double DILATED_SHARE = 0.1;
  private static final double GROUPED_SHARE = 0.25;
  private static final List<Transpose> TRANSPOSES = List.of(Transpose.values());
  private static final List<Integer> GROUPS = List.of(2, 4, 8, 16, 32, 64);
  private static final List<Epilogue> EPILOGUES =
      List.of(
          Epilogue.NONE,
          Epilogue.parse("bias"),
          Epilogue.parse("relu"),
          Epilogue.parse("bias+relu"),
          Epilogue.parse("bias+relu6"),
          Epilogue.parse("bias+swish"),
          Epilogue.parse("bias+sigmoid"),
          Epilogue.parse("bias+gelu"),
          Epilogue.parse("bias+add"),
          Epilogue.parse("bias+add+relu"),
          Epilogue.parse("add"));

  private static final TaskScope.Shapes SHAPES = new LegalShapes();

  private final TaskScope scope;
  private final long seed;

  /** Draws within {@code scope}, from the run's {@code seed}. */
  public UniformTasks(TaskScope scope, long seed) {
    this.scope = requireNonNull(scope, "scope");
    this.seed = seed;
  }

  @Override
  public String name() {
    return "uniform";
  }

  @Override
  public long seed() {
    return seed;
  }

  @Override
  public Workload workload(long index) {
    return scope.draw(Draws.of(seed, name(), index), SHAPES);
  }

  private static final class LegalShapes implements TaskScope.Shapes {
    @Override
    public Workload conv2d(Draws draws) {
      int groups = draws.chance(GROUPED_SHARE) ? draws.pick(GROUPS) : 1;
      int most = MOST_CHANNELS / groups;
      return new Conv2d(
          1,
          groups * draws.logBetween(1, most),
          groups * draws.logBetween(1, most),
          groups,
          window(draws),
          Layout.NCHW,
          ElementType.F32,
          draws.pick(EPILOGUES));
    }

    @Override
    public Workload depthwise(Draws draws) {
      return new DepthwiseConv2d(
          1,
          draws.logBetween(1, MOST_CHANNELS),
          window(draws),
          Layout.NCHW,
          ElementType.F32,
          draws.pick(EPILOGUES));
    }

    @Override
    public Workload dense(Draws draws) {
      return new Dense(
          draws.logBetween(1, MOST_ROWS),
          draws.logBetween(1, MOST_COLUMNS),
          draws.logBetween(1, MOST_COLUMNS),
          ElementType.F32,
          draws.pick(EPILOGUES));
    }

    @Override
    public Workload batchMatmul(Draws draws) {
      return new BatchMatmul(
          draws.logBetween(1, MOST_PRODUCTS),
          draws.logBetween(1, MOST_SIDE),
          draws.logBetween(1, MOST_SIDE),
          draws.logBetween(1, MOST_SIDE),
          draws.pick(TRANSPOSES),
          ElementType.F32,
          draws.pick(EPILOGUES));
    }

    private static Window window(Draws draws) {
      int h = draws.logBetween(1, MOST_PLANE);
      int w = draws.logBetween(1, MOST_PLANE);
      int r = draws.logBetween(1, MOST_KERNEL);
      int s = draws.logBetween(1, MOST_KERNEL);
      int stride = draws.logBetween(1, MOST_STRIDE);
      int dilation = draws.chance(DILATED_SHARE) ? 2 : 1;
      int rows = draws.between(0, dilation * (r / 2));
      int columns = draws.between(0, dilation * (s / 2));
      return new Window(
          Math.max(h, dilation * (r - 1) + 1 - 2 * rows),
          Math.max(w, dilation * (s - 1) + 1 - 2 * columns),
          r,
          s,
          stride,
          new Padding(rows, columns, rows, columns),
          dilation);
    }
  }
}
