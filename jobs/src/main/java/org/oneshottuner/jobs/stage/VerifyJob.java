package org.oneshottuner.jobs.stage;

import static org.apache.spark.sql.functions.col;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.SparkSession;
import org.oneshottuner.jobs.rows.CandidateRows;
import org.oneshottuner.jobs.rows.MeasurementRows;
import org.oneshottuner.jobs.rows.TaskRows;
import org.oneshottuner.jobs.stage.VerifyFigures.Verified;
import org.oneshottuner.jobs.storage.Commit;
import org.oneshottuner.jobs.storage.Snapshot;
import org.oneshottuner.jobs.storage.Table;
import org.oneshottuner.jobs.storage.TableFormat;
import org.oneshottuner.jobs.storage.UnreachableException;

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
    List<String> unfinished = new ArrayList<>();
    List<String> aside = new ArrayList<>();
    Map<String, Table> found = new LinkedHashMap<>();
    Set<String> absent = new LinkedHashSet<>(NAMES);
    boolean any = Table.isAnythingAt(spark, location);
    for (String place : any ? PLACES : List.<String>of()) {
      String at = location + place;
      List<Commit> commits = new ArrayList<>();
      try {
        List<String> files = Table.dataFiles(spark, at);
        Set<String> begun = Table.begun(spark, at);
        for (Table table : table(spark, at).stream().toList()) {
          Snapshot snapshot = table.snapshot();
          commits.addAll(snapshot.commits());
          found.put(commits.get(0).table(), table);
          absent.remove(commits.get(0).table());
          verified.add(verified(table, snapshot));
          damage.addAll(table.damage(snapshot));
        }
        Table.unnamed(files, commits)
            .forEach(
                (batch, lost) ->
                    (begun.contains(batch) ? unfinished : damage).add(unnamed(at, lost)));
        List<String> set = Table.aside(spark, at);
        if (!set.isEmpty()) {
          aside.add(
              at + "/" + set.get(0) + (set.size() == 1 ? "" : ", " + (set.size() - 1) + " more"));
        }
      } catch (IllegalArgumentException | UncheckedIOException e) {
        if (Thread.currentThread().isInterrupted() || e instanceof UnreachableException) {
          throw e;
        }
        damage.add(e.getMessage());
        absent.removeIf(name -> place.endsWith("/" + name)); // it is there, and cannot be read
      }
    }
    if (verified.isEmpty() && damage.isEmpty() && unfinished.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot verify "
              + location
              + ": no manifest is there; a run, its sample or one of the tables "
              + NAMES
              + " is asked for");
    }
    return new VerifyFigures(
        location, verified, notFound(location, found, absent, damage), damage, unfinished, aside);
  }

  private static String unnamed(String place, List<String> files) {
    return "Cannot read "
        + place
        + "/"
        + files.get(0)
        + (files.size() == 1 ? "" : " and " + (files.size() - 1) + " more of its batch")
        + ": no manifest names "
        + (files.size() == 1 ? "it" : "them");
  }

  /**
   * Returns the tables that a dataset may have and that were not found, and adds to the damage what
   * the others show to have been there: candidates are of tasks, and what a sampler drew is
   * measured of candidates.
   */
  private static List<String> notFound(
      String location, Map<String, Table> found, Set<String> absent, List<String> damage) {
    if (found.size() == 1 && found.values().iterator().next().location().equals(location)) {
      return List.of(); // one table was asked for
    }
    boolean sampled = !absent.contains(CandidateRows.FORMAT.name());
    Table measurements = found.get(MeasurementRows.FORMAT.name());
    if (!sampled && measurements != null && ofASample(measurements, damage)) {
      damage.add(missing(location, CandidateRows.FORMAT, "measurements are of candidates"));
      sampled = true;
    }
    if (sampled && absent.contains(TaskRows.FORMAT.name())) {
      damage.add(missing(location, TaskRows.FORMAT, "candidates are of tasks"));
    }
    return List.copyOf(absent);
  }

  private static boolean ofASample(Table measurements, List<String> damage) {
    return damage.stream().noneMatch(one -> one.contains(measurements.location()))
        && !measurements
            .read(measurements.snapshot())
            .filter(col("sampler").isin(MeasureJob.DRAWN))
            .isEmpty();
  }

  private static String missing(String location, TableFormat table, String evidence) {
    return "Cannot find table " + table.name() + " at " + location + ": " + evidence;
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
