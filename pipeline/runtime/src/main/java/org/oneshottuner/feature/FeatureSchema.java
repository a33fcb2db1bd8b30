package org.oneshottuner.feature;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.lower.Trait;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.BatchMatmul;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Dense;
import org.oneshottuner.workload.DepthwiseConv2d;
import org.oneshottuner.workload.Epilogue;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Padding;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Window;
import org.oneshottuner.workload.Workload;

/**
 * The ordered columns that a predictor reads of a candidate. A published schema never changes: a
 * changed column is a new schema with a new id. Immutable and thread-safe.
 */
public final class FeatureSchema {
  /** The schema that candidates are read by. */
  public static final FeatureSchema CURRENT = new FeatureSchema("traits-4", columnsOfTraits4());

  private static final String USEFUL_FMAS = "useful_fmas";
  private static final float EXPONENT_BIAS = 127;
  private static final float FRACTION = 1 << 23;
  private static final Window POINT = new Window(1, 1, 1, 1, 1, Padding.NONE, 1);

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

  private static List<FeatureColumn> columnsOfTraits4() {
    List<FeatureColumn> columns = new ArrayList<>();
    operatorColumns(columns);
    extentColumns(columns);
    targetColumns(columns);
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
    combinedColumns(columns);
    return columns;
  }

  private static void operatorColumns(List<FeatureColumn> columns) {
    for (String kind : List.of("conv2d", "depthwise_conv2d", "dense", "batch_matmul")) {
      task(
          columns,
          "is_" + kind,
          "flag",
          "1 if the operator is a " + kind,
          t -> flag(t.workload().kind().equals(kind)));
    }
    task(
        columns,
        "blocked_layout",
        "flag",
        "1 if channels are blocked in memory",
        t -> flag(t.workload().layout() == Layout.NCHW16C));
    task(
        columns,
        "has_residual",
        "flag",
        "1 if a residual is added",
        t -> flag(t.workload().epilogue().has(Epilogue.Step.ADD)));
    task(
        columns,
        "has_exponential",
        "flag",
        "1 if the epilogue computes an exponential or error function",
        t ->
            flag(
                t.workload().epilogue().has(Epilogue.Step.GELU)
                    || t.workload().epilogue().has(Epilogue.Step.SIGMOID)
                    || t.workload().epilogue().has(Epilogue.Step.SWISH)));
  }

  private static void extentColumns(List<FeatureColumn> columns) {
    task(
        columns,
        "flops",
        "log2 operations",
        "operations of the direct algorithm",
        t -> log2(t.workload().flops()));
    task(
        columns,
        USEFUL_FMAS,
        "log2 instructions",
        "multiply-adds of the direct algorithm, in full vectors",
        t -> log2(t.workload().flops()) - 1 - log2(t.lanes()));
    task(columns, "bytes", "log2 bytes", "every tensor once", t -> log2(t.workload().bytes()));
    task(
        columns,
        "intensity",
        "log2 operations/byte",
        "operations for each byte that must move",
        t -> log2(t.workload().flops()) - log2(t.workload().bytes()));
    task(
        columns,
        "batch",
        "log2 items",
        "independent items",
        t -> log2(extents(t.workload()).batch()));
    task(
        columns,
        "rows",
        "log2 rows",
        "output rows of the plane, or of the product",
        t -> log2(extents(t.workload()).rows()));
    task(
        columns,
        "columns",
        "log2 columns",
        "output columns of the plane, or of the product",
        t -> log2(extents(t.workload()).columns()));
    task(
        columns,
        "outputs",
        "log2 channels",
        "output channels, 1 for products",
        t -> log2(extents(t.workload()).outputs()));
    task(
        columns,
        "sum",
        "log2 terms",
        "terms of one output's sum",
        t -> log2(extents(t.workload()).sum()));
    task(
        columns,
        "input_channels",
        "log2 channels",
        "input channels of one group, 1 for products",
        t -> log2(extents(t.workload()).inputs()));
    task(
        columns,
        "kernel_rows",
        "elements",
        "rows of the kernel",
        t -> extents(t.workload()).window().r());
    task(
        columns,
        "kernel_columns",
        "elements",
        "columns of the kernel",
        t -> extents(t.workload()).window().s());
    task(
        columns,
        "stride",
        "elements",
        "distance between kernel positions",
        t -> extents(t.workload()).window().stride());
    task(
        columns,
        "dilation",
        "elements",
        "distance between kernel elements",
        t -> extents(t.workload()).window().dilation());
    task(
        columns,
        "padding",
        "ratio",
        "padded over unpadded elements of the input plane, less one",
        t -> paddedShare(extents(t.workload()).window()));
    task(
        columns,
        "groups",
        "log2 groups",
        "groups of channels",
        t -> log2(extents(t.workload()).groups()));
    task(
        columns,
        "lane_use",
        "ratio",
        "output channels, or columns, over those rounded up to whole vectors",
        t -> laneUse(t));
  }

