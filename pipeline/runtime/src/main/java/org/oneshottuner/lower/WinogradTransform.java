package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.oneshottuner.workload.CpuTarget;

/**
 * The matrices of Winograd's minimal filtering F(m, 3) and how they are applied: Lavin and Gray
 * 2016, "Fast Algorithms for Convolutional Neural Networks", section 4: {@code Y = Aᵀ[(G g Gᵀ) ⊙
 * (Bᵀ d B)]A}.
 *
 * <p>A matrix is given as the product of two where rows share sums: those are then computed once.
 */
@SuppressWarnings("ImmutableEnumChecker") // matrices never hand out their arrays, nor write them
enum WinogradTransform {
  /** Outputs of 2 × 2 from inputs of 4 × 4. */
  F2(
      new Matrix(new float[][] {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}}),
      new Matrix(new float[][] {{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}}),
      new Matrix(new float[][] {{1, 1, 1, 0}, {0, 1, -1, -1}})),

  /** Outputs of 4 × 4 from inputs of 6 × 6. */
  F4(
      new Matrix(
          new float[][] {
            {1, 0, 0, 0, 0, 0},
            {0, 1, 1, 0, 0, 0},
            {0, 1, -1, 0, 0, 0},
            {0, 0, 0, 1, 2, 0},
            {0, 0, 0, 1, -2, 0},
            {0, 0, 0, 0, 0, 1}
          },
          new float[][] {
            {4, 0, -5, 0, 1, 0},
            {0, 0, -4, 0, 1, 0},
            {0, -4, 0, 1, 0, 0},
            {0, 0, -1, 0, 1, 0},
            {0, -1, 0, 1, 0, 0},
            {0, 4, 0, -5, 0, 1}
          }),
      new Matrix(
          new float[][] {
            {1 / 4f, 0, 0},
            {-1 / 6f, -1 / 6f, -1 / 6f},
            {-1 / 6f, 1 / 6f, -1 / 6f},
            {1 / 24f, 1 / 12f, 1 / 6f},
            {1 / 24f, -1 / 12f, 1 / 6f},
            {0, 0, 1}
          }),
      new Matrix(
          new float[][] {
            {1, 1, 0, 1, 0, 0},
            {0, 0, 1, 0, 2, 0},
            {0, 1, 0, 4, 0, 0},
            {0, 0, 1, 0, 8, 1}
          },
          new float[][] {
            {1, 0, 0, 0, 0, 0},
            {0, 1, 1, 0, 0, 0},
            {0, 1, -1, 0, 0, 0},
            {0, 0, 0, 1, 1, 0},
            {0, 0, 0, 1, -1, 0},
            {0, 0, 0, 0, 0, 1}
          }));

  /** Registers left to a step, besides those that hold what lies between the two. */
  private static final int WORKING_REGISTERS = 8;

  private final Matrix input;
  private final Matrix weight;
  private final Matrix output;

  WinogradTransform(Matrix input, Matrix weight, Matrix output) {
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
    return output.rows();
  }

  /** Returns the rows and columns of an input tile, and of transformed weights. */
  int inputs() {
    return input.rows();
  }

  /** Returns the additions and multiplications that transforming one input tile takes. */
  int inputOperations() {
    return 2 * inputs() * input.operations();
  }

  /** Returns the additions and multiplications that transforming one output tile takes. */
  int outputOperations() {
    return (inputs() + outputs()) * output.operations();
  }

  /** Writes {@code Bᵀ d B}. */
  void input(Code code, CpuTarget target, BiFunction<Integer, Integer, Value> tile, Sink sink) {
    product(
        code,
        new Step(input, target.vectorLanes(), input.groups(target.vectorRegisters())),
        tile,
        sink);
  }

  /** Writes {@code G g Gᵀ} of single elements. */
  void weight(Code code, BiFunction<Integer, Integer, Value> kernel, Sink sink) {
    product(code, new Step(weight, 1, weight.groups(Integer.MAX_VALUE)), kernel, sink);
  }

  /** Writes {@code Aᵀ m A}. */
  void output(
      Code code, CpuTarget target, BiFunction<Integer, Integer, Value> products, Sink sink) {
    product(
        code,
        new Step(output, target.vectorLanes(), output.groups(target.vectorRegisters())),
        products,
        sink);
  }

  /** Takes one element of the result. */
  interface Sink {
    /** Takes the value of a row and a column. */
    void accept(Code code, int row, int column, Value value);
  }

  /**
   * How a matrix is applied: to vectors of some lanes, and groups of its rows one after another.
   */
  private record Step(Matrix matrix, int lanes, List<List<Integer>> groups) {}

  /** Some rows of a matrix applied to one vector, and what the registers' names contain for it. */
  private record Pass(String name, List<Integer> rows) {}

  /**
   * Writes {@code M x Mᵀ} for a square {@code x}. For one group of rows of {@code M} after another,
   * {@code M x} is computed column after column, and then the result row after row: what lies
   * between fits the registers.
   */
  private static void product(
      Code code, Step step, BiFunction<Integer, Integer, Value> x, Sink sink) {
    for (List<Integer> group : step.groups()) {
      code.add(Code.block(inner -> rows(inner, step, group, x, sink)));
    }
  }

  private static void rows(
      Code code, Step step, List<Integer> group, BiFunction<Integer, Integer, Value> x, Sink sink) {
    int size = step.matrix().columns();
    // each register has a name of its own, so that those that nothing reads are left out
    List<List<Value.Read>> half = new ArrayList<>();
    for (int i = 0; i < group.size(); i++) {
      half.add(registers(code, "half" + i + "_", step.lanes(), size));
    }
    for (int j = 0; j < size; j++) {
      int column = j;
      code.add(
          Code.block(
              inner -> {
                IntFunction<Value> terms =
                    terms(inner, step, new Pass("", group), i -> x.apply(i, column));
                for (int i = 0; i < group.size(); i++) {
                  inner.assign(
                      half.get(i).get(column),
                      step.matrix().sum(group.get(i), step.lanes(), terms));
                }
              }));
    }
    List<Integer> all = step.matrix().allRows();
    for (int i = 0; i < group.size(); i++) {
      int row = i;
      code.add(
          Code.block(
              inner -> {
                IntFunction<Value> terms =
                    terms(inner, step, new Pass(row + "_", all), half.get(row)::get);
                for (int j = 0; j < all.size(); j++) {
                  sink.accept(inner, group.get(row), j, step.matrix().sum(j, step.lanes(), terms));
                }
              }));
    }
  }

  private static List<Value.Read> registers(Code code, String name, int lanes, int count) {
    return IntStream.range(0, count).mapToObj(i -> code.declare(name + i, lanes).at()).toList();
  }

  /** Writes the shared sums that some rows of a matrix are made of, and returns each. */
  private static IntFunction<Value> terms(Code code, Step step, Pass pass, IntFunction<Value> x) {
    Matrix matrix = step.matrix();
    List<Integer> read = matrix.elements(pass.rows());
    List<Value.Read> element = registers(code, "element" + pass.name(), step.lanes(), read.size());
    for (int k = 0; k < read.size(); k++) {
      code.assign(element.get(k), x.apply(read.get(k)));
    }
    IntFunction<Value> elements = k -> element.get(read.indexOf(k));
    List<Integer> shared = matrix.sharedTerms(pass.rows());
    List<Value.Read> sum = registers(code, "term" + pass.name(), step.lanes(), shared.size());
    for (int k = 0; k < shared.size(); k++) {
      code.assign(sum.get(k), matrix.term(shared.get(k), step.lanes(), elements));
    }
    return term ->
        shared.contains(term)
            ? sum.get(shared.indexOf(term))
            : matrix.term(term, step.lanes(), elements);
  }

  /** A matrix, as a product of two. */
  private static final class Matrix {
    private final float[][] sums;
    private final float[][] terms;

    /** A matrix whose rows share nothing. */
    Matrix(float[][] sums) {
      this(sums, identity(sums[0].length));
    }

    /**
     * A product.
     *
     * @param sums the left matrix, which makes the result from terms
     * @param terms the right matrix
     */
    Matrix(float[][] sums, float[][] terms) {
      this.sums = sums;
      this.terms = terms;
    }

    private static float[][] identity(int size) {
      float[][] matrix = new float[size][size];
      for (int i = 0; i < size; i++) {
        matrix[i][i] = 1;
      }
      return matrix;
    }

    int rows() {
      return sums.length;
    }

    int columns() {
      return terms[0].length;
    }

    /** Returns the additions and multiplications of one vector's product. */
    int operations() {
      int operations = 0;
      for (float[][] factors : List.of(sums, terms)) {
        for (float[] row : factors) {
          operations += operations(row);
        }
      }
      return operations;
    }

    private static int operations(float[] row) {
      int count = -1;
      boolean plain = false;
      for (float factor : row) {
        count += factor == 0 ? 0 : 1;
        plain |= factor == 1;
      }
      return plain ? count : count + 1;
    }

    private boolean uses(List<Integer> rows, int term) {
      return rows.stream().anyMatch(row -> sums[row][term] != 0);
    }

    /** Returns the terms that some rows use and that take an operation to make. */
    List<Integer> sharedTerms(List<Integer> rows) {
      return IntStream.range(0, terms.length)
          .filter(term -> operations(terms[term]) > 0 && uses(rows, term))
          .boxed()
          .toList();
    }

    /** Returns the elements that some rows' terms are made of. */
    List<Integer> elements(List<Integer> rows) {
      return IntStream.range(0, columns())
          .filter(
              element ->
                  IntStream.range(0, terms.length)
                      .anyMatch(term -> terms[term][element] != 0 && uses(rows, term)))
          .boxed()
          .toList();
    }

    List<Integer> allRows() {
      return IntStream.range(0, rows()).boxed().toList();
    }

    /**
     * Returns the rows in groups whose halves of a product fit the registers: all, or those that
     * share terms.
     */
    List<List<Integer>> groups(int registers) {
      if (rows() * columns() <= registers - WORKING_REGISTERS) {
        return List.of(allRows());
      }
      List<List<Integer>> groups = new ArrayList<>();
      for (int row : allRows()) {
        List<Integer> one = List.of(row);
        groups.stream()
            .filter(group -> sharesTerm(group, one))
            .findFirst()
            .ifPresentOrElse(group -> group.add(row), () -> groups.add(new ArrayList<>(one)));
      }
      return groups;
    }

    private boolean sharesTerm(List<Integer> group, List<Integer> one) {
      return sharedTerms(group).stream().anyMatch(sharedTerms(one)::contains);
    }

    Value term(int term, int lanes, IntFunction<Value> element) {
      return combine(terms[term], lanes, element);
    }

    Value sum(int row, int lanes, IntFunction<Value> term) {
      return combine(sums[row], lanes, term);
    }

    /** Returns a sum of multiples; it begins with one that needs no product, if there is such. */
    private static Value combine(float[] factors, int lanes, IntFunction<Value> term) {
      int first = first(factors);
      if (first < 0) {
        return new Value.Constant(0, lanes);
      }
      Value sum = scaled(term.apply(first), factors[first]);
      for (int k = 0; k < factors.length; k++) {
        if (k != first && factors[k] != 0) {
          Value other = scaled(term.apply(k), Math.abs(factors[k]));
          sum = factors[k] < 0 ? sum.minus(other) : sum.plus(other);
        }
      }
      return sum;
    }

    private static int first(float[] factors) {
      int first = -1;
      for (int k = 0; k < factors.length; k++) {
        if (factors[k] == 1) {
          return k;
        }
        first = first < 0 && factors[k] != 0 ? k : first;
      }
      return first;
    }

    private static Value scaled(Value value, float factor) {
      return factor == 1 ? value : value.times(factor);
    }
  }
}
