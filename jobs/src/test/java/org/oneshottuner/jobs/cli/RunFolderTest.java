package org.oneshottuner.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RunFolderTest {
  @Test
  void aRunElsewhereKeepsTablesAndNamesTheOptionsForTheRest() {
    RunFolder run = new RunFolder("hdfs://host:8020/run");
    assertThat(run.measurements()).isEqualTo("hdfs://host:8020/run/measurements");
    assertThatThrownBy(() -> run.local(RunFolder.MODEL))
        .hasMessageContaining("hdfs://host:8020/run")
        .hasMessageContaining("--out, --model and --report");
  }

  @Test
  void aFileAddressIsAFolderOfThisMachine() {
    assertThat(new RunFolder("file:///a/b").local("model")).isEqualTo(Path.of("/a/b/model"));
  }
}