  private static void targetColumns(List<FeatureColumn> columns) {
    task(columns, "threads", "threads", "threads that run the kernel", TuningTask::threads);
    task(columns, "lanes", "elements", "elements of a vector register", TuningTask::lanes);
    task(columns, "registers", "registers", "vector registers", t -> t.target().vectorRegisters());
    task(
        columns,
        "l1_bytes",
        "log2 bytes",
        "first-level data cache",
        t -> log2(t.target().l1Bytes()));
    task(columns, "l2_bytes", "log2 bytes", "second-level cache", t -> log2(t.target().l2Bytes()));
    task(columns, "l3_bytes", "log2 bytes", "last-level cache", t -> log2(t.target().l3Bytes()));
  }

  private static void combinedColumns(List<FeatureColumn> columns) {
    difference(
        columns,
        "inner_bytes_per_fma",
        Trait.INNER_TRAFFIC,
        Trait.EXECUTED_FMAS,
        "bytes read by register tiles for each multiply-add");
    difference(
        columns,
        "outer_bytes_per_fma",
        Trait.OUTER_TRAFFIC,
        Trait.EXECUTED_FMAS,
        "bytes from beyond the second-level cache for each multiply-add");
    difference(
        columns,
        "scratch_bytes_per_fma",
        Trait.SCRATCH_TRAFFIC,
        Trait.EXECUTED_FMAS,
        "bytes of workspace written and read back for each multiply-add");
    difference(
        columns,
        "transform_ops_per_fma",
        Trait.TRANSFORM_OPS,
        Trait.EXECUTED_FMAS,
        "vector operations outside the sums for each multiply-add");
    difference(
        columns,
        "scattered_per_fma",
        Trait.SCATTERED_STORES,
        Trait.EXECUTED_FMAS,
        "elements stored one by one for each multiply-add");
    combined(
        columns,
        "panel_over_l1",
        "log2 ratio",
        "vector operand of a register tile over the first-level cache",
        List.of(Trait.COLUMN_PANEL_BYTES.columnName(), "l1_bytes"),
        v -> v[0] - v[1]);
    combined(
        columns,
        "reuse_over_l1",
        "log2 ratio",
        "reuse distance over the first-level cache",
        List.of(Trait.REUSE_BYTES.columnName(), "l1_bytes"),
        v -> v[0] - v[1]);
    combined(
        columns,
        "reuse_over_l2",
        "log2 ratio",
        "reuse distance over the second-level cache",
        List.of(Trait.REUSE_BYTES.columnName(), "l2_bytes"),
        v -> v[0] - v[1]);
    combined(
        columns,
        "roofline",
        "log2 cycles",
        "the longest of: multiply-adds at two a cycle, bytes at 64 a cycle to registers, at 8 a cycle from beyond the"
            + " second-level cache, transforms at one a cycle, scattered stores at one a cycle",
        List.of(
            Trait.EXECUTED_FMAS.columnName(),
            Trait.INNER_TRAFFIC.columnName(),
            Trait.OUTER_TRAFFIC.columnName(),
            Trait.TRANSFORM_OPS.columnName(),
            Trait.SCATTERED_STORES.columnName()),
        FeatureSchema::roofline);
    perUsefulFma(columns, "roofline_slowdown", "cycles", "roofline", "cycles of the roofline");
    perUsefulFma(
        columns,
        "outer_bytes_per_useful_fma",
        "bytes",
        Trait.OUTER_TRAFFIC.columnName(),
        "bytes from beyond the second-level cache");
    perUsefulFma(
        columns,
        "inner_bytes_per_useful_fma",
        "bytes",
        Trait.INNER_TRAFFIC.columnName(),
        "bytes read by register tiles");
    perUsefulFma(
        columns,
        "scratch_bytes_per_useful_fma",
        "bytes",
        Trait.SCRATCH_TRAFFIC.columnName(),
        "bytes of workspace written and read back");
    perUsefulFma(
        columns,
        "transform_ops_per_useful_fma",
        "instructions",
        Trait.TRANSFORM_OPS.columnName(),
        "vector operations outside the sums");
    perUsefulFma(
        columns,
        "split_loads_per_useful_fma",
        "loads",
        Trait.SPLIT_LOADS.columnName(),
        "vector loads that straddle cache lines");
    perUsefulFma(
        columns,
        "scattered_per_useful_fma",
        "elements",
        Trait.SCATTERED_STORES.columnName(),
        "elements stored one by one");
    combined(
        columns,
        "cycles_per_useful_fma",
        "log2 cycles/instruction",
        "the longest of: multiply-adds at two a cycle, fewer where few accumulators show their latency, bytes at 128 a"
            + " cycle to registers, at 16 from beyond the second-level cache, at 32 of workspace, transforms and scattered"
            + " stores at one; for each multiply-add that the direct algorithm needs, in full vectors",
        List.of(
            Trait.EXECUTED_FMAS.columnName(),
            Trait.ACCUMULATORS.columnName(),
            Trait.INNER_TRAFFIC.columnName(),
            Trait.TRANSFORM_OPS.columnName(),
            Trait.SCATTERED_STORES.columnName(),
            Trait.OUTER_TRAFFIC.columnName(),
            Trait.SCRATCH_TRAFFIC.columnName(),
            USEFUL_FMAS),
        FeatureSchema::cycles);
    combined(
        columns,
        "serial_cycles_per_useful_fma",
        "log2 cycles/instruction",
        "the sum of: multiply-adds at two a cycle, transforms, scattered stores and loads that straddle cache lines at"
            + " one, bytes at 16 a cycle from beyond the second-level cache; for each multiply-add that the direct"
            + " algorithm needs, in full vectors; within 0.09 of the logarithm",
        List.of(
            Trait.EXECUTED_FMAS.columnName(),
            Trait.TRANSFORM_OPS.columnName(),
            Trait.SCATTERED_STORES.columnName(),
            Trait.SPLIT_LOADS.columnName(),
            Trait.OUTER_TRAFFIC.columnName(),
            USEFUL_FMAS),
        FeatureSchema::serialCycles);
  }

