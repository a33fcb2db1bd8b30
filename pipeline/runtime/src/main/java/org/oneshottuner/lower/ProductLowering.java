package org.oneshottuner.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Operands;

/** One schedule of a matrix product being lowered. */
final class ProductLowering {
  private final Product product;
  private final Units units;
  private final boolean columnsOutside;
  private final boolean columnsOutsideInUnit;
  private final int batch;
  private final int m;
  private final int n;
  private final int k;
  private final int lanes;
  private final int mr;
  private final int mc;
  private final int nc;
  private final int unroll;
  private final int halves;
  private final int step;
  private final int width;
  private final int fullTiles;
  private final int groups;
  private final int blocks;
  private final int blockRows;
  private final boolean joined;
  private final boolean packsRows;
  private final int rowPitch;
  private final int lastPitch;
  private final List<Integer> fullColumns;
  private final List<Integer> lastColumns;
  private final List<Integer> lastStarts;
  private final int streams;
  private final boolean packsColumns;
  private final boolean inPanels;
  private final ColumnPanels packer;
  private final Fused fused;
  private final List<Buffer> buffers = new ArrayList<>();
  private final Buffer input;
  private final Buffer right;
  private final Buffer panels;
  private final Buffer rows;
  private final Buffer parts;
  private final Buffer shift;
  private final Buffer residual;
  private final Buffer out;

  ProductLowering(Product product, ProductGrid grid, KnobValues values) {
    this.product = product;
    units = grid.units(values);
    columnsOutside = values.is(MatrixProduct.ORDER, MatrixProduct.COLUMNS_OUTSIDE);
    columnsOutsideInUnit = values.is(MatrixProduct.INNER, MatrixProduct.COLUMNS_OUTSIDE);
    batch = product.batch();
    m = product.m();
    n = product.n();
    k = product.k();
    lanes = product.lanes();
    mr = values.number(MatrixProduct.MR);
    mc = values.number(MatrixProduct.MC);
    nc = values.number(MatrixProduct.NC);
    unroll = values.number(MatrixProduct.UNROLL);
    halves = ProductGrid.halves(values);
    step = grid.step(values);
    width = grid.width(values);
    fullTiles = grid.fullTiles(values);
    groups = (int) grid.columnGroups(values);
    blocks = (int) grid.rowBlocks(values);
    blockRows = grid.blockRows(values);
    joined = grid.joined(values);
    packsRows = grid.packsRows(values);
    rowPitch = grid.rowPitch(values);
    lastPitch = grid.lastPitch(values);
    fullColumns = RegisterTile.columns(values.number(MatrixProduct.NV), lanes);
    lastColumns = grid.lastColumns(values);
    lastStarts = grid.lastStarts(values);
    streams = values.number(MatrixProduct.STREAMS);
    packsColumns = grid.packsColumns(values);
    inPanels = grid.panels(values);
    packer = new ColumnPanels(product, grid, values);
    fused = new Fused(product.epilogue());
    Operands sizes = product.task().workload().operands(lanes);
    input = buffer("input", Role.INPUT, sizes.input());
    right =
        product.constantRight()
            ? buffer("packed", Role.PACKED, (long) k * (fullTiles * width + lastPitch))
            : buffer("right", Role.RHS, sizes.rhs());
    panels = packsColumns ? buffer("panels", Role.SLOT, grid.packedColumnFloats(values)) : right;
    rows = packsRows ? buffer("rows", Role.SLOT, grid.packedRowFloats(values)) : input;
    shift = fused.hasBias() ? buffer("shift", Role.PACKED, n) : input;
    residual = fused.hasResidual() ? buffer("residual", Role.RESIDUAL, sizes.residual()) : input;
    out = buffer("out", Role.OUTPUT, sizes.output());
    parts = halves > 1 ? buffer("parts", Role.SHARED, halves * sizes.output()) : out;
  }

  private Buffer buffer(String name, Role role, long floats) {
    Buffer buffer = new Buffer(name, role, floats);
    buffers.add(buffer);
    return buffer;
  }

  LoopNest nest() {
    Optional<Statement> packing = packing();
    List<LoopNest.Phase> phases = new ArrayList<>();
    Axis unit = new Axis("unit");
    phases.add(
        new LoopNest.Phase(
            unit, units.count(), Code.block(code -> units.write(code, unit.index(), this::unit))));
    if (halves > 1) {
      phases.add(addition());
    }
    return new LoopNest(buffers, packing, phases);
  }

