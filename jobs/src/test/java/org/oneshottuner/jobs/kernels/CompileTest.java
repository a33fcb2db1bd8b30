package org.oneshottuner.jobs.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.Ran;
import org.oneshottuner.jobs.SmallModel;
import org.oneshottuner.jobs.stage.Targets;
import org.oneshottuner.measure.Compiler;
import org.oneshottuner.sample.WorkloadList;
import org.oneshottuner.workload.CpuTarget;

class CompileTest {
  private static final String TASKS =
      """
      # one of each kind, and the layouts and epilogues that differ
      net\t2\tconv2d n=1 c=20 h=14 w=14 k=36 r=3 s=3 pad=1 epilogue=bias+relu
      other\t1\tconv2d n=1 c=20 h=14 w=14 k=36 r=3 s=3 pad=1 epilogue=bias+relu
      conv2d n=2 c=20 h=13 w=11 k=40 r=3 s=3 stride=2 pad=0,1,2,1 layout=nchw16c epilogue=bias+add+relu6
      conv2d n=1 c=16 h=9 w=9 k=32 r=1 s=1 groups=2 epilogue=swish
      depthwise_conv2d n=1 c=20 h=15 w=15 r=3 s=3 stride=2 pad=1 epilogue=bias+sigmoid
      depthwise_conv2d n=1 c=20 h=15 w=15 r=5 s=5 pad=2 layout=nchw16c
      dense m=17 n=40 k=33 epilogue=bias+gelu
      batch_matmul b=3 m=10 n=24 k=19
      """;

  @TempDir static Path folder;
  private static Path model;
  private static Path tasks;

  @BeforeAll
  static void train() throws Exception {
    model = SmallModel.write(folder);
    tasks = Files.writeString(folder.resolve("tasks.txt"), TASKS);
  }

  @Test
  void programsLinkTheLibraryAndItsKernelsAreRight() throws Exception {
    Path output = folder.resolve("kernels");
    Path json = folder.resolve("compile.json");
    Ran ran = compile(output, "--example", "--json", json.toString());
    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out().lines()).allSatisfy(line -> assertThat(line.length()).isLessThan(161));
    assertThat(read(json).path("kernels").size()).isEqualTo(7);
    Path usual = Files.createDirectory(folder.resolve("usual"));
    assertThat(Files.getPosixFilePermissions(output))
        .isEqualTo(Files.getPosixFilePermissions(usual));

    JsonNode index = read(output.resolve("kernels.json"));
    assertThat(index.path("format").asText()).isEqualTo(KernelIndex.FORMAT);
    assertThat(index.path("kernels").get(0).path("uses").size()).isEqualTo(2);
    for (JsonNode kernel : index.path("kernels")) {
      String name = kernel.path("name").asText();
      assertThat(name).matches("[a-z_][a-z0-9_]*_[0-9a-f]{12}");
      assertThat(output.resolve(name + ".c")).isRegularFile();
      assertThat(output.resolve(name + ".h")).isRegularFile();
    }
    List<String> listed = new ArrayList<>();
    index.path("files").forEach(file -> listed.add(file.asText()));
    listed.remove(ExampleProgram.BINARY);
    assertThat(names(output)).containsExactlyElementsOf(listed);

    Assumptions.assumeTrue(
        Targets.named(Targets.HOST).name().equals("avx512"), "cannot run AVX-512 here");
    String cc = Compiler.find(System.getenv()).path().toString();
    Ended built =
        run(
            output,
            List.of(
                cc,
                "-std=c11",
                "-O2",
                "-Wall",
                "-Wextra",
                "-Wpedantic",
                "-Werror",
                "-o",
                "example",
                "example.c",
                "-L.",
                "-lkernels",
                "-Wl,-rpath,$ORIGIN",
                "-lm",
                "-lpthread"));
    assertThat(built.output()).isEmpty();
    assertThat(built.code()).isZero();
    Ended example = run(output, List.of("./example"));
    assertThat(example.output().lines())
        .hasSize(7)
        .allSatisfy(line -> assertThat(line).endsWith("ok"));
    assertThat(example.code()).isZero();