  private static float serialCycles(float[] log2) {
    float cycles =
        power(log2[0] - 1) + power(log2[1]) + power(log2[2]) + power(log2[3]) + power(log2[4] - 4);
    return logarithm(cycles) - log2[5];
  }

  /**
   * Returns about two to the power of x, and zero for what is missing: straight lines between the
   * whole powers, so that the bits are the same everywhere, and quickly found.
   */
  private static float power(float x) {
    return Float.isNaN(x) ? 0 : Float.intBitsToFloat((int) ((x + EXPONENT_BIAS) * FRACTION));
  }

  /** Returns the inverse of {@link #power}. */
  private static float logarithm(float y) {
    return Float.floatToRawIntBits(y) / FRACTION - EXPONENT_BIAS;
  }

  /**
   * Returns log2 of the cycles that the scarcest resource needs, for each useful multiply-add. Two
   * multiply-adds of latency four start in a cycle, so eight sums hide the latency.
   */
  private static float cycles(float[] log2) {
    float cycles = log2[0] - 1 + larger(0, 3 - log2[1]);
    cycles = larger(cycles, log2[2] - 7);
    cycles = larger(cycles, log2[3]);
    cycles = larger(cycles, log2[4]);
    cycles = larger(cycles, log2[5] - 4);
    return larger(cycles, log2[6] - 5) - log2[7];
  }

