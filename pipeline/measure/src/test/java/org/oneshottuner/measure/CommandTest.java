package org.oneshottuner.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class CommandTest {
  private final Path folder;

  CommandTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Command.Result run(String script) throws IOException, InterruptedException {
    return Command.run(List.of("sh", "-c", script), folder, Duration.ofSeconds(20));
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
