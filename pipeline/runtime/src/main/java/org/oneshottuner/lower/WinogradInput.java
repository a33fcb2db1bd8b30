package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;

import java.util.List;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Window;

/**
 * Transforms the inputs of tiles for all channels, into {@code [element of the transform][tile of
 * the block][channel]}.
 */
final class WinogradInput {
  private final WinogradShape shape;
  private final Conv2d conv;
  private final Window window;
  private final int lanes;
  private final int inBlocks;
  private final int m;
  private final WinogradTransform transform;
  private final int size;
  private final int tb;
  private final long rows;
  private final long columns;
  private final int channels;
  private final Buffer source;

  /**
   * Describes the input of one schedule.
   *
   * @param source the input in blocks of channels
   */
  WinogradInput(WinogradShape shape, KnobValues values, Buffer source) {
    this.shape = shape;
    this.source = source;
    conv = shape.conv();
    window = conv.window();
    lanes = shape.lanes();
    inBlocks = shape.inBlocks();
    m = values.number(WinogradShape.M);
    transform = WinogradTransform.of(m);
    size = transform.inputs();
    tb = values.number(WinogradShape.TB);
    rows = shape.rows(m);
    columns = shape.columns(m);
    channels = inBlocks * lanes;
  }

  /**
   * Transforms the inputs of one tile.
   *
   * @param inputs where those of its block go
   * @param number of the tile among all
   * @param t its place in the block
   */
  void transform(Code code, Place inputs, Index number, Index t) {
    List<Index> place =
        code.decode(
            code.define("tile", number),
            new Code.Digit("item", conv.n()),
            new Code.Digit("ty", rows),
            new Code.Digit("tx", columns));
    Index y = code.define("y", place.get(1).times(m).plus(-window.pad().top()));
    Index x = code.define("x", place.get(2).times(m).plus(-window.pad().left()));
    Place to = code.bind("to", inputs, t.times(channels));
    Corner corner = new Corner(place.get(0), y, x);
    if (!someInside()) {
      borderTile(code, to, corner);
      return;
    }
    if (allInside()) {
      insideTile(code, to, corner);
      return;
    }
    code.when(
        Condition.within(0, y, window.h() - size + 1L)
            .and(Condition.within(0, x, window.w() - size + 1L)),
        inside -> insideTile(inside, to, corner),
        border -> borderTile(border, to, corner));
  }

  private boolean someInside() {
    return someInside(rows, window.pad().top(), window.h())
        && someInside(columns, window.pad().left(), window.w());
  }

  private boolean someInside(long count, long pad, long extent) {
    long first = ceil(pad, m);
    return first < count && first * m - pad + size <= extent;
  }

  private boolean allInside() {
    return window.pad().top() == 0
        && window.pad().left() == 0
        && (rows - 1) * m + size <= window.h()
        && (columns - 1) * m + size <= window.w();
  }

  private void insideTile(Code code, Place to, Corner corner) {
    code.loop(
        "layer",
        inBlocks,
        (inner, layer) -> {
          Place from = inner.bind("from", source, corner.at(layer, Index.ZERO, Index.ZERO));
          Place target = inner.bind("line", to, layer.times(lanes));
          transform.input(
              inner,
              shape.task().target(),
              (i, j) -> new Value.Load(from, Index.of(((long) i * window.w() + j) * lanes), lanes),
              (store, i, j, value) -> store(store, target, (long) i * size + j, value));
        });
  }

  /** Goes through a patch on the stack, whose elements beyond the plane stay zero. */
  private void borderTile(Code code, Place to, Corner corner) {
    Buffer patch = code.allocate("patch", (long) size * size * lanes);
    code.clear(patch, Index.ZERO, Index.of((long) size * size * lanes));
    Index top = code.define("top", corner.y().times(-1).greatest(Index.ZERO));
    Index left = code.define("left", corner.x().times(-1).greatest(Index.ZERO));
    Index bottom = corner.y().times(-1).plus(window.h()).least(Index.of(size));
    Index right = corner.x().times(-1).plus(window.w()).least(Index.of(size));
    code.loop(
        "layer",
        inBlocks,
        (inner, layer) -> {
          inner.loop(
              "i",
              top,
              bottom,
              1,
              (row, i) ->
                  row.loop(
                      "j",
                      left,
                      right,
                      1,
                      (one, j) ->
                          one.store(
                              patch,
                              i.times(size).plus(j).times(lanes),
                              new Value.Load(source, corner.at(layer, i, j), lanes))));
          Place target = inner.bind("line", to, layer.times(lanes));
          transform.input(
              inner,
              shape.task().target(),
              (i, j) -> new Value.Load(patch, Index.of(((long) i * size + j) * lanes), lanes),
              (store, i, j, value) -> store(store, target, (long) i * size + j, value));
        });
  }

  private void store(Code code, Place to, long element, Value value) {
    code.store(to, Index.of(element * tb * channels), value);
  }

  /** Where in the input a tile begins; it may be beyond the plane. */
  private final class Corner {
    private final Index item;
    private final Index y;
    private final Index x;

    Corner(Index item, Index y, Index x) {
      this.item = item;
      this.y = y;
      this.x = x;
    }

    Index y() {
      return y;
    }

    Index x() {
      return x;
    }

    /** Returns where an element of the tile is, in a block of channels. */
    Index at(Index layer, Index row, Index column) {
      Index line = item.times(inBlocks).plus(layer).times(window.h()).plus(y).plus(row);
      return line.times(window.w()).plus(x).plus(column).times(lanes);
    }
  }
}