  private Optional<Statement> packing() {
    List<Consumer<Code>> steps = new ArrayList<>();
    if (product.constantRight()) {
      Buffer weight = buffer("weight", Role.WEIGHT, (long) n * k);
      steps.add(code -> packer.packAhead(code, weight, right));
    }
    if (fused.hasBias()) {
      Buffer bias = buffer("bias", Role.BIAS, n);
      steps.add(code -> code.copy(shift, Index.ZERO, bias, Index.ZERO, Index.of(n)));
    }
    return steps.isEmpty()
        ? Optional.empty()
        : Optional.of(Code.block(code -> steps.forEach(part -> part.accept(code))));
  }

  /**
   * Where a unit stands.
   *
   * @param item of the batch
   * @param half of the sum
   * @param group of columns
   * @param block of rows
   * @param from the first term of the sum
   */
  private record Spot(Index item, Index half, Index group, Index block, Index from) {}

  private void unit(Code code, Index part, Index outer, Index inner) {
    Index item = halves == 1 ? part : code.define("product", part.dividedBy(halves));
    Index half = part.remainder(halves);
    Index group = columnsOutside ? outer : inner;
    Index block = columnsOutside ? inner : outer;
    if (halves > 1) {
      tiles(code, new Spot(item, half, group, block, half.times(step)));
    } else if (step == k) {
      tiles(code, new Spot(item, half, group, block, Index.ZERO));
    } else {
      code.loop(
          "from",
          Index.ZERO,
          Index.of(k),
          step,
          (loop, from) -> tiles(loop, new Spot(item, half, group, block, from)));
    }
  }

  private Index terms(Spot spot) {
    return step >= k ? Index.of(k) : Index.of(step).least(Index.of(k).minus(spot.from()));
  }

  private void tiles(Code code, Spot spot) {
    if (packsColumns) {
      stage(code, spot);
    }
    if (packsRows) {
      pack(code, spot);
    }
    if (columnsOutsideInUnit) {
      eachColumns(
          code,
          spot.group(),
          (inner, columns) ->
              eachRows(inner, spot.block(), (tile, part) -> tile(tile, spot, columns, part)));
    } else {
      eachRows(
          code,
          spot.block(),
          (inner, part) ->
              eachColumns(inner, spot.group(), (tile, columns) -> tile(tile, spot, columns, part)));
    }
  }

  /**
   * The columns of a tile.
   *
   * @param number of the tile
   * @param last whether it is the one that may be smaller
   */
  private record Columns(Index number, boolean last) {}

  private Columns lastTile() {
    return new Columns(Index.of(fullTiles), true);
  }

  private void eachColumns(Code code, Index group, BiConsumer<Code, Columns> body) {
    boolean some = !lastColumns.isEmpty();
    if (nc == 1 && !joined) {
      if (fullTiles == 0) {
        body.accept(code, lastTile());
      } else if (!some) {
        body.accept(code, new Columns(group, false));
      } else {
        code.when(
            Condition.less(group, Index.of(fullTiles)),
            full -> body.accept(full, new Columns(group, false)),
            last -> body.accept(last, lastTile()));
      }
      return;
    }
    if (nc == 1) {
      code.add(Code.block(inner -> body.accept(inner, new Columns(group, false))));
    } else if (fullTiles > 0) {
      Index end = group.plus(1).times(nc).least(Index.of(fullTiles));
      code.loop(
          "tile",
          group.times(nc),
          groups == 1 ? Index.of(fullTiles) : end,
          1,
          (inner, tile) -> body.accept(inner, new Columns(tile, false)));
    }
    if (some && groups == 1) {
      body.accept(code, lastTile());
    } else if (some) {
      code.when(
          Condition.less(Index.of(groups - 2L), group), last -> body.accept(last, lastTile()));
    }
  }

  /**
   * The rows of a tile.
   *
   * @param first of them
   * @param count how many
   */
  private record Rows(Index first, int count) {}

