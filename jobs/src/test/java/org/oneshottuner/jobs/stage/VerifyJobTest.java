package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.jobs.LocalSpark;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.storage.UnreachableException;

/** What is lost of a run is told, as far as what is left shows it. */
class VerifyJobTest {
  @TempDir Path run;
  private final SparkSession spark = LocalSpark.session();

  @BeforeEach
  void measured() throws Exception {
    Settings settings =
        JobsTest.settings("sample.tasks=2", "sample.schedules=2", "measure.repeat=0");
    String sample = run.resolve("sample").toString();
    SampleJob job = new SampleJob(spark, settings, sample, JobsTest.CLOCK);
    job.drawTasks(JobsTest.catalogue());
    assertThat(job.run(0, new byte[0]).candidates()).isPositive();
    FakeDevice device = new FakeDevice(() -> {});
    String measurements = run.resolve("measurements").toString();
    try (Measuring measuring =
        new Measuring(spark, settings, device, measurements, JobsTest.CLOCK)) {
      assertThat(new MeasureJob(spark, settings, measuring).run(sample).left()).isZero();
    }
    VerifyFigures whole = verify();
    assertThat(whole.damage()).isEmpty();
    assertThat(whole.notFound()).isEmpty();
  }

  private VerifyFigures verify() {
    return VerifyJob.run(spark, run.toString());
  }

  private void delete(String place) throws IOException {
    try (Stream<Path> all = Files.walk(run.resolve(place))) {
      for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(one);
      }
    }
  }

  @Test
  void aDeletedManifestIsMissed() throws Exception {
    delete("sample/candidates/commits/0000000001.json");
    assertThat(verify().damage())
        .anyMatch(one -> one.contains("sample/candidates/data/") && one.contains("no manifest"))
        .anyMatch(one -> one.startsWith("Cannot find table candidates"));
  }

  @Test
  void deletedTablesAreMissed() throws Exception {
    delete("sample/tasks");
    assertThat(verify().damage())
        .containsExactly("Cannot find table tasks at " + run + ": candidates are of tasks");
    delete("sample");
    VerifyFigures measuredAlone = verify();
    assertThat(measuredAlone.damage()).hasSize(2);
    assertThat(measuredAlone.notFound()).containsExactly("tasks", "candidates");
    assertThat(measuredAlone.lines()).contains("tasks: not there", "2 damaged");
  }

  @Test
  void whatCannotBeReachedIsNotDamaged() {
    for (String place : List.of("hdfs://no-such-host.invalid:9/run", "hdfs://127.0.0.1:1/run")) {
      spark.sparkContext().hadoopConfiguration().set("ipc.client.connect.max.retries", "0");
      assertThatThrownBy(() -> VerifyJob.run(spark, place))
          .isInstanceOf(UnreachableException.class)
          .hasMessageStartingWith("Cannot reach " + place + ": ");
    }
    assertThatThrownBy(() -> VerifyJob.run(spark, "s3://bucket/run"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("scheme s3 is not supported");
  }
}
