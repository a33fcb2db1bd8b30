package org.oneshottuner.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.oneshottuner.feature.SpaceColumn;
import org.oneshottuner.feature.SpaceColumns;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.TemplateSpace;

/**
 * The 50,803,200 schedules of a made-up template for a matrix product, far more than any template
 * of ours has, and columns over them as ours are: each a function of at most four knobs, with
 * ceilings, remainders and least values of several terms, so that few only rise or only fall.
 */
final class WideSpace implements SpaceColumns {
  static final String SCHEMA = "wide-1";

  private static final int TILE_M = 0;
  private static final int TILE_N = 1;
  private static final int TILE_K = 2;
  private static final int MR = 3;
  private static final int NV = 4;
  private static final int UNROLL = 5;
  private static final int ORDER = 6;

  private static final int LANES = 16;
  private static final int REGISTERS = 32;
  private static final double L1_FLOATS = 8192;
  private static final double L2_FLOATS = 262_144;

  private static final List<Knob> KNOBS =
      List.of(
          new Knob.Count("tile_m", sizes(14, 1.13, 28)),
          new Knob.Count("tile_n", sizes(16, 1.17, 28)),
          new Knob.Count("tile_k", sizes(8, 1.28, 20)),
          new Knob.Count("mr", IntStream.rangeClosed(1, 14).boxed().toList()),
          new Knob.Count("nv", List.of(1, 2, 3, 4, 5, 6, 8)),
          new Knob.Count("unroll", List.of(1, 2, 3, 4, 5, 6, 8, 10, 12, 16)),
          new Knob.Choice("order", List.of("mnk", "mkn", "nmk", "nkm", "kmn", "knm")));

  private static final List<Reading> READINGS = new Readings().list;

  /** How many columns there are. */
  static final int WIDTH = READINGS.size();

  private final Extents extents;
  private final ScheduleSpace space;
  private final List<SpaceColumn> columns;

  /**
   * Makes the space of a product.
   *
   * @param m rows
   * @param n columns
   * @param k length of the sums
   */
  WideSpace(int m, int n, int k) {
    this.extents = new Extents(m, n, k);
    Constraint registers =
        new Constraint(
            "registers<=" + REGISTERS,
            List.of("mr", "nv"),
            v -> v.number("mr") * v.number("nv") + v.number("nv") + 1 <= REGISTERS);
    TemplateSpace template = new TemplateSpace("wide", KNOBS, List.of(registers));
    this.space = new ScheduleSpace(List.of(template));
    this.columns =
        READINGS.stream().<SpaceColumn>map(reading -> new Column(reading, extents)).toList();
  }

  @Override
  public String schemaId() {
    return SCHEMA;
  }

  @Override
  public ScheduleSpace space() {
    return space;
  }

  @Override
  public SpaceColumn column(int template, int column) {
    return columns.get(column);
  }

  /** Writes the row of a member, and returns the binary logarithm of its made-up rate. */
  float fill(long member, float[] row) {
    int[] digits = new int[KNOBS.size()];
    space.templates().get(0).digits(member, digits);
    for (int column = 0; column < WIDTH; column++) {
      row[column] = columns.get(column).value(digits);
    }
    return (float) rate(extents, numbers(digits));
  }

  /** What is multiplied. */
  private record Extents(int m, int n, int k) {}

  /** Reads a number off the knobs' choices. */
  private interface Reader {
    double of(Extents extents, int[] knobs);
  }

  private record Reading(List<Integer> knobs, Reader reader) {}

  private record Column(Reading reading, Extents extents) implements SpaceColumn {
    @Override
    public int[] knobs() {
      return reading.knobs().stream().mapToInt(Integer::intValue).sorted().toArray();
    }

    @Override
    public float value(int[] digits) {
      int[] numbers = new int[digits.length];
      for (int knob : reading.knobs()) {
        numbers[knob] = KNOBS.get(knob).number(digits[knob]);
      }
      return (float) reading.reader().of(extents, numbers);
    }
  }

  private static int[] numbers(int[] digits) {
    return IntStream.range(0, digits.length).map(i -> KNOBS.get(i).number(digits[i])).toArray();
  }

  private static List<Integer> sizes(int first, double factor, int count) {
    return Stream.iterate(first, size -> Math.max(size + 2, 2 * (int) (size * factor / 2)))
        .limit(count)
        .toList();
  }

  private static double ceil(double a, double b) {
    return StrictMath.ceil(a / b);
  }

  private static double log2(double x) {
    return StrictMath.log(1 + x) / StrictMath.log(2);
  }

