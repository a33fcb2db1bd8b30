package org.oneshottuner.compile;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.workload.BatchMatmul;
import org.oneshottuner.workload.Epilogue;
import org.oneshottuner.workload.Operands;
import org.oneshottuner.workload.Workload;

/**
 * The kernel of a choice: its source, and the header that a C program includes to call it.
 *
 * @param choice what was lowered
 * @param source of the kernel, C with GCC's vector extensions
 */
public record CompiledKernel(Choice choice, KernelSource source) {
  /** Checks that both are there. */
  public CompiledKernel {
    requireNonNull(choice, "choice");
    requireNonNull(source, "source");
  }

  /**
   * Returns the header: sizes of all buffers, the function that packs constants, one that runs the
   * whole operator on the calling thread, and one that runs a thread's share of a phase.
   */
  public String header() {
    Workload workload = choice.task().workload();
    Operands sizes = workload.operands(choice.task().lanes());
    String name = source.name();
    String guard = "ONESHOT_KERNEL_" + name + "_H";
    List<String> lines = new ArrayList<>();
    lines.add("/* " + workload.text() + " */");
    lines.add("/* " + choice.schedule().text() + " */");
    lines.add("/* All buffers are aligned to 64 bytes; sizes are in floats. */");
    lines.add("#ifndef " + guard);
    lines.add("#define " + guard);
    lines.add("#include <stddef.h>");
    lines.add("#ifdef __cplusplus");
    lines.add("extern \"C\" {");
    lines.add("#endif");
    define(lines, "INPUT", sizes.input());
    define(lines, "RHS", sizes.rhs());
    define(lines, "WEIGHT", sizes.weight());
    define(lines, "BIAS", sizes.bias());
    define(lines, "RESIDUAL", sizes.residual());
    define(lines, "OUTPUT", sizes.output());
    define(lines, "PACKED", source.packedFloats());
    lines.add(
        String.format(
            Locale.ROOT,
            "#define %s_WORKSPACE_FLOATS(threads) (%dL + %dL * (long)(threads))",
            name,
            source.sharedWorkspaceFloats(),
            source.slotWorkspaceFloats()));
    lines.add(String.format(Locale.ROOT, "#define %s_PHASES %d", name, source.phaseUnits().size()));
    lines.add("");
    if (source.packedFloats() > 0) {
      lines.add(
          "/* Packs the constants once, ahead of all runs; bias may be NULL where the operator has none. */");
      lines.add("void " + name + "_pack(const float *weight, const float *bias, float *packed);");
      lines.add("");
    }
    lines.add("/* Runs units [begin, end) of a phase as thread number slot. */");
    lines.add(
        "void "
            + name
            + "_phase(int phase, const float *const *in, float *out, float *workspace, long slot, long begin, long end);");
    lines.add("");
    run(lines, workload);
    lines.add("#ifdef __cplusplus");
    lines.add("}");
    lines.add("#endif");
    lines.add("#endif");
    return String.join("\n", lines) + "\n";
  }

  private void define(List<String> lines, String what, long floats) {
    lines.add(String.format(Locale.ROOT, "#define %s_%s_FLOATS %dL", source.name(), what, floats));
  }

  private void run(List<String> lines, Workload workload) {
    String name = source.name();
    boolean product = workload instanceof BatchMatmul;
    boolean residual = workload.epilogue().has(Epilogue.Step.ADD);
    List<String> parameters = new ArrayList<>();
    parameters.add("const float *input");
    if (product) {
      parameters.add("const float *rhs");
    }
    if (source.packedFloats() > 0) {
      parameters.add("const float *packed");
    }
    if (residual) {
      parameters.add("const float *residual");
    }
    parameters.add("float *out");
    parameters.add("float *workspace");
    String in =
        String.format(
            Locale.ROOT,
            "const float *const in[4] = {input, %s, %s, %s};",
            product ? "rhs" : "NULL",
            source.packedFloats() > 0 ? "packed" : "NULL",
            residual ? "residual" : "NULL");
    lines.add(
        "/* Runs one thread's share of a phase; all threads must have ended a phase before one begins the next. */");
    lines.add(
        "static inline void "
            + name
            + "_share("
            + String.join(", ", parameters)
            + ", int phase, long thread, long threads) {");
    lines.add(
        "  static const long units["
            + name
            + "_PHASES] = {"
            + String.join(", ", source.phaseUnits().stream().map(units -> units + "L").toList())
            + "};");
    lines.add("  " + in);
    lines.add(
        "  "
            + name
            + "_phase(phase, in, out, workspace, thread, units[phase] * thread / threads, units[phase] * (thread + 1) / threads);");
    lines.add("}");
    lines.add("");
    lines.add(
        "/* Runs the operator on the calling thread; workspace may be NULL where it takes no floats. */");
    lines.add("static inline void " + name + "_run(" + String.join(", ", parameters) + ") {");
    lines.add("  for (int phase = 0; phase < " + name + "_PHASES; phase++) {");
    List<String> arguments =
        parameters.stream()
            .map(parameter -> parameter.substring(parameter.lastIndexOf('*') + 1))
            .toList();
    lines.add("    " + name + "_share(" + String.join(", ", arguments) + ", phase, 0, 1);");
    lines.add("  }");
    lines.add("}");
    lines.add("");
  }
}
