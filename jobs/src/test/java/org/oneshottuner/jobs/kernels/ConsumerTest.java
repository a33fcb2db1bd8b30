package org.oneshottuner.jobs.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.compile.Choice;
import org.oneshottuner.compile.CompiledKernel;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.SmallModel;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** A project of its own, that has the runtime's jar and nothing else, picks what we pick. */
class ConsumerTest {
  private static final String MODULE = "org.example.consumer/org.example.consumer.Main";
  private static final List<String> WORKLOADS =
      List.of(
          "conv2d n=1 c=32 h=14 w=14 k=48 r=3 s=3 pad=1 epilogue=bias+relu",
          "depthwise_conv2d n=1 c=32 h=14 w=14 r=3 s=3 pad=1",
          "dense m=8 n=64 k=32 epilogue=gelu");

  @TempDir static Path folder;
  private static Path model;
  private static Path runtime;

  @BeforeAll
  static void prepare() throws Exception {
    model = SmallModel.write(folder);
    runtime = jar();
  }

  @Test
  void theJarNeedsNothingButJava() {
    List<String> described =
        new ArrayList<>(tool("jar", "--describe-module", "--file", runtime.toString()));
    assertThat(described.get(0)).startsWith("org.oneshottuner.runtime");
    assertThat(described.stream().filter(line -> line.startsWith("requires")))
        .containsExactly("requires java.base mandated");
    assertThat(tool("jar", "--list", "--file", runtime.toString()))
        .allMatch(
            name ->
                name.startsWith("org/oneshottuner/")
                    || name.startsWith("META-INF/")
                    || name.equals("org/")
                    || name.equals("module-info.class"));
  }

  @Test
  void picksWhatWePickOnEveryJava() throws Exception {
    Path classes = Files.createDirectories(folder.resolve("classes"));
    List<String> compile =
        new ArrayList<>(
            List.of("--release", "17", "-p", runtime.toString(), "-d", classes.toString()));
    try (Stream<Path> sources = Files.walk(consumer().resolve("src/main/java"))) {
      sources
          .filter(path -> path.toString().endsWith(".java"))
          .sorted()
          .forEach(path -> compile.add(path.toString()));
    }
    assertThat(tool("javac", compile.toArray(new String[0]))).isEmpty();
    for (Path java : javas()) {
      assertThat(run(consumerOn(java, classes)))
          .as(java.toString())
          .containsExactlyElementsOf(expected());
    }
  }

  @Test
  void mavenBuildsIt() throws Exception {
    Path repository = Path.of(System.getProperty("tests.maven.repository", ""));
    Path maven = Path.of(System.getProperty("tests.maven.home", ""), "bin", "mvn");
    Assumptions.assumeTrue(
        Files.isExecutable(maven) && Files.isDirectory(repository), "not run by Maven");
    Path project = folder.resolve("project");
    copy(consumer(), project);
    Path borrowed = borrowed(repository);
    try {
      List<String> unused =
          run(
              new ProcessBuilder(
                      maven.toString(),
                      "-B",
                      "-o",
                      "-q",
                      "-Dmaven.legacyLocalRepo=true",
                      "-Dmaven.repo.local=" + borrowed,
                      "compile")
                  .directory(project.toFile()));
    } finally {
      unlink(borrowed);
    }
    assertThat(project.resolve("target/classes/module-info.class")).isRegularFile();
    assertThat(run(consumerOn(javas().get(0), project.resolve("target/classes"))))
        .containsExactlyElementsOf(expected());
  }

  private static List<String> expected() {
    OneShotTuner tuner = OneShotTuner.load(model);
    List<String> lines = new ArrayList<>();
    for (String workload : WORKLOADS) {
      CompiledKernel kernel =
          tuner.compile(
              new TuningTask(Workload.parse(workload), CpuTarget.AVX512, 1),
              "kernel" + (lines.size() + 1));
      Choice choice = kernel.choice();
      lines.add(
          String.join(
              " | ",
              choice.schedule().text(),
              Integer.toHexString(Float.floatToRawIntBits(choice.score())),
              Long.toString(choice.candidates()),
              Integer.toString(kernel.source().text().length())));
    }
    return lines;
  }

  private static ProcessBuilder consumerOn(Path java, Path classes) {
    List<String> words =
        new ArrayList<>(
            List.of(
                java.toString(), "-p", runtime + ":" + classes, "-m", MODULE, model.toString()));
    words.addAll(WORKLOADS);
    return new ProcessBuilder(words);
  }

