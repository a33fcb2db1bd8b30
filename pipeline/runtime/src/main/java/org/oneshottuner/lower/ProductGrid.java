package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;

import java.util.ArrayList;
import java.util.List;
import org.oneshottuner.space.KnobValues;

/**
 * How the output of a matrix product is cut: into register tiles of {@code mr} rows and {@code nv}
 * vectors, these into blocks of {@code mc} tiles of rows and groups of {@code nc} tiles of columns.
 * The tiles at the lower and at the right end may be smaller. Every method reads only the knobs
 * that it needs.
 */
final class ProductGrid {
  /** Floats between lines that are packed, beyond their length: they must not share cache sets. */
  private static final int APART = 16;

  /** What the first half of a sum is a whole multiple of, and thus of every unrolling. */
  private static final int HALF_STEP = 16;

  private final Product product;
  private final int lanes;

  ProductGrid(Product product) {
    this.product = product;
    this.lanes = product.lanes();
  }

  /** Returns the columns of a tile. */
  int width(KnobValues v) {
    return v.number(MatrixProduct.NV) * lanes;
  }

  long rowTiles(KnobValues v) {
    return ceil(product.m(), v.number(MatrixProduct.MR));
  }

  long rowBlocks(KnobValues v) {
    return ceil(rowTiles(v), v.number(MatrixProduct.MC));
  }

  /** Returns the rows of a block. */
  int blockRows(KnobValues v) {
    return (int)
        Math.min(product.m(), (long) v.number(MatrixProduct.MC) * v.number(MatrixProduct.MR));
  }

  /** Returns how many tiles have all their columns. */
  int fullTiles(KnobValues v) {
    return product.n() / width(v);
  }

  /** Returns the columns of the last tile, none if all are full. */
  int rest(KnobValues v) {
    return product.n() % width(v);
  }

  /** Returns the tiles in which there are columns. */
  long columnTiles(KnobValues v) {
    return ceil(product.n(), width(v));
  }

  boolean overlaps(KnobValues v) {
    return v.is(MatrixProduct.TAIL, MatrixProduct.OVERLAP) && rest(v) > 0;
  }

  /** Returns whether the last vector reaches back into the tile before, and is in its group. */
  boolean joined(KnobValues v) {
    return overlaps(v) && rest(v) < lanes;
  }

  /** Returns the tiles that are shared out to groups. */
  long groupedTiles(KnobValues v) {
    return joined(v) ? fullTiles(v) : columnTiles(v);
  }

  long columnGroups(KnobValues v) {
    return ceil(groupedTiles(v), v.number(MatrixProduct.NC));
  }

  /** Returns the columns of a tile that has as many as any. */
  int tileColumns(KnobValues v) {
    return Math.min(width(v), product.n());
  }

  /** Returns the columns of a group that has as many as any, those counted twice that overlap. */
  long groupColumns(KnobValues v) {
    return Math.min(
        columnsOfRow(v), (long) v.number(MatrixProduct.NC) * width(v) + (joined(v) ? lanes : 0));
  }

  /** Returns the lengths of the vectors of the last tile. */
  List<Integer> lastColumns(KnobValues v) {
    int rest = rest(v);
    return overlaps(v)
        ? RegisterTile.columns((int) ceil(rest, lanes), lanes)
        : RegisterTile.cut(rest, lanes);
  }

  /** Returns where the vectors of the last tile begin, from its first column. */
  List<Integer> lastStarts(KnobValues v) {
    List<Integer> starts = new ArrayList<>();
    int start = 0;
    for (int length : lastColumns(v)) {
      starts.add(start);
      start += length;
    }
    if (overlaps(v)) {
      starts.set(starts.size() - 1, rest(v) - lanes);
    }
    return starts;
  }

  /**
   * Returns the floats of a row of the last tile's panel: whole vectors, so that none straddles.
   */
  int lastPitch(KnobValues v) {
    return product.n() < lanes ? rest(v) : (int) ceil(rest(v), lanes) * lanes;
  }

  /** Returns the vectors that make up one row of the output. */
  double vectorsOfRow(KnobValues v) {
    return (double) fullTiles(v) * v.number(MatrixProduct.NV) + lastVectors(v);
  }

