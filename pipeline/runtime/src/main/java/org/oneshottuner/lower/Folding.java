package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Leaves out of a loop nest what the ranges of its variables decide: bounds that always hold,
 * minima with one outcome, quotients that are zero, loops that run once, elements of which there
 * are none. What the nest computes, and in which order, stays.
 *
 * <p>Templates write down what is right in general; a reader of a kernel should see only what is so
 * in it.
 */
final class Folding {
  private static final Statement NOTHING = new Statement.Block(List.of());

  private Map<Axis, Range> ranges = new HashMap<>();
  private Map<Place, Place> views = new HashMap<>();

  private Folding() {}

  /** Returns the same nest, shorter. */
  static LoopNest of(LoopNest nest) {
    return new LoopNest(
        nest.buffers(),
        nest.pack().map(pack -> new Folding().statement(pack)),
        nest.phases().stream().map(Folding::phase).toList());
  }

  /** Returns the same index, shorter, where its variables take values of these ranges. */
  static Index of(Index index, Map<Axis, Range> ranges) {
    Folding folding = new Folding();
    folding.ranges.putAll(ranges);
    return folding.index(index);
  }

  private static LoopNest.Phase phase(LoopNest.Phase phase) {
    Folding folding = new Folding();
    folding.ranges.put(phase.unit(), new Range(0, phase.units() - 1));
    return new LoopNest.Phase(phase.unit(), phase.units(), folding.statement(phase.body()));
  }

  /**
   * The values that an index takes.
   *
   * @param least of them
   * @param most of them, at least {@code least}
   */
  record Range(long least, long most) {
    boolean isOne() {
      return least == most;
    }

    Range plus(Range other) {
      return new Range(Math.addExact(least, other.least), Math.addExact(most, other.most));
    }

    Range times(long factor) {
      long a = Math.multiplyExact(least, factor);
      long b = Math.multiplyExact(most, factor);
      return new Range(Math.min(a, b), Math.max(a, b));
    }
  }

  private Range range(Index index) {
    Range sum = new Range(index.constant(), index.constant());
    for (Index.Term term : index.terms()) {
      sum = sum.plus(range(term.atom()).times(term.factor()));
    }
    return sum;
  }

  private Range range(Index.Atom atom) {
    if (atom instanceof Index.Variable variable) {
      Range range = ranges.get(variable.axis());
      if (range == null) {
        throw new IllegalStateException("Cannot fold " + variable.axis().name() + ": unknown");
      }
      return range;
    }
    if (atom instanceof Index.Quotient quotient) {
      Range dividend = range(quotient.dividend());
      return new Range(
          Math.floorDiv(dividend.least(), quotient.divisor()),
          Math.floorDiv(dividend.most(), quotient.divisor()));
    }
    if (atom instanceof Index.Remainder remainder) {
      long most = Math.min(range(remainder.dividend()).most(), remainder.divisor() - 1);
      return new Range(0, Math.max(0, most));
    }
    if (atom instanceof Index.Least least) {
      Range a = range(least.first());
      Range b = range(least.second());
      return new Range(Math.min(a.least(), b.least()), Math.min(a.most(), b.most()));
    }
    if (atom instanceof Index.Greatest greatest) {
      Range a = range(greatest.first());
      Range b = range(greatest.second());
      return new Range(Math.max(a.least(), b.least()), Math.max(a.most(), b.most()));
    }
    throw new AssertionError(atom);
  }

  private Index index(Index index) {
    Index sum = Index.of(index.constant());
    for (Index.Term term : index.terms()) {
      sum = sum.plus(atom(term.atom()).times(term.factor()));
    }
    return sum;
  }

