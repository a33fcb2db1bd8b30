package org.oneshottuner.feature;

import java.util.List;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.lower.Trait;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.workload.TuningTask;

/**
 * Reads the features of many members of one task's space.
 *
 * <p>What depends on the task alone is computed once; what depends on a few knobs is computed once
 * for each combination of their choices, when it is first met. Not thread-safe; make one a thread.
 */
public final class SpaceFeatures {
  private final FeatureSchema schema;
  private final ScheduleSpace space;
  private final TemplateFeatures[] templates;

  SpaceFeatures(FeatureSchema schema, TuningTask task, ScheduleSpace space) {
    this.schema = schema;
    this.space = space;
    this.templates =
        space.templates().stream()
            .map(template -> new TemplateFeatures(schema, task, template))
            .toArray(TemplateFeatures[]::new);
  }

  /**
   * Prepares the features of a task by {@link FeatureSchema#CURRENT}.
   *
   * @param space the task's space, as {@link Templates#space} returns it
   */
  public static SpaceFeatures of(TuningTask task, ScheduleSpace space) {
    return new SpaceFeatures(FeatureSchema.CURRENT, task, space);
  }

  /**
   * Writes the features of consecutive members.
   *
   * @param from the number of the first member
   * @param count how many
   * @param rows receives {@code count} rows of {@link FeatureSchema#size()} numbers, one row after
   *     another
   * @throws IndexOutOfBoundsException if the members or the rows do not fit
   */
  public void fill(long from, int count, float[] rows) {
    int width = schema.size();
    int done = 0;
    while (done < count) {
      long member = from + done;
      int place = space.templateOf(member);
      int here = (int) Math.min(count - done, space.start(place + 1) - member);
      templates[place].fill(member - space.start(place), here, rows, done * width);
      done += here;
    }
  }

  /** Returns which columns have one value for all members of the task's space. */
  public boolean[] constantColumns() {
    boolean[] constant = new boolean[schema.size()];
    for (int i = 0; i < constant.length; i++) {
      constant[i] = schema.columns().get(i).source() instanceof FeatureColumn.OfTask;
    }
    return constant;
  }

  /** The features of one template's members. */
  private static final class TemplateFeatures {
    private final TemplateSpace space;
    private final float[] base;
    private final TraitTable[] tables;
    private final Combined[] combined;

    TemplateFeatures(FeatureSchema schema, TuningTask task, TemplateSpace space) {
      this.space = space;
      this.base = new float[schema.size()];
      List<Trait.Reader> traits = Templates.traits(task, space.template());
      for (int i = 0; i < base.length; i++) {
        base[i] = base(schema.columns().get(i).source(), task, space.template());
      }
      this.tables =
          traits.stream().map(reader -> table(schema, space, reader)).toArray(TraitTable[]::new);
      this.combined =
          schema.columns().stream()
              .filter(column -> column.source() instanceof FeatureColumn.OfColumns)
              .map(column -> new Combined(schema, column))
              .toArray(Combined[]::new);
    }

    private static float base(FeatureColumn.Source source, TuningTask task, String template) {
      if (source instanceof FeatureColumn.OfTask ofTask) {
        return (float) ofTask.value().applyAsDouble(task);
      }
      if (source instanceof FeatureColumn.OfTemplate ofTemplate) {
        return ofTemplate.template().equals(template) ? 1 : 0;
      }
      return Float.NaN;
    }

    private static TraitTable table(
        FeatureSchema schema, TemplateSpace space, Trait.Reader reader) {
      int place = schema.place(reader.trait().columnName());
      FeatureColumn.OfTrait source = (FeatureColumn.OfTrait) schema.columns().get(place).source();
      return new TraitTable(space, reader, source.scale(), place);
    }

    void fill(long from, int count, float[] rows, int offset) {
      TemplateSpace.Cursor cursor = space.cursor(from);
      int changed = space.knobs().size();
      int at = offset;
      for (int row = 0; row < count; row++) {
        System.arraycopy(
            row == 0 ? base : rows, row == 0 ? 0 : at - base.length, rows, at, base.length);
        for (TraitTable table : tables) {
          if (row == 0 || table.firstPlace < changed) {
            rows[at + table.column] = table.value(cursor.digits());
          }
        }
        for (Combined column : combined) {
          rows[at + column.place] = column.value(rows, at);
        }
        at += base.length;
        changed = cursor.next();
      }
    }
  }

  /** The values of one trait for every combination of the knobs that it depends on. */
  private static final class TraitTable {
    private final TemplateSpace space;
    private final Trait.Reader reader;
    private final FeatureColumn.Scale scale;
    private final int column;
    private final int firstPlace;
    private final int[] places;
    private final int[] strides;
    private final float[] values;
    private final boolean[] known;

    TraitTable(TemplateSpace space, Trait.Reader reader, FeatureColumn.Scale scale, int column) {
      this.space = space;
      this.reader = reader;
      this.scale = scale;
      this.column = column;
      this.places = reader.knobs().stream().mapToInt(space::place).sorted().toArray();
      this.firstPlace = places.length == 0 ? Integer.MAX_VALUE : places[0];
      this.strides = new int[places.length];
      int size = 1;
      for (int i = 0; i < places.length; i++) {
        strides[i] = size;
        size = Math.multiplyExact(size, space.knobs().get(places[i]).size());
      }
      this.values = new float[size];
      this.known = new boolean[size];
    }

    float value(int[] digits) {
      int index = 0;
      for (int i = 0; i < places.length; i++) {
        index += digits[places[i]] * strides[i];
      }
      if (!known[index]) {
        values[index] = (float) scale.apply(reader.value().applyAsDouble(space.values(digits)));
        known[index] = true;
      }
      return values[index];
    }
  }

  /** A column made of others. */
  private static final class Combined {
    private final int place;
    private final int[] from;
    private final float[] values;
    private final FeatureColumn.Combination combination;

    Combined(FeatureSchema schema, FeatureColumn column) {
      FeatureColumn.OfColumns source = (FeatureColumn.OfColumns) column.source();
      this.place = schema.place(column.name());
      this.from = source.columns().stream().mapToInt(schema::place).toArray();
      this.values = new float[from.length];
      this.combination = source.combination();
    }

    float value(float[] rows, int row) {
      for (int i = 0; i < from.length; i++) {
        values[i] = rows[row + from[i]];
      }
      return combination.of(values);
    }
  }
}