    // what make leaves behind does not make the folder another's
    assertThat(compile(output).code()).isZero();
    assertThat(names(output)).doesNotContain("example", "example.c");
  }

  @Test
  void theSameOrderMakesTheSameSources() throws Exception {
    Path first = folder.resolve("first");
    Path second = folder.resolve("deep/down/second");
    assertThat(compile(first, "--example").code()).isZero();
    assertThat(compile(second, "--example").code()).isZero();
    for (String name : names(first)) {
      assertThat(Files.readAllBytes(second.resolve(name)))
          .as(name)
          .isEqualTo(Files.readAllBytes(first.resolve(name)));
    }
  }

  @Test
  void twoThreadsHaveKernelsOfTheirOwn() throws Exception {
    Path output = folder.resolve("threads");
    Ran ran = compile(output, "--threads", "2");
    assertThat(ran.err()).isEmpty();
    assertThat(read(output.resolve("kernels.json")).path("threads").asInt()).isEqualTo(2);
  }

  @Test
  void foldersOfOthersStay() throws Exception {
    Path other = Files.createDirectory(folder.resolve("other"));
    Files.writeString(other.resolve("thesis.tex"), "years of work");
    refused(compile(other), 2, "it holds thesis.tex, which compile did not write");
    Path file = Files.writeString(folder.resolve("file"), "text");
    refused(compile(file), 2, "it is not a folder");
    Path extended = folder.resolve("extended");
    assertThat(compile(extended).code()).isZero();
    byte[] library = Files.readAllBytes(extended.resolve(KernelFolder.LIBRARY));
    Files.writeString(extended.resolve("main.c"), "int main(void) { return 0; }");
    refused(compile(extended), 2, "it holds main.c");
    assertThat(Files.readAllBytes(extended.resolve(KernelFolder.LIBRARY))).isEqualTo(library);
  }

  @Test
  void nothingIsLeftOfWhatFails() throws Exception {
    Path place = Files.createDirectory(folder.resolve("failing"));
    Path cc =
        Files.writeString(
            place.resolve("cc"),
            "#!/bin/sh\n"
                + "case \"$*\" in *--version*) echo fake 1;; *.c*) echo 'k.c:1:2: error: no such"
                + " luck'; exit 1;; esac\n");
    Files.setPosixFilePermissions(cc, PosixFilePermissions.fromString("rwxr-xr-x"));
    Compiler broken = Compiler.find(Map.of("CC", cc.toString()));
    KernelOrder order =
        new KernelOrder(OneShotTuner.load(model), WorkloadList.read(tasks), CpuTarget.AVX512, 1);
    KernelFolder kernels = KernelFolder.at(place.resolve("kernels"));
    assertThatThrownBy(() -> kernels.write(order, broken, KernelFolder.Extras.NONE))
        .hasMessageContaining("Cannot build")
        .hasMessageContaining("error: no such luck");
    assertThat(names(place)).containsExactly("cc");
  }

  @Test
  void saysWhyItCannotBuild() throws Exception {
    assertThat(command(Map.of("CC", "/no/such/cc"), folder.resolve("none")))
        .contains("Cannot use the C compiler '/no/such/cc' that CC names");
    assertThat(command(Map.of("CC", "", "PATH", "/nowhere"), folder.resolve("none")))
        .contains("Cannot find a C compiler", "install gcc, or set CC");
    Path cc =
        Files.writeString(
            folder.resolve("old-cc"),
            "#!/bin/sh\n"
                + "case \"$*\" in *--version*) echo old 1;; *-march*) echo 'error: bad value"
                + " x86-64-v4 for -march'; exit 1;; esac\n");
    Files.setPosixFilePermissions(cc, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThat(command(Map.of("CC", cc.toString()), folder.resolve("none")))
        .contains("Cannot build for target avx512", "bad value x86-64-v4");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void refusesPlacesThatCannotBeWritten() throws Exception {
    refused(
        compile(Path.of("/proc/kernels")),
        2,
        "Cannot write kernels into /proc/kernels: nothing can be made in /proc (");
    Path below = tasks.resolve("below");
    refused(
        compile(below),
        2,
        "Cannot write kernels into " + below + ": " + tasks + " is not a folder");
    assertThat(Files.readString(tasks)).isEqualTo(TASKS);
  }

  @Test
  void refusesTargetsThatTheModelDoesNotServe() {
    refused(
        compile(folder.resolve("none"), "--target", "avx2"),
        2,
        "Cannot choose for target avx2: model " + model + " was trained for avx512");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  private static Ran compile(Path output, String... more) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "compile", "--model", model.toString(), tasks.toString(), "-o", output.toString()));
    all.addAll(List.of(more));
    return Ran.oneshot(all);
  }

  /** Runs the command in a process of its own, in another environment, and returns what it says. */
  private static String command(Map<String, String> environment, Path output) throws Exception {
    ProcessBuilder builder =
        org.oneshottuner.jobs.Processes.start(
            org.oneshottuner.jobs.Main.class,
            "compile",
            "--model",
            model.toString(),
            tasks.toString(),
            "-o",
            output.toString());
    builder.environment().putAll(environment);
    Ended ended = run(builder);
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.output()).doesNotContain("\tat ");
    return ended.output();
  }

  private static void refused(Ran ran, int code, String message) {
    assertThat(ran.err()).startsWith("oneshot: Cannot ").contains(message).doesNotContain("\tat ");
    assertThat(ran.code()).isEqualTo(code);
    assertThat(ran.out()).isEmpty();
  }

  private record Ended(int code, String output) {}

  private static Ended run(Path where, List<String> words) throws Exception {
    return run(new ProcessBuilder(words).directory(where.toFile()));
  }

  private static Ended run(ProcessBuilder builder) throws Exception {
    Path said = Files.createTempFile(folder, "said", ".txt");
    Process process = builder.redirectErrorStream(true).redirectOutput(said.toFile()).start();
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError("Cannot wait longer for " + builder.command());
    }
    String text = Files.readString(said, StandardCharsets.UTF_8);
    Files.delete(said);
    return new Ended(process.exitValue(), text);
  }

  private static JsonNode read(Path file) throws Exception {
    return JsonMapper.builder().build().readTree(Files.readAllBytes(file));
  }

  private static List<String> names(Path folder) throws Exception {
    try (Stream<Path> listed = Files.list(folder)) {
      return listed.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