  private Index atom(Index.Atom atom) {
    if (atom instanceof Index.Variable variable) {
      Range range = range(variable);
      return range.isOne() ? Index.of(range.least()) : variable.axis().index();
    }
    if (atom instanceof Index.Quotient quotient) {
      Index dividend = index(quotient.dividend());
      long divisor = quotient.divisor();
      return remainder(dividend, divisor)
          .map(rest -> divided(dividend.minus(rest), divisor))
          .orElseGet(() -> dividend.dividedBy(divisor));
    }
    if (atom instanceof Index.Remainder remainder) {
      Index dividend = index(remainder.dividend());
      long divisor = remainder.divisor();
      return remainder(dividend, divisor).orElseGet(() -> dividend.remainder(divisor));
    }
    if (atom instanceof Index.Least least) {
      Index a = index(least.first());
      Index b = index(least.second());
      Range difference = range(a.minus(b));
      return difference.most() <= 0 ? a : difference.least() >= 0 ? b : a.least(b);
    }
    if (atom instanceof Index.Greatest greatest) {
      Index a = index(greatest.first());
      Index b = index(greatest.second());
      Range difference = range(a.minus(b));
      return difference.least() >= 0 ? a : difference.most() <= 0 ? b : a.greatest(b);
    }
    throw new AssertionError(atom);
  }

  /** Returns the terms that are no multiples of a divisor, if their sum is the remainder. */
  private Optional<Index> remainder(Index dividend, long divisor) {
    Index rest =
        new Index(
            Math.floorMod(dividend.constant(), divisor),
            dividend.terms().stream().filter(term -> term.factor() % divisor != 0).toList());
    Range range = range(rest);
    return 0 <= range.least() && range.most() < divisor ? Optional.of(rest) : Optional.empty();
  }

  /** Divides an index all of whose terms are multiples of a divisor. */
  private static Index divided(Index index, long divisor) {
    return new Index(
        index.constant() / divisor,
        index.terms().stream()
            .map(term -> new Index.Term(term.factor() / divisor, term.atom()))
            .toList());
  }

  /** Returns what is open of a condition, and nothing if it never holds. */
  private Optional<Condition> condition(Condition condition) {
    List<Condition.Bound> open = new ArrayList<>();
    for (Condition.Bound bound : condition.bounds()) {
      Condition.Bound folded = new Condition.Bound(index(bound.smaller()), index(bound.larger()));
      Range difference = range(folded.larger().minus(folded.smaller()));
      if (difference.most() <= 0) {
        return Optional.empty();
      }
      if (difference.least() <= 0) {
        open.add(folded);
      }
    }
    return Optional.of(new Condition(open));
  }

  private Place place(Place place) {
    return views.getOrDefault(place, place);
  }

  private Value value(Value value) {
    if (value instanceof Value.Load load) {
      return new Value.Load(place(load.place()), index(load.index()), load.lanes());
    }
    if (value instanceof Value.LoadEveryOther load) {
      return new Value.LoadEveryOther(place(load.place()), index(load.index()), load.lanes());
    }
    if (value instanceof Value.Splat splat) {
      return new Value.Splat(value(splat.scalar()), splat.lanes());
    }
    if (value instanceof Value.Constant || value instanceof Value.Mask) {
      return value;
    }
    if (value instanceof Value.Shift shift) {
      return new Value.Shift(value(shift.vector()), shift.by(), shift.from(), shift.to());
    }
    if (value instanceof Value.Read read) {
      return read(read);
    }
    if (value instanceof Value.Fma fma) {
      return new Value.Fma(value(fma.a()), value(fma.b()), value(fma.c()));
    }
    if (value instanceof Value.Binary binary) {
      return new Value.Binary(binary.operator(), value(binary.a()), value(binary.b()));
    }
    if (value instanceof Value.Call call) {
      return new Value.Call(call.function(), value(call.argument()));
    }
    if (value instanceof Value.Guarded guarded) {
      Optional<Condition> condition = condition(guarded.condition());
      if (condition.isEmpty()) {
        return new Value.Constant(0, guarded.lanes());
      }
      Value inner = value(guarded.value());
      return condition.get().bounds().isEmpty() ? inner : new Value.Guarded(condition.get(), inner);
    }
    throw new AssertionError(value);
  }