  private void eachRows(Code code, Index block, BiConsumer<Code, Rows> body) {
    int fullRows = m - m % mr;
    Rows rest = new Rows(Index.of(fullRows), m % mr);
    Index from = block.times((long) mc * mr);
    if (mc == 1 && rest.count() == 0) {
      body.accept(code, new Rows(from, mr));
    } else if (mc == 1 && fullRows > 0) {
      code.when(
          Condition.less(from, Index.of(fullRows)),
          full -> body.accept(full, new Rows(from, mr)),
          last -> body.accept(last, rest));
    } else {
      if (fullRows > 0) {
        Index end = block.plus(1).times((long) mc * mr).least(Index.of(fullRows));
        code.loop(
            "row",
            from,
            blocks == 1 ? Index.of(fullRows) : end,
            mr,
            (inner, row) -> body.accept(inner, new Rows(row, mr)));
      }
      if (rest.count() > 0 && blocks == 1) {
        body.accept(code, rest);
      } else if (rest.count() > 0) {
        code.when(Condition.less(Index.of(blocks - 2L), block), last -> body.accept(last, rest));
      }
    }
  }

  /** Packs the columns of a group. */
  private void stage(Code code, Spot spot) {
    eachColumns(
        code,
        spot.group(),
        (inner, columns) -> {
          Index first = columns.number().times(width);
          Index start =
              product.transpose().ofRhs()
                  ? spot.item().times(n).plus(first).times(k).plus(spot.from())
                  : spot.item().times(k).plus(spot.from()).times(n).plus(first);
          Index place = panelPlace(spot, columns);
          packer.pack(
              inner,
              new ColumnPanels.Panel(right, start, panels, place, terms(spot)),
              columns.last());
        });
  }

  /** Packs the rows of a block, or the terms where these lie one after the other. */
  private void pack(Code code, Spot spot) {
    Index first = spot.block().times((long) mc * mr);
    Index count = blocks == 1 ? Index.of(m) : Index.of(blockRows).least(Index.of(m).minus(first));
    if (product.transpose().ofLhs()) {
      Index start = spot.item().times(k).plus(spot.from());
      code.loop(
          "p",
          Index.ZERO,
          terms(spot),
          1,
          (inner, p) ->
              inner.copy(
                  rows, p.times(rowPitch), input, start.plus(p).times(m).plus(first), count));
    } else {
      Index start = spot.item().times(m).plus(first);
      code.loop(
          "r",
          Index.ZERO,
          count,
          1,
          (inner, r) ->
              inner.copy(
                  rows,
                  r.times(rowPitch),
                  input,
                  start.plus(r).times(k).plus(spot.from()),
                  terms(spot)));
    }
  }

  private Index panelPlace(Spot spot, Columns columns) {
    if (packsColumns) {
      return columns.number().minus(spot.group().times(nc)).times((long) width * step);
    }
    return columns.number().times((long) width * k).plus(spot.from().times(pitch(columns)));
  }

  private Place left(Code code, Spot spot, Rows part) {
    if (packsRows) {
      Index row = part.first().minus(spot.block().times((long) mc * mr));
      return code.bind("a", rows, product.transpose().ofLhs() ? row : row.times(rowPitch));
    }
    return code.bind(
        "a",
        input,
        product.transpose().ofLhs()
            ? spot.item().times(k).plus(spot.from()).times(m).plus(part.first())
            : spot.item().times(m).plus(part.first()).times(k).plus(spot.from()));
  }

  private Index leftPlace(Index row, Index term) {
    return product.transpose().ofLhs()
        ? term.times(rowPitch).plus(row)
        : row.times(rowPitch).plus(term);
  }

  private Place right(Code code, Spot spot, Columns columns) {
    if (inPanels) {
      return code.bind("b", panels, panelPlace(spot, columns));
    }
    Index column = columns.number().times(width);
    return code.bind("b", right, spot.item().times(k).plus(spot.from()).times(n).plus(column));
  }

