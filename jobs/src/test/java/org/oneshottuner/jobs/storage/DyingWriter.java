package org.oneshottuner.jobs.storage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.oneshottuner.jobs.LocalSpark;
import org.oneshottuner.jobs.Processes;

/** A JVM that appends three rows and is halted on the way, as by {@code kill -9}. */
final class DyingWriter {
  static final int DIED = 77;

  private DyingWriter() {}

  static int run(String location, TableWriter.Step step) throws IOException, InterruptedException {
    return Processes.java(DyingWriter.class, location, step.name()).code();
  }

  @SuppressWarnings("unused") // run as a process
  public static void main(String[] arguments) {
    SparkSession spark = LocalSpark.session();
    Table table = Table.at(spark, arguments[0], TableContract.FORMAT);
    TableWriter.Step last = TableWriter.Step.valueOf(arguments[1]);
    List<org.apache.spark.sql.Row> rows = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      rows.add(org.apache.spark.sql.RowFactory.create("b" + i, (long) i));
    }
    TableWriter writer =
        TableWriter.open(
            table,
            TableContract.CLOCK,
            step -> {
              if (step == last) {
                Runtime.getRuntime().halt(DIED);
              }
            });
    writer.append(
        "b",
        TableContract.DEVICE,
        spark.createDataFrame(rows, TableContract.FORMAT.columns()).coalesce(1),
        Commit.Origin.unknown());
  }
}
