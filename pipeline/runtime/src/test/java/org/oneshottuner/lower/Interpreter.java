package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.space.SplitMix64;

/**
 * Runs a loop nest as it stands, and refuses what C or a second thread would do otherwise: access
 * out of bounds, a read of what nothing has written, a write to what is only read, a name that
 * hides another, a unit that reads or writes what another unit of its phase writes.
 */
final class Interpreter {
  private static final Set<Role> PACK_READS = Set.of(Role.WEIGHT, Role.BIAS, Role.PACKED);
  private static final Set<Role> PHASE_READS =
      Set.of(Role.INPUT, Role.RHS, Role.PACKED, Role.RESIDUAL, Role.OUTPUT, Role.SHARED, Role.SLOT);
  private static final Set<Role> PACK_WRITES = Set.of(Role.PACKED);
  private static final Set<Role> PHASE_WRITES = Set.of(Role.OUTPUT, Role.SHARED, Role.SLOT);
  private static final int NO_UNIT = -1;
  private static final int SEVERAL_UNITS = -2;

  private final LoopNest nest;
  private final Map<String, Memory> buffers = new HashMap<>();
  private final Map<String, Long> axes = new HashMap<>();
  private final Map<String, Pointer> pointers = new HashMap<>();
  private final Map<String, Registers> registers = new HashMap<>();
  private final List<String> names = new ArrayList<>();
  private Set<Role> readable = PACK_READS;
  private Set<Role> writable = PACK_WRITES;
  private int unit = NO_UNIT;

  /** What a loop nest must not do, done. */
  static final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;

