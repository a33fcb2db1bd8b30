package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * A whole number made from variables: a constant plus multiples of variables and of quotients,
 * remainders, minima and maxima.
 *
 * <p>Sums and multiples are kept in one normal form, so that equal sums are equal records and
 * constants fold. Immutable.
 *
 * @param constant what is added to the terms
 * @param terms multiples of distinct atoms, ordered by the atoms' text, none of them zero
 */
public record Index(long constant, List<Term> terms) {
  /** Zero. */
  public static final Index ZERO = new Index(0, List.of());

  /**
   * A multiple of an atom.
   *
   * @param factor not zero
   * @param atom what is multiplied
   */
  public record Term(long factor, Atom atom) {}

  /** What an index is a sum of. */
  public sealed interface Atom {}

  /**
   * A variable.
   *
   * @param axis the variable
   */
  public record Variable(Axis axis) implements Atom {}

  /**
   * A quotient, rounded down; the dividend is never negative.
   *
   * @param dividend what is divided
   * @param divisor at least one
   */
  public record Quotient(Index dividend, long divisor) implements Atom {}

  /**
   * A remainder; the dividend is never negative.
   *
   * @param dividend what is divided
   * @param divisor at least one
   */
  public record Remainder(Index dividend, long divisor) implements Atom {}

  /**
   * The lesser of two.
   *
   * @param first one
   * @param second the other
   */
  public record Least(Index first, Index second) implements Atom {}

  /**
   * The greater of two.
   *
   * @param first one
   * @param second the other
   */
  public record Greatest(Index first, Index second) implements Atom {}

  /** Copies the list. */
  public Index {
    terms = List.copyOf(terms);
  }

  /** Returns a constant. */
  public static Index of(long constant) {
    return new Index(constant, List.of());
  }

  /** Returns a variable. */
  public static Index of(Axis axis) {
    return of(new Variable(axis));
  }

  private static Index of(Atom atom) {
    return new Index(0, List.of(new Term(1, atom)));
  }

  /** Returns whether no variable occurs. */
  public boolean isConstant() {
    return terms.isEmpty();
  }

  /** Returns the sum. */
  public Index plus(Index other) {
    TreeMap<String, Term> sums = new TreeMap<>();
    for (Term term : terms) {
      sums.put(text(term.atom()), term);
    }
    for (Term term : other.terms) {
      sums.merge(
          text(term.atom()),
          term,
          (a, b) -> new Term(Math.addExact(a.factor(), b.factor()), a.atom()));
    }
    return new Index(
        Math.addExact(constant, other.constant),
        sums.values().stream().filter(term -> term.factor() != 0).toList());
  }

  /** Returns the sum. */
  public Index plus(long other) {
    return plus(of(other));
  }

  /** Returns the difference. */
  public Index minus(Index other) {
    return plus(other.times(-1));
  }

  /** Returns the product. */
  public Index times(long factor) {
    if (factor == 0) {
      return ZERO;
    }
    return new Index(
        Math.multiplyExact(constant, factor),
        terms.stream()
            .map(term -> new Term(Math.multiplyExact(term.factor(), factor), term.atom()))
            .toList());
  }

  /** Returns the quotient, rounded down; this index is never negative. */
  public Index dividedBy(long divisor) {
    if (divisor == 1) {
      return this;
    }
    return isConstant() ? of(Math.floorDiv(constant, divisor)) : of(new Quotient(this, divisor));
  }

  /** Returns the remainder; this index is never negative. */
  public Index remainder(long divisor) {
    if (divisor == 1) {
      return ZERO;
    }
    return isConstant() ? of(Math.floorMod(constant, divisor)) : of(new Remainder(this, divisor));
  }

  /** Returns the lesser of the two. */
  public Index least(Index other) {
    Index difference = minus(other);
    if (difference.isConstant()) {
      return difference.constant <= 0 ? this : other;
    }
    return of(new Least(this, other));
  }

  /** Returns the greater of the two. */
  public Index greatest(Index other) {
    Index difference = minus(other);
    if (difference.isConstant()) {
      return difference.constant >= 0 ? this : other;
    }
    return of(new Greatest(this, other));
  }

  /** Returns the index with some variables replaced by numbers, folded. */
  public Index with(Map<Axis, Long> values) {
    if (terms.isEmpty() || values.isEmpty()) {
      return this;
    }
    Index sum = of(constant);
    for (Term term : terms) {
      sum = sum.plus(with(term.atom(), values).times(term.factor()));
    }
    return sum;
  }

