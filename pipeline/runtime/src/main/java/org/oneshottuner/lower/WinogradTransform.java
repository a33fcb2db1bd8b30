package org.oneshottuner.lower;

import java.util.function.BiFunction;
import java.util.function.IntFunction;

/**
 * The matrices of Winograd's minimal filtering F(m, 3) and how they are applied: Lavin and Gray
 * 2016, "Fast Algorithms for Convolutional Neural Networks", section 4: {@code Y = Aᵀ[(G g Gᵀ) ⊙
 * (Bᵀ d B)]A}.
 */
@SuppressWarnings("ImmutableEnumChecker") // the matrices are never handed out, nor written
enum WinogradTransform {
  /** Outputs of 2 × 2 from inputs of 4 × 4. */
  F2(
      new float[][] {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}},
      new float[][] {{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}},
      new float[][] {{1, 1, 1, 0}, {0, 1, -1, -1}}),

  /** Outputs of 4 × 4 from inputs of 6 × 6. */
  F4(
      new float[][] {
        {4, 0, -5, 0, 1, 0},
        {0, -4, -4, 1, 1, 0},
        {0, 4, -4, -1, 1, 0},
        {0, -2, -1, 2, 1, 0},
        {0, 2, -1, -2, 1, 0},
        {0, 4, 0, -5, 0, 1}
      },
      new float[][] {
        {1 / 4f, 0, 0},
        {-1 / 6f, -1 / 6f, -1 / 6f},
        {-1 / 6f, 1 / 6f, -1 / 6f},
        {1 / 24f, 1 / 12f, 1 / 6f},
        {1 / 24f, -1 / 12f, 1 / 6f},
        {0, 0, 1}
      },
      new float[][] {
        {1, 1, 1, 1, 1, 0},
        {0, 1, -1, 2, -2, 0},
        {0, 1, 1, 4, 4, 0},
        {0, 1, -1, 8, -8, 1}
      });

  private final float[][] input;
  private final float[][] weight;
  private final float[][] output;

  WinogradTransform(float[][] input, float[][] weight, float[][] output) {
    this.input = input;
    this.weight = weight;
    this.output = output;
  }

  /** Returns the transform with outputs of {@code m} × {@code m}. */
  static WinogradTransform of(int m) {
    return switch (m) {
      case 2 -> F2;
      case 4 -> F4;
      default -> throw new IllegalArgumentException("Cannot transform to outputs of " + m);
    };
  }

  /** Returns the rows and columns of an output tile. */
  int outputs() {
    return output.length;
  }

  /** Returns the rows and columns of an input tile, and of transformed weights. */
  int inputs() {
    return input.length;
  }

  /** Returns the additions and multiplications that transforming one input tile takes. */
  int inputOperations() {
    return 2 * inputs() * terms(input);
  }

  /** Returns the additions and multiplications that transforming one output tile takes. */
  int outputOperations() {
    return (inputs() + outputs()) * terms(output);
  }

  private static int terms(float[][] matrix) {
    int terms = 0;
    for (float[] row : matrix) {
      for (float factor : row) {
        terms += factor == 0 ? 0 : 1;
      }
    }
    return terms;
  }

  /** Writes {@code Bᵀ d B}. */
  void input(Code code, int lanes, BiFunction<Integer, Integer, Value> tile, Sink sink) {
    product(code, lanes, input, tile, sink);
  }

  /** Writes {@code G g Gᵀ}. */
  void weight(Code code, int lanes, BiFunction<Integer, Integer, Value> kernel, Sink sink) {
    product(code, lanes, weight, kernel, sink);
  }

  /** Writes {@code Aᵀ m A}. */
  void output(Code code, int lanes, BiFunction<Integer, Integer, Value> products, Sink sink) {
    product(code, lanes, output, products, sink);
  }

  /** Takes one element of the result. */
  interface Sink {
    /** Takes the value of a row and a column. */
    void accept(Code code, int row, int column, Value value);
  }

  /**
   * Writes {@code M x Mᵀ} for a square {@code x} as a block of its own, column after column and
   * then row after row.
   */
  private static void product(
      Code code, int lanes, float[][] matrix, BiFunction<Integer, Integer, Value> x, Sink sink) {
    int rows = matrix.length;
    int size = matrix[0].length;
    code.add(
        Code.block(
            inner -> {
              Local half = inner.declare("half", lanes, rows, size);
              for (int j = 0; j < size; j++) {
                inner.add(column(half, j, lanes, matrix, x));
              }
              for (int i = 0; i < rows; i++) {
                int row = i;
                for (int j = 0; j < rows; j++) {
                  sink.accept(
                      inner,
                      row,
                      j,
                      combine(matrix[j], lanes, k -> half.at(Index.of(row), Index.of(k))));
                }
              }
            }));
  }

  /** Writes a column of {@code M x}. */
  private static Statement column(
      Local half, int column, int lanes, float[][] matrix, BiFunction<Integer, Integer, Value> x) {
    int size = matrix[0].length;
    return Code.block(
        code -> {
          Local element = code.declare("term", lanes, size);
          for (int i = 0; i < size; i++) {
            code.assign(element.at(Index.of(i)), x.apply(i, column));
          }
          for (int i = 0; i < matrix.length; i++) {
            code.assign(
                half.at(Index.of(i), Index.of(column)),
                combine(matrix[i], lanes, k -> element.at(Index.of(k))));
          }
        });
  }

  private static Value combine(float[] factors, int lanes, IntFunction<Value> term) {
    Value sum = new Value.Constant(0, lanes);
    boolean empty = true;
    for (int k = 0; k < factors.length; k++) {
      if (factors[k] != 0) {
        sum = empty ? scaled(term.apply(k), factors[k]) : add(sum, term.apply(k), factors[k]);
        empty = false;
      }
    }
    return sum;
  }

  private static Value scaled(Value value, float factor) {
    return factor == 1 ? value : value.times(factor);
  }

  private static Value add(Value sum, Value value, float factor) {
    return factor < 0 ? sum.minus(scaled(value, -factor)) : sum.plus(scaled(value, factor));
  }
}
