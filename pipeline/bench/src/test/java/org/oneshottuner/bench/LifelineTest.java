package org.oneshottuner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.HostTarget;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

@Timeout(120)
class LifelineTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path folder;

  /** Works for ever, and hears of no interruption; so does what it starts. */
  static final class Deaf {
    private Deaf() {}

    public static void main(String[] arguments) throws IOException {
      Lifeline.hold(Thread.currentThread());
      Process child = new ProcessBuilder("sleep", "600").start();
      Files.writeString(Path.of(arguments[0]), "child " + child.pid());
      CountDownLatch never = new CountDownLatch(1);
      while (never.getCount() > 0) {
        try {
          never.await();
        } catch (InterruptedException e) {
          // as deaf as it is called
        }
      }
    }
  }

  private static Process start(Class<?> main, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    words.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment);
    return builder.start();
  }

  @Test
  void aProgramThatHearsOfNothingEndsWithItsInputAndSoDoesWhatItStarted() throws Exception {
    Path file = folder.resolve("child");
    Process program = start(Deaf.class, Map.of(), file.toString());
    List<ProcessHandle> children = List.of();
    try {
      while (!(Files.exists(file) && Files.size(file) > 0)
          && !program.waitFor(20, TimeUnit.MILLISECONDS)) {
        // until it has a child
      }
      children = program.descendants().toList();
      assertThat(children).isNotEmpty();
      program.getOutputStream().close();
      assertThat(program.onExit()).succeedsWithin(LIMIT);
    } finally {
      children.forEach(ProcessHandle::destroyForcibly);
      program.destroyForcibly();
    }
    for (ProcessHandle child : children) {
      assertThat(child.onExit()).succeedsWithin(LIMIT);
    }
    assertThat(program.exitValue()).isEqualTo(143);
  }

  /** The program itself: it clears away what it has built, and leaves no runner behind. */
  @Test
  void aComparisonEndsWithItsInput() throws Exception {
    Path peers = Path.of(System.getProperty("tests.peers", "target/peers")).toAbsolutePath();
    assumeTrue(Files.isDirectory(peers), "no libraries to compare with");
    Optional<CpuTarget> host = HostTarget.detect();
    assumeTrue(host.isPresent(), "this machine is no target");
    StringBuilder lines = new StringBuilder();
    for (int m = 100; m < 140; m++) {
      Workload workload = Workload.parse("dense m=" + m + " n=512 k=512");
      TuningTask task = new TuningTask(workload, host.orElseThrow(), 1);
      String schedule = Templates.defaultSchedule(task).text();
      lines.append(task.key()).append("\tdefault\t").append(schedule).append('\n');
    }
    Path plan = Files.writeString(folder.resolve("plan.tsv"), lines);
    Path results = folder.resolve("results.csv");
    Process program =
        start(
            KernelContest.class,
            Map.of(
                "XDG_CACHE_HOME", Path.of("target", "native-runner").toAbsolutePath().toString()),
            plan.toString(),
            results.toString(),
            peers.toString());
    List<ProcessHandle> children = List.of();
    try {
      while (children.stream().noneMatch(LifelineTest::times)
          && !program.waitFor(20, TimeUnit.MILLISECONDS)) {
        children = program.descendants().toList();
      }
      assertThat(children).anyMatch(LifelineTest::times);
      program.getOutputStream().close();
      assertThat(program.onExit()).succeedsWithin(LIMIT);
    } finally {
      children.forEach(ProcessHandle::destroyForcibly);
      program.destroyForcibly();
    }
    for (ProcessHandle child : children) {
      assertThat(child.onExit()).succeedsWithin(LIMIT);
    }
    assertThat(results).doesNotExist();
    assertThat(folder).isDirectoryNotContaining("glob:**oneshot-kernels*");
  }

  private static boolean times(ProcessHandle process) {
    List<String> words = List.of(process.info().arguments().orElse(new String[0]));
    return words.contains("time") && words.contains("--cpus");
  }
}
