package org.oneshottuner.lower;

import java.util.List;

/** A number, or a vector of numbers, that a kernel computes. */
public sealed interface Value {
  /** Returns how many elements it has; one is a scalar. */
  int lanes();

  /**
   * Consecutive elements from memory; no alignment is asked for.
   *
   * @param place where from
   * @param index of the first
   * @param lanes how many
   */
  record Load(Place place, Index index, int lanes) implements Value {}

  /**
   * Every other element from memory, from the first; nothing beyond the last is read.
   *
   * @param place where from
   * @param index of the first
   * @param lanes how many
   */
  record LoadEveryOther(Place place, Index index, int lanes) implements Value {}

  /**
   * A scalar in every lane.
   *
   * @param scalar of one lane
   * @param lanes how many
   */
  record Splat(Value scalar, int lanes) implements Value {
    /** Checks that there is one lane to copy. */
    public Splat {
      if (scalar.lanes() != 1) {
        throw new IllegalArgumentException("Cannot splat " + scalar.lanes() + " lanes");
      }
    }
  }

  /**
   * A constant in every lane.
   *
   * @param number the constant
   * @param lanes how many
   */
  record Constant(float number, int lanes) implements Value {}

  /**
   * The first lanes one, the others zero.
   *
   * @param ones how many are one
   * @param lanes how many there are
   */
  record Mask(int ones, int lanes) implements Value {}

  /**
   * A vector whose lanes have moved: lane i is lane i - by of the vector where {@code from <= i <
   * to}, and zero elsewhere.
   *
   * @param vector what is moved
   * @param by how far, up or down
   * @param from the first lane that is kept
   * @param to where those end
   */
  record Shift(Value vector, int by, int from, int to) implements Value {
    /** Checks that the lanes kept are lanes of the vector. */
    public Shift {
      int lanes = vector.lanes();
      if (from < 0 || from >= to || to > lanes || from < by || to - by > lanes) {
        throw new IllegalArgumentException(
            "Cannot shift " + lanes + " lanes by " + by + ": lanes kept are " + from + " to " + to);
      }
    }

    @Override
    public int lanes() {
      return vector.lanes();
    }
  }

  /**
   * A register.
   *
   * @param local the array it is in
   * @param subscripts which; constant once loops are unrolled
   */
  record Read(Local local, List<Index> subscripts) implements Value {
    /** Copies the list and checks its length. */
    public Read {
      subscripts = List.copyOf(subscripts);
      if (subscripts.size() != local.extents().size()) {
        throw new IllegalArgumentException(
            "Cannot read " + local.name() + subscripts + ": extents are " + local.extents());
      }
    }

    @Override
    public int lanes() {
      return local.lanes();
    }
  }

  /**
   * {@code a · b + c}, rounded once where the target can.
   *
   * @param a a factor
   * @param b a factor
   * @param c what is added
   */
  record Fma(Value a, Value b, Value c) implements Value {
    /** Checks that the lanes agree. */
    public Fma {
      sameLanes(a, b);
      sameLanes(b, c);
    }

    @Override
    public int lanes() {
      return c.lanes();
    }
  }

  /**
   * An operation on two values, lane by lane.
   *
   * @param operator which
   * @param a the left side
   * @param b the right side
   */
  record Binary(Operator operator, Value a, Value b) implements Value {
    /** Checks that the lanes agree. */
    public Binary {
      sameLanes(a, b);
    }

    @Override
    public int lanes() {
      return a.lanes();
    }
  }

  /**
   * A function of one value, lane by lane.
   *
   * @param function which
   * @param argument of the function
   */
  record Call(Function function, Value argument) implements Value {
    @Override
    public int lanes() {
      return argument.lanes();
    }
  }

  /**
   * A value where a condition holds, and zero where not; the value is not computed then.
   *
   * @param condition when
   * @param value what
   */
  record Guarded(Condition condition, Value value) implements Value {
    @Override
    public int lanes() {
      return value.lanes();
    }
  }

  /** What two values are joined by. */
  enum Operator {
    /** Sum. */
    ADD,
    /** Difference. */
    SUBTRACT,
    /** Product. */
    MULTIPLY,
    /** Quotient. */
    DIVIDE,
    /** The lesser. */
    LEAST,
    /** The greater. */
    GREATEST
  }

  /** What is computed of one value. */
  enum Function {
    /** The exponential, to 2 ulp. */
    EXP,
    /** The error function, to 1e-6. */
    ERF
  }

  /** Returns the sum. */
  default Value plus(Value other) {
    return new Binary(Operator.ADD, this, other);
  }

  /** Returns the difference. */
  default Value minus(Value other) {
    return new Binary(Operator.SUBTRACT, this, other);
  }

  /** Returns the product. */
  default Value times(Value other) {
    return new Binary(Operator.MULTIPLY, this, other);
  }

  /** Returns the product with a constant. */
  default Value times(float constant) {
    return times(new Constant(constant, lanes()));
  }

  /** Returns the quotient. */
  default Value over(Value divisor) {
    return new Binary(Operator.DIVIDE, this, divisor);
  }

  /** Returns this scalar in every lane. */
  default Value splat(int lanes) {
    return lanes == lanes() ? this : new Splat(this, lanes);
  }

  private static void sameLanes(Value a, Value b) {
    if (a.lanes() != b.lanes()) {
      throw new IllegalArgumentException(
          "Cannot join " + a.lanes() + " lanes with " + b.lanes() + ": " + a + ", " + b);
    }
  }
}
