package org.oneshottuner.measure;

import java.util.List;
import java.util.Map;
import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.Schedule;
import org.oneshottuner.space.Schedule.Setting;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/**
 * Kernels written by hand, good and bad, of {@code dense m=32 n=96 k=64}; a schedule's template is
 * a kernel's name here.
 */
final class HandKernels implements Codegen {
  static final String WORKLOAD = "dense m=32 n=96 k=64";

  private static final String PHASE =
      "void NAME_phase(int phase, const float *const *in, float *out, float *workspace, long slot, long begin, long end)";

  private static final String PACK =
      """
      void NAME_pack(const float *weight, const float *bias, float *packed) {
        for (int n = 0; n < 96; n++) for (int k = 0; k < 64; k++) packed[k * 96 + n] = weight[n * 64 + k];
      }
      """;

  private static final String PRODUCT =
      """
        for (long m = begin; m < end; m++) {
          float *sums = workspace + slot * 96;
          for (int n = 0; n < 96; n++) sums[n] = 0;
          for (int k = 0; k < 64; k++) for (int n = 0; n < 96; n++) sums[n] += in[0][m * 64 + k] * in[2][k * 96 + n];
          for (int n = 0; n < 96; n++) out[m * 96 + n] = sums[n];
        }
      """;

  private static final String LATER = "static long calls; if (++calls > 40) ";

  /** In a visit after others: a pause of 10 ms or so is one between visits, or before the first. */
  private static final String IN_A_LATER_VISIT =
      "static unsigned long last, pauses; unsigned long now = __builtin_ia32_rdtsc();"
          + " if (last != 0 && now - last > 30000000) pauses++; last = now; if (pauses > 2) ";

  private static final Map<String, String> BEFORE =
      Map.ofEntries(
          Map.entry("good", ""),
          Map.entry("crashes", "*(volatile int *)8 = 1;"),
          Map.entry("traps", "__builtin_trap();"),
          Map.entry("hangs", "for (;;) __asm__ volatile(\"\");"),
          Map.entry("reads_after_input", "out[0] = in[0][32 * 64];"),
          Map.entry("reads_before_input", "out[0] = in[0][-1];"),
          Map.entry("reads_far_after_packed", "out[0] = in[2][96 * 64 + 5000];"),
          Map.entry("writes_after_output", "out[32 * 96] = 1;"),
          Map.entry("writes_before_output", "out[-1] = 1;"),
          Map.entry("writes_after_workspace", "workspace[2 * 96] = 1;"),
          Map.entry("writes_input", "((float *)in[0])[0] = 1;"),
          Map.entry("writes_packed", "((float *)in[2])[0] = 1;"),
          Map.entry("exits", "exit(0);"),
          Map.entry("closes", "for (int i = 0; i < 1024; i++) close(i);"),
          Map.entry("prints", "puts(\"ok plan=calls:1 bytes=0\"); fflush(stdout);"),
          Map.entry(
              "overflows_stack",
              "volatile char big[64 << 20]; big[0] = 1; big[sizeof big - 1] = 2;"),
          Map.entry("crashes_later", LATER + "*(volatile int *)8 = 1;"),
          Map.entry("crashes_in_a_later_visit", IN_A_LATER_VISIT + "*(volatile int *)8 = 1;"),
          Map.entry("hangs_later", LATER + "for (;;) __asm__ volatile(\"\");"),
          Map.entry("exits_later", LATER + "exit(0);"),
          Map.entry("closes_later", LATER + "for (int i = 0; i < 1024; i++) close(i);"),
          Map.entry(
              "prints_later",
              "static long calls; if (++calls % 40 == 39) { puts(\"hello\"); fflush(stdout); }"),
          Map.entry("fails_to_compile", "this is no C;"));

  /** Names of kernels with a body of their own. */
  private static final Map<String, String> INSTEAD =
      Map.of(
          "wrong", "for (long i = begin * 96; i < end * 96; i++) out[i] = 1;",
          "empty", "",
          "wrong_when_cut", "if (begin > 0) begin++;" + PRODUCT,
          "infinite", "for (long i = begin * 96; i < end * 96; i++) out[i] = 1.0f / 0.0f;");

  static Candidate candidate(String kernel, int number) {
    return candidate(kernel, number, 1);
  }

  static Candidate candidate(String kernel, int number, int threads) {
    TuningTask task = new TuningTask(Workload.parse(WORKLOAD), target(), threads);
    return new Candidate(
        task,
        new Schedule("hand", kernel, List.of(new Setting("number", Integer.toString(number)))));
  }

  /** A target that any processor these tests may meet can run. */
  static CpuTarget target() {
    return new CpuTarget("plain", "x86-64", 16, 16, 32 << 10, 1 << 20, 32 << 20, 2);
  }

  @Override
  public String version() {
    return "hand-1";
  }

  @Override
  public double tolerance(Candidate candidate) {
    return 1e-5;
  }

  @Override
  public KernelSource source(Candidate candidate) {
    String kernel = candidate.schedule().template();
    String name = kernel + "_" + candidate.schedule().number("number");
    String text = "#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n" + text(kernel);
    return new KernelSource(name, text.replace("NAME", name), List.of(32L), 64 * 96, 0, 96);
  }

  private static String text(String kernel) {
    if (kernel.equals("missing")) {
      return PACK;
    }
    if (kernel.equals("compile_bomb")) {
      return bomb() + PACK + PHASE + " { out[0] = A9; }\n";
    }
    if (kernel.equals("blocks_signals")) {
      return "#include <signal.h>\n"
          + "__attribute__((constructor)) static void NAME_block(void) {"
          + " sigset_t all; sigfillset(&all); sigprocmask(SIG_SETMASK, &all, NULL); }\n"
          + PACK
          + PHASE
          + " { for (;;) __asm__ volatile(\"\"); }\n";
    }
    if (INSTEAD.containsKey(kernel)) {
      return PACK + PHASE + " {\n" + INSTEAD.get(kernel) + "\n}\n";
    }
    if (!BEFORE.containsKey(kernel)) {
      throw new IllegalArgumentException("Cannot write kernel " + kernel + ": there is none");
    }
    return PACK + PHASE + " {\n" + BEFORE.get(kernel) + "\n" + PRODUCT + "\n}\n";
  }

  /** A billion additions. */
  private static String bomb() {
    StringBuilder text = new StringBuilder("#define A0 in[0][0]\n");
    for (int i = 1; i < 10; i++) {
      text.append("#define A").append(i).append(' ');
      text.append(("A" + (i - 1) + " + ").repeat(9)).append("A").append(i - 1).append('\n');
    }
    return text.toString();
  }
}