  private void tile(Code code, Spot spot, Columns columns, Rows part) {
    RegisterTile sums = new RegisterTile(part.count(), columns.last() ? lastColumns : fullColumns);
    Index corner =
        spot.item().times(m).plus(part.first()).times(n).plus(columns.number().times(width));
    Place a = left(code, spot, part);
    Place b = right(code, spot, columns);
    Place c =
        code.bind(
            "c", parts, halves > 1 ? corner.plus(spot.half().times((long) batch * m * n)) : corner);
    Target target = new Target(c, corner, columns);
    boolean whole = step == k || halves > 1;
    if (whole) {
      sums.declare(code);
    } else {
      sums.declare(
          code,
          (i, j) ->
              new Value.Guarded(
                  Condition.less(Index.ZERO, spot.from()), target.load(this, c, i, j)));
    }
    code.loop(
        "q",
        Index.ZERO,
        terms(spot),
        unroll,
        (inner, q) ->
            inner.unrolled(
                "u",
                unroll,
                (once, u) ->
                    sums.step(
                        once,
                        j ->
                            new Value.Load(
                                b,
                                q.plus(u).times(pitch(columns)).plus(place(columns, j)),
                                sums.lanes(j)),
                        i -> new Value.Load(a, leftPlace(i, q.plus(u)), 1))));
    if (halves > 1) {
      target.store(this, code, sums);
    } else if (whole) {
      finish(code, sums, target);
    } else {
      code.when(
          Condition.less(spot.from().plus(step), Index.of(k)),
          partial -> target.store(this, partial, sums),
          last -> finish(last, sums, target));
    }
  }

  /** Returns how far the vectors of a term lie from those of the next. */
  private int pitch(Columns columns) {
    return !inPanels ? n : columns.last() ? lastPitch : width / streams;
  }

  /** Returns where a vector of a tile is loaded from, from the first one on. */
  private long place(Columns columns, int vector) {
    if (!inPanels) {
      return start(columns, vector);
    }
    if (columns.last()) {
      return packer.lastPlace(vector);
    }
    int each = fullColumns.size() / streams;
    return (long) (vector / each) * pitch(columns) * k + (long) (vector % each) * lanes;
  }

  /** Returns where a vector of a tile begins, from the tile's first column. */
  private int start(Columns columns, int vector) {
    return columns.last() ? lastStarts.get(vector) : vector * lanes;
  }

  private int lanes(Columns columns, int vector) {
    return columns.last() ? lastColumns.get(vector) : lanes;
  }

  /**
   * Where a tile's sums go.
   *
   * @param place of its first element
   * @param corner the number of that element in the output
   * @param columns of the tile
   */
  private record Target(Place place, Index corner, Columns columns) {
    Index at(ProductLowering lowering, Index row, int vector) {
      return row.times(lowering.n).plus(lowering.start(columns, vector));
    }

    Value load(ProductLowering lowering, Place from, Index row, int vector) {
      return new Value.Load(from, at(lowering, row, vector), lowering.lanes(columns, vector));
    }

    void store(ProductLowering lowering, Code code, RegisterTile sums) {
      sums.each(
          code, (inner, row, vector, sum) -> inner.store(place, at(lowering, row, vector), sum));
    }
  }

  /** Applies the epilogue, and stores. */
  private void finish(Code code, RegisterTile sums, Target target) {
    sums.each(
        code,
        (inner, i, j, sum) -> {
          Index column = target.columns().number().times(width).plus(start(target.columns(), j));
          fused.apply(
              inner,
              sum,
              () -> new Value.Load(shift, column, sums.lanes(j)),
              () ->
                  new Value.Load(
                      residual, target.corner().plus(target.at(this, i, j)), sums.lanes(j)));
          inner.store(target.place(), target.at(this, i, j), sum);
        });
  }

  /** Adds up the halves of the sums, a group of columns a unit. */
  private LoopNest.Phase addition() {
    Axis unit = new Axis("unit");
    Statement body =
        Code.block(
            code -> {
              List<Index> place =
                  code.decode(
                      unit.index(), new Code.Digit("item", batch), new Code.Digit("group", groups));
              eachColumns(
                  code, place.get(1), (inner, columns) -> add(inner, place.get(0), columns));
            });
    return new LoopNest.Phase(unit, (long) batch * groups, body);
  }

  private void add(Code code, Index item, Columns columns) {
    RegisterTile sums = new RegisterTile(1, columns.last() ? lastColumns : fullColumns);
    Index corner = item.times(n).plus(columns.number().times(width));
    Place first = code.bind("first", parts, corner);
    Place second = code.bind("second", parts, corner.plus((long) batch * n));
    Target target = new Target(code.bind("c", out, corner), corner, columns);
    sums.declare(
        code, (i, j) -> target.load(this, first, i, j).plus(target.load(this, second, i, j)));
    finish(code, sums, target);
  }
}
