package org.oneshottuner.feature;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.lower.Trait;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/**
 * The ordered columns that a predictor reads of a candidate. A published schema never changes: a
 * changed column is a new schema with a new id. Immutable and thread-safe.
 */
public final class FeatureSchema {
  /** The schema that candidates are read by. */
  public static final FeatureSchema CURRENT = new FeatureSchema("traits-6", columnsOfTraits6());

  private final String id;
  private final List<FeatureColumn> columns;
  private final Map<String, Integer> places = new HashMap<>();

  private FeatureSchema(String id, List<FeatureColumn> columns) {
    this.id = id;
    this.columns = List.copyOf(columns);
    for (FeatureColumn column : columns) {
      if (places.put(column.name(), places.size()) != null) {
        throw new IllegalStateException("Cannot have two columns called " + column.name());
      }
    }
  }

  /** Returns the id: equal ids mean equal columns. */
  public String id() {
    return id;
  }

  /** Returns the columns in order. */
  public List<FeatureColumn> columns() {
    return columns;
  }

  /** Returns the number of columns. */
  public int size() {
    return columns.size();
  }

  /**
   * Returns the place of a column.
   *
   * @throws IllegalArgumentException if there is none of this name
   */
  public int place(String name) {
    Integer place = places.get(name);
    if (place == null) {
      throw new IllegalArgumentException("Cannot find column " + name + " in schema " + id);
    }
    return place;
  }

  /**
   * Reads what columns tell of a task alone, whatever its schedule.
   *
   * @return one number a column, in order; NaN where it depends on more
   */
  public float[] ofTask(TuningTask task) {
    float[] row = new float[size()];
    for (int place = 0; place < row.length; place++) {
      row[place] =
          columns.get(place).source() instanceof FeatureColumn.OfTask of
              ? (float) of.value().applyAsDouble(task)
              : Float.NaN;
    }
    return row;
  }

  /**
   * Reads one candidate; for many of one task, {@link SpaceFeatures} is far faster and gives the
   * same bits.
   *
   * @return one number a column, in order; NaN where the candidate's template has no such thing
   * @throws IllegalArgumentException if the schedule is not of the task's space
   */
  public float[] read(Candidate candidate) {
    ScheduleSpace space = Templates.space(candidate.task());
    float[] row = new float[size()];
    new SpaceFeatures(this, candidate.task(), space)
        .fill(space.indexOf(candidate.schedule()), 1, row);
    return row;
  }

  private static List<FeatureColumn> columnsOfTraits6() {
    List<FeatureColumn> columns = new ArrayList<>();
    TaskColumns.add(columns);
    for (String template : Templates.names()) {
      columns.add(
          new FeatureColumn(
              "is_" + template.replace('.', '_'),
              "flag",
              "1 if the schedule is of template " + template,
              new FeatureColumn.OfTemplate(template)));
    }
    for (Trait trait : Trait.values()) {
      columns.add(
          new FeatureColumn(
              trait.columnName(),
              trait.ratio() ? trait.unit() : "log2 " + trait.unit(),
              trait.meaning(),
              new FeatureColumn.OfTrait(
                  trait, trait.ratio() ? FeatureColumn.Scale.PLAIN : FeatureColumn.Scale.LOG2)));
    }
    CombinedColumns.add(columns);
    return columns;
  }
}