  private static Index with(Atom atom, Map<Axis, Long> values) {
    if (atom instanceof Variable variable) {
      Long value = values.get(variable.axis());
      return value == null ? of(atom) : of(value);
    }
    if (atom instanceof Quotient quotient) {
      return quotient.dividend().with(values).dividedBy(quotient.divisor());
    }
    if (atom instanceof Remainder remainder) {
      return remainder.dividend().with(values).remainder(remainder.divisor());
    }
    if (atom instanceof Least least) {
      return least.first().with(values).least(least.second().with(values));
    }
    if (atom instanceof Greatest greatest) {
      return greatest.first().with(values).greatest(greatest.second().with(values));
    }
    throw new AssertionError(atom);
  }

  /** Hands over each variable that occurs, as often as it does. */
  void eachVariable(Consumer<Axis> consumer) {
    for (Term term : terms) {
      eachVariable(term.atom(), consumer);
    }
  }

  private static void eachVariable(Atom atom, Consumer<Axis> consumer) {
    if (atom instanceof Variable variable) {
      consumer.accept(variable.axis());
    } else if (atom instanceof Quotient quotient) {
      quotient.dividend().eachVariable(consumer);
    } else if (atom instanceof Remainder remainder) {
      remainder.dividend().eachVariable(consumer);
    } else if (atom instanceof Least least) {
      least.first().eachVariable(consumer);
      least.second().eachVariable(consumer);
    } else if (atom instanceof Greatest greatest) {
      greatest.first().eachVariable(consumer);
      greatest.second().eachVariable(consumer);
    } else {
      throw new AssertionError(atom);
    }
  }

  /** Returns the number that this index has when variables have the given values. */
  public long evaluate(ToLongFunction<Axis> values) {
    long sum = constant;
    for (Term term : terms) {
      sum = Math.addExact(sum, Math.multiplyExact(term.factor(), evaluate(term.atom(), values)));
    }
    return sum;
  }

  private static long evaluate(Atom atom, ToLongFunction<Axis> values) {
    if (atom instanceof Variable variable) {
      return values.applyAsLong(variable.axis());
    }
    if (atom instanceof Quotient quotient) {
      return Math.floorDiv(nonNegative(quotient.dividend().evaluate(values)), quotient.divisor());
    }
    if (atom instanceof Remainder remainder) {
      return Math.floorMod(nonNegative(remainder.dividend().evaluate(values)), remainder.divisor());
    }
    if (atom instanceof Least least) {
      return Math.min(least.first().evaluate(values), least.second().evaluate(values));
    }
    if (atom instanceof Greatest greatest) {
      return Math.max(greatest.first().evaluate(values), greatest.second().evaluate(values));
    }
    throw new AssertionError(atom);
  }

  private static long nonNegative(long dividend) {
    if (dividend < 0) {
      // C rounds towards zero where this class rounds down
      throw new ArithmeticException("Cannot divide index " + dividend + ": it is negative");
    }
    return dividend;
  }

  /** Returns the index as a C expression of type {@code long}; a sum is not in parentheses. */
  public String text() {
    List<String> parts = new ArrayList<>();
    for (Term term : terms) {
      String atom = text(term.atom());
      String product = Math.abs(term.factor()) == 1 ? atom : Math.abs(term.factor()) + " * " + atom;
      parts.add((term.factor() < 0 ? "- " : "+ ") + product);
    }
    if (constant != 0 || parts.isEmpty()) {
      parts.add((constant < 0 ? "- " : "+ ") + Math.abs(constant));
    }
    String sum = String.join(" ", parts);
    return sum.startsWith("+ ") ? sum.substring(2) : "-" + sum.substring(2);
  }

  private static String text(Atom atom) {
    if (atom instanceof Variable variable) {
      return variable.axis().name();
    }
    if (atom instanceof Quotient quotient) {
      return "(" + factor(quotient.dividend()) + " / " + quotient.divisor() + ")";
    }
    if (atom instanceof Remainder remainder) {
      return "(" + factor(remainder.dividend()) + " % " + remainder.divisor() + ")";
    }
    if (atom instanceof Least least) {
      return "least(" + least.first().text() + ", " + least.second().text() + ")";
    }
    if (atom instanceof Greatest greatest) {
      return "greatest(" + greatest.first().text() + ", " + greatest.second().text() + ")";
    }
    throw new AssertionError(atom);
  }

  private static String factor(Index index) {
    boolean single =
        index.isConstant()
            || (index.constant == 0 && index.terms.size() == 1 && index.terms.get(0).factor() == 1);
    return single ? index.text() : "(" + index.text() + ")";
  }

  @Override
  public String toString() {
    return text();
  }
}
