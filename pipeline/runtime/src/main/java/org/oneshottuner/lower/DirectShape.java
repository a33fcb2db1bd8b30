package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.TuningTask;

/**
 * The extents of the loops of a direct convolution and the bytes that they touch, as the knobs set
 * them.
 */
final class DirectShape {
  /** Output columns of a register tile. */
  static final String OWT = "owt";

  /** Output rows of a register tile. */
  static final String OHT = "oht";

  /** Channel vectors of a register tile. */
  static final String OCB = "ocb";

  /** Channel tiles that a unit goes through at each place; the most means all. */
  static final String KT = "kt";

  /** Blocks of input channels in a pass; the most means all. */
  static final String ICB = "icb";

  /** Output rows of a unit, or register tiles where there is one row. */
  static final String SPAN = "span";

  /** What a unit of several channel tiles goes through first: those, or its places. */
  static final String INNER = "inner";

  /** All channel tiles of a unit at each place. */
  static final String CHANNELS_INSIDE = "channels";

  /** All places of a unit with each channel tile. */
  static final String SPACE_INSIDE = "space";

  /** Where the loop over kernel rows is, seen from the one over channels of a block. */
  static final String ROWS = "rows";

  static final String ROWS_OUTSIDE = "outside";
  static final String ROWS_INSIDE = "inside";

  /** Whether kernel columns are all in the text where tiles meet no border. */
  static final String COLUMNS = "columns";

  static final String UNROLLED = "unrolled";
  static final String LOOPED = "looped";

  /** Input channels in the text of the innermost loop. */
  static final String UNROLL = "unroll";

  /** Whether a scalar is in a register for all columns of the tile. */
  static final String BROADCAST = "broadcast";

  /** A register holds the scalar. */
  static final String REGISTER = "register";

  /** Each multiply-add reads the scalar itself. */
  static final String EMBEDDED = "embedded";

  /** Which of channels and space is the outer loop. */
  static final String ORDER = "order";

  static final String CHANNELS_OUTSIDE = "k_outer";
  static final String SPACE_OUTSIDE = "space_outer";

  private final TuningTask task;
  private final Conv2d conv;
  private final Plane plane;
  private final int lanes;
  private final int inBlocks;
  private final int outBlocks;
  private final ConcurrentMap<Integer, Long> innerColumns = new ConcurrentHashMap<>();
  private final ConcurrentMap<Integer, Long> borderColumns = new ConcurrentHashMap<>();
  private final ConcurrentMap<Integer, Long> blocksRead = new ConcurrentHashMap<>();

  DirectShape(TuningTask task, Conv2d conv) {
    this.task = task;
    this.conv = conv;
    this.plane = Plane.of(conv.window());
    this.lanes = task.lanes();
    this.inBlocks = (int) ceil(conv.c(), lanes);
    this.outBlocks = (int) ceil(conv.k(), lanes);
  }

  TuningTask task() {
    return task;
  }

  Conv2d conv() {
    return conv;
  }

  Plane plane() {
    return plane;
  }

  int lanes() {
    return lanes;
  }

  /** Returns the blocks of input channels. */
  int inBlocks() {
    return inBlocks;
  }

  /** Returns the blocks of output channels. */
  int outBlocks() {
    return outBlocks;
  }

  boolean blocked() {
    return conv.layout() == Layout.NCHW16C;
  }

  /** Returns the channels that have room in a packed block. */
  int depth() {
    return Math.min(lanes, conv.c());
  }

  static long sums(KnobValues v) {
    return (long) v.number(OHT) * v.number(OWT) * v.number(OCB);
  }

  /** Returns whether a multiply-add can read its scalar from memory. */
  boolean embeds() {
    return RegisterTile.embedsBroadcasts(task.target());
  }

  /** Returns the vector registers that the innermost loop uses. */
  static long registers(KnobValues v) {
    // the vectors come one after another where no scalar waits for all of them
    return sums(v) + (v.is(BROADCAST, EMBEDDED) ? 2 : v.number(OCB) + 1);
  }

  /** Returns how many tiles the output channels make. */
  long channelTiles(KnobValues v) {
    return outBlocks / v.number(OCB);
  }

  /** Returns how many channel tiles a unit goes through. */
  long tilesOfUnit(KnobValues v) {
    return Math.min(v.number(KT), channelTiles(v));
  }

  /** Returns the steps of the loop over channels. */
  long groups(KnobValues v) {
    return channelTiles(v) / tilesOfUnit(v);
  }

  /** Returns the steps of the loop over space. */
  long pieces(KnobValues v) {
    return ceil(plane.flat() ? plane.tiles(v.number(OWT)) : plane.oh(), v.number(SPAN));
  }

  /** Returns the least span: what units have where more would change nothing but their number. */
  int leastSpan(KnobValues v) {
    return plane.flat() ? Math.min(4, plane.ow()) : v.number(OHT);
  }

  /** Returns whether there are partial sums. */
  boolean inPasses(KnobValues v) {
    return v.number(ICB) < inBlocks;
  }

  long passes(KnobValues v) {
    return inPasses(v) ? ceil(inBlocks, v.number(ICB)) : 1;
  }

