package org.oneshottuner.jobs.stage;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.oneshottuner.jobs.rows.CandidateRows;
import org.oneshottuner.jobs.rows.MeasurementRows;
import org.oneshottuner.jobs.rows.TaskRows;
import org.oneshottuner.jobs.stage.VerifyFigures.Verified;
import org.oneshottuner.jobs.storage.Commit;
import org.oneshottuner.jobs.storage.Snapshot;
import org.oneshottuner.jobs.storage.Table;
import org.oneshottuner.jobs.storage.TableFormat;

/** Reads every file of a dataset and compares it with its manifest. */
public final class VerifyJob {
  private static final List<TableFormat> FORMATS =
      List.of(TaskRows.FORMAT, CandidateRows.FORMAT, MeasurementRows.FORMAT);

  private static final List<String> NAMES = FORMATS.stream().map(TableFormat::name).toList();

  /** Where a run, a sample and a table have tables. */
  private static final List<String> PLACES =
      List.of("", "/tasks", "/candidates", "/sample/tasks", "/sample/candidates", "/measurements");

  private VerifyJob() {}

  /**
   * Verifies the tables of a run, of a sample, or one table.
   *
   * @param location the folder of any of these
   * @throws IllegalArgumentException if no table lies there
   */
  public static VerifyFigures run(SparkSession spark, String location) {
    List<Verified> verified = new ArrayList<>();
    List<String> damage = new ArrayList<>();
    for (String place : PLACES) {
      try {
        for (Table table : table(spark, location + place).stream().toList()) {
          Snapshot snapshot = table.snapshot();
          verified.add(verified(table, snapshot));
          damage.addAll(table.damage(snapshot));
        }
      } catch (IllegalArgumentException | UncheckedIOException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw e;
        }
        damage.add(e.getMessage());
      }
    }
    if (verified.isEmpty() && damage.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot verify "
              + location
              + ": no manifest is there; a run, its sample or one of the tables "
              + NAMES
              + " is asked for");
    }
    return new VerifyFigures(location, verified, damage);
  }

  private static Optional<Table> table(SparkSession spark, String place) {
    return Table.nameAt(spark, place).map(name -> Table.at(spark, place, format(name, place)));
  }

  private static TableFormat format(String name, String place) {
    return FORMATS.stream()
        .filter(format -> format.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot verify "
                        + place
                        + ": it is of table "
                        + name
                        + ", known are "
                        + NAMES));
  }

  private static Verified verified(Table table, Snapshot snapshot) {
    List<Commit.DataFile> files =
        snapshot.commits().stream().flatMap(commit -> commit.files().stream()).toList();
    return new Verified(
        snapshot.commits().get(0).table(),
        table.location(),
        snapshot.commits().size(),
        files.size(),
        snapshot.rows(),
        files.stream().mapToLong(Commit.DataFile::bytes).sum());
  }
}