  /** The share of an extent among the whole pieces that cover it. */
  private static double share(double extent, double piece) {
    return extent / (ceil(extent, piece) * piece);
  }

  private static double rate(Extents e, int[] v) {
    double panel = LANES * v[NV];
    double useful =
        share(e.m, v[TILE_M])
            * share(e.n, v[TILE_N])
            * share(e.k, v[TILE_K])
            * share(v[TILE_M], v[MR])
            * share(v[TILE_N], panel)
            * share(v[TILE_K], v[UNROLL]);
    double latency = Math.min(1, v[MR] * v[NV] / 10.0);
    double loads = Math.min(1, 2.0 * v[MR] * v[NV] / (v[MR] + 2.0 * v[NV]) / 3);
    double body = v[UNROLL] * v[MR] * v[NV];
    double branches = 1 / (1 + 0.4 / v[UNROLL] / latency) / (1 + Math.max(0, body - 96) / 400);
    double inner = (double) v[TILE_K] * Math.max(v[MR], panel);
    double near = 1 / (1 + StrictMath.pow(inner / L1_FLOATS, 2));
    double cycles = 1.0 / (useful * latency * loads * branches * (0.6 + 0.4 * near));
    double kept = kept(v);
    double far = 1 + StrictMath.pow(kept / L2_FLOATS, 2);
    double traffic = far * (1.0 / v[TILE_M] + 1.0 / v[TILE_N]) + 2.0 / v[TILE_K];
    return -StrictMath.log(cycles + 12 * traffic) / StrictMath.log(2);
  }

  /** Floats that the two outer loops come back to. */
  private static double kept(int[] v) {
    return switch (v[ORDER]) {
      case 0, 2 -> (double) v[TILE_K] * (v[TILE_M] + v[TILE_N]);
      case 1, 4 -> (double) v[TILE_N] * (v[TILE_M] + v[TILE_K]);
      default -> (double) v[TILE_M] * (v[TILE_K] + v[TILE_N]);
    };
  }

  /** The columns, in order. */
  private static final class Readings {
    private final List<Reading> list = new ArrayList<>();

    Readings() {
      task();
      single();
      tiles();
      registers();
      caches();
      loops();
    }

    private void add(Reader reader, Integer... knobs) {
      list.add(new Reading(List.of(knobs), reader));
    }

    private void task() {
      for (int power = 0; power < 8; power++) {
        double weight = power / 7.0;
        add((e, v) -> log2(StrictMath.pow(e.m, weight) * e.n));
        add((e, v) -> log2(StrictMath.pow(e.k, weight) * e.m));
        add((e, v) -> log2(StrictMath.pow(e.n, weight) * e.k));
      }
    }

    private void single() {
      for (int knob = 0; knob < ORDER; knob++) {
        int own = knob;
        add((e, v) -> v[own], knob);
      }
      for (int order = 0; order < 6; order++) {
        int own = order;
        add((e, v) -> v[ORDER] == own ? 1 : 0, ORDER);
      }
    }

    private void tiles() {
      add((e, v) -> ceil(e.m, v[TILE_M]), TILE_M);
      add((e, v) -> ceil(e.n, v[TILE_N]), TILE_N);
      add((e, v) -> ceil(e.k, v[TILE_K]), TILE_K);
      add((e, v) -> share(e.m, v[TILE_M]), TILE_M);
      add((e, v) -> share(e.n, v[TILE_N]), TILE_N);
      add((e, v) -> share(e.k, v[TILE_K]), TILE_K);
      add((e, v) -> e.m % v[TILE_M], TILE_M);
      add((e, v) -> e.n % v[TILE_N], TILE_N);
      add((e, v) -> e.k % v[TILE_K], TILE_K);
      add((e, v) -> log2(ceil(e.m, v[TILE_M]) * ceil(e.n, v[TILE_N])), TILE_M, TILE_N);
      add((e, v) -> share(e.m, v[TILE_M]) * share(e.n, v[TILE_N]), TILE_M, TILE_N);
      for (int threads : new int[] {2, 4, 8}) {
        add((e, v) -> share(ceil(e.m, v[TILE_M]) * ceil(e.n, v[TILE_N]), threads), TILE_M, TILE_N);
        add((e, v) -> share(ceil(e.m, v[TILE_M]), threads), TILE_M);
      }
    }

