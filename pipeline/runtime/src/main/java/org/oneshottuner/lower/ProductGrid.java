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
  /** Floats between rows that are packed, beyond their length: they must not share cache sets. */
  private static final int APART = 16;

  /** What halves of a sum are whole multiples of. */
  private static final int HALF_STEP = 8;

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

  /** Returns the columns of the largest group. */
  long groupColumns(KnobValues v) {
    return Math.min(
        (long) product.n() + lanes,
        (long) v.number(MatrixProduct.NC) * width(v) + (joined(v) ? lanes : 0));
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
    int last = overlaps(v) ? (int) ceil(rest(v), lanes) : RegisterTile.cut(rest(v), lanes).size();
    return (double) fullTiles(v) * v.number(MatrixProduct.NV) + last;
  }

  /** Returns the columns that are loaded for one row, those counted twice that overlap. */
  double columnsOfRow(KnobValues v) {
    return overlaps(v) ? (double) ceil(product.n(), lanes) * lanes : product.n();
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

  boolean packsRows(KnobValues v) {
    return product.aliased() && v.is(MatrixProduct.PACK, MatrixProduct.ROWS);
  }

  /** Returns how many elements lie between two rows that are broadcast from, or two terms. */
  int rowPitch(KnobValues v) {
    if (!packsRows(v)) {
      return product.leftPitch();
    }
    return product.transpose().ofLhs() ? blockRows(v) : v.number(MatrixProduct.KC) + APART;
  }

  /** Returns the workspace of a unit that packs rows. */
  long packedRowFloats(KnobValues v) {
    return (long) rowPitch(v)
        * (product.transpose().ofLhs() ? v.number(MatrixProduct.KC) : blockRows(v));
  }

  /** Returns the workspace of a unit that packs columns. */
  long stagedFloats(KnobValues v) {
    long tiles = Math.min(v.number(MatrixProduct.NC), fullTiles(v));
    return (tiles * width(v) + lastPitch(v)) * v.number(MatrixProduct.KC);
  }

  /** Returns the units of work of the longest phase. */
  Units units(KnobValues v) {
    Code.Digit groups = new Code.Digit("group", columnGroups(v));
    Code.Digit blocks = new Code.Digit("block", rowBlocks(v));
    boolean columnsOutside = v.is(MatrixProduct.ORDER, MatrixProduct.COLUMNS_OUTSIDE);
    return Units.of(
        product.task(),
        v,
        (long) product.batch() * halves(v),
        columnsOutside ? groups : blocks,
        columnsOutside ? blocks : groups);
  }
}
