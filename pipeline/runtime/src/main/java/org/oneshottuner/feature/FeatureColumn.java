package org.oneshottuner.feature;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.oneshottuner.lower.Trait;
import org.oneshottuner.workload.TuningTask;

/**
 * One number that a predictor reads of a candidate.
 *
 * @param name unique within a schema
 * @param unit of the number
 * @param meaning a sentence
 * @param source where it comes from
 */
public record FeatureColumn(String name, String unit, String meaning, Source source) {
  /** Checks that all parts are there. */
  public FeatureColumn {
    requireNonNull(name, "name");
    requireNonNull(unit, "unit");
    requireNonNull(meaning, "meaning");
    requireNonNull(source, "source");
  }

  /** Where a column's number comes from. */
  public sealed interface Source {}

  /**
   * The task alone.
   *
   * @param value computes the number
   */
  public record OfTask(ToDoubleFunction<TuningTask> value) implements Source {}

  /**
   * One where the schedule is of a template, else zero.
   *
   * @param template the template's name
   */
  public record OfTemplate(String template) implements Source {}

  /**
   * A template's trait, through a scale; missing (NaN) where the template does not have it.
   *
   * @param trait which; the knobs that it depends on are the template's matter
   * @param scale applied to it
   */
  public record OfTrait(Trait trait, Scale scale) implements Source {}

  /**
   * Columns before this one, added up with signs or compared.
   *
   * @param columns their names
   * @param combination what is made of them
   */
  public record OfColumns(List<String> columns, Combination combination) implements Source {
    /** Copies the list. */
    public OfColumns {
      columns = List.copyOf(columns);
    }
  }

  /** How a trait becomes a number. */
  public enum Scale {
    /** As it is. */
    PLAIN {
      @Override
      double apply(double value) {
        return value;
      }
    },
    /** {@code log2(1 + x)}. */
    LOG2 {
      @Override
      double apply(double value) {
        return StrictMath.log(1 + value) / LN2;
      }
    };

    private static final double LN2 = 0.6931471805599453;

    abstract double apply(double value);
  }

  /**
   * What is made of several columns; a pure function of their values, missing if one it needs is.
   */
  @FunctionalInterface
  public interface Combination {
    /** Returns the number made of the columns' values, in the order in which they were named. */
    float of(float[] values);
  }

  /** Returns the trait that this column shows, if it shows one. */
  public Optional<Trait> trait() {
    return source instanceof OfTrait trait ? Optional.of(trait.trait()) : Optional.empty();
  }
}
