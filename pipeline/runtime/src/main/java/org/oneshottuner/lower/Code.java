package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Writes a block of statements from the first to the last; nested blocks are written by the
 * function given for them.
 */
final class Code {
  private final List<Statement> steps = new ArrayList<>();

  /** Returns the block that {@code writer} writes. */
  static Statement.Block block(Consumer<Code> writer) {
    Code code = new Code();
    writer.accept(code);
    return new Statement.Block(code.steps);
  }

  void add(Statement statement) {
    steps.add(statement);
  }

  void comment(String text) {
    add(new Statement.Comment(text));
  }

  void loop(String axis, Index from, Index to, long step, BiConsumer<Code, Index> body) {
    repeat(axis, from, to, step, Statement.Form.SERIAL, body);
  }

  /** A loop from zero; left out when it runs once. */
  void loop(String axis, long count, BiConsumer<Code, Index> body) {
    if (count == 1) {
      body.accept(this, Index.ZERO);
    } else {
      loop(axis, Index.ZERO, Index.of(count), 1, body);
    }
  }

  void unrolled(String axis, long count, BiConsumer<Code, Index> body) {
    repeat(axis, Index.ZERO, Index.of(count), 1, Statement.Form.UNROLLED, body);
  }

  Index define(String axis, Index value) {
    if (value.isConstant()) {
      return value;
    }
    Axis name = new Axis(axis);
    add(new Statement.Define(name, value));
    return name.index();
  }

  /** One digit of a unit's number. */
  record Digit(String name, long extent) {}

  /** Takes a unit's number apart in mixed radix, the first digit being the most significant. */
  List<Index> decode(Index unit, Digit... digits) {
    List<Index> values = new ArrayList<>();
    long below = 1;
    for (int i = digits.length - 1; i >= 0; i--) {
      Digit digit = digits[i];
      boolean outermost = true;
      for (int j = 0; j < i; j++) {
        outermost &= digits[j].extent() == 1;
      }
      Index value = unit.dividedBy(below);
      values.add(
          0,
          digit.extent() == 1
              ? Index.ZERO
              : define(digit.name(), outermost ? value : value.remainder(digit.extent())));
      below *= digit.extent();
    }
    return values;
  }

  Place bind(String name, Place base, Index offset) {
    Place.View view = new Place.View(name, base, offset);
    add(new Statement.Bind(view));
    return view;
  }

  Place.Buffer allocate(String name, long floats) {
    Place.Buffer buffer = new Place.Buffer(name, Place.Role.STACK, floats);
    add(new Statement.Allocate(buffer));
    return buffer;
  }

  Local declare(String name, int lanes, Integer... extents) {
    Local local = Local.of(name, lanes, extents);
    add(new Statement.Declare(local));
    return local;
  }

  void assign(Value.Read register, Value value) {
    add(new Statement.Assign(register, value));
  }

  void reload() {
    add(new Statement.Reload());
  }

  void store(Place place, Index index, Value value) {
    add(new Statement.Store(place, index, value));
  }

  void copy(Place to, Index toIndex, Place from, Index fromIndex, Index count) {
    add(new Statement.Copy(to, toIndex, from, fromIndex, count));
  }

  void transpose(Statement.Rows to, Statement.Rows from, int lanes) {
    add(new Statement.Transpose(to, from, lanes));
  }

  void clear(Place place, Index index, Index count) {
    add(new Statement.Clear(place, index, count));
  }

  void when(Condition condition, Consumer<Code> then) {
    when(condition, then, code -> {});
  }

  void when(Condition condition, Consumer<Code> then, Consumer<Code> otherwise) {
    add(new Statement.Branch(condition, block(then), block(otherwise)));
  }

  private void repeat(
      String axis,
      Index from,
      Index to,
      long step,
      Statement.Form form,
      BiConsumer<Code, Index> body) {
    Axis counter = new Axis(axis);
    add(
        new Statement.Loop(
            counter, from, to, step, form, block(code -> body.accept(code, counter.index()))));
  }
}
