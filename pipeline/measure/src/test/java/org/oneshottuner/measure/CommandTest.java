package org.oneshottuner.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Ctrl-C and a plain kill. A shell without a terminal has its background jobs ignore the first, and
 * so does all that they start; {@code env} undoes it.
 */
@Timeout(30)
class CommandTest {
  private static final List<String> HEEDING = List.of("env", "--default-signal=INT");

  private final Path folder;

  CommandTest(@TempDir Path folder) {
    this.folder = folder;
  }

  // before each: a class that is skipped as a whole is reported without its reason
  @BeforeEach
  void findEnv() throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(HEEDING);
    words.add("true");
    Command.Result found = Command.run(words, folder, Duration.ofSeconds(20));
    assumeTrue(
        found.succeeded(),
        () -> "Cannot send signals: no env --default-signal here: " + found.firstError());
  }

  private Command.Result run(String script) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(HEEDING);
    words.addAll(List.of("sh", "-c", script));
    return Command.run(words, folder, Duration.ofSeconds(20));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kill -INT $$",
        "kill -TERM $$",
        "echo 'gcc: fatal error: Interrupt signal terminated program cc1'; exit 1"
      })
  void whatEndsAProgramAndThisThreadIsAnInterruption(String script) {
    Thread running = Thread.currentThread();
    CompletableFuture<Void> interrupt =
        CompletableFuture.runAsync(
            running::interrupt, CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS));
    assertThatThrownBy(() -> run(script)).isInstanceOf(InterruptedException.class);
    interrupt.join();
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void whatEndsAProgramAloneIsItsResult() throws IOException, InterruptedException {
    Command.Result result = run("kill -INT $$");
    assertThat(result.status()).isEqualTo(130);
    assertThat(result.failedByMachine()).isTrue();
    assertThat(run("echo said; exit 3")).isEqualTo(new Command.Result(3, false, "said\n"));
  }
}
