package org.oneshottuner.lower;

import java.util.List;
import org.oneshottuner.space.KnobValues;

/**
 * Packs columns of a product's right side into panels: for each term of the sum, the columns of a
 * tile side by side. Full tiles that read several streams have as many panels of equal width.
 */
final class ColumnPanels {
  private final int lanes;
  private final int n;
  private final int k;
  private final boolean transposed;
  private final int width;
  private final int streams;
  private final int fullTiles;
  private final int fullVectors;
  private final int lastPitch;
  private final List<Integer> lastColumns;
  private final List<Integer> lastStarts;

  ColumnPanels(Product product, ProductGrid grid, KnobValues values) {
    lanes = product.lanes();
    n = product.n();
    k = product.k();
    transposed = product.constantRight() || product.transpose().ofRhs();
    width = grid.width(values);
    streams = values.number(MatrixProduct.STREAMS);
    fullTiles = grid.fullTiles(values);
    fullVectors = values.number(MatrixProduct.NV);
    lastPitch = grid.lastPitch(values);
    lastColumns = grid.lastColumns(values);
    lastStarts = grid.lastStarts(values);
  }

  /**
   * What is packed, and where to.
   *
   * @param from the right side
   * @param start of the panel's first column in it
   * @param to where panels lie
   * @param place of the panel there
   * @param terms of the sum
   */
  record Panel(Place from, Index start, Place to, Index place, Index terms) {
    /** Returns a panel beside this one. */
    Panel beside(Index columns, Index places) {
      return new Panel(from, start.plus(columns), to, place.plus(places), terms);
    }
  }

  /**
   * Some columns of a panel.
   *
   * @param first of the columns in the panel
   * @param columns how many
   * @param pitch floats from a term to the next
   */
  private record Strip(int first, int columns, int pitch) {
    Index at(Panel panel, Index column, Index term) {
      return panel.place().plus(term.times(pitch)).plus(first).plus(column);
    }
  }

  /** Packs all columns of a side whose columns lie one after the other. */
  void packAhead(Code code, Place from, Place to) {
    Panel first = new Panel(from, Index.ZERO, to, Index.ZERO, Index.of(k));
    int panelWidth = width / streams;
    code.loop(
        "tile",
        (long) fullTiles * streams,
        (inner, panel) -> {
          Index start = panel.times((long) panelWidth * k);
          transpose(inner, first.beside(start, start), new Strip(0, panelWidth, panelWidth));
        });
    if (!lastColumns.isEmpty()) {
      Index last = Index.of((long) fullTiles * width * k);
      packTransposed(code, first.beside(last, last), true);
    }
  }

  /** Packs one panel. */
  void pack(Code code, Panel panel, boolean last) {
    if (transposed) {
      packTransposed(code, panel, last);
    } else {
      copy(code, panel, last);
    }
  }

  /** Returns where a vector of the last tile lies in a term of its panel. */
  int lastPlace(int vector) {
    return lastColumns.subList(0, vector).stream().mapToInt(Integer::intValue).sum();
  }

  private boolean overlaps() {
    int end = lastColumns.size() - 1;
    return lastStarts.get(end) != lastPlace(end);
  }

  private void packTransposed(Code code, Panel panel, boolean last) {
    int pitch = last ? lastPitch : width;
    if (!last) {
      transpose(code, panel, new Strip(0, width, pitch));
    } else if (overlaps()) {
      int end = lastColumns.size() - 1;
      transpose(code, panel, new Strip(0, lastPlace(end), pitch));
      Index start = Index.of((long) lastStarts.get(end) * k);
      transpose(code, panel.beside(start, Index.ZERO), new Strip(lastPlace(end), lanes, pitch));
    } else {
      transpose(code, panel, new Strip(0, lastPlace(lastColumns.size()), pitch));
    }
  }

  /** Copies vectors, of terms that lie one after the other. */
  private void copy(Code code, Panel panel, boolean last) {
    int vectors = last ? lastColumns.size() : fullVectors;
    int pitch = last ? lastPitch : width;
    code.loop(
        "p",
        Index.ZERO,
        panel.terms(),
        1,
        (inner, p) -> {
          for (int j = 0; j < vectors; j++) {
            int start = last ? lastStarts.get(j) : j * lanes;
            inner.store(
                panel.to(),
                panel.place().plus(p.times(pitch)).plus(last ? lastPlace(j) : start),
                new Value.Load(
                    panel.from(),
                    panel.start().plus(p.times(n)).plus(start),
                    last ? lastColumns.get(j) : lanes));
          }
        });
  }

  /** Transposes whole blocks in vectors, and element by element what is left of both sides. */
  private void transpose(Code code, Panel panel, Strip strip) {
    int blocked = strip.columns() - strip.columns() % lanes;
    Index terms = panel.terms().minus(panel.terms().remainder(lanes));
    if (blocked > 0 && !terms.equals(Index.ZERO)) {
      code.loop(
          "c",
          Index.ZERO,
          Index.of(blocked),
          lanes,
          (outer, c) ->
              outer.loop(
                  "p",
                  Index.ZERO,
                  terms,
                  lanes,
                  (inner, p) ->
                      inner.transpose(
                          new Statement.Rows(panel.to(), strip.at(panel, c, p), strip.pitch()),
                          new Statement.Rows(
                              panel.from(), panel.start().plus(c.times(k)).plus(p), k),
                          lanes)));
    }
    if (blocked > 0 && !terms.equals(panel.terms())) {
      elements(code, panel, strip, new Left(0, blocked, terms));
    }
    if (blocked < strip.columns()) {
      elements(code, panel, strip, new Left(blocked, strip.columns(), Index.ZERO));
    }
  }

  /**
   * What is left to be transposed element by element.
   *
   * @param column the first
   * @param end of the columns
   * @param term the first
   */
  private record Left(int column, int end, Index term) {}

  private void elements(Code code, Panel panel, Strip strip, Left left) {
    code.loop(
        "c",
        Index.of(left.column()),
        Index.of(left.end()),
        1,
        (outer, c) -> {
          Place source = outer.bind("source", panel.from(), panel.start().plus(c.times(k)));
          outer.loop(
              "p",
              left.term(),
              panel.terms(),
              1,
              (inner, p) ->
                  inner.store(panel.to(), strip.at(panel, c, p), new Value.Load(source, p, 1)));
        });
  }
}
