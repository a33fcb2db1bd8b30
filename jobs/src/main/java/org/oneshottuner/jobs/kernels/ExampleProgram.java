package org.oneshottuner.jobs.kernels;

import java.util.List;
import org.oneshottuner.compile.CompiledKernel;

/** A C program that runs every kernel of a folder and checks it against naive loops. */
final class ExampleProgram {
  static final String SOURCE = "example.c";
  static final String MAKEFILE = "Makefile";
  static final String BINARY = "example";

  private ExampleProgram() {}

  static String source(List<CompiledKernel> kernels) {
    return "";
  }

  static String makefile() {
    return "";
  }
}
