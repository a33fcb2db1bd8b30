package org.oneshottuner.lower;

import java.util.List;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Window;

/** Transforms the products of tiles back, with bias and epilogue. */
final class WinogradOutput {
  private final WinogradShape shape;
  private final Conv2d conv;
  private final Window window;
  private final int lanes;
  private final int m;
  private final WinogradTransform transform;
  private final int size;
  private final int tb;
  private final int nv;
  private final int width;
  private final Buffer products;
  private final ChannelOutput results;

  /**
   * Describes the output of one schedule.
   *
   * @param products {@code [tile of channels][element of the transform][tile of the block][nv ·
   *     lanes]}
   */
  WinogradOutput(WinogradShape shape, KnobValues values, Buffer products) {
    this.shape = shape;
    this.products = products;
    conv = shape.conv();
    window = conv.window();
    lanes = shape.lanes();
    m = values.number(WinogradShape.M);
    transform = WinogradTransform.of(m);
    size = transform.inputs();
    tb = values.number(WinogradShape.TB);
    nv = values.number(WinogradShape.NV);
    width = nv * lanes;
    results =
        new ChannelOutput(
            conv.k(),
            (long) window.outHeight() * window.outWidth(),
            lanes,
            conv.layout(),
            new Fused(conv.epilogue()),
            conv.operands(lanes));
  }

  /** Returns the buffers it uses. */
  List<Buffer> buffers() {
    return results.buffers();
  }

  /** Packs the bias. */
  void pack(Code code) {
    results.pack(code);
  }

  /**
   * Transforms the products of one tile of channels, for all tiles of a block.
   *
   * @param block of tiles
   * @param tile of channels
   * @param offset where its products begin
   */
  void transform(Code code, Index block, Index tile, Index offset) {
    code.loop(
        "t",
        Index.ZERO,
        block.times(-tb).plus(shape.tiles(m)).least(Index.of(tb)),
        1,
        (step, t) -> {
          Place tileProducts = step.bind("results", products, offset.plus(t.times(width)));
          transformTile(step, block.times(tb).plus(t), tile, tileProducts);
        });
  }

  private void transformTile(Code code, Index number, Index tile, Place tileProducts) {
    List<Index> place =
        code.decode(
            code.define("number", number),
            new Code.Digit("item", conv.n()),
            new Code.Digit("ty", shape.rows(m)),
            new Code.Digit("tx", shape.columns(m)));
    Index y = code.define("y", place.get(1).times(m));
    Index x = code.define("x", place.get(2).times(m));
    code.loop(
        "v",
        nv,
        (inner, v) -> {
          Place from = inner.bind("from", tileProducts, v.times(lanes));
          Index channelBlock = tile.times(nv).plus(v);
          if (shape.blocked()) {
            inverse(
                inner,
                from,
                (store, i, j, value) ->
                    store.when(
                        real(y.plus(i), x.plus(j)),
                        kept -> {
                          Local result = kept.declare("result", lanes);
                          kept.assign(result.at(), value);
                          results.blocked(
                              kept,
                              result.at(),
                              place.get(0),
                              channelBlock,
                              y.plus(i).times(window.outWidth()).plus(x).plus(j));
                        }));
          } else {
            plain(inner, from, place.get(0), channelBlock, y, x);
          }
        });
  }

  private void plain(Code code, Place from, Index item, Index channelBlock, Index y, Index x) {
    Buffer stage = code.allocate("stage", (long) m * m * lanes);
    inverse(
        code,
        from,
        (store, i, j, value) ->
            store.add(
                Code.block(
                    inner -> {
                      Local result = inner.declare("result", lanes);
                      inner.assign(result.at(), value);
                      Index at = Index.of(((long) i * m + j) * lanes);
                      results.stage(inner, result.at(), channelBlock, stage, at);
                    })));
    Index last = Index.of(m);
    code.loop(
        "i",
        Index.ZERO,
        window.outHeight() % m == 0 ? last : y.times(-1).plus(window.outHeight()).least(last),
        1,
        (inner, i) -> {
          Place line = inner.bind("line", stage, i.times((long) m * lanes));
          Index there =
              window.outWidth() % m == 0 ? last : x.times(-1).plus(window.outWidth()).least(last);
          results.scatter(
              inner,
              new ChannelOutput.Staged(line, lanes, m, there),
              item,
              channelBlock,
              y.plus(i).times(window.outWidth()).plus(x));
        });
  }

  private void inverse(Code code, Place from, WinogradTransform.Sink sink) {
    transform.output(
        code,
        shape.task().target(),
        (i, j) -> new Value.Load(from, Index.of(((long) i * size + j) * tb * width), lanes),
        sink);
  }

  /** Returns whether an output position exists; true at once where tiles cut the plane evenly. */
  private Condition real(Index y, Index x) {
    Condition real = Condition.TRUE;
    if (window.outHeight() % m != 0) {
      real = real.and(Condition.less(y, Index.of(window.outHeight())));
    }
    if (window.outWidth() % m != 0) {
      real = real.and(Condition.less(x, Index.of(window.outWidth())));
    }
    return real;
  }
}
