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
import org.oneshottuner.jobs.Ran;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.storage.UnreachableException;

/** What is lost of a run is told, as far as what is left shows it. */
class VerifyJobTest {
  @TempDir Path run;
  private final SparkSession spark = LocalSpark.session();

  @BeforeEach
  void measured() throws Exception {
    Settings settings = settings("measure.commitRows=20");
    String sample = run.resolve("sample").toString();
    SampleJob job = new SampleJob(spark, settings, sample, JobsTest.CLOCK);
    job.drawTasks(JobsTest.catalogue());
    assertThat(job.run(0, new byte[0]).candidates()).isPositive();
    measure(settings, run.resolve("measurements"));
    VerifyFigures whole = verify();
    assertThat(whole.damage()).isEmpty();
    assertThat(whole.notFound()).isEmpty();
  }

  private static Settings settings(String commitRows) {
    return JobsTest.settings(
        "sample.tasks=2", "sample.schedules=2", "measure.repeat=0", commitRows);
  }

  private void measure(Settings settings, Path table) throws Exception {
    FakeDevice device = new FakeDevice(() -> {});
    try (Measuring measuring =
        new Measuring(spark, settings, device, table.toString(), JobsTest.CLOCK)) {
      String sample = run.resolve("sample").toString();
      assertThat(new MeasureJob(spark, settings, measuring).run(sample).left()).isZero();
    }
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
    assertThat(verify().unfinished()).isEmpty();
    assertThat(verify().damage())
        .hasSize(2)
        .anySatisfy(one -> assertThat(one).startsWith("Cannot find table candidates"))
        .anySatisfy(
            one -> assertThat(one).contains("sample/candidates/data/", ": no manifest names it"));
  }

  @Test
  void whatAWriterMayHaveLeftIsNotDamagedAndNothingIsSaidOfWhatWasNotRead() throws Exception {
    Path manifest = last("measurements/commits");
    String batch = Files.readString(manifest).replaceAll("(?s).*\"batch\" : \"([^\"]*)\".*", "$1");
    delete("measurements/commits");
    Files.createDirectories(run.resolve("measurements/staging/writer").resolve(batch));
    assertThat(verify().damage()).isEmpty();
    assertThat(verify().unfinished()).hasSize(1);
    assertThat(verify().lines()).contains("all as their manifests say");
    delete("sample");
    assertThat(verify().unfinished()).hasSize(1);
    assertThat(verify().lines()).doesNotContain("all as their manifests say");
    Ran command = Ran.oneshot("verify", run.toString());
    assertThat(command.code()).isEqualTo(1);
    assertThat(command.err()).contains("no table there has a manifest");
  }

  private Path last(String folder) throws IOException {
    try (Stream<Path> files = Files.list(run.resolve(folder))) {
      return files.sorted(Comparator.reverseOrder()).findFirst().orElseThrow();
    }
  }

  @Test
  void moreThanAWriterCanHaveLeftIsDamagedWhetherOrNotOneIsAtIt() throws Exception {
    delete("measurements");
    measure(settings("measure.commitRows=1"), run.resolve("measurements"));
    assertThat(verify().damage()).isEmpty();
    delete("measurements/commits");
    Files.writeString(run.resolve("measurements/lock"), "left by a kill");
    assertThat(verify().unfinished()).isEmpty();
    assertThat(verify().damage())
        .hasSizeGreaterThan(1)
        .allSatisfy(
            one -> assertThat(one).contains("measurements/data/", ": no manifest names it"));
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