  /** Returns the java that runs this test, and every other that the system has from 17 on. */
  private static List<Path> javas() throws IOException {
    Set<Path> homes = new LinkedHashSet<>();
    homes.add(Path.of(System.getProperty("java.home")).toRealPath());
    Path installed = Path.of("/usr/lib/jvm");
    if (Files.isDirectory(installed)) {
      try (Stream<Path> found = Files.list(installed)) {
        for (Path home : found.sorted().toList()) {
          if (Files.isExecutable(home.resolve("bin/java")) && version(home) >= 17) {
            homes.add(home.toRealPath());
          }
        }
      }
    }
    return homes.stream().map(home -> home.resolve("bin/java")).toList();
  }

  private static int version(Path home) throws IOException {
    Path release = home.resolve("release");
    Optional<String> line =
        Files.isRegularFile(release)
            ? Files.readAllLines(release).stream()
                .filter(text -> text.startsWith("JAVA_VERSION="))
                .findFirst()
            : Optional.empty();
    String digits = line.orElse("0").replaceAll("^[^0-9]*", "").replaceAll("[^0-9].*$", "");
    return digits.isEmpty() ? 0 : Integer.parseInt(digits);
  }

  /** Returns the runtime's jar: the built one, or, before it is packaged, one of its classes. */
  private static Path jar() {
    Path source = place(OneShotTuner.class);
    if (Files.isRegularFile(source)) {
      return source;
    }
    Path jar = folder.resolve("oneshot-runtime.jar");
    assertThat(tool("jar", "--create", "--file", jar.toString(), "-C", source.toString(), "."))
        .isEmpty();
    return jar;
  }

  private static Path place(Class<?> type) {
    return Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString()));
  }

  private static Path consumer() {
    Path module = Path.of("").toAbsolutePath();
    return module.resolveSibling("pipeline").resolve("runtime/src/it/consumer");
  }

  /**
   * Returns a local repository that holds all that another holds, by links, and the runtime as if
   * it were installed; the other stays as it is.
   */
  private static Path borrowed(Path repository) throws IOException {
    Path borrowed = Files.createDirectory(folder.resolve("repository"));
    Path org = Files.createDirectory(borrowed.resolve("org"));
    link(repository, borrowed, "org");
    link(repository.resolve("org"), org, "oneshottuner");
    Path root = consumer().resolve("../../../../..").normalize();
    install(org, "oneshot-runtime", root.resolve("pipeline/runtime/pom.xml"), "pom");
    install(org, "oneshot-parent", root.resolve("pom.xml"), "pom");
    install(org, "oneshot-runtime", runtime, "jar");
    return borrowed;
  }

  private static void install(Path org, String artifact, Path file, String extension)
      throws IOException {
    String version = "0.1.0-SNAPSHOT";
    Path place =
        Files.createDirectories(org.resolve("oneshottuner").resolve(artifact).resolve(version));
    Files.copy(file, place.resolve(artifact + "-" + version + "." + extension));
  }

  private static void link(Path from, Path to, String but) throws IOException {
    try (Stream<Path> all = Files.list(from)) {
      for (Path path : all.filter(path -> !path.endsWith(but)).toList()) {
        Files.createSymbolicLink(to.resolve(path.getFileName()), path.toAbsolutePath());
      }
    }
  }

  /** Deletes the links, and nothing that they lead to. */
  private static void unlink(Path borrowed) throws IOException {
    try (Stream<Path> all = Files.walk(borrowed)) {
      for (Path link : all.filter(Files::isSymbolicLink).toList()) {
        Files.delete(link);
      }
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path path : all.filter(path -> !path.startsWith(from.resolve("target"))).toList()) {
        Files.copy(path, to.resolve(from.relativize(path).toString()));
      }
    }
  }

  private static List<String> tool(String name, String... arguments) {
    java.io.StringWriter said = new java.io.StringWriter();
    PrintWriter out = new PrintWriter(said, true);
    int code = ToolProvider.findFirst(name).orElseThrow().run(out, out, arguments);
    assertThat(code).as("%s %s: %s", name, List.of(arguments), said).isZero();
    return said.toString().lines().toList();
  }

  private static List<String> run(ProcessBuilder builder) throws Exception {
    Path said = Files.createTempFile(folder, "said", ".txt");
    Process process = builder.redirectErrorStream(true).redirectOutput(said.toFile()).start();
    if (!process.waitFor(4, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError("Cannot wait longer for " + builder.command());
    }
    List<String> lines = Files.readAllLines(said, StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as("%s: %s", builder.command(), lines).isZero();
    return lines;
  }
}
