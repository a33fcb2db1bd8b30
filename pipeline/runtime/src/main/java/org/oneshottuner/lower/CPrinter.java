package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.oneshottuner.lower.Place.Role;

/**
 * Prints a loop nest as C with GCC's vector extensions, which GCC and Clang compile for any target.
 * What nothing reads is left out.
 */
final class CPrinter {
  private static final String PHASE_PARAMETERS =
      "const float *const *in, float *out, float *workspace, long slot, long begin, long end";

  private final String name;
  private final LoopNest nest;
  private final StringBuilder body = new StringBuilder();
  private final TreeSet<Integer> lanes = new TreeSet<>();
  private final TreeSet<String> functions = new TreeSet<>();
  private final Set<String> unread = new HashSet<>();
  private final Map<String, String> undeclared = new LinkedHashMap<>();
  private Map<Axis, Long> unrolled = new HashMap<>();
  private int depth;
  private boolean packing;

  private CPrinter(String name, LoopNest nest) {
    this.name = name;
    this.nest = nest;
  }

  /**
   * Returns the source of a kernel.
   *
   * @param name C identifier
   * @param header remarks for the top, one a line
   */
  static KernelSource print(String name, List<String> header, LoopNest nest) {
    CPrinter printer = new CPrinter(name, nest);
    nest.pack().ifPresent(printer::pack);
    for (int phase = 0; phase < nest.phases().size(); phase++) {
      printer.phase(phase, nest.phases().get(phase));
    }
    printer.dispatch();
    String text =
        header.stream()
                .map(line -> "/* " + line.replace("*/", "* /") + " */\n")
                .collect(Collectors.joining())
            + Prelude.text(printer.lanes, printer.functions)
            + printer.body;
    return new KernelSource(
        name,
        text,
        nest.phases().stream().map(LoopNest.Phase::units).toList(),
        nest.floats(Role.PACKED),
        nest.floats(Role.SHARED),
        nest.floats(Role.SLOT));
  }

  private void pack(Statement statement) {
    packing = true;
    line("void " + name + "_pack(const float *weight, const float *bias, float *packed) {");
    depth++;
    if (nest.buffers().stream().noneMatch(buffer -> buffer.role() == Role.WEIGHT)) {
      line("(void)weight;");
    }
    if (nest.buffers().stream().noneMatch(buffer -> buffer.role() == Role.BIAS)) {
      line("(void)bias;");
    }
    open(Role.PACKED);
    depth--;
    nested(statement);
    line("}");
    line("");
    packing = false;
  }

  private void phase(int number, LoopNest.Phase phase) {
    line("static void " + name + "_phase" + number + "(" + PHASE_PARAMETERS + ") {");
    depth++;
    line("(void)in, (void)out, (void)workspace, (void)slot;");
    for (Role role :
        List.of(
            Role.INPUT,
            Role.RHS,
            Role.PACKED,
            Role.RESIDUAL,
            Role.OUTPUT,
            Role.SHARED,
            Role.SLOT)) {
      open(role);
    }
    String unit = phase.unit().name();
    line("for (long " + unit + " = begin; " + unit + " < end; " + unit + "++) {");
    nested(phase.body());
    line("}");
    depth--;
    line("}");
    line("");
  }

  private void dispatch() {
    line("void " + name + "_phase(int phase, " + PHASE_PARAMETERS + ") {");
    depth++;
    line("switch (phase) {");
    for (int phase = 0; phase < nest.phases().size(); phase++) {
      line(
          "case "
              + phase
              + ": "
              + name
              + "_phase"
              + phase
              + "(in, out, workspace, slot, begin, end); break;");
    }
    line("}");
    depth--;
    line("}");
  }

  /** Declares pointers to the buffers of a role. */
  private void open(Role role) {
    for (Place.Buffer buffer : nest.buffers()) {
      if (buffer.role() == role) {
        String start =
            switch (role) {
              case INPUT -> "in[0]";
              case RHS -> "in[1]";
              case PACKED -> (packing ? "packed" : "in[2]") + offset(buffer);
              case RESIDUAL -> "in[3]";
              case OUTPUT -> "out";
              case SHARED -> "workspace" + offset(buffer);
              case SLOT ->
                  "workspace + "
                      + nest.floats(Role.SHARED)
                      + " + slot * "
                      + nest.floats(Role.SLOT)
                      + offset(buffer);
              case STACK, WEIGHT, BIAS -> throw new IllegalStateException("Cannot open " + role);
            };
        if (!start.equals(buffer.name())) {
          line(pointer(buffer) + buffer.name() + " = " + start + ";");
          line("(void)" + buffer.name() + ";");
        }
      }
    }
  }

