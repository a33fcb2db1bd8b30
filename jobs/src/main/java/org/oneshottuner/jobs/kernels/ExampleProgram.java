package org.oneshottuner.jobs.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.oneshottuner.compile.CompiledKernel;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.Epilogue;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Window;
import org.oneshottuner.workload.Workload;

/**
 * A C program that runs every kernel of a folder, on one thread and on two, checks it against naive
 * loops and times it. It ends with 0 iff all outputs are right.
 */
final class ExampleProgram {
  static final String SOURCE = "example.c";
  static final String MAKEFILE = "Makefile";

  /** What the Makefile builds. */
  static final String BINARY = "example";

  private static final String EXAMPLE =
      """
      /* @TEXT@ */
      static void share_@NAME@(const buffers_t *b, int phase, long thread) {
        @NAME@_share(@ARGUMENTS@, phase, thread, THREADS);
      }

      static int example_@NAME@(void) {
        const operator_t op = {@OPERATOR@};
        const buffers_t buffers = {
            .input = floats(@NAME@_INPUT_FLOATS),
            .rhs = floats(@NAME@_RHS_FLOATS),
            .weight = floats(@NAME@_WEIGHT_FLOATS),
            .bias = floats(@NAME@_BIAS_FLOATS),
            .residual = floats(@NAME@_RESIDUAL_FLOATS),
            .packed = floats(@NAME@_PACKED_FLOATS),
            .workspace = floats(@NAME@_WORKSPACE_FLOATS(THREADS)),
            .out = floats(@NAME@_OUTPUT_FLOATS),
            .expected = floats(@NAME@_OUTPUT_FLOATS)};
        const buffers_t *b = &buffers;
        prepare(&op, b, @NAME@_WEIGHT_FLOATS, @NAME@_BIAS_FLOATS);
      @PACK@  spoil(b, @NAME@_OUTPUT_FLOATS, @NAME@_WORKSPACE_FLOATS(THREADS));
        run_on_threads(share_@NAME@, b, @NAME@_PHASES);
        double several = error(b->out, b->expected, @NAME@_OUTPUT_FLOATS);
        spoil(b, @NAME@_OUTPUT_FLOATS, @NAME@_WORKSPACE_FLOATS(THREADS));
        @NAME@_run(@ARGUMENTS@);
        double one = error(b->out, b->expected, @NAME@_OUTPUT_FLOATS);
        double best = INFINITY;
        double end = seconds() + 0.1;
        do {
          double begin = seconds();
          @NAME@_run(@ARGUMENTS@);
          best = fmin(best, seconds() - begin);
        } while (seconds() < end);
        int wrong = report(&op, "@NAME@", one, several, best);
        release(b);
        return wrong;
      }
      """;

  private ExampleProgram() {}

  static String makefile() {
    return resource("example.mk");
  }

  static String source(List<CompiledKernel> kernels) {
    StringBuilder text = new StringBuilder(resource("example.c"));
    for (CompiledKernel kernel : kernels) {
      text.append('\n').append(example(kernel));
    }
    text.append("\nint main(void) {\n  int wrong = 0;\n");
    for (CompiledKernel kernel : kernels) {
      text.append("  wrong += example_").append(kernel.source().name()).append("();\n");
    }
    text.append("  return wrong == 0 ? 0 : 1;\n}\n");
    return text.toString();
  }

  private static String example(CompiledKernel kernel) {
    TuningTask task = kernel.choice().task();
    Workload workload = task.workload();
    List<String> arguments = new ArrayList<>(List.of("b->input"));
    if (workload.operands(task.lanes()).rhs() > 0) {
      arguments.add("b->rhs");
    }
    boolean packed = kernel.source().packedFloats() > 0;
    if (packed) {
      arguments.add("b->packed");
    }
    if (workload.epilogue().has(Epilogue.Step.ADD)) {
      arguments.add("b->residual");
    }
    arguments.add("b->out");
    arguments.add("b->workspace");
    return EXAMPLE
        .replace("@PACK@", packed ? "  @NAME@_pack(b->weight, b->bias, b->packed);\n" : "")
        .replace("@NAME@", kernel.source().name())
        .replace("@ARGUMENTS@", String.join(", ", arguments))
        .replace("@TEXT@", workload.text())
        .replace("@OPERATOR@", operator(kernel));
  }

  private static String operator(CompiledKernel kernel) {
    TuningTask task = kernel.choice().task();
    Workload workload = task.workload();
    int block = workload.layout() == Layout.NCHW ? 1 : task.lanes();
    String shape =
        workload.fold(
            new Workload.Cases<>(
                conv -> conv(conv.n(), conv.c(), conv.k(), conv.groups(), conv.window()),
                conv -> conv(conv.n(), conv.c(), conv.c(), conv.c(), conv.window()),
                dense -> product(1, dense.m(), dense.n(), dense.k()),
                product -> product(product.b(), product.m(), product.n(), product.k())));
    return String.format(
        Locale.ROOT,
        "\n      .flops = %d.0, .tolerance = %e, .epilogue = \"%s\", .block = %d,\n      %s",
        workload.flops(),
        Templates.tolerance(new Candidate(task, kernel.choice().schedule())),
        workload.epilogue().text(),
        block,
        shape);
  }

  private static String conv(int n, int c, int k, int groups, Window at) {
    return String.format(
        Locale.ROOT,
        ".kind = CONVOLUTION, .n = %d, .c = %d, .h = %d, .w = %d, .k = %d, .r = %d, .s = %d,\n"
            + "      .stride = %d, .top = %d, .left = %d, .dilation = %d, .groups = %d, .out_h ="
            + " %d, .out_w = %d",
        n,
        c,
        at.h(),
        at.w(),
        k,
        at.r(),
        at.s(),
        at.stride(),
        at.pad().top(),
        at.pad().left(),
        at.dilation(),
        groups,
        at.outHeight(),
        at.outWidth());
  }

  private static String product(int batch, int rows, int columns, int length) {
    return String.format(
        Locale.ROOT,
        ".kind = PRODUCT, .n = %d, .c = %d, .h = %d, .k = %d",
        batch,
        length,
        rows,
        columns);
  }

  private static String resource(String name) {
    try (InputStream in = ExampleProgram.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("Cannot write the example: the jar lacks " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write the example: " + e.getMessage(), e);
    }
  }
}
