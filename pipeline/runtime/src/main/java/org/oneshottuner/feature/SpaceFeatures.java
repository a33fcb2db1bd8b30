package org.oneshottuner.feature;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.lower.Trait;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.TemplateSpace;
import org.oneshottuner.workload.TuningTask;

/**
 * Reads the features of many members of one task's space.
 *
 * <p>What depends on the task alone is computed once; what depends on a few knobs is computed once
 * for each combination of their choices, when it is first met. Not thread-safe; make one a thread.
 */
public final class SpaceFeatures implements SpaceColumns {
  private final FeatureSchema schema;
  private final ScheduleSpace space;
  private final TemplateFeatures[] templates;

  SpaceFeatures(FeatureSchema schema, TuningTask task, ScheduleSpace space) {
    this.schema = schema;
    this.space = space;
    float[] ofTask = new float[schema.size()];
    for (int i = 0; i < ofTask.length; i++) {
      ofTask[i] =
          schema.columns().get(i).source() instanceof FeatureColumn.OfTask column
              ? (float) column.value().applyAsDouble(task)
              : Float.NaN;
    }
    this.templates =
        space.templates().stream()
            .map(template -> new TemplateFeatures(schema, task, template, ofTask))
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

  /** Returns the schema that is read by. */
  public FeatureSchema schema() {
    return schema;
  }

  @Override
  public String schemaId() {
    return schema.id();
  }

  @Override
  public ScheduleSpace space() {
    return space;
  }

  @Override
  public SpaceColumn column(int template, int column) {
    return templates[template].columns[column];
  }

  /** The features of one template's members. */
  private static final class TemplateFeatures {
    private final TemplateSpace space;
    private final float[] base;
    private final SpaceColumn[] columns;
    private final List<TraitTable> tables = new ArrayList<>();
    private final List<Combined> combined = new ArrayList<>();

    TemplateFeatures(FeatureSchema schema, TuningTask task, TemplateSpace space, float[] ofTask) {
      this.space = space;
      this.base = ofTask.clone();
      this.columns = new SpaceColumn[schema.size()];
      Map<Trait, Trait.Reader> traits = new EnumMap<>(Trait.class);
      for (Trait.Reader reader : Templates.traits(task, space.template())) {
        traits.put(reader.trait(), reader);
      }
      for (int i = 0; i < base.length; i++) {
        FeatureColumn.Source source = schema.columns().get(i).source();
        if (source instanceof FeatureColumn.OfTemplate ofTemplate) {
          base[i] = ofTemplate.template().equals(space.template()) ? 1 : 0;
        }
        columns[i] = new Same(base[i]);
        if (source instanceof FeatureColumn.OfTrait ofTrait
            && traits.containsKey(ofTrait.trait())) {
          TraitTable table = new TraitTable(space, traits.get(ofTrait.trait()), ofTrait.scale(), i);
          tables.add(table);
          columns[i] = table;
        } else if (source instanceof FeatureColumn.OfColumns ofColumns) {
          Combined made = new Combined(schema, ofColumns, i, columns);
          combined.add(made);
          columns[i] = made;
        }
      }
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

  /** A column with one value for all members of a template. */
  private record Same(float value) implements SpaceColumn {
    private static final int[] NO_KNOBS = {};

    @Override
    public int[] knobs() {
      return NO_KNOBS;
    }

    @Override
    public float value(int[] digits) {
      return value;
    }
  }

  /** The values of one trait for every combination of the knobs that it depends on. */
  private static final class TraitTable implements SpaceColumn {
    private final TemplateSpace space;
    private final Trait.Reader reader;
    private final FeatureColumn.Scale scale;
    private final int column;
    private final int firstPlace;
    private final int[] places;
    private final int[] strides;
    private final float[] values;
    private final boolean[] known;
    // what was asked for last, and its choices as the reader sees them
    private int[] asked = {};
    private KnobValues choices;

    TraitTable(TemplateSpace space, Trait.Reader reader, FeatureColumn.Scale scale, int column) {
      this.space = space;
      this.reader = reader;
      this.scale = scale;
      this.column = column;
      this.places =
          reader.knobs().stream()
              .mapToInt(space::place)
              .filter(place -> space.knobs().get(place).size() > 1)
              .sorted()
              .toArray();
      this.firstPlace = places.length == 0 ? Integer.MAX_VALUE : places[0];
      this.strides = new int[places.length];
      int size = 1;
      for (int i = 0; i < places.length; i++) {
        strides[i] = size;
        size = Math.multiplyExact(size, space.knobs().get(places[i]).size());
      }
      this.values = new float[size];
      this.known = new boolean[size];
      this.choices = space.values(asked);
    }

    @Override
    public int[] knobs() {
      return places.clone();
    }

    @Override
    public float value(int[] digits) {
      int index = 0;
      for (int i = 0; i < places.length; i++) {
        index += digits[places[i]] * strides[i];
      }
      if (!known[index]) {
        values[index] = (float) scale.apply(reader.value().applyAsDouble(choices(digits)));
        known[index] = true;
      }
      return values[index];
    }

    private KnobValues choices(int[] digits) {
      if (digits != asked) {
        asked = digits;
        choices = space.values(digits);
      }
      return choices;
    }
  }

  /** A column made of others. */
  private static final class Combined implements SpaceColumn {
    private final int place;
    private final int[] from;
    private final SpaceColumn[] sources;
    private final int[] knobs;
    private final float[] values;
    private final FeatureColumn.Combination combination;

    Combined(
        FeatureSchema schema, FeatureColumn.OfColumns source, int place, SpaceColumn[] columns) {
      this.place = place;
      this.from = source.columns().stream().mapToInt(schema::place).toArray();
      this.sources = Arrays.stream(from).mapToObj(i -> columns[i]).toArray(SpaceColumn[]::new);
      this.knobs =
          Arrays.stream(sources)
              .flatMapToInt(column -> Arrays.stream(column.knobs()))
              .sorted()
              .distinct()
              .toArray();
      this.values = new float[from.length];
      this.combination = source.combination();
    }

    @Override
    public int[] knobs() {
      return knobs.clone();
    }

    @Override
    public float value(int[] digits) {
      for (int i = 0; i < sources.length; i++) {
        values[i] = sources[i].value(digits);
      }
      return combination.of(values);
    }

    float value(float[] rows, int row) {
      for (int i = 0; i < from.length; i++) {
        values[i] = rows[row + from[i]];
      }
      return combination.of(values);
    }
  }
}