  private Value.Read read(Value.Read read) {
    return new Value.Read(read.local(), read.subscripts().stream().map(this::index).toList());
  }

  private Statement.Block block(Statement.Block block) {
    Map<Axis, Range> outerRanges = ranges;
    Map<Place, Place> outerViews = views;
    ranges = new HashMap<>(ranges);
    views = new HashMap<>(views);
    List<Statement> steps = new ArrayList<>();
    for (Statement step : block.steps()) {
      Statement folded = statement(step);
      if (!folded.equals(NOTHING)) {
        steps.add(folded);
      }
    }
    ranges = outerRanges;
    views = outerViews;
    return new Statement.Block(steps);
  }

  private Statement statement(Statement statement) {
    if (statement instanceof Statement.Block block) {
      return block(block);
    }
    if (statement instanceof Statement.Loop loop) {
      return loop(loop);
    }
    if (statement instanceof Statement.Branch branch) {
      return branch(branch);
    }
    if (statement instanceof Statement.Define define) {
      Index value = index(define.value());
      ranges.put(define.axis(), range(value));
      return value.isConstant() ? NOTHING : new Statement.Define(define.axis(), value);
    }
    if (statement instanceof Statement.Bind bind) {
      Place.View view = bind.view();
      Place.View folded = new Place.View(view.name(), place(view.base()), index(view.offset()));
      views.put(view, folded);
      return new Statement.Bind(folded);
    }
    if (statement instanceof Statement.Assign assign) {
      return new Statement.Assign(read(assign.register()), value(assign.value()));
    }
    if (statement instanceof Statement.Keep keep) {
      return new Statement.Keep(read(keep.register()));
    }
    if (statement instanceof Statement.Allocate
        || statement instanceof Statement.Declare
        || statement instanceof Statement.Reload
        || statement instanceof Statement.Comment) {
      return statement;
    }
    return memory(statement);
  }

  private Statement memory(Statement statement) {
    if (statement instanceof Statement.Store store) {
      return new Statement.Store(place(store.place()), index(store.index()), value(store.value()));
    }
    if (statement instanceof Statement.Copy copy) {
      Index count = index(copy.count());
      return range(count).most() <= 0
          ? NOTHING
          : new Statement.Copy(
              place(copy.to()),
              index(copy.toIndex()),
              place(copy.from()),
              index(copy.fromIndex()),
              count);
    }
    if (statement instanceof Statement.Clear clear) {
      Index count = index(clear.count());
      return range(count).most() <= 0
          ? NOTHING
          : new Statement.Clear(place(clear.place()), index(clear.index()), count);
    }
    if (statement instanceof Statement.Transpose transpose) {
      return new Statement.Transpose(
          rows(transpose.to()), rows(transpose.from()), transpose.lanes());
    }
    throw new AssertionError(statement);
  }

  private Statement.Rows rows(Statement.Rows rows) {
    return new Statement.Rows(place(rows.place()), index(rows.index()), rows.stride());
  }

  private Statement loop(Statement.Loop loop) {
    Index from = index(loop.from());
    Index to = index(loop.to());
    Range passes = range(to.minus(from));
    if (passes.most() <= 0) {
      return NOTHING;
    }
    boolean once = passes.least() > 0 && passes.most() <= loop.step();
    Map<Axis, Range> outer = ranges;
    ranges = new HashMap<>(ranges);
    ranges.put(
        loop.axis(), once ? range(from) : new Range(range(from).least(), range(to).most() - 1));
    Statement body = statement(loop.body());
    ranges = outer;
    return once && from.isConstant()
        ? body
        : new Statement.Loop(loop.axis(), from, to, loop.step(), loop.form(), body);
  }

  private Statement branch(Statement.Branch branch) {
    Optional<Condition> condition = condition(branch.condition());
    if (condition.isEmpty()) {
      return statement(branch.otherwise());
    }
    Statement then = statement(branch.then());
    return condition.get().bounds().isEmpty()
        ? then
        : new Statement.Branch(condition.get(), then, statement(branch.otherwise()));
  }
}
