package org.oneshottuner.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RunFolderTest {
  @Test
  void aRunElsewhereKeepsTablesAndNamesTheOptionForTheRest() {
    RunFolder run = new RunFolder("hdfs://host:8020/run");
    assertThat(run.measurements()).isEqualTo("hdfs://host:8020/run/measurements");
    assertThatThrownBy(() -> run.local(RunFolder.MODEL, "--out"))
        .hasMessage(
            "Cannot keep model in hdfs://host:8020/run: it is kept on this machine, --out names a place");
  }

  @Test
  void aFileAddressIsAFolderOfThisMachine() {
    assertThat(new RunFolder("file:///a/b").local("model", "--out"))
        .isEqualTo(Path.of("/a/b/model"));
  }
}
