package org.oneshottuner.sample;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.oneshottuner.sample.Foremost.Kept;

/**
 * What one or more ranges of a space contribute to a round: the members that may be drawn and the
 * sum that makes the proposal add up to one. Merging is exact: associative, commutative, and to the
 * bit the same in every order, because sums are kept range by range and are added in the ranges'
 * order at the end. Immutable.
 */
public final class RangeSample {
  private static final int MAGIC = 0x4F535253;

  final int capacity;
  final double unit;
  final int[] ranges;
  final long[] counts;
  final double[] logSums;
  final Kept random;
  final Kept guided;

  RangeSample(Setting setting, Sums sums, Kept random, Kept guided) {
    this.capacity = setting.capacity();
    this.unit = setting.unit();
    this.ranges = sums.ranges;
    this.counts = sums.counts;
    this.logSums = sums.logSums;
    this.random = random;
    this.guided = guided;
  }

  /**
   * Returns what the ranges of both contribute.
   *
   * @throws IllegalArgumentException if a range is in both, or they are of rounds with other
   *     settings
   */
  public RangeSample merge(RangeSample other) {
    if (capacity != other.capacity || Double.compare(unit, other.unit) != 0) {
      throw new IllegalArgumentException(
          "Cannot merge samples of two rounds: they keep "
              + capacity
              + " and "
              + other.capacity
              + " members, at score units of "
              + unit
              + " and "
              + other.unit);
    }
    return new RangeSample(
        new Setting(capacity, unit),
        new Sums(ranges, counts, logSums)
            .merge(new Sums(other.ranges, other.counts, other.logSums)),
        random.merge(other.random, capacity),
        guided.merge(other.guided, capacity));
  }

  /** Returns how many ranges this holds. */
  public int rangeCount() {
    return ranges.length;
  }

  /** Returns how many members of these ranges may be drawn. */
  public long members() {
    return Arrays.stream(counts).sum();
  }

  /** Returns the form that {@link #read} reads: equal samples have equal bytes. */
  public byte[] bytes() {
    int header = 3 * Integer.BYTES + Double.BYTES;
    int perRange = Integer.BYTES + Long.BYTES + Double.BYTES;
    int perMember = Double.BYTES + Long.BYTES + Float.BYTES;
    ByteBuffer out =
        ByteBuffer.allocate(
            header
                + ranges.length * perRange
                + 2 * Integer.BYTES
                + (random.size() + guided.size()) * perMember);
    out.putInt(MAGIC).putInt(capacity).putDouble(unit).putInt(ranges.length);
    for (int i = 0; i < ranges.length; i++) {
      out.putInt(ranges[i]).putLong(counts[i]).putDouble(logSums[i]);
    }
    write(random, out);
    write(guided, out);
    return out.array();
  }

  /**
   * Reads the form that {@link #bytes()} writes.
   *
   * @throws IllegalArgumentException if these are not such bytes
   */
  public static RangeSample read(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      int magic = in.getInt();
      if (magic != MAGIC) {
        throw new IllegalArgumentException(
            "Cannot read a range sample: it begins with " + Integer.toHexString(magic));
      }
      Setting setting = new Setting(in.getInt(), in.getDouble());
      int size = length(in, Integer.BYTES + Long.BYTES + Double.BYTES);
      Sums sums = new Sums(new int[size], new long[size], new double[size]);
      for (int i = 0; i < size; i++) {
        sums.ranges[i] = in.getInt();
        sums.counts[i] = in.getLong();
        sums.logSums[i] = in.getDouble();
      }
      RangeSample sample = new RangeSample(setting, sums, kept(in), kept(in));
      if (in.hasRemaining()) {
        throw new IllegalArgumentException(
            "Cannot read a range sample: " + in.remaining() + " bytes are left over");
      }
      return sample;
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException(
          "Cannot read a range sample: it ends after " + bytes.length + " bytes", e);
    }
  }

  private static void write(Kept kept, ByteBuffer out) {
    out.putInt(kept.size());
    for (int i = 0; i < kept.size(); i++) {
      out.putDouble(kept.ranks[i]).putLong(kept.members[i]).putFloat(kept.scores[i]);
    }
  }

  private static Kept kept(ByteBuffer in) {
    int size = length(in, Double.BYTES + Long.BYTES + Float.BYTES);
    Kept kept = new Kept(new double[size], new long[size], new float[size]);
    for (int i = 0; i < size; i++) {
      kept.ranks[i] = in.getDouble();
      kept.members[i] = in.getLong();
      kept.scores[i] = in.getFloat();
    }
    return kept;
  }

  private static int length(ByteBuffer in, int entryBytes) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining() / entryBytes) {
      throw new IllegalArgumentException(
          "Cannot read a range sample: a length is "
              + length
              + ", "
              + in.remaining()
              + " bytes are left");
    }
    return length;
  }

  /**
   * What samples must agree on to be merged.
   *
   * @param capacity most members kept in either order
   * @param unit of the scores; 0 where none was looked at
   */
  record Setting(int capacity, double unit) {}

  /**
   * For each range, in their order, how many members it has and the logarithm of their weights'
   * sum.
   */
  static final class Sums {
    final int[] ranges;
    final long[] counts;
    final double[] logSums;

    Sums(int[] ranges, long[] counts, double[] logSums) {
      this.ranges = ranges;
      this.counts = counts;
      this.logSums = logSums;
    }

    Sums merge(Sums other) {
      int size = ranges.length + other.ranges.length;
      Sums merged = new Sums(new int[size], new long[size], new double[size]);
      int left = 0;
      int right = 0;
      for (int i = 0; i < size; i++) {
        boolean mine =
            right == other.ranges.length
                || (left < ranges.length && ranges[left] < other.ranges[right]);
        Sums from = mine ? this : other;
        int place = mine ? left++ : right++;
        merged.ranges[i] = from.ranges[place];
        merged.counts[i] = from.counts[place];
        merged.logSums[i] = from.logSums[place];
        if (i > 0 && merged.ranges[i - 1] == merged.ranges[i]) {
          throw new IllegalArgumentException(
              "Cannot merge samples: both hold range " + merged.ranges[i]);
        }
      }
      return merged;
    }
  }
}
