package org.oneshottuner.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.measure.Outcome.Failed;
import org.oneshottuner.measure.Outcome.Kind;
import org.oneshottuner.workload.CpuTarget;

class KernelBuilderTest {
  private final Path folder;
  private final Compiler compiler;
  private final KernelBuilder builder;

  KernelBuilderTest(@TempDir Path folder) throws InterruptedException {
    this.folder = folder;
    Host host = Host.read();
    compiler = Compiler.find(System.getenv());
    NativeRunner runner = NativeRunner.build(compiler, TestDevice.cache(), host.model());
    builder = new KernelBuilder(compiler, runner, folder, host.cpus(), Duration.ofSeconds(3));
  }

  private static KernelSource source(String kernel) {
    return new HandKernels().source(HandKernels.candidate(kernel, 0));
  }

  private static Failed failure(BuiltKernel kernel) {
    return kernel.failure().orElseThrow(() -> new AssertionError(kernel + " was built"));
  }

  @Test
  void aFileHoldsAllItsKernelsAndIsDeletedWithTheLast() throws InterruptedException {
    List<BuiltKernel> built =
        builder.build(List.of(source("good"), source("wrong")), HandKernels.target());
    BuiltKernel.Library first = built.get(0).library().orElseThrow();
    BuiltKernel.Library second = built.get(1).library().orElseThrow();
    assertEquals(first.path(), second.path());
    first.release();
    assertTrue(Files.exists(first.path()));
    second.release();
    assertFalse(Files.exists(first.path()));
  }

  @Test
  void onlyTheGuiltyFail() throws InterruptedException {
    List<BuiltKernel> built =
        builder.build(
            List.of(source("good"), source("fails_to_compile"), source("wrong")),
            HandKernels.target());
    assertTrue(built.get(0).library().isPresent());
    assertTrue(built.get(2).library().isPresent());
    Failed failure = failure(built.get(1));
    assertEquals(Kind.BUILD_FAILED, failure.kind());
    assertTrue(failure.detail().contains("error"), failure::detail);
    assertFalse(failure.detail().contains(folder.toString()), failure::detail);
  }

  @Test
  void aCompilerThatDoesNotFinishIsEnded() throws InterruptedException {
    Failed failure =
        failure(builder.build(List.of(source("compile_bomb")), HandKernels.target()).get(0));
    assertEquals(Kind.BUILD_FAILED, failure.kind());
  }

  /** Returns a builder whose compiler is a script. */
  private KernelBuilder scripted(String lines) throws IOException, InterruptedException {
    Path script = folder.resolve("cc.sh");
    Files.writeString(script, "#!/bin/sh\n" + lines + "\n");
    assertTrue(script.toFile().setExecutable(true));
    Host host = Host.read();
    return new KernelBuilder(
        new Compiler(script, "script"),
        NativeRunner.build(compiler, TestDevice.cache(), host.model()),
        folder,
        host.cpus(),
        Duration.ofSeconds(20));
  }

  @Test
  void aMachineThatCannotCompileCondemnsNoKernel() throws IOException, InterruptedException {
    for (String lines :
        List.of(
            "echo 'k.c: error: cannot write: No space left on device'; exit 1",
            "echo 'gcc: fatal error: Killed signal terminated program cc1'; exit 1",
            "echo 'gcc: fatal error: cannot execute cc1: vfork: Cannot allocate memory'; exit 1",
            "kill -TERM $$",
            "kill -KILL $$",
            "exit 1")) {
      KernelBuilder broken = scripted(lines);
      DeviceException e =
          assertThrows(
              DeviceException.class,
              () -> broken.build(List.of(source("good")), HandKernels.target()),
              lines);
      assertTrue(e.getMessage().startsWith("Cannot build kernels in "), e::getMessage);
    }
  }

  @Test
  void aSourceThatEatsTheCompilersMemoryIsAtFaultItself() throws IOException, InterruptedException {
    for (String line :
        List.of(
            "cc1: out of memory allocating 65536 bytes after a total of 4294967296 bytes",
            "virtual memory exhausted: Cannot allocate memory",
            "gcc: internal compiler error: Segmentation fault signal terminated program cc1")) {
      KernelBuilder fed = scripted("echo '" + line + "'; exit 1");
      Failed failure = failure(fed.build(List.of(source("good")), HandKernels.target()).get(0));
      assertEquals(Kind.BUILD_FAILED, failure.kind());
    }
  }

  @Test
  void whatTheTerminalSendsDoesNotReachACompiler() throws IOException, InterruptedException {
    Path seen = folder.resolve("seen");
    KernelBuilder told =
        scripted("kill -INT $$; kill -TSTP $$; cat /proc/$$/stat > " + seen + "; echo no; exit 1");
    failure(told.build(List.of(source("good")), HandKernels.target()).get(0));
    String[] stat = Files.readString(seen).split(" ", -1);
    assertEquals(stat[0], stat[4], "the leader of its own process group");
  }

  @Test
  void namesMustDifferWithinAFile() {
    assertThrows(
        IllegalArgumentException.class,
        () -> builder.build(List.of(source("good"), source("good")), HandKernels.target()));
  }

  @Test
  void aTargetThatTheCompilerDoesNotKnowIsRefusedByName() {
    CpuTarget odd = new CpuTarget("odd", "z80", 16, 16, 32 << 10, 1 << 20, 32 << 20, 1);
    DeviceException e = assertThrows(DeviceException.class, () -> compiler.mustBuildFor(odd));
    assertTrue(e.getMessage().startsWith("Cannot build for target odd: "), e::getMessage);
    assertTrue(e.getMessage().contains("z80"), e::getMessage);
  }

  @Test
  void aMissingCrossCompilerIsNamed() {
    Map<String, String> nowhere = Map.of("PATH", "/nowhere");
    CpuTarget foreign =
        System.getProperty("os.arch").equals("aarch64") ? CpuTarget.AVX2 : CpuTarget.NEON;
    DeviceException e = assertThrows(DeviceException.class, () -> Compiler.find(nowhere, foreign));
    assertTrue(
        e.getMessage().startsWith("Cannot find a C compiler for target " + foreign.name()),
        e::getMessage);
    assertTrue(e.getMessage().contains("-linux-gnu, or set CC"), e::getMessage);
  }

  @Test
  void aCompilerThatIsNotThereIsNamed() {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("CC", "no-such-cc");
    DeviceException e = assertThrows(DeviceException.class, () -> Compiler.find(environment));
    assertTrue(e.getMessage().contains("'no-such-cc' that CC names"), e::getMessage);
  }
}
