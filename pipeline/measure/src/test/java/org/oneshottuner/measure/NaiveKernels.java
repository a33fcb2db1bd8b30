package org.oneshottuner.measure;

import java.util.List;
import java.util.stream.Collectors;
import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.BatchMatmul;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Dense;
import org.oneshottuner.workload.DepthwiseConv2d;
import org.oneshottuner.workload.Epilogue.Step;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Window;
import org.oneshottuner.workload.Workload;

/**
 * Kernels of any workload, straight from its definition: one output element after another, its
 * indices spelt out. They share no code with the native runner's reference, so that each tests the
 * other.
 */
final class NaiveKernels implements Codegen {
  private final double tolerance;
  private final String extra;

  /**
   * Makes a generator.
   *
   * @param extra a statement at the end of each kernel, for tests that spoil it
   */
  NaiveKernels(double tolerance, String extra) {
    this.tolerance = tolerance;
    this.extra = extra;
  }

  @Override
  public String version() {
    return "naive-1";
  }

  @Override
  public double tolerance(Candidate candidate) {
    return tolerance;
  }

  @Override
  public KernelSource source(Candidate candidate) {
    Workload workload = candidate.task().workload();
    int lanes = workload.layout() == Layout.NCHW16C ? candidate.task().lanes() : 1;
    String name = "naive_" + candidate.schedule().number("number");
    String body =
        workload.fold(
            new Workload.Cases<String>(
                conv -> conv(conv, lanes),
                depthwise -> depthwise(depthwise, lanes),
                dense -> dense(dense),
                matmul -> matmul(matmul)));
    long packed = workload.operands(candidate.task().lanes()).weight() + bias(workload);
    long weight = workload.operands(candidate.task().lanes()).weight();
    String text =
        "#include <math.h>\n"
            + ("void NAME_pack(const float *weight, const float *bias, float *packed) {\n"
                + "  for (long i = 0; i < WEIGHT; i++) packed[i] = weight[i];\n"
                + "  for (long i = 0; i < PACKED - WEIGHT; i++) packed[WEIGHT + i] = bias[i];\n}\n"
                + "void NAME_phase(int phase, const float *const *in, float *out, float *workspace, long slot, long begin,"
                + " long end) {\n"
                + "  const float *weight = in[2], *bias = in[2] ? in[2] + WEIGHT : 0;\n"
                + body
                + extra
                + "\n}\n");
    return new KernelSource(
        name,
        text.replace("NAME", name).replace("WEIGHT", weight + "L").replace("PACKED", packed + "L"),
        List.of(units(workload)),
        packed,
        0,
        0);
  }

  private static long bias(Workload workload) {
    // A product of two activations has no constants to pack, but for its bias.
    return workload.operands(1).bias();
  }

  private static long units(Workload workload) {
    return workload.fold(
        new Workload.Cases<Long>(
            conv -> (long) conv.n() * conv.k(),
            depthwise -> (long) depthwise.n() * depthwise.c(),
            dense -> (long) dense.m(),
            matmul -> (long) matmul.b() * matmul.m()));
  }

  private static String conv(Conv2d conv, int lanes) {
    return image(conv.c(), conv.k(), conv.groups(), conv.window(), lanes, conv.epilogue().steps());
  }

  private static String depthwise(DepthwiseConv2d conv, int lanes) {
    return image(conv.c(), conv.c(), conv.c(), conv.window(), lanes, conv.epilogue().steps());
  }

