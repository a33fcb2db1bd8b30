package org.oneshottuner.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.lower.KernelSource;
import org.oneshottuner.measure.RunnerProcess.Answers;
import org.oneshottuner.measure.RunnerProcess.Death;

@Timeout(60)
class RunnerProcessTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Path folder;
  private final NativeRunner runner;
  private final KernelBuilder builder;
  private final Host host = Host.read();

  RunnerProcessTest(@TempDir Path folder) throws InterruptedException {
    this.folder = folder;
    Compiler compiler = Compiler.find(System.getenv());
    runner = NativeRunner.build(compiler, TestDevice.cache(), host.model());
    builder = new KernelBuilder(compiler, runner, folder, host.cpus(), Duration.ofSeconds(20));
  }

  private List<String> timing() {
    return runner.timing(List.of(host.measuringCpu()), host.cpus().size() > 1);
  }

  private String task() {
    return "task id=t values=uniform seed=1 reference=no "
        + TaskText.of(HandKernels.candidate("good", 0).task());
  }

  private String load(String kernel, long limitMillis) throws InterruptedException {
    KernelSource source = new HandKernels().source(HandKernels.candidate(kernel, 0));
    Path library =
        builder.build(List.of(source), HandKernels.target()).get(0).library().orElseThrow().path();
    Trial trial = new Trial(HandKernels.candidate(kernel, 0).task(), source, library, 1e-5);
    return "load id=k task=t limit_ms=" + limitMillis + " plan=auto " + trial.fields();
  }

  @Test
  void aRunnerEndsWithItsInputEvenInsideAKernelThatHangs()
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(timing()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      assertTrue(String.valueOf(in.readLine()).startsWith("hello "));
      try (OutputStream out = process.getOutputStream()) {
        out.write((task() + "\n" + load("hangs", 60_000) + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
        assertTrue(String.valueOf(in.readLine()).startsWith("ok "));
      }
      assertTrue(process.waitFor(10, TimeUnit.SECONDS));
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aKernelThatHangsIsEndedAtItsLimit() throws InterruptedException {
    RunnerProcess process = RunnerProcess.start(timing());
    assertTrue(process.ask(task(), LIMIT).death().isEmpty());
    Answers answers = process.ask(load("hangs", 300), LIMIT);
    assertEquals(Optional.of(Death.TIMED_OUT), answers.death());
    assertFalse(process.alive());
  }

  @Test
  void deathsByAFaultAndByAKillAreToldApart() throws InterruptedException {
    RunnerProcess process = RunnerProcess.start(timing());
    assertTrue(process.ask(task(), LIMIT).death().isEmpty());
    assertEquals(Optional.of(Death.CRASHED), process.ask(load("crashes", 300), LIMIT).death());

    RunnerProcess killed = RunnerProcess.start(timing());
    killed.kill();
    assertEquals(Optional.of(Death.KILLED), killed.ask("canary", LIMIT).death());
  }

  private static void signal(String name, long pid) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).inheritIO().start();
    assertEquals(0, kill.waitFor());
  }

  @Test
  void whatTheTerminalSendsDoesNotReachARunner() throws IOException, InterruptedException {
    RunnerProcess process = RunnerProcess.start(timing());
    for (String name : List.of("INT", "QUIT", "TSTP")) {
      signal(name, process.pid());
      assertTrue(process.ask("canary", LIMIT).death().isEmpty(), name);
    }
    assertEquals(process.pid(), group(Files.readString(stat(process.pid()))));
    process.kill();
  }

  private static Path stat(long pid) {
    return Path.of("/proc", Long.toString(pid), "stat");
  }

  private static long group(String stat) {
    return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[2]);
  }

  @Test
  void whoeverEndsARunnerItsKernelIsNotBlamed() throws IOException, InterruptedException {
    for (String name : List.of("TERM", "KILL")) {
      RunnerProcess process = RunnerProcess.start(timing());
      signal(name, process.pid());
      assertEquals(Optional.of(Death.KILLED), process.ask("canary", LIMIT).death(), name);
    }
  }

  @Test
  void timeForWhichARunnerIsStoppedIsNotItsKernels() throws IOException, InterruptedException {
    RunnerProcess process = RunnerProcess.start(timing());
    assertTrue(process.ask(task(), LIMIT).death().isEmpty());
    String load = load("good", 1000);
    signal("STOP", process.pid());
    Process resume =
        new ProcessBuilder("sh", "-c", "sleep 2.5; kill -CONT " + process.pid()).start();
    Answers answers = process.ask(load, LIMIT);
    assertEquals(0, resume.waitFor());
    assertTrue(answers.death().isEmpty(), answers::toString);
    process.kill();
  }

  @Test
  void aCommandThatTheRunnerDoesNotKnowIsAnError() throws InterruptedException {
    RunnerProcess process = RunnerProcess.start(timing());
    DeviceException e = assertThrows(DeviceException.class, () -> process.ask("sing id=1", LIMIT));
    assertTrue(e.getMessage().contains("sing id=1"), e::getMessage);
    assertTrue(folder.toFile().isDirectory());
  }
}
