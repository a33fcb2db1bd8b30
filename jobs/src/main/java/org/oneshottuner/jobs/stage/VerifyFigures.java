package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What of a dataset is as its manifests say.
 *
 * @param location of the dataset
 * @param tables that lie there
 * @param notFound tables that a dataset of this kind may have, and this has not: perhaps not yet
 * @param damage a message for each manifest, data file or table that is known to be missing, or is
 *     altered, and for each batch of files that no manifest names and no writer was at
 * @param unfinished a message for each batch of files that no manifest names: a writer is at it, or
 *     was killed before its commit
 * @param aside for each place where a writer has found such files of lost manifests, and set them
 *     aside, the first of them
 */
public record VerifyFigures(
    String location,
    List<Verified> tables,
    List<String> notFound,
    List<String> damage,
    List<String> unfinished,
    List<String> aside)
    implements Figures {
  /** Messages that are printed; the JSON has all. */
  private static final int SHOWN = 50;

  /** Copies the lists. */
  public VerifyFigures {
    tables = List.copyOf(tables);
    notFound = List.copyOf(notFound);
    damage = List.copyOf(damage);
    unfinished = List.copyOf(unfinished);
    aside = List.copyOf(aside);
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
    notFound.forEach(name -> lines.add(name + ": not there"));
    unfinished.forEach(
        one ->
            lines.add(
                one
                    + "; a writer is at it, or was killed before its commit, and the next one"
                    + " clears it away"));
    aside.forEach(one -> lines.add("set aside, as their manifests were lost: " + one));
    damage.stream().limit(SHOWN).forEach(lines::add);
    if (damage.size() > SHOWN) {
      lines.add("and " + (damage.size() - SHOWN) + " more");
    }
    lines.add(
        !damage.isEmpty()
            ? damage.size() + " damaged"
            : tables.isEmpty() ? "nothing verified" : "all as their manifests say");
    return lines;
  }
}