  private String offset(Place.Buffer buffer) {
    long offset = nest.offset(buffer);
    return offset == 0 ? "" : " + " + offset;
  }

  private String pointer(Place place) {
    boolean writable =
        switch (place.buffer().role()) {
          case OUTPUT, SHARED, SLOT, STACK -> true;
          case PACKED -> packing;
          case INPUT, RHS, RESIDUAL, WEIGHT, BIAS -> false;
        };
    return writable ? "float *" : "const float *";
  }

  /** Prints what stands between braces. */
  private void nested(Statement statement) {
    depth++;
    if (statement instanceof Statement.Block block) {
      Set<String> leftOut = Reads.unread(block, unread, unrolled);
      unread.addAll(leftOut);
      block.steps().forEach(this::print);
      unread.removeAll(leftOut);
    } else {
      print(statement);
    }
    depth--;
  }

  private void print(Statement statement) {
    if (isUnread(statement)) {
      return;
    }
    if (statement instanceof Statement.Block block) {
      scope(block);
    } else if (statement instanceof Statement.Loop loop) {
      loop(loop);
    } else if (statement instanceof Statement.Define define) {
      line("const long " + define.axis().name() + " = " + text(define.value()) + ";");
    } else if (statement instanceof Statement.Bind bind) {
      Place.View view = bind.view();
      line(pointer(view) + view.name() + " = " + address(view.base(), view.offset()) + ";");
    } else if (statement instanceof Statement.Allocate allocate) {
      line(
          "float "
              + allocate.buffer().name()
              + "["
              + allocate.buffer().floats()
              + "] __attribute__((aligned(64)));");
    } else if (statement instanceof Statement.Declare declare) {
      String type = type(declare.local().lanes());
      registers(declare.local()).forEach(register -> undeclared.put(register, type));
    } else if (statement instanceof Statement.Assign assign) {
      assign(assign);
    } else if (statement instanceof Statement.Keep keep) {
      functions.add("keep");
      line("keep(" + text(keep.register()) + ");");
    } else if (statement instanceof Statement.Reload) {
      functions.add("reload");
      line("reload();");
    } else if (statement instanceof Statement.Store store) {
      line(
          element(store.place(), store.index(), store.value().lanes(), false)
              + " = "
              + bare(text(store.value()))
              + ";");
    } else if (statement instanceof Statement.Copy copy) {
      functions.add("copy");
      line(
          "copy("
              + address(copy.to(), copy.toIndex())
              + ", "
              + address(copy.from(), copy.fromIndex())
              + ", "
              + text(copy.count())
              + ");");
    } else if (statement instanceof Statement.Transpose transpose) {
      String function = Prelude.function("transpose", transpose.lanes());
      lanes.add(transpose.lanes());
      functions.add(function);
      line(function + "(" + rows(transpose.to()) + ", " + rows(transpose.from()) + ");");
    } else if (statement instanceof Statement.Clear clear) {
      functions.add("clear");
      line("clear(" + address(clear.place(), clear.index()) + ", " + text(clear.count()) + ");");
    } else if (statement instanceof Statement.Branch branch) {
      branch(branch);
    } else if (statement instanceof Statement.Comment comment) {
      line("// " + comment.text());
    } else {
      throw new AssertionError(statement);
    }
  }

  /** Sets a register, and declares it if that is still to be done. */
  private void assign(Statement.Assign assign) {
    String register = text(assign.register());
    Value value = assign.value();
    if (value instanceof Value.Fma fma && fma.c().equals(assign.register())) {
      line(register + " += " + text(fma.a()) + " * " + text(fma.b()) + ";");
      return;
    }
    String text = bare(text(value));
    String type = undeclared.remove(register);
    if (type == null) {
      line(register + " = " + text + ";");
    } else {
      line(type + " " + register + " = " + (text.equals("(" + type + "){0}") ? "{0}" : text) + ";");
    }
  }

  /** Declares what is set further inside than it lives. */
  private void declare() {
    Map<String, List<String>> registers = new LinkedHashMap<>();
    undeclared.forEach(
        (register, type) -> registers.computeIfAbsent(type, t -> new ArrayList<>()).add(register));
    undeclared.clear();
    registers.forEach((type, names) -> line(type + " " + String.join(", ", names) + ";"));
  }

  /** Returns whether all that a statement does is to make up what nothing reads. */
  private boolean isUnread(Statement statement) {
    Set<String> names = new HashSet<>();
    Reads.declared(statement, names::add);
    if (statement instanceof Statement.Assign assign) {
      names.add(assign.register().local().name());
    }
    return !names.isEmpty() && unread.containsAll(names);
  }