    private void registers() {
      add((e, v) -> v[MR] * v[NV], MR, NV);
      add((e, v) -> v[MR] * v[NV] + v[NV] + 1, MR, NV);
      add((e, v) -> (double) v[MR] * v[NV] / (v[MR] + v[NV]), MR, NV);
      add((e, v) -> v[UNROLL] * v[MR] * v[NV], MR, NV, UNROLL);
      add((e, v) -> share(v[TILE_M], v[MR]), TILE_M, MR);
      add((e, v) -> share(v[TILE_N], LANES * v[NV]), TILE_N, NV);
      add((e, v) -> share(v[TILE_K], v[UNROLL]), TILE_K, UNROLL);
      add((e, v) -> v[TILE_M] % v[MR], TILE_M, MR);
      add((e, v) -> v[TILE_N] % (LANES * v[NV]), TILE_N, NV);
      add((e, v) -> v[TILE_K] % v[UNROLL], TILE_K, UNROLL);
      add((e, v) -> ceil(v[TILE_M], v[MR]), TILE_M, MR);
      add((e, v) -> ceil(v[TILE_N], LANES * v[NV]), TILE_N, NV);
      add(
          (e, v) -> share(v[TILE_M], v[MR]) * share(v[TILE_N], LANES * v[NV]),
          TILE_M,
          TILE_N,
          MR,
          NV);
      add(
          (e, v) -> log2(ceil(v[TILE_M], v[MR]) * ceil(v[TILE_N], LANES * v[NV])),
          TILE_M,
          TILE_N,
          MR,
          NV);
    }

    private void caches() {
      add((e, v) -> log2((double) v[TILE_M] * v[TILE_K]), TILE_M, TILE_K);
      add((e, v) -> log2((double) v[TILE_N] * v[TILE_K]), TILE_N, TILE_K);
      add((e, v) -> log2((double) v[TILE_M] * v[TILE_N]), TILE_M, TILE_N);
      add((e, v) -> log2((double) v[TILE_K] * v[MR]), TILE_K, MR);
      add((e, v) -> log2((double) v[TILE_K] * LANES * v[NV]), TILE_K, NV);
      add((e, v) -> v[TILE_K] * Math.max(v[MR], LANES * v[NV]) / L1_FLOATS, TILE_K, MR, NV);
      add((e, v) -> log2(kept(v)), TILE_M, TILE_N, TILE_K, ORDER);
      add((e, v) -> Math.min(1, kept(v) / L2_FLOATS), TILE_M, TILE_N, TILE_K, ORDER);
      add((e, v) -> 1.0 / v[TILE_M] + 1.0 / v[TILE_N], TILE_M, TILE_N);
      add(
          (e, v) -> log2(e.k * (e.m * ceil(e.n, v[TILE_N]) + e.n * ceil(e.m, v[TILE_M]))),
          TILE_M,
          TILE_N);
      add((e, v) -> log2(2.0 * e.m * e.n * ceil(e.k, v[TILE_K])), TILE_K);
      add((e, v) -> v[ORDER] < 2 ? v[TILE_N] : v[ORDER] < 4 ? v[TILE_M] : 0, TILE_M, TILE_N, ORDER);
      add((e, v) -> v[ORDER] % 2 == 0 ? v[TILE_K] : 0, TILE_K, ORDER);
    }

    private void loops() {
      add((e, v) -> ceil(v[TILE_K], v[UNROLL]), TILE_K, UNROLL);
      add((e, v) -> (double) e.k / v[UNROLL], UNROLL);
      add((e, v) -> ceil(e.k, v[TILE_K]) * ceil(v[TILE_K], v[UNROLL]), TILE_K, UNROLL);
      add((e, v) -> v[UNROLL] * (v[MR] + v[NV]), MR, NV, UNROLL);
      add((e, v) -> ceil(e.m, v[TILE_M]) * ceil(v[TILE_M], v[MR]) * v[MR] / e.m, TILE_M, MR);
      add(
          (e, v) -> ceil(e.n, v[TILE_N]) * ceil(v[TILE_N], LANES * v[NV]) * LANES * v[NV] / e.n,
          TILE_N,
          NV);
      add(
          (e, v) ->
              share(e.k, v[TILE_K])
                  * share(v[TILE_K], v[UNROLL])
                  / (1 + 0.4 / v[UNROLL])
                  * Math.min(1, v[MR] * v[NV] / 10.0),
          TILE_K,
          MR,
          NV,
          UNROLL);
      add((e, v) -> Math.min(v[MR] * v[NV], 2.0 * v[MR] * v[NV] / (v[MR] + 2.0 * v[NV])), MR, NV);
    }
  }
}
