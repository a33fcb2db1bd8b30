package org.oneshottuner.lower;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Finds the names that a block makes known and that nothing reads: which those are may be seen only
 * when loops are unrolled and the branches of a copy are decided. What only makes up a value that
 * nothing reads is not read either.
 *
 * <p>Steps are gone through from the last to the first, and again until nothing more is found,
 * since a pass of a loop may read what the pass before has left. A name counts as read in the whole
 * block if it is read in a part of it.
 */
final class Reads {
  private final Set<String> inside = new HashSet<>();
  private final Set<String> read = new HashSet<>();
  private final Set<String> unreadOutside;
  private Map<Axis, Long> unrolled;

  private Reads(Set<String> unreadOutside, Map<Axis, Long> unrolled) {
    this.unreadOutside = unreadOutside;
    this.unrolled = unrolled;
  }

  /**
   * Returns the names that the steps of a block themselves make known and that nothing reads.
   *
   * @param unreadOutside names made known by the blocks around it that nothing reads
   * @param unrolled the values of the variables of unrolled loops around it
   */
  static Set<String> unread(
      Statement.Block block, Set<String> unreadOutside, Map<Axis, Long> unrolled) {
    Set<String> unread = new TreeSet<>();
    block.steps().forEach(step -> declared(step, unread::add));
    if (unread.isEmpty()) {
      return unread;
    }
    Reads reads = new Reads(unreadOutside, unrolled);
    reads.enter(block);
    int before;
    do {
      before = reads.read.size();
      reads.visit(block);
    } while (reads.read.size() > before);
    unread.removeAll(reads.read);
    return unread;
  }

  /** Hands over the name that a statement makes known, if it can be left out. */
  static void declared(Statement statement, Consumer<String> name) {
    if (statement instanceof Statement.Declare declare) {
      name.accept(declare.local().name());
    } else if (statement instanceof Statement.Define define) {
      name.accept(define.axis().name());
    } else if (statement instanceof Statement.Bind bind) {
      name.accept(bind.view().name());
    }
  }

  /** Collects the names that are made known. */
  private void enter(Statement statement) {
    declared(statement, inside::add);
    if (statement instanceof Statement.Block block) {
      block.steps().forEach(this::enter);
    } else if (statement instanceof Statement.Loop loop) {
      enter(loop.body());
    } else if (statement instanceof Statement.Branch branch) {
      enter(branch.then());
      enter(branch.otherwise());
    }
  }

  private void visit(Statement statement) {
    if (statement instanceof Statement.Block block) {
      List<Statement> steps = block.steps();
      for (int i = steps.size() - 1; i >= 0; i--) {
        visit(steps.get(i));
      }
    } else if (statement instanceof Statement.Loop loop) {
      loop(loop);
    } else if (statement instanceof Statement.Branch branch) {
      branch(branch);
    } else if (statement instanceof Statement.Assign assign) {
      if (isRead(assign.register().local().name())) {
        value(assign.value());
      }
    } else if (statement instanceof Statement.Define define) {
      if (isRead(define.axis().name())) {
        index(define.value());
      }
    } else if (statement instanceof Statement.Bind bind) {
      if (isRead(bind.view().name())) {
        place(bind.view().base());
        index(bind.view().offset());
      }
    } else {
      memory(statement);
    }
  }

  private void memory(Statement statement) {
    if (statement instanceof Statement.Store store) {
      place(store.place());
      index(store.index());
      value(store.value());
    } else if (statement instanceof Statement.Keep keep) {
      value(keep.register());
    } else if (statement instanceof Statement.Copy copy) {
      place(copy.to());
      index(copy.toIndex());
      place(copy.from());
      index(copy.fromIndex());
      index(copy.count());
    } else if (statement instanceof Statement.Transpose transpose) {
      rows(transpose.to());
      rows(transpose.from());
    } else if (statement instanceof Statement.Clear clear) {
      place(clear.place());
      index(clear.index());
      index(clear.count());
    } else if (!(statement instanceof Statement.Declare
        || statement instanceof Statement.Allocate
        || statement instanceof Statement.Reload
        || statement instanceof Statement.Comment)) {
      throw new AssertionError(statement);
    }
  }

  private void rows(Statement.Rows rows) {
    place(rows.place());
    index(rows.index());
  }

  private boolean isRead(String name) {
    return inside.contains(name) ? read.contains(name) : !unreadOutside.contains(name);
  }

  private void loop(Statement.Loop loop) {
    index(loop.from());
    index(loop.to());
    if (loop.form() == Statement.Form.SERIAL) {
      visit(loop.body());
      return;
    }
    Map<Axis, Long> outer = unrolled;
    long from = loop.from().with(outer).constant();
    long to = loop.to().with(outer).constant();
    for (long value = from; value < to; value += loop.step()) {
      unrolled = new HashMap<>(outer);
      unrolled.put(loop.axis(), value);
      visit(loop.body());
    }
    unrolled = outer;
  }

  private void branch(Statement.Branch branch) {
    Condition condition = branch.condition().with(unrolled);
    if (condition.bounds().isEmpty()) {
      visit(branch.then());
    } else if (condition.isFalse()) {
      visit(branch.otherwise());
    } else {
      condition(condition);
      visit(branch.then());
      visit(branch.otherwise());
    }
  }

  private void value(Value value) {
    if (value instanceof Value.Read register) {
      read.add(register.local().name());
    } else if (value instanceof Value.Load load) {
      place(load.place());
      index(load.index());
    } else if (value instanceof Value.LoadEveryOther load) {
      place(load.place());
      index(load.index());
    } else if (value instanceof Value.Splat splat) {
      value(splat.scalar());
    } else if (value instanceof Value.Fma fma) {
      value(fma.a());
      value(fma.b());
      value(fma.c());
    } else if (value instanceof Value.Binary binary) {
      value(binary.a());
      value(binary.b());
    } else if (value instanceof Value.Call call) {
      value(call.argument());
    } else if (value instanceof Value.Shift shift) {
      value(shift.vector());
    } else if (value instanceof Value.Guarded guarded) {
      guarded(guarded);
    } else if (!(value instanceof Value.Constant || value instanceof Value.Mask)) {
      throw new AssertionError(value);
    }
  }

  private void guarded(Value.Guarded guarded) {
    Condition condition = guarded.condition().with(unrolled);
    if (!condition.isFalse()) {
      condition(condition);
      value(guarded.value());
    }
  }

  private void condition(Condition condition) {
    for (Condition.Bound bound : condition.bounds()) {
      index(bound.smaller());
      index(bound.larger());
    }
  }

  private void place(Place place) {
    read.add(place.name());
  }

  private void index(Index index) {
    index.eachVariable(axis -> read.add(axis.name()));
  }
}
