package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;

import java.util.List;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.workload.Conv2d;

/**
 * A plain input reordered to blocks of channels, in a phase of its own; lanes beyond the last
 * channel are zero. Planes are gone through as one long row, in square blocks that are transposed.
 */
final class BlockedInput {
  private static final long CHUNK = 64;

  private final int items;
  private final int channels;
  private final long area;
  private final int lanes;
  private final int blocks;
  private final Buffer input;
  private final Buffer reordered;

  /** Describes the input of a convolution. */
  BlockedInput(Conv2d conv, int lanes, Buffer input) {
    this.items = conv.n();
    this.channels = conv.c();
    this.area = (long) conv.window().h() * conv.window().w();
    this.lanes = lanes;
    this.blocks = (int) ceil(channels, lanes);
    this.input = input;
    this.reordered = new Buffer("reordered", Role.SHARED, area * lanes * blocks * items);
  }

  /** Returns where the reordered input is. */
  Buffer buffer() {
    return reordered;
  }

  /**
   * Returns the vector operations of reordering: those of transposing whole blocks of channels, and
   * one for each element that goes by itself, the lanes without a channel among them.
   */
  static double operations(Conv2d conv, int lanes) {
    long area = (long) conv.window().h() * conv.window().w();
    long squares = area / lanes;
    int rest = (int) (area % lanes);
    int whole = conv.c() - conv.c() % lanes;
    double ofChannel =
        (double) squares * ChannelOutput.turns(lanes, lanes)
            + ChannelOutput.turns(rest, lanes)
            + ChannelOutput.oneByOne(rest, lanes);
    double ofPart = conv.c() == whole ? 0 : (double) area * lanes;
    return conv.n() * (whole * ofChannel + ofPart);
  }

  LoopNest.Phase phase() {
    Axis unit = new Axis("unit");
    long chunks = ceil(area, CHUNK);
    Statement body =
        Code.block(
            code -> {
              List<Index> place =
                  code.decode(
                      unit.index(),
                      new Code.Digit("item", items),
                      new Code.Digit("block", blocks),
                      new Code.Digit("chunk", chunks));
              Index block = place.get(1);
              Place from =
                  code.bind(
                      "from",
                      input,
                      place.get(0).times(channels).plus(block.times(lanes)).times(area));
              Place to =
                  code.bind(
                      "to", reordered, place.get(0).times(blocks).plus(block).times(area * lanes));
              Index start = place.get(2).times(CHUNK);
              Index end = start.plus(CHUNK).least(Index.of(area));
              if (channels % lanes == 0) {
                whole(code, from, to, start);
              } else {
                code.when(
                    Condition.less(block, Index.of(channels / lanes)),
                    all -> whole(all, from, to, start),
                    part ->
                        elements(part, from, to, start, end, block.times(-lanes).plus(channels)));
              }
            });
    return new LoopNest.Phase(unit, chunks * blocks * items, body);
  }

  /** Reorders a chunk of all channels of a block. */
  private void whole(Code code, Place from, Place to, Index start) {
    long full = area / lanes * lanes;
    code.loop(
        "p",
        start,
        start.plus(CHUNK).least(Index.of(full)),
        lanes,
        (inner, p) -> transpose(inner, from, to, p, lanes));
    if (full < area) {
      code.when(
          Condition.less(Index.of(area - 1), start.plus(CHUNK)),
          last -> rest(last, from, to, full));
    }
  }

  private void rest(Code code, Place from, Place to, long full) {
    long done = full;
    for (int size : ChannelOutput.squares((int) (area - full), lanes)) {
      transpose(code, from, to, Index.of(done), size);
      done += size;
    }
    if (done < area) {
      elements(code, from, to, Index.of(done), Index.of(area), Index.of(lanes));
    }
  }

  private void transpose(Code code, Place from, Place to, Index position, int size) {
    code.loop(
        "square",
        lanes / size,
        (inner, square) -> {
          Index channel = square.times(size);
          inner.transpose(
              new Statement.Rows(to, position.times(lanes).plus(channel), lanes),
              new Statement.Rows(from, channel.times(area).plus(position), area),
              size);
        });
  }

  /** Reorders elements one by one; lanes from {@code present} on become zero. */
  private void elements(Code code, Place from, Place to, Index start, Index end, Index present) {
    code.loop(
        "lane",
        lanes,
        (outer, lane) ->
            outer.loop(
                "p",
                start,
                end,
                1,
                (inner, p) ->
                    inner.store(
                        to,
                        p.times(lanes).plus(lane),
                        new Value.Guarded(
                            Condition.less(lane, present),
                            new Value.Load(from, lane.times(area).plus(p), 1)))));
  }
}
