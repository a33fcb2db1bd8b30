package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.oneshottuner.workload.Architecture;
import org.oneshottuner.workload.CpuTarget;

/**
 * The heart of every kernel: sums in registers, a row for each broadcast scalar and a column for
 * each loaded vector, to which the outer product of scalars and vectors is added step by step.
 *
 * <p>The columns may have different lengths, so that a remainder is cut into ever shorter vectors
 * and nothing beyond the caller's buffers is touched.
 */
final class RegisterTile {
  private final int rows;
  private final List<Integer> lanes;
  private final List<Integer> starts;

  /**
   * Describes a tile.
   *
   * @param rows how many scalars
   * @param lanes the length of each column
   */
  RegisterTile(int rows, List<Integer> lanes) {
    this(rows, lanes, oneAfterTheOther(lanes));
  }

  /**
   * Describes a tile whose columns may overlap.
   *
   * @param rows how many scalars
   * @param lanes the length of each column
   * @param starts where each column begins, in elements
   */
  RegisterTile(int rows, List<Integer> lanes, List<Integer> starts) {
    this.rows = rows;
    this.lanes = List.copyOf(lanes);
    this.starts = List.copyOf(starts);
  }

  private static List<Integer> oneAfterTheOther(List<Integer> lanes) {
    List<Integer> starts = new ArrayList<>();
    int start = 0;
    for (int length : lanes) {
      starts.add(start);
      start += length;
    }
    return starts;
  }

  /** Returns {@code count} columns of {@code lanes} lanes. */
  static List<Integer> columns(int count, int lanes) {
    return Collections.nCopies(count, lanes);
  }

  /** Returns an extent cut into full vectors, then into ever shorter powers of two. */
  static List<Integer> cut(int extent, int lanes) {
    List<Integer> columns = new ArrayList<>();
    int rest = extent;
    for (int length = lanes; length >= 1; length /= 2) {
      while (rest >= length) {
        columns.add(length);
        rest -= length;
      }
    }
    return columns;
  }

  /**
   * Returns whether the multiply-adds of a target can read a scalar for all lanes from memory, as
   * compilers make them do wherever it is the scalar's only use. It comes with the encoding that
   * AVX-512 brought, and its 32 registers; Arm's multiply-adds take a lane of a register.
   */
  static boolean embedsBroadcasts(CpuTarget target) {
    return target.architecture() == Architecture.X86_64
        && (target.vectorBytes() == 64 || target.vectorRegisters() >= 32);
  }

  int rows() {
    return rows;
  }

  int columns() {
    return lanes.size();
  }

  int lanes(int column) {
    return lanes.get(column);
  }

  /** Returns where a column begins, in elements. */
  int start(int column) {
    return starts.get(column);
  }

  /** Returns the elements of a whole row. */
  int width() {
    return starts.get(lanes.size() - 1) + lanes.get(lanes.size() - 1);
  }

  private Local accumulator(int column) {
    return Local.of("sum" + column, lanes.get(column), rows);
  }

  /** Declares the sums and sets each to a value, by row and column. */
  void declare(Code code, BiFunction<Index, Integer, Value> initial) {
    declareUnset(code);
    set(code, initial);
  }

  /** Declares the sums; what they are is undefined until they are set. */
  void declareUnset(Code code) {
    for (int column = 0; column < lanes.size(); column++) {
      code.add(new Statement.Declare(accumulator(column)));
    }
  }

  /** Sets the sums to zero. */
  void clear(Code code) {
    set(code, (row, column) -> new Value.Constant(0, lanes.get(column)));
  }

  /** Declares the sums and sets them to zero. */
  void declare(Code code) {
    declare(code, (row, column) -> new Value.Constant(0, lanes.get(column)));
  }

  /** Sets each sum to a value, by row and column. */
  void set(Code code, BiFunction<Index, Integer, Value> value) {
    code.unrolled(
        "i",
        rows,
        (inner, row) -> {
          for (int column = 0; column < lanes.size(); column++) {
            inner.assign(accumulator(column).at(row), value.apply(row, column));
          }
        });
  }

  /**
   * Adds an outer product.
   *
   * @param vector the vector of a column
   * @param scalar the scalar of a row
   * @param takesPart which rows take part; decided when the loops are unrolled
   */
  void step(
      Code code,
      IntFunction<Value> vector,
      Function<Index, Value> scalar,
      Function<Index, Condition> takesPart) {
    code.add(
        Code.block(
            step -> {
              for (int column = 0; column < lanes.size(); column++) {
                Local register = step.declare("vector" + column, lanes.get(column));
                step.assign(register.at(), vector.apply(column));
              }
              step.unrolled(
                  "i",
                  rows,
                  (inner, row) ->
                      inner.when(takesPart.apply(row), taken -> addRow(taken, row, scalar)));
            }));
  }

  void step(Code code, IntFunction<Value> vector, Function<Index, Value> scalar) {
    step(code, vector, scalar, row -> Condition.TRUE);
  }

  /**
   * Adds an outer product column by column, where every multiply-add reads its scalar from memory
   * itself: no register holds a scalar, and only one a vector.
   *
   * @param vector the vector of a column
   * @param scalar the scalar of a row
   * @param takesPart which rows take part; decided when the loops are unrolled
   */
  void stepByColumns(
      Code code,
      IntFunction<Value> vector,
      Function<Index, Value> scalar,
      Function<Index, Condition> takesPart) {
    for (int j = 0; j < lanes.size(); j++) {
      int column = j;
      code.add(
          Code.block(
              step -> {
                step.reload();
                Local register = step.declare("vector" + column, lanes.get(column));
                step.assign(register.at(), vector.apply(column));
                step.unrolled(
                    "i",
                    rows,
                    (inner, row) ->
                        inner.when(takesPart.apply(row), taken -> add(taken, row, column, scalar)));
              }));
    }
  }

  private void addRow(Code code, Index row, Function<Index, Value> scalar) {
    for (int column = 0; column < lanes.size(); column++) {
      add(code, row, column, scalar);
    }
  }

  private void add(Code code, Index row, int column, Function<Index, Value> scalar) {
    Value.Read sum = accumulator(column).at(row);
    code.assign(
        sum,
        new Value.Fma(
            new Value.Splat(scalar.apply(row), lanes.get(column)),
            Local.of("vector" + column, lanes.get(column)).at(),
            sum));
  }

  /** Returns the register of a sum. */
  Value.Read sum(Index row, int column) {
    return accumulator(column).at(row);
  }

  /** Hands each sum to a consumer, by row and column. */
  void each(Code code, TileConsumer consumer) {
    code.unrolled(
        "i",
        rows,
        (inner, row) -> {
          for (int column = 0; column < lanes.size(); column++) {
            consumer.accept(inner, row, column, accumulator(column).at(row));
          }
        });
  }

  /** Takes the sums of a tile one by one. */
  interface TileConsumer {
    /** Takes one sum. */
    void accept(Code code, Index row, int column, Value.Read sum);
  }
}