  private void loop(Statement.Loop loop) {
    Index from = loop.from().with(unrolled);
    Index to = loop.to().with(unrolled);
    if (loop.form() == Statement.Form.SERIAL) {
      String axis = loop.axis().name();
      String step = loop.step() == 1 ? axis + "++" : axis + " += " + loop.step();
      line(
          "for (long "
              + axis
              + " = "
              + bound(from)
              + "; "
              + axis
              + " < "
              + bound(to)
              + "; "
              + step
              + ") {");
      nested(loop.body());
      line("}");
      return;
    }
    if (!from.isConstant() || !to.isConstant()) {
      throw new IllegalStateException(
          "Cannot unroll " + loop.axis().name() + " from " + from + " to " + to);
    }
    Map<Axis, Long> outer = unrolled;
    for (long value = from.constant(); value < to.constant(); value += loop.step()) {
      unrolled = new HashMap<>(outer);
      unrolled.put(loop.axis(), value);
      print(loop.body());
    }
    unrolled = outer;
  }

  private void branch(Statement.Branch branch) {
    Condition condition = branch.condition().with(unrolled);
    boolean empty = branch.otherwise() instanceof Statement.Block block && block.steps().isEmpty();
    if (condition.bounds().isEmpty()) {
      print(branch.then());
    } else if (condition.isFalse()) {
      if (!empty) {
        print(branch.otherwise());
      }
    } else {
      line("if (" + functions(condition.text()) + ") {");
      nested(branch.then());
      if (!empty) {
        line("} else {");
        nested(branch.otherwise());
      }
      line("}");
    }
  }

  /** Prints a block among other statements; in braces only if it declares something. */
  private void scope(Statement.Block block) {
    Set<String> leftOut = Reads.unread(block, unread, unrolled);
    Set<String> declared = new HashSet<>();
    block.steps().forEach(step -> Reads.declared(step, declared::add));
    declared.removeAll(leftOut);
    boolean braces =
        !declared.isEmpty()
            || block.steps().stream().anyMatch(Statement.Allocate.class::isInstance);
    unread.addAll(leftOut);
    if (braces) {
      line("{");
      depth++;
    }
    block.steps().forEach(this::print);
    if (braces) {
      depth--;
      line("}");
    }
    unread.removeAll(leftOut);
  }

  private List<String> registers(Local local) {
    List<String> names = new ArrayList<>(List.of(local.name()));
    for (int extent : local.extents()) {
      names =
          names.stream()
              .flatMap(prefix -> IntStream.range(0, extent).mapToObj(i -> prefix + "_" + i))
              .toList();
    }
    return names;
  }

  private String text(Value value) {
    if (value instanceof Value.Load load) {
      return element(load.place(), load.index(), load.lanes(), true);
    }
    if (value instanceof Value.LoadEveryOther load) {
      return everyOther(load);
    }
    if (value instanceof Value.Splat splat) {
      lanes.add(splat.lanes());
      return splat.lanes() == 1
          ? text(splat.scalar())
          : "splat" + splat.lanes() + "(" + bare(text(splat.scalar())) + ")";
    }
    if (value instanceof Value.Constant constant) {
      return constant(constant.number(), constant.lanes());
    }
    if (value instanceof Value.Mask mask) {
      return "("
          + type(mask.lanes())
          + "){"
          + IntStream.range(0, mask.ones()).mapToObj(i -> "1").collect(Collectors.joining(", "))
          + "}";
    }
    if (value instanceof Value.Read read) {
      return read.local().name()
          + read.subscripts().stream()
              .map(subscript -> "_" + constant(subscript))
              .collect(Collectors.joining());
    }
    if (value instanceof Value.Fma fma) {
      return "(" + text(fma.a()) + " * " + text(fma.b()) + " + " + text(fma.c()) + ")";
    }
    if (value instanceof Value.Binary binary) {
      return binary(binary);
    }
    if (value instanceof Value.Call call) {
      String function = Prelude.function(call.function().name(), call.lanes());
      lanes.add(call.lanes());
      functions.add(function);
      return function + "(" + bare(text(call.argument())) + ")";
    }
    if (value instanceof Value.Shift shift) {
      return shift(shift);
    }
    if (value instanceof Value.Guarded guarded) {
      return guarded(guarded);
    }
    throw new AssertionError(value);
  }

