package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.oneshottuner.space.KnobValues;

/**
 * What a template knows of a candidate in closed form, named alike for all templates, so that what
 * is learnt of one carries over to others. All are counted for one run of the kernel by one thread,
 * unless said otherwise.
 */
public enum Trait {
  /** Registers that hold sums in the innermost loop. */
  ACCUMULATORS("registers", "vector registers that hold sums in the innermost loop"),
  /** Rows of the register tile. */
  TILE_ROWS("rows", "rows of the register tile: scalars that are broadcast in one step"),
  /** Columns of the register tile. */
  TILE_VECTORS("vectors", "columns of the register tile: vectors that are loaded in one step"),
  /** Share of the vector registers in use. */
  REGISTER_SHARE("ratio", "vector registers used by the innermost loop over those the target has"),
  /** Multiply-adds for each load. */
  FMAS_PER_LOAD(
      "ratio", "vector multiply-adds for each vector load or broadcast of the innermost loop"),
  /** Straight-line multiply-adds in the innermost body. */
  BODY_FMAS("instructions", "vector multiply-adds in one pass of the innermost body"),
  /** Passes of the innermost loop before the accumulators are stored. */
  INNER_TRIPS("passes", "passes of the innermost loop for one entry into it"),
  /** Passes of all reduction loops before the accumulators are stored. */
  REDUCTION_TRIPS(
      "passes", "passes of the innermost body between zeroing and storing the accumulators"),
  /** Multiply-adds in the text of the kernel. */
  CODE_FMAS(
      "instructions", "vector multiply-adds in the kernel's text, borders and remainders included"),
  /** Vector multiply-adds executed. */
  EXECUTED_FMAS("instructions", "vector multiply-adds executed in all"),
  /** Executed over useful arithmetic. */
  USEFUL_SHARE("ratio", "operations of the direct algorithm over the lanes' operations executed"),
  /** Bytes of broadcast operands that a register tile reads. */
  ROW_PANEL_BYTES("bytes", "distinct bytes of the broadcast operand that one register tile reads"),
  /** Bytes of vector operands that a register tile reads. */
  COLUMN_PANEL_BYTES("bytes", "distinct bytes of the vector operand that one register tile reads"),
  /** Working set between two uses of the same panel. */
  REUSE_BYTES(
      "bytes",
      "distinct bytes touched between two uses of the operand that the next loop out keeps"),
  /** Bytes of operands that a unit reads. */
  UNIT_BYTES("bytes", "distinct bytes of both operands that a unit of work reads, if it is whole"),
  /** Bytes that register tiles read again and again. */
  INNER_TRAFFIC(
      "bytes",
      "bytes that register tiles read of both operands in all, whatever cache they come from"),
  /** Bytes from beyond the second-level cache. */
  OUTER_TRAFFIC(
      "bytes", "bytes that come from beyond the second-level cache, as the reuse distances tell"),
  /** Bytes of scratch that are written and read back. */
  SCRATCH_TRAFFIC("bytes", "bytes of workspace written, and as many again that are read back"),
  /** Scratch memory. */
  SCRATCH_BYTES("bytes", "workspace in use at once by one thread"),
  /** Vector operations outside the sums. */
  TRANSFORM_OPS("instructions", "vector operations of transforms, copies and reorders"),
  /** Elements stored one by one. */
  SCATTERED_STORES("elements", "elements stored one by one, with a stride"),
  /** Distance between the rows broadcast from. */
  ROW_STRIDE_BYTES("bytes", "distance in memory between the rows of the broadcast operand"),
  /** Units of parallel work. */
  UNITS("units", "units of parallel work of the longest phase"),
  /** Longest share over the mean share. */
  IMBALANCE("ratio", "work of the busiest thread over the mean of all threads"),
  /** Whether the vector operand stays while the broadcast one passes. */
  COLUMNS_STAY(
      "flag",
      "1 where the next loop out keeps the vector operand, 0 where it keeps the broadcast one"),
  /** Whether units that follow each other share the vector operand. */
  UNITS_SHARE_COLUMNS(
      "flag",
      "1 where units that follow each other share the vector operand, 0 where they share the"
          + " broadcast one"),
  /** Vector loads that straddle cache lines. */
  SPLIT_LOADS(
      "loads",
      "expected number of vector operands that register tiles load across two cache lines of 64"
          + " bytes"),
  /** Passes over the output. */
  PASSES("passes", "parts that the sum is cut into; between two, partial sums are in memory"),
  /** Phases of the kernel. */
  PHASES("phases", "phases of the kernel: all threads wait for each other between two"),
  /** Whether threads share the inner loop. */
  INNER_CUT("flag", "1 where each thread has its own range of the inner loop, 0 of the outermost"),
  /** Whether broadcast operands are part of the multiply-add. */
  EMBEDDED("flag", "1 where a broadcast operand is read by the multiply-add itself"),
  /** Sequences of packed vectors that a register tile reads side by side. */
  COLUMN_STREAMS(
      "sequences",
      "sequences of packed vectors, far apart, that a register tile reads side by side");

  private final String unit;
  private final String meaning;

  Trait(String unit, String meaning) {
    this.unit = unit;
    this.meaning = meaning;
  }

  /** Returns the unit. */
  public String unit() {
    return unit;
  }

  /** Returns the name of the feature that shows it. */
  public String columnName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns whether it is a ratio or a flag, to be read as it is, and not a count over several
   * magnitudes.
   */
  public boolean ratio() {
    return unit.equals("ratio") || unit.equals("flag");
  }

  /** Returns what it means, in a sentence. */
  public String meaning() {
    return meaning;
  }

  /**
   * How one template computes a trait.
   *
   * @param trait which
   * @param knobs the only knobs that the value may depend on
   * @param value computes it
   */
  public record Reader(Trait trait, Set<String> knobs, ToDoubleFunction<KnobValues> value) {
    /** Copies the set. */
    public Reader {
      knobs = Set.copyOf(knobs);
    }
  }

  /** Collects readers. */
  static final class Table {
    private final List<Reader> readers = new ArrayList<>();

    void add(Trait trait, ToDoubleFunction<KnobValues> value, String... knobs) {
      readers.add(new Reader(trait, Set.of(knobs), value));
    }

    List<Reader> readers() {
      return List.copyOf(readers);
    }
  }
}
