package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What of a dataset is as its manifests say.
 *
 * @param location of the dataset
 * @param tables that lie there
 * @param damage a message for each manifest or data file that is missing or altered
 */
public record VerifyFigures(String location, List<Verified> tables, List<String> damage)
    implements Figures {
  /** Copies the lists. */
  public VerifyFigures {
    tables = List.copyOf(tables);
    damage = List.copyOf(damage);
  }

  /**
   * A table that was read from end to end.
   *
   * @param table its name
   * @param location where it lies
   * @param commits that can be read
   * @param files that they name
   * @param rows of those
   * @param bytes of those
   */
  public record Verified(
      String table, String location, long commits, long files, long rows, long bytes) {}

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Verified table : tables) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%s: %d commits, %d files, %d rows, %d bytes",
              table.table(),
              table.commits(),
              table.files(),
              table.rows(),
              table.bytes()));
    }
    lines.add(damage.isEmpty() ? "all as their manifests say" : damage.size() + " damaged");
    return lines;
  }
}