  Units units(KnobValues v) {
    Code.Digit group = new Code.Digit(tilesOfUnit(v) == 1 ? "tile" : "group", groups(v));
    Code.Digit piece = new Code.Digit("piece", pieces(v));
    return v.is(ORDER, CHANNELS_OUTSIDE)
        ? Units.of(task, v, conv.n(), group, piece)
        : Units.of(task, v, conv.n(), piece, group);
  }

  /** Returns the kernel columns in the text of the innermost loop. */
  private int columnsInText(KnobValues v) {
    return v.is(COLUMNS, LOOPED) ? 1 : plane.s();
  }

  /** Returns the steps of the loop over the channels of a block. */
  int channelTrips(KnobValues v) {
    return depth() / v.number(UNROLL);
  }

  /** Returns the passes of the innermost loop for one entry into it. */
  int innerTrips(KnobValues v) {
    if (v.is(COLUMNS, LOOPED)) {
      return plane.s();
    }
    return v.is(ROWS, ROWS_INSIDE) ? plane.r() : channelTrips(v);
  }

  /** Returns the multiply-adds in the text of the innermost loop. */
  long bodyFmas(KnobValues v) {
    return sums(v) * columnsInText(v) * v.number(UNROLL);
  }

  /** Returns the multiply-adds in the whole text. */
  long codeFmas(KnobValues v) {
    int oht = v.number(OHT);
    // kernel rows that only some of the tile's rows take part in are written down again
    long rows = oht == 1 ? 1 : (plane.rowsReachOut() ? 2L : 1L) * oht + plane.oh() % oht;
    long border = borderColumns.computeIfAbsent(v.number(OWT), size -> textColumns(size, false));
    return (innerColumns(v.number(OWT)) * columnsInText(v) + border * plane.s())
        * rows
        * v.number(OCB)
        * v.number(UNROLL);
  }

  /** Returns the columns that the text names of tiles of a size that meet no border. */
  long innerColumns(int size) {
    return innerColumns.computeIfAbsent(size, any -> textColumns(any, true));
  }

  /** Returns the columns that the text names, where tiles that the same code serves count once. */
  private long textColumns(int size, boolean interior) {
    return plane.segments(size).stream()
        .filter(segment -> segment.interior() == interior)
        .mapToLong(Plane.Segment::size)
        .sum();
  }

  /** Returns the first channel block that a tile of output channels reads. */
  Index firstBlock(Index tile, int width) {
    int perGroup = conv.k() / conv.groups();
    if (conv.groups() == 1) {
      return Index.ZERO;
    }
    return tile.times(width)
        .dividedBy(perGroup)
        .times(conv.c() / conv.groups())
        .dividedBy(lanes)
        .least(Index.of(inBlocks - blocksRead(width)));
  }

  /** Returns how many channel blocks every tile of some output channels reads. */
  long blocksRead(int width) {
    return conv.groups() == 1 ? inBlocks : blocksRead.computeIfAbsent(width, this::countBlocksRead);
  }

  private long countBlocksRead(int width) {
    long perGroup = conv.k() / conv.groups();
    long channels = conv.c() / conv.groups();
    long most = 0;
    for (long from = 0; from < conv.k(); from += width) {
      long first = from / perGroup * channels / lanes;
      long last = Math.min(conv.k(), from + width) - 1;
      most = Math.max(most, ceil((last / perGroup + 1) * channels, lanes) - first);
    }
    return Math.min(most, inBlocks);
  }

  /** Returns the input channels that each output sums over. */
  double channelsRead(KnobValues v) {
    return Math.min(conv.c(), (double) blocksRead(v.number(OCB) * lanes) * lanes);
  }

  /** Returns the input channels of a pass. */
  double channelsOfPass(KnobValues v) {
    return Math.min(channelsRead(v), (double) v.number(ICB) * lanes);
  }

  /** Returns the bytes of weights that a tile reads for some input channels. */
  double weightBytes(KnobValues v, double channels) {
    return Float.BYTES * channels * plane.r() * plane.s() * v.number(OCB) * lanes;
  }

  /** Returns the bytes that a unit reads of some input channels. */
  double inputBytes(KnobValues v, double channels) {
    int outRows = plane.flat() ? 1 : Math.min(plane.oh(), v.number(SPAN));
    int outColumns =
        plane.flat() ? (int) Math.min(plane.ow(), (long) v.number(SPAN) * v.number(OWT)) : 0;
    double rows = Math.min(plane.h(), plane.rowsRead(outRows));
    double columns = plane.flat() ? Math.min(plane.w(), plane.columnsRead(outColumns)) : plane.w();
    return Float.BYTES * channels * rows * columns;
  }

  /** Returns the floats of the partial sums of a unit. */
  long partialFloats(KnobValues v) {
    long places =
        plane.flat()
            ? (long) v.number(SPAN) * v.number(OWT)
            : (long) Math.min(v.number(SPAN), plane.oh()) * plane.ow();
    return inPasses(v) ? places * tilesOfUnit(v) * v.number(OCB) * lanes : 0;
  }

  /** Returns the bytes that a pass of a unit touches. */
  double passBytes(KnobValues v) {
    double channels = channelsOfPass(v);
    return inputBytes(v, channels)
        + tilesOfUnit(v) * weightBytes(v, channels)
        + (double) Float.BYTES * partialFloats(v);
  }
}
