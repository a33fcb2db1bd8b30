package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;

import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.TuningTask;

/**
 * The units of parallel work of a phase: every item of a batch, in it every step of an outer loop,
 * in it every step of an inner loop. Threads get equal ranges of consecutive units. Either these
 * are ranges of the outermost loop, or each thread has a range of the inner loop of its own and
 * goes through the outer ones with it.
 *
 * @param items of the batch
 * @param outer the outer loop
 * @param inner the inner loop
 * @param cuts into how many ranges the inner loop is cut; one where threads share the outer ones
 */
record Units(long items, Code.Digit outer, Code.Digit inner, int cuts) {
  /** The knob that says which loop threads share. */
  static final String PARALLEL = "parallel";

  /** Threads share the items of the batch and the outer loop. */
  static final String OUTER = "outer";

  /** Threads share the inner loop. */
  static final String INNER = "inner";

  private static final double FAIR = 1.1;

  /** Returns the knob; one thread leaves nothing to choose. */
  static Knob knob(TuningTask task) {
    return new Knob.Choice(PARALLEL, task.threads() == 1 ? List.of(OUTER) : List.of(OUTER, INNER));
  }

  /** Returns the units of a member of a space that has the knob. */
  static Units of(
      TuningTask task, KnobValues values, long items, Code.Digit outer, Code.Digit inner) {
    return new Units(items, outer, inner, values.is(PARALLEL, INNER) ? task.threads() : 1);
  }

  /** Returns how many there are, those included that have nothing to do. */
  long count() {
    return cuts * items * outer.extent() * range();
  }

  private long range() {
    return ceil(inner.extent(), cuts);
  }

  /** Returns the work of the busiest thread over the mean of all threads. */
  double imbalance(int threads) {
    return cuts == 1
        ? Templates.imbalance(count(), threads)
        : (double) range() * cuts / inner.extent();
  }

  /**
   * Returns the work of the busiest thread over the mean of all threads, where the last steps of
   * the loops are smaller, or larger, than the others.
   *
   * @param lastOuter the work of the last outer step over that of any other
   * @param lastInner the work of the last inner step over that of any other
   */
  double imbalance(int threads, double lastOuter, double lastInner) {
    double outerWork = outer.extent() - 1 + lastOuter;
    double innerWork = inner.extent() - 1 + lastInner;
    double busiest = 0;
    double before = 0;
    for (int thread = 1; thread <= threads; thread++) {
      double until =
          cuts == 1
              ? workBefore(count() * thread / threads, outerWork, lastOuter, innerWork)
              : thread * range() < inner.extent() ? thread * range() : innerWork;
      busiest = Math.max(busiest, until - before);
      before = until;
    }
    return busiest * threads / before;
  }

  /** Returns the work of all units before one, that of a usual one being one. */
  private double workBefore(long unit, double outerWork, double lastOuter, double innerWork) {
    long step = unit / inner.extent();
    long item = step / outer.extent();
    long place = step % outer.extent();
    double share = place == outer.extent() - 1 ? lastOuter : 1;
    return (item * outerWork + place) * innerWork + share * (unit % inner.extent());
  }

  /**
   * Returns the rule that threads share the outer loop wherever sharing the inner one would change
   * nothing, as there is one outer step, or would leave threads without any.
   *
   * @param knobs that the units depend on
   * @param units of a choice of them
   */
  static Constraint innerOnlyWhereItMatters(
      int threads, List<String> knobs, Function<KnobValues, Units> units) {
    return Choices.rule(
        "parallel=outer where there is one outer step, or fewer inner ones than threads",
        knobs,
        v -> v.is(PARALLEL, OUTER) || units.apply(v).innerCanBeShared(threads));
  }

  private boolean innerCanBeShared(int threads) {
    return items * outer.extent() > 1 && inner.extent() >= threads;
  }

  /**
   * Returns the rule that no thread has over a tenth more to do than the mean, or as little more as
   * any member has.
   *
   * @param knobs that the imbalance depends on
   * @param rules that hold between them
   * @param imbalance of a choice of them
   */
  static Constraint fair(
      List<Knob> knobs, List<Constraint> rules, ToDoubleFunction<KnobValues> imbalance) {
    double least = -Choices.greatest(knobs, rules, v -> -imbalance.applyAsDouble(v));
    return fair(least, knobs.stream().map(Knob::name).toList(), imbalance);
  }

  /**
   * Returns the same rule where the least imbalance of any member is known.
   *
   * @param least imbalance of any member
   * @param knobs that the imbalance depends on
   * @param imbalance of a choice of them
   */
  static Constraint fair(double least, List<String> knobs, ToDoubleFunction<KnobValues> imbalance) {
    double limit = Math.max(FAIR, least);
    return Choices.rule(
        least <= FAIR ? "imbalance<=" + FAIR : "imbalance is the least there is",
        knobs,
        v -> imbalance.applyAsDouble(v) <= limit);
  }

  /** Writes what a unit does. */
  void write(Code code, Index unit, Body body) {
    List<Index> place =
        code.decode(
            unit,
            new Code.Digit("part", cuts),
            new Code.Digit("item", items),
            outer,
            new Code.Digit(inner.name(), range()));
    if (cuts == 1) {
      body.write(code, place.get(1), place.get(2), place.get(3));
      return;
    }
    Index own = code.define("own", place.get(0).times(range()).plus(place.get(3)));
    if (inner.extent() % cuts == 0) {
      body.write(code, place.get(1), place.get(2), own);
    } else {
      code.when(
          Condition.less(own, Index.of(inner.extent())),
          real -> body.write(real, place.get(1), place.get(2), own));
    }
  }

  /** Writes what is done for one place of the loops. */
  interface Body {
    void write(Code code, Index item, Index outer, Index inner);
  }
}