  private static String image(
      int c, int k, int groups, Window window, int lanes, List<Step> steps) {
    int blocksIn = -Math.floorDiv(-c, lanes);
    int blocksOut = -Math.floorDiv(-k, lanes);
    return """
          for (long u = begin; u < end; u++)
          for (long y = 0; y < OH; y++) for (long x = 0; x < OW; x++) {
            long n = u / K, k = u % K, at = (((n * BK + k / L) * OH + y) * OW + x) * L + k % L, column = k;
            double sum = 0;
            for (long c = 0; c < CG; c++) for (long r = 0; r < R; r++) for (long s = 0; s < S; s++) {
              long from = k / (K / G) * CG + c, iy = y * STRIDE + r * DILATION - TOP, ix = x * STRIDE + s * DILATION - LEFT;
              if (iy < 0 || iy >= H || ix < 0 || ix >= W) continue;
              sum += (double)in[0][(((n * BC + from / L) * H + iy) * W + ix) * L + from % L] * weight[((k * CG + c) * R + r) * S + s];
            }
            EPILOGUE
            out[at] = sum;
            if (k == K - 1) for (long lane = k % L + 1; lane < L; lane++) out[at - k % L + lane] = 0;
          }
        """
        .replace("EPILOGUE", epilogue(steps))
        .replace("BC", blocksIn + "L")
        .replace("BK", blocksOut + "L")
        .replace("CG", c / groups + "L")
        .replace("STRIDE", window.stride() + "L")
        .replace("DILATION", window.dilation() + "L")
        .replace("TOP", window.pad().top() + "L")
        .replace("LEFT", window.pad().left() + "L")
        .replace("OH", window.outHeight() + "L")
        .replace("OW", window.outWidth() + "L")
        .replaceAll("\\bL\\b", lanes + "L")
        .replaceAll("\\bK\\b", k + "L")
        .replaceAll("\\bG\\b", groups + "L")
        .replaceAll("\\bH\\b", window.h() + "L")
        .replaceAll("\\bW\\b", window.w() + "L")
        .replaceAll("\\bR\\b", window.r() + "L")
        .replaceAll("\\bS\\b", window.s() + "L");
  }

  private static String dense(Dense dense) {
    return product(
        new Sides("in[0][row * K + k]", "weight[column * K + k]"),
        dense.m(),
        dense.n(),
        dense.k(),
        dense.epilogue().steps());
  }

  private static String matmul(BatchMatmul matmul) {
    Sides sides =
        new Sides(
            matmul.transpose().ofLhs()
                ? "in[0][(row / M * K + k) * M + row % M]"
                : "in[0][row * K + k]",
            matmul.transpose().ofRhs()
                ? "in[1][(row / M * N + column) * K + k]"
                : "in[1][(row / M * K + k) * N + column]");
    return product(sides, matmul.m(), matmul.n(), matmul.k(), matmul.epilogue().steps());
  }

  /** What a term of the sum is a product of. */
  private record Sides(String first, String second) {}

  private static String product(Sides sides, int m, int n, int k, List<Step> steps) {
    return """
          for (long row = begin; row < end; row++) for (long column = 0; column < N; column++) {
            double sum = 0;
            long at = row * N + column;
            for (long k = 0; k < K; k++) sum += (double)FIRST * SECOND;
            EPILOGUE
            out[at] = sum;
          }
        """
        .replace("FIRST", sides.first())
        .replace("SECOND", sides.second())
        .replace("EPILOGUE", epilogue(steps))
        .replaceAll("\\bM\\b", m + "L")
        .replaceAll("\\bN\\b", n + "L")
        .replaceAll("\\bK\\b", k + "L");
  }

  private static String epilogue(List<Step> steps) {
    return steps.stream()
        .map(
            step ->
                switch (step) {
                  case BIAS -> "sum += bias[column];";
                  case ADD -> "sum += in[3][at];";
                  case RELU -> "if (sum < 0) sum = 0;";
                  case RELU6 -> "if (sum < 0) sum = 0; if (sum > 6) sum = 6;";
                  case GELU -> "sum = sum / 2 * (1 + erf(sum / sqrt(2)));";
                  case SIGMOID -> "sum = 1 / (1 + exp(-sum));";
                  case SWISH -> "sum = sum / (1 + exp(-sum));";
                })
        .collect(Collectors.joining(" "));
  }
}
