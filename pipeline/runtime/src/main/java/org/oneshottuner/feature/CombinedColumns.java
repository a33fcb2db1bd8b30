package org.oneshottuner.feature;

import java.util.List;
import org.oneshottuner.lower.Trait;

/** The columns made of those before them: ratios of traits, and estimates of the time. */
final class CombinedColumns {
  private static final String USEFUL_FMAS = TaskColumns.USEFUL_FMAS;
  private static final float EXPONENT_BIAS = 127;
  private static final float FRACTION = 1 << 23;

  private CombinedColumns() {}

  static void add(List<FeatureColumn> columns) {
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
        CombinedColumns::roofline);
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
        CombinedColumns::cycles);
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
        CombinedColumns::serialCycles);
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
}