  private String everyOther(Value.LoadEveryOther load) {
    if (load.lanes() == 1) {
      return element(load.place(), load.index(), 1, true);
    }
    String function = Prelude.function("every_other", load.lanes());
    lanes.add(load.lanes());
    functions.add(function);
    return function + "(" + address(load.place(), load.index()) + ")";
  }

  private String shift(Value.Shift shift) {
    int count = shift.lanes();
    String function = Prelude.function("shift", count);
    lanes.add(count);
    functions.add(function);
    // lanes from there on are zero
    int zero = count;
    return function
        + "("
        + bare(text(shift.vector()))
        + IntStream.range(0, count)
            .map(i -> shift.from() <= i && i < shift.to() ? i - shift.by() : zero)
            .mapToObj(i -> ", " + i)
            .collect(Collectors.joining())
        + ")";
  }

  private String guarded(Value.Guarded guarded) {
    Condition condition = guarded.condition().with(unrolled);
    if (condition.bounds().isEmpty()) {
      return text(guarded.value());
    }
    if (condition.isFalse()) {
      return constant(0, guarded.lanes());
    }
    // both sides of the choice must have one type, and a vector in memory has its own
    boolean memory = guarded.value() instanceof Value.Load && guarded.lanes() > 1;
    String zero = memory ? "(v" + guarded.lanes() + "u){0}" : constant(0, guarded.lanes());
    return "(" + functions(condition.text()) + " ? " + text(guarded.value()) + " : " + zero + ")";
  }

  private String binary(Value.Binary binary) {
    String a = text(binary.a());
    String b = text(binary.b());
    return switch (binary.operator()) {
      case ADD -> "(" + a + " + " + b + ")";
      case SUBTRACT -> "(" + a + " - " + b + ")";
      case MULTIPLY -> "(" + a + " * " + b + ")";
      case DIVIDE -> "(" + a + " / " + b + ")";
      case LEAST, GREATEST -> {
        String function = Prelude.function(binary.operator().name(), binary.lanes());
        lanes.add(binary.lanes());
        functions.add(function);
        yield function + "(" + bare(a) + ", " + bare(b) + ")";
      }
    };
  }

  private String constant(float number, int count) {
    if (count == 1) {
      return literal(number);
    }
    lanes.add(count);
    return number == 0 ? "(" + type(count) + "){0}" : "splat" + count + "(" + literal(number) + ")";
  }

  private static String literal(float number) {
    return Float.toString(number) + "f";
  }

  private long constant(Index subscript) {
    Index folded = subscript.with(unrolled);
    if (!folded.isConstant()) {
      throw new IllegalStateException("Cannot name a register by " + folded);
    }
    return folded.constant();
  }

  /** Returns the expression of one or more elements in memory. */
  private String element(Place place, Index index, int count, boolean reading) {
    if (count == 1) {
      return place.name() + "[" + text(index) + "]";
    }
    lanes.add(count);
    return "*(" + (reading ? "const " : "") + "v" + count + "u *)(" + address(place, index) + ")";
  }

  private String address(Place place, Index index) {
    String offset = text(index);
    if (offset.equals("0")) {
      return place.name();
    }
    return offset.startsWith("-")
        ? place.name() + " - " + offset.substring(1)
        : place.name() + " + " + offset;
  }

  private String rows(Statement.Rows rows) {
    return address(rows.place(), rows.index()) + ", " + rows.stride();
  }

  private String type(int count) {
    if (count > 1) {
      lanes.add(count);
    }
    return count == 1 ? "float" : "v" + count;
  }

  private String text(Index index) {
    Index folded = index.with(unrolled);
    return functions(folded.text());
  }

  private String bound(Index index) {
    return functions(index.text());
  }

  private String functions(String text) {
    for (String function : List.of("least", "greatest")) {
      if (text.contains(function + "(")) {
        functions.add(function);
      }
    }
    return text;
  }

  /** Returns an expression without the parentheses around the whole of it. */
  private static String bare(String text) {
    if (!text.startsWith("(") || !text.endsWith(")")) {
      return text;
    }
    int open = 0;
    for (int i = 0; i < text.length() - 1; i++) {
      open += text.charAt(i) == '(' ? 1 : text.charAt(i) == ')' ? -1 : 0;
      if (open == 0) {
        return text;
      }
    }
    return text.substring(1, text.length() - 1);
  }

  private void line(String text) {
    if (text.startsWith("}")) {
      undeclared.clear();
    }
    if (text.endsWith("{")) {
      declare();
    }
    if (!text.isEmpty()) {
      body.append("  ".repeat(depth)).append(text);
    }
    body.append('\n');
  }
}