    Fault(String message) {
      super(message);
    }
  }

  /** Sees the accesses of the phases. */
  interface Watcher {
    /** Sees a scalar or vector that is loaded from where elements are consecutive. */
    void load(Place.Buffer buffer, long at, int lanes);

    /** Sees elements that are stored. */
    void store(Place.Buffer buffer, long at, int count);
  }

  /** Looks away. */
  private enum Nobody implements Watcher {
    INSTANCE;

    @Override
    public void load(Place.Buffer buffer, long at, int lanes) {}

    @Override
    public void store(Place.Buffer buffer, long at, int count) {}
  }

  private final Watcher watcher;

  private Interpreter(LoopNest nest, Watcher watcher) {
    this.nest = nest;
    this.watcher = watcher;
  }

  /**
   * Returns the output that a loop nest computes.
   *
   * @param order of the units and their threads, which must not matter
   * @throws Fault if the nest does what it must not
   */
  static float[] run(LoopNest nest, Reference operands, SplitMix64 order) {
    return run(nest, operands, order, Nobody.INSTANCE);
  }

  /** Returns the output that a loop nest computes, and shows the accesses of its phases. */
  static float[] run(LoopNest nest, Reference operands, SplitMix64 order, Watcher watcher) {
    Interpreter interpreter = new Interpreter(nest, watcher);
    interpreter.open(operands);
    nest.pack().ifPresent(interpreter::run);
    interpreter.readable = PHASE_READS;
    interpreter.writable = PHASE_WRITES;
    nest.phases().forEach(phase -> interpreter.run(phase, order));
    return interpreter.output();
  }

  private void open(Reference operands) {
    for (Place.Buffer buffer : nest.buffers()) {
      Memory memory =
          switch (buffer.role()) {
            case INPUT -> new Memory(buffer, operands.input());
            case RHS -> new Memory(buffer, operands.rhs());
            case RESIDUAL -> new Memory(buffer, operands.residual());
            case WEIGHT -> new Memory(buffer, operands.weight());
            case BIAS -> new Memory(buffer, operands.bias());
            case OUTPUT, PACKED, SHARED, SLOT -> new Memory(buffer);
            case STACK -> throw new Fault(buffer + " is not allocated where it is used");
          };
      declare(buffer.name());
      buffers.put(buffer.name(), memory);
    }
  }

  private float[] output() {
    Memory out =
        buffers.values().stream()
            .filter(memory -> memory.buffer.role() == Role.OUTPUT)
            .findFirst()
            .orElseThrow(() -> new Fault("no output"));
    for (int i = 0; i < out.floats.length; i++) {
      require(out.written[i], out.buffer, i, "is never written");
    }
    return out.floats;
  }

  private void run(LoopNest.Phase phase, SplitMix64 order) {
    buffers.values().forEach(Memory::forgetUnits);
    for (int number : shuffled(Math.toIntExact(phase.units()), order)) {
      unit = number;
      // of the workspace of a thread, nothing may be known of what its units before left there
      buffers.values().stream()
          .filter(memory -> memory.buffer.role() == Role.SLOT)
          .forEach(Memory::forgetContent);
      int scope = names.size();
      set(phase.unit(), number);
      run(phase.body());
      close(scope);
    }
  }

  private static int[] shuffled(int count, SplitMix64 order) {
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) {
      int other = (int) order.nextLong(i + 1L);
      numbers[i] = numbers[other];
      numbers[other] = i;
    }
    return numbers;
  }

  private void run(Statement statement) {
    if (statement instanceof Statement.Assign assign) {
      registers(assign.register().local())
          .assign(subscript(assign.register()), value(assign.value()));
    } else if (statement instanceof Statement.Block block) {
      int scope = names.size();
      block.steps().forEach(this::run);
      close(scope);
    } else if (statement instanceof Statement.Loop loop) {
      loop(loop);
    } else if (statement instanceof Statement.Branch branch) {
      run(holds(branch.condition()) ? branch.then() : branch.otherwise());
    } else if (statement instanceof Statement.Store store) {
      store(store.place(), number(store.index()), value(store.value()));
    } else if (statement instanceof Statement.Declare declare) {
      declare(declare.local().name());
      registers.put(declare.local().name(), new Registers(declare.local()));
    } else if (statement instanceof Statement.Define define) {
      set(define.axis(), number(define.value()));
    } else if (statement instanceof Statement.Bind bind) {
      Pointer base = pointer(bind.view().base());
      declare(bind.view().name());
      pointers.put(
          bind.view().name(),
          new Pointer(bind.view(), base.memory, base.offset + number(bind.view().offset())));
    } else if (statement instanceof Statement.Allocate allocate) {
      declare(allocate.buffer().name());
      buffers.put(allocate.buffer().name(), new Memory(allocate.buffer()));
    } else if (statement instanceof Statement.Copy copy) {
      long count = number(copy.count());
      if (count > 0) {
        float[] copied = load(copy.from(), number(copy.fromIndex()), Math.toIntExact(count));
        store(copy.to(), number(copy.toIndex()), copied);
      }
    } else if (statement instanceof Statement.Transpose transpose) {
      transpose(transpose);
    } else if (statement instanceof Statement.Clear clear) {
      long count = number(clear.count());
      if (count > 0) {
        store(clear.place(), number(clear.index()), new float[Math.toIntExact(count)]);
      }
    } else if (statement instanceof Statement.Keep keep) {
      value(keep.register());
    } else if (!(statement instanceof Statement.Comment || statement instanceof Statement.Reload)) {
      throw new AssertionError(statement);
    }
  }

  private void transpose(Statement.Transpose transpose) {
    int lanes = transpose.lanes();
    float[][] rows = new float[lanes][];
    for (int i = 0; i < lanes; i++) {
      Statement.Rows from = transpose.from();
      rows[i] = load(from.place(), number(from.index()) + i * from.stride(), lanes);
    }
    for (int i = 0; i < lanes; i++) {
      float[] column = new float[lanes];
      for (int j = 0; j < lanes; j++) {
        column[j] = rows[j][i];
      }
      Statement.Rows to = transpose.to();
      store(to.place(), number(to.index()) + i * to.stride(), column);
    }
  }

  private void loop(Statement.Loop loop) {
    long to = number(loop.to());
    for (long i = number(loop.from()); i < to; i += loop.step()) {
      int scope = names.size();
      set(loop.axis(), i);
      run(loop.body());
      close(scope);
    }
  }

  private float[] value(Value value) {
    if (value instanceof Value.Fma fma) {
      float[] a = value(fma.a());
      float[] b = value(fma.b());
      float[] c = value(fma.c());
      return lanes(value, i -> (float) ((double) a[i] * b[i] + c[i]));
    }
    if (value instanceof Value.Read read) {
      return registers(read.local()).read(subscript(read));
    }
    if (value instanceof Value.Load load) {
      long index = number(load.index());
      if (unit != NO_UNIT) {
        Pointer pointer = pointer(load.place());
        watcher.load(pointer.memory.buffer, pointer.offset + index, load.lanes());
      }
      return load(load.place(), index, load.lanes());
    }
    if (value instanceof Value.LoadEveryOther load) {
      float[] loaded = load(load.place(), number(load.index()), 2 * load.lanes() - 1);
      return lanes(value, i -> loaded[2 * i]);
    }
    if (value instanceof Value.Splat splat) {
      float[] scalar = value(splat.scalar());
      return lanes(value, i -> scalar[0]);
    }
    if (value instanceof Value.Constant constant) {
      return lanes(value, i -> constant.number());
    }
    if (value instanceof Value.Mask mask) {
      return lanes(value, i -> i < mask.ones() ? 1 : 0);
    }
    if (value instanceof Value.Binary binary) {
      float[] a = value(binary.a());
      float[] b = value(binary.b());
      return lanes(value, i -> apply(binary.operator(), a[i], b[i]));
    }
    if (value instanceof Value.Call call) {
      float[] argument = value(call.argument());
      return lanes(value, i -> apply(call.function(), argument[i]));
    }
    if (value instanceof Value.Shift shift) {
      float[] vector = value(shift.vector());
      return lanes(value, i -> shift.from() <= i && i < shift.to() ? vector[i - shift.by()] : 0);
    }
    if (value instanceof Value.Guarded guarded) {
      return holds(guarded.condition()) ? value(guarded.value()) : new float[value.lanes()];
    }
    throw new AssertionError(value);
  }

  private interface Lane {
    float at(int lane);
  }

  private static float[] lanes(Value value, Lane lane) {
    float[] lanes = new float[value.lanes()];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = lane.at(i);
    }
    return lanes;
  }

  private static float apply(Value.Operator operator, float a, float b) {
    return switch (operator) {
      case ADD -> a + b;
      case SUBTRACT -> a - b;
      case MULTIPLY -> a * b;
      case DIVIDE -> a / b;
      case LEAST -> a < b ? a : b;
      case GREATEST -> a > b ? a : b;
    };
  }

  private static float apply(Value.Function function, float x) {
    return (float)
        switch (function) {
          case EXP -> StrictMath.exp(x);
          case ERF -> Reference.erf(x);
        };
  }

  private float[] load(Place place, long index, int count) {
    Pointer pointer = pointer(place);
    Memory memory = pointer.memory;
    int at = place(pointer, readable, index, count);
    for (int i = at; i < at + count; i++) {
      require(memory.written[i], memory.buffer, i, "is read before it is written");
      boolean own = memory.writer[i] == NO_UNIT || memory.writer[i] == unit;
      require(own, memory.buffer, i, "is read by a unit and written by another");
      memory.reader[i] =
          memory.reader[i] == NO_UNIT || memory.reader[i] == unit ? unit : SEVERAL_UNITS;
    }
    return Arrays.copyOfRange(memory.floats, at, at + count);
  }

  private void store(Place place, long index, float[] lanes) {
    Pointer pointer = pointer(place);
    Memory memory = pointer.memory;
    int at = place(pointer, writable, index, lanes.length);
    if (unit != NO_UNIT) {
      watcher.store(memory.buffer, at, lanes.length);
    }
    for (int i = 0; i < lanes.length; i++) {
      boolean own = memory.writer[at + i] == NO_UNIT || memory.writer[at + i] == unit;
      require(own, memory.buffer, at + i, "is written by two units");
      boolean unread = memory.reader[at + i] == NO_UNIT || memory.reader[at + i] == unit;
      require(unread, memory.buffer, at + i, "is written by a unit and read by another");
      memory.floats[at + i] = lanes[i];
      memory.written[at + i] = true;
      memory.writer[at + i] = unit;
    }
  }

  /** Returns where an access begins, if it may be made. */
  private static int place(Pointer pointer, Set<Role> allowed, long index, int count) {
    Place.Buffer buffer = pointer.memory.buffer;
    long at = pointer.offset + index;
    boolean role = buffer.role() == Role.STACK || allowed.contains(buffer.role());
    require(role, buffer, at, "may not be accessed here");
    require(
        at >= 0 && at + count <= buffer.floats(),
        buffer,
        at,
        "is out of bounds for " + count + " elements");
    return (int) at;
  }

  private static void require(boolean kept, Place.Buffer buffer, long at, String fault) {
    if (!kept) {
      throw new Fault(buffer.name() + "[" + at + "] of " + buffer.floats() + " floats " + fault);
    }
  }

  private Pointer pointer(Place place) {
    if (place instanceof Place.Buffer buffer) {
      Memory memory = buffers.get(buffer.name());
      if (memory == null || !memory.buffer.equals(buffer)) {
        throw new Fault("no such buffer here: " + buffer);
      }
      return memory.start;
    }
    Pointer pointer = pointers.get(place.name());
    if (pointer == null || !pointer.place.equals(place)) {
      throw new Fault("no such view here: " + place);
    }
    return pointer;
  }

  private Registers registers(Local local) {
    Registers found = registers.get(local.name());
    if (found == null || !found.local.equals(local)) {
      throw new Fault("no such registers here: " + local);
    }
    return found;
  }

  private int subscript(Value.Read read) {
    int flat = 0;
    for (int i = 0; i < read.subscripts().size(); i++) {
      long subscript = number(read.subscripts().get(i));
      int extent = read.local().extents().get(i);
      if (subscript < 0 || subscript >= extent) {
        throw new Fault(read.local() + " has no register " + subscript);
      }
      flat = flat * extent + (int) subscript;
    }
    return flat;
  }

  private boolean holds(Condition condition) {
    return condition.evaluate(this::axis);
  }

  private long number(Index index) {
    return index.isConstant() ? index.constant() : index.evaluate(this::axis);
  }

  private long axis(Axis axis) {
    Long value = axes.get(axis.name());
    if (value == null) {
      throw new Fault("no such variable here: " + axis.name());
    }
    return value;
  }

  private void set(Axis axis, long value) {
    declare(axis.name());
    axes.put(axis.name(), value);
  }

  private void declare(String name) {
    if (names.contains(name)) {
      throw new Fault(name + " hides another of that name");
    }
    names.add(name);
  }

  /** Forgets the names declared since a scope was opened. */
  private void close(int scope) {
    while (names.size() > scope) {
      String name = names.remove(names.size() - 1);
      axes.remove(name);
      pointers.remove(name);
      registers.remove(name);
      buffers.remove(name);
    }
  }

  /** The elements of a buffer, and who wrote and read each. */
  private static final class Memory {
    private final Place.Buffer buffer;
    private final float[] floats;
    private final boolean[] written;
    private final int[] writer;
    private final int[] reader;
    private final Pointer start;

    Memory(Place.Buffer buffer) {
      this(buffer, new float[Math.toIntExact(buffer.floats())]);
      forgetContent();
    }

    Memory(Place.Buffer buffer, float[] floats) {
      if (buffer.floats() != floats.length) {
        throw new Fault(buffer + " is given " + floats.length + " floats");
      }
      this.buffer = buffer;
      this.floats = floats;
      this.written = new boolean[floats.length];
      this.writer = new int[floats.length];
      this.reader = new int[floats.length];
      this.start = new Pointer(buffer, this, 0);
      Arrays.fill(written, true);
      forgetUnits();
    }

    void forgetUnits() {
      Arrays.fill(writer, NO_UNIT);
      Arrays.fill(reader, NO_UNIT);
    }

    /** Leaves the elements as undefined as memory is that nobody has written. */
    void forgetContent() {
      Arrays.fill(floats, Float.NaN);
      Arrays.fill(written, false);
      forgetUnits();
    }
  }

  /** A place in memory, as it was when its name was declared. */
  private static final class Pointer {
    private final Place place;
    private final Memory memory;
    private final long offset;

    Pointer(Place place, Memory memory, long offset) {
      this.place = place;
      this.memory = memory;
      this.offset = offset;
    }
  }

  /** The registers of an array. */
  private static final class Registers {
    private final Local local;
    private final float[][] values;
    private final boolean[] assigned;

    Registers(Local local) {
      this.local = local;
      int count = local.extents().stream().reduce(1, Math::multiplyExact);
      this.values = new float[count][local.lanes()];
      this.assigned = new boolean[count];
    }

    void assign(int register, float[] lanes) {
      values[register] = lanes;
      assigned[register] = true;
    }

    float[] read(int register) {
      if (!assigned[register]) {
        throw new Fault("register " + register + " of " + local + " is read before it is set");
      }
      return values[register];
    }
  }
}
