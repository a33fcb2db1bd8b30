package org.oneshottuner.jobs.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.oneshottuner.jobs.LocalSpark;
import org.oneshottuner.lower.Templates;

class DeviceSecondsTest {
  private static final StructType COLUMNS =
      new StructType()
          .add("device", DataTypes.StringType)
          .add("campaign", DataTypes.StringType)
          .add("task", DataTypes.StringType)
          .add("schedule", DataTypes.StringType)
          .add("sampler", DataTypes.StringType)
          .add("codegen", DataTypes.StringType)
          .add("measured_at", DataTypes.TimestampType);

  private static Row row(String task, String sampler, String at) {
    return RowFactory.create(
        "device",
        "main",
        task,
        "schedule",
        sampler,
        Templates.VERSION,
        Timestamp.from(Instant.parse("2026-01-01T00:" + at + "Z")));
  }

  @Test
  void aMeasurementCountsTheTimeSinceTheOneBefore() {
    Dataset<Row> rows =
        LocalSpark.session()
            .createDataFrame(
                List.of(
                    row("b", "uniform", "00:01.250"),
                    row("a", "uniform", "00:01"),
                    row("b", MeasureJob.REPEAT, "00:02"),
                    row("a", "uniform", "00:02.5"),
                    // another session
                    row("b", "uniform", "50:00")),
                COLUMNS);
    DeviceSeconds seconds = DeviceSeconds.of(rows);
    assertThat(seconds.of(List.of("a"))).isEqualTo(0.5);
    assertThat(seconds.of(List.of("a", "b", "unknown"))).isEqualTo(10.75);
  }
}