  /** Returns the vectors of a row of the last tile, none if all tiles are full. */
  int lastVectors(KnobValues v) {
    int rest = rest(v);
    // a power of two for each bit that is set
    return overlaps(v) ? (int) ceil(rest, lanes) : rest / lanes + Integer.bitCount(rest % lanes);
  }

  /** Returns the columns that are loaded for one row, those counted twice that overlap. */
  long columnsOfRow(KnobValues v) {
    return overlaps(v) ? ceil(product.n(), lanes) * lanes : product.n();
  }

  /** Returns into how many halves the sum is cut that units of their own add up. */
  static int halves(KnobValues v) {
    return v.number(MatrixProduct.KS);
  }

  /** Returns the terms of a part of the sum that is added up at once. */
  int step(KnobValues v) {
    return halves(v) == 1
        ? v.number(MatrixProduct.KC)
        : (int) ceil(ceil(product.k(), 2), HALF_STEP) * HALF_STEP;
  }

  /** Returns whether units pack the rows of the left side that they need. */
  boolean packsRows(KnobValues v) {
    return product.aliased()
        && (v.is(MatrixProduct.PACK, MatrixProduct.ROWS)
            || v.is(MatrixProduct.PACK, MatrixProduct.BOTH));
  }

  /** Returns whether units pack the columns of the right side that they need. */
  boolean packsColumns(KnobValues v) {
    return product.mustPackColumns()
        || (product.mayPackColumns()
            && (v.is(MatrixProduct.PACK, MatrixProduct.COLUMNS)
                || v.is(MatrixProduct.PACK, MatrixProduct.BOTH)));
  }

  /** Returns whether columns come from panels, packed ahead or by units. */
  boolean panels(KnobValues v) {
    return product.constantRight() || packsColumns(v);
  }

  /** Returns how many elements lie between two rows that are broadcast from, or two terms. */
  int rowPitch(KnobValues v) {
    if (!packsRows(v)) {
      return product.leftPitch();
    }
    int length = product.transpose().ofLhs() ? blockRows(v) : v.number(MatrixProduct.KC);
    int pitch = length + APART;
    return Product.aliased(pitch) ? pitch + APART : pitch;
  }

  /** Returns the workspace of a unit for rows that it packs. */
  long packedRowFloats(KnobValues v) {
    return packsRows(v)
        ? (long) rowPitch(v)
            * (product.transpose().ofLhs() ? v.number(MatrixProduct.KC) : blockRows(v))
        : 0;
  }

  /** Returns the workspace of a unit for columns that it packs. */
  long packedColumnFloats(KnobValues v) {
    if (!packsColumns(v)) {
      return 0;
    }
    long nc = v.number(MatrixProduct.NC);
    long before = (columnGroups(v) - 1) * nc;
    long last = (fullTiles(v) - before) * width(v) + lastPitch(v);
    return (before == 0 ? last : Math.max(nc * width(v), last)) * step(v);
  }

  /** Returns the workspace that all threads share, for the halves of the sums. */
  long partFloats(KnobValues v) {
    return halves(v) == 1 ? 0 : (long) halves(v) * product.batch() * product.m() * product.n();
  }

  /** Returns the units of work of the longest phase. */
  Units units(KnobValues v) {
    Code.Digit groups = new Code.Digit("group", columnGroups(v));
    Code.Digit blocks = new Code.Digit("block", rowBlocks(v));
    boolean columnsOutside = columnsOutside(v);
    return Units.of(
        product.task(),
        v,
        (long) product.batch() * halves(v),
        columnsOutside ? groups : blocks,
        columnsOutside ? blocks : groups);
  }

  private static boolean columnsOutside(KnobValues v) {
    return v.is(MatrixProduct.ORDER, MatrixProduct.COLUMNS_OUTSIDE);
  }

  /** Returns the vectors of output of the busiest thread over the mean of all threads. */
  double imbalance(KnobValues v) {
    int threads = product.task().threads();
    double rows = (double) v.number(MatrixProduct.MC) * v.number(MatrixProduct.MR);
    double vectors = (double) v.number(MatrixProduct.NC) * v.number(MatrixProduct.NV);
    double lastRows = product.m() / rows - (rowBlocks(v) - 1);
    double lastVectors = vectorsOfRow(v) / vectors - (columnGroups(v) - 1);
    return columnsOutside(v)
        ? units(v).imbalance(threads, lastVectors, lastRows)
        : units(v).imbalance(threads, lastRows, lastVectors);
  }
}