  private static void perUsefulFma(
      List<FeatureColumn> columns, String name, String unit, String of, String meaning) {
    combined(
        columns,
        name,
        "log2 " + unit + "/instruction",
        meaning + " for each multiply-add that the direct algorithm needs, in full vectors",
        List.of(of, USEFUL_FMAS),
        v -> v[0] - v[1]);
  }

  /** Returns log2 of the cycles that the scarcest resource needs; missing terms do not count. */
  private static float roofline(float[] log2) {
    float cycles = log2[0] - 1;
    cycles = larger(cycles, log2[1] - 6);
    cycles = larger(cycles, log2[2] - 3);
    cycles = larger(cycles, log2[3]);
    return larger(cycles, log2[4]);
  }

  private static float larger(float a, float b) {
    return b > a ? b : a;
  }

  private static void difference(
      List<FeatureColumn> columns, String name, Trait above, Trait below, String meaning) {
    combined(
        columns,
        name,
        "log2 " + above.unit() + "/" + below.unit(),
        meaning,
        List.of(above.columnName(), below.columnName()),
        v -> v[0] - v[1]);
  }

  private static void combined(
      List<FeatureColumn> columns,
      String name,
      String unit,
      String meaning,
      List<String> of,
      FeatureColumn.Combination combination) {
    columns.add(
        new FeatureColumn(name, unit, meaning, new FeatureColumn.OfColumns(of, combination)));
  }

  private static void task(
      List<FeatureColumn> columns,
      String name,
      String unit,
      String meaning,
      ToDoubleFunction<TuningTask> value) {
    columns.add(new FeatureColumn(name, unit, meaning, new FeatureColumn.OfTask(value)));
  }

  private static double flag(boolean set) {
    return set ? 1 : 0;
  }

  private static double log2(double value) {
    return FeatureColumn.Scale.LOG2.apply(value);
  }

  private static double paddedShare(Window window) {
    double rows = (double) window.h() + window.pad().top() + window.pad().bottom();
    double columns = (double) window.w() + window.pad().left() + window.pad().right();
    return rows * columns / ((double) window.h() * window.w()) - 1;
  }

  private static double laneUse(TuningTask task) {
    Extents extents = extents(task.workload());
    long vectorised = extents.outputs() > 1 ? extents.outputs() : extents.columns();
    long lanes = task.lanes();
    return (double) vectorised / ((vectorised + lanes - 1) / lanes * lanes);
  }

  /** The extents that all operators have in common. */
  private record Extents(
      long batch,
      long rows,
      long columns,
      long outputs,
      long inputs,
      long sum,
      long groups,
      Window window) {}

  private static Extents extents(Workload workload) {
    return workload.fold(
        new Workload.Cases<>(
            FeatureSchema::extents,
            FeatureSchema::extents,
            FeatureSchema::extents,
            FeatureSchema::extents));
  }

  private static Extents extents(Conv2d conv) {
    Window window = conv.window();
    long inputs = conv.c() / conv.groups();
    return new Extents(
        conv.n(),
        window.outHeight(),
        window.outWidth(),
        conv.k(),
        inputs,
        inputs * window.r() * window.s(),
        conv.groups(),
        window);
  }

  private static Extents extents(DepthwiseConv2d conv) {
    Window window = conv.window();
    return new Extents(
        conv.n(),
        window.outHeight(),
        window.outWidth(),
        conv.c(),
        1,
        (long) window.r() * window.s(),
        conv.c(),
        window);
  }

  private static Extents extents(Dense dense) {
    return new Extents(1, dense.m(), dense.n(), 1, 1, dense.k(), 1, POINT);
  }

  private static Extents extents(BatchMatmul product) {
    return new Extents(product.b(), product.m(), product.n(), 1, 1, product.k(), 1, POINT);
  }
}
