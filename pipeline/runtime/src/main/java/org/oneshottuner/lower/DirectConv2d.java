package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;
import static org.oneshottuner.lower.Choices.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.IntStream;
import org.oneshottuner.lower.Place.Buffer;
import org.oneshottuner.lower.Place.Role;
import org.oneshottuner.space.Constraint;
import org.oneshottuner.space.Knob;
import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.Operands;
import org.oneshottuner.workload.TuningTask;

/**
 * A convolution as it is defined, with output channels in vectors: input elements are broadcast,
 * weights are loaded. The input is read where it is, in either layout; kernel columns that would
 * read beyond it are left out when the tiles at the borders are written down, kernel rows by the
 * bounds of their loop.
 *
 * <p>A register tile is {@code owt} output columns of {@code ocb} channel vectors. Weights are
 * packed in the order in which they are read: {@code [k tile][block of c][r][c in block][s][ocb ·
 * lanes]}. With groups, a tile reads the channels of all groups it touches, and the weights between
 * groups are zero.
 */
final class DirectConv2d implements Template {
  static final String NAME = "conv2d.direct";

  private static final String OWT = "owt";
  private static final String OCB = "ocb";
  private static final String SPAN = "span";
  private static final String UNROLL = "unroll";
  private static final String ORDER = "order";
  private static final String CHANNELS_OUTSIDE = "k_outer";
  private static final String SPACE_OUTSIDE = "space_outer";
  private static final int MOST_BODY_FMAS = 320;
  private static final int MOST_CODE_FMAS = 1600;

  private final TuningTask task;
  private final Conv2d conv;
  private final Plane plane;
  private final int lanes;
  private final int inBlocks;
  private final int outBlocks;
  private final ConcurrentMap<Integer, Long> textColumns = new ConcurrentHashMap<>();
  private final boolean blocked;
  private final Fused fused;

  private DirectConv2d(TuningTask task, Conv2d conv) {
    this.task = task;
    this.conv = conv;
    this.plane = Plane.of(conv.window());
    this.lanes = task.lanes();
    this.inBlocks = (int) ceil(conv.c(), lanes);
    this.outBlocks = (int) ceil(conv.k(), lanes);
    this.blocked = conv.layout() == Layout.NCHW16C;
    this.fused = new Fused(conv.epilogue());
  }

  /** Returns the template for a convolution, and nothing for other workloads. */
  static Optional<Template> of(TuningTask task) {
    if (task.workload() instanceof Conv2d conv) {
      DirectConv2d template = new DirectConv2d(task, conv);
      return template.mostlyZeros() && PlanarConv2d.computes(task)
          ? Optional.empty()
          : Optional.of(template);
    }
    return Optional.empty();
  }

  /** Returns whether groups are narrower than a vector, so that most packed weights are zero. */
  private boolean mostlyZeros() {
    return conv.groups() > 1 && conv.k() / conv.groups() < lanes;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Knob> knobs() {
    boolean flat = plane.flat();
    int ends = conv.c() % lanes;
    return List.of(
        new Knob.Choice(ORDER, List.of(CHANNELS_OUTSIDE, SPACE_OUTSIDE)),
        flat
            ? Choices.sizes(SPAN, plane.ow(), 4, 8, 16, 32, 64)
            : Choices.sizes(SPAN, plane.oh(), 1, 2, 4, 7, 8, 14, 28),
        Choices.counts(UNROLL, u -> ends % u == 0, 1, 2, 4),
        Choices.counts(OCB, b -> outBlocks % b == 0, 1, 2, 3, 4, 5, 6),
        Choices.upTo(
            OWT,
            plane.ow(),
            IntStream.rangeClosed(1, task.target().vectorRegisters() - 2).toArray()));
  }

  @Override
  public List<Constraint> constraints() {
    // below this many sums the latency of a multiply-add is not hidden
    long few = Math.min(8, Choices.most(tiles(), tileRules(), DirectConv2d::sums));
    List<Constraint> rules = new ArrayList<>(tileRules());
    rules.add(rule("owt*ocb>=" + few, List.of(OWT, OCB), v -> sums(v) >= few));
    rules.add(
        rule(
            "span=least where it does not matter",
            List.of(ORDER, SPAN, OCB),
            v ->
                v.number(SPAN) == leastSpan()
                    || (v.is(ORDER, SPACE_OUTSIDE) && channelTiles(v) > 1)));
    rules.add(
        rule(
            "order=k_outer where it does not matter",
            List.of(ORDER, OCB),
            v -> v.is(ORDER, CHANNELS_OUTSIDE) || channelTiles(v) > 1));
    rules.add(
        rule(
            "span<=tiles of the row",
            List.of(SPAN, OWT),
            v ->
                !plane.flat()
                    || v.number(SPAN) == leastSpan()
                    || (v.number(SPAN) / 2 < plane.tiles(v.number(OWT)))));
    return rules;
  }

  /** Returns the knobs that shape a tile, not unrolled. */
  private List<Knob> tiles() {
    return knobs().stream()
        .filter(knob -> List.of(UNROLL, OCB, OWT).contains(knob.name()))
        .map(knob -> knob.name().equals(UNROLL) ? new Knob.Count(UNROLL, List.of(1)) : knob)
        .toList();
  }

  /** Returns what must hold of a tile; some tile keeps it, whatever the shape. */
  private List<Constraint> tileRules() {
    int registers = task.target().vectorRegisters();
    List<Constraint> rules = new ArrayList<>();
    if (conv.groups() > 1) {
      long least = -Choices.most(tiles(), List.of(), v -> -blocksRead(v.number(OCB) * lanes));
      rules.add(
          rule(
              "channel blocks read<=" + least,
              List.of(OCB),
              v -> blocksRead(v.number(OCB) * lanes) <= least));
    }
    rules.add(
        rule(
            "owt*ocb+ocb+1<=" + registers,
            List.of(OWT, OCB),
            v -> sums(v) + v.number(OCB) + 1 <= registers));
    rules.add(
        rule(
            "no remainder under half a tile",
            List.of(OWT),
            v ->
                plane.ow() % v.number(OWT) == 0
                    || 2 * (plane.ow() % v.number(OWT)) >= v.number(OWT)
                    || plane.ow() >= 6 * v.number(OWT)));
    long body = Math.max(MOST_BODY_FMAS, -Choices.most(tiles(), rules, v -> -bodyFmas(v)));
    rules.add(
        rule("unroll*s*owt*ocb<=" + body, List.of(UNROLL, OWT, OCB), v -> bodyFmas(v) <= body));
    long code = Math.max(MOST_CODE_FMAS, -Choices.most(tiles(), rules, v -> -codeFmas(v)));
    rules.add(
        rule("fmas in the text<=" + code, List.of(UNROLL, OWT, OCB), v -> codeFmas(v) <= code));
    return rules;
  }

  @Override
  public Map<String, String> wishes() {
    boolean many = task.target().vectorRegisters() >= 32;
    int ocb = outBlocks % 2 == 0 ? 2 : 1;
    int most = many ? 28 / ocb : 12 / ocb;
    int owt = Math.min(most, plane.ow());
    for (int size = owt; size >= 4; size--) {
      if (plane.ow() % size == 0) {
        owt = size;
        break;
      }
    }
    return Map.of(
        ORDER,
        CHANNELS_OUTSIDE,
        UNROLL,
        "1",
        SPAN,
        "1",
        OCB,
        Integer.toString(ocb),
        OWT,
        Integer.toString(owt));
  }

  @Override
  public double tolerance(KnobValues values) {
    return Templates.DIRECT_TOLERANCE;
  }

  private int leastSpan() {
    return plane.flat() ? Math.min(4, plane.ow()) : 1;
  }

  private static long sums(KnobValues v) {
    return (long) v.number(OWT) * v.number(OCB);
  }

  private long channelTiles(KnobValues v) {
    return outBlocks / v.number(OCB);
  }

  private long bodyFmas(KnobValues v) {
    return sums(v) * plane.s() * v.number(UNROLL);
  }

  private long codeFmas(KnobValues v) {
    return textColumns.computeIfAbsent(v.number(OWT), this::textColumns)
        * v.number(OCB)
        * plane.s()
        * v.number(UNROLL);
  }

  /** Returns the columns that the text names, where tiles that the same code serves count once. */
  private long textColumns(int size) {
    return plane.segments(size).stream().mapToLong(Plane.Segment::size).sum();
  }

  /** Returns the first channel block that a tile of output channels reads. */
  private Index firstBlock(Index tile, int width) {
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

  /** Returns how many channel blocks every tile of output channels reads. */
  private long blocksRead(int width) {
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

  @Override
  public LoopNest lower(KnobValues values) {
    return new Lowering(values).nest();
  }

  /** One member being lowered. */
  private final class Lowering {
    private final int owt;
    private final int ocb;
    private final int width;
    private final int span;
    private final int unroll;
    private final boolean channelsOutside;
    private final long blocks;
    private final long channelTiles;
    private final List<Buffer> buffers = new ArrayList<>();
    private final Buffer input;
    private final Buffer packed;
    private final ChannelOutput output;

    Lowering(KnobValues values) {
      owt = values.number(OWT);
      ocb = values.number(OCB);
      width = ocb * lanes;
      span = values.number(SPAN);
      unroll = values.number(UNROLL);
      channelsOutside = values.is(ORDER, CHANNELS_OUTSIDE);
      blocks = blocksRead(width);
      channelTiles = outBlocks / ocb;
      Operands sizes = task.workload().operands(lanes);
      input = new Buffer("input", Role.INPUT, sizes.input());
      packed =
          new Buffer(
              "packed", Role.PACKED, channelTiles * blocks * plane.r() * lanes * plane.s() * width);
      buffers.add(input);
      buffers.add(packed);
      output =
          new ChannelOutput(
              conv.k(), (long) plane.oh() * plane.ow(), lanes, conv.layout(), fused, sizes);
      buffers.addAll(output.buffers());
    }

    LoopNest nest() {
      boolean flat = plane.flat();
      long pieces = flat ? ceil(plane.tiles(owt), span) : ceil(plane.oh(), span);
      Axis unit = new Axis("unit");
      Statement body =
          Code.block(
              code -> {
                Code.Digit tileDigit = new Code.Digit("tile", channelTiles);
                Code.Digit pieceDigit = new Code.Digit("piece", pieces);
                List<Index> place =
                    code.decode(
                        unit.index(),
                        new Code.Digit("item", conv.n()),
                        channelsOutside ? tileDigit : pieceDigit,
                        channelsOutside ? pieceDigit : tileDigit);
                Index tile = place.get(channelsOutside ? 1 : 2);
                Index piece = place.get(channelsOutside ? 2 : 1);
                if (flat) {
                  flatRow(code, place.get(0), tile, piece, pieces);
                } else {
                  code.loop(
                      "y",
                      piece.times(span),
                      piece.plus(1).times(span).least(Index.of(plane.oh())),
                      1,
                      (row, y) -> row(row, place.get(0), tile, y));
                }
              });
      Statement pack = Code.block(this::pack);
      buffers.add(new Buffer("weight", Role.WEIGHT, task.workload().operands(lanes).weight()));
      return new LoopNest(
          buffers,
          Optional.of(pack),
          List.of(new LoopNest.Phase(unit, conv.n() * channelTiles * pieces, body)));
    }

    private void pack(Code code) {
      Buffer weight = new Buffer("weight", Role.WEIGHT, task.workload().operands(lanes).weight());
      int perGroup = conv.k() / conv.groups();
      int channels = conv.c() / conv.groups();
      code.loop(
          "tile",
          channelTiles,
          (a, tile) ->
              a.loop(
                  "block",
                  blocks,
                  (b, block) ->
                      b.loop(
                          "r",
                          plane.r(),
                          (c, r) ->
                              c.loop(
                                  "lane",
                                  lanes,
                                  (d, lane) ->
                                      d.loop(
                                          "s",
                                          plane.s(),
                                          (e, s) ->
                                              e.loop(
                                                  "o",
                                                  width,
                                                  (f, o) -> {
                                                    Index k =
                                                        f.define("k", tile.times(width).plus(o));
                                                    Index channel =
                                                        f.define(
                                                            "channel",
                                                            firstBlock(tile, width)
                                                                .plus(block)
                                                                .times(lanes)
                                                                .plus(lane));
                                                    Index first =
                                                        f.define(
                                                            "first",
                                                            k.dividedBy(perGroup).times(channels));
                                                    Condition real =
                                                        Condition.less(k, Index.of(conv.k()))
                                                            .and(
                                                                Condition.less(
                                                                    first.plus(-1), channel))
                                                            .and(
                                                                Condition.less(
                                                                    channel, first.plus(channels)));
                                                    f.store(
                                                        packed,
                                                        weightIndex(tile, block, r, lane, s)
                                                            .plus(o),
                                                        new Value.Guarded(
                                                            real,
                                                            new Value.Load(
                                                                weight,
                                                                k.times(
                                                                        (long) channels
                                                                            * plane.r()
                                                                            * plane.s())
                                                                    .plus(
                                                                        channel
                                                                            .minus(first)
                                                                            .times(
                                                                                (long) plane.r()
                                                                                    * plane.s()))
                                                                    .plus(r.times(plane.s()))
                                                                    .plus(s),
                                                                1)));
                                                  }))))));
      output.pack(code);
    }

    /** Returns where the weights of a step lie. */
    private Index weightIndex(Index tile, Index block, Index r, Index lane, Index s) {
      return tile.times(blocks)
          .plus(block)
          .times(plane.r())
          .plus(r)
          .times(lanes)
          .plus(lane)
          .times(plane.s())
          .plus(s)
          .times(width);
    }

    private void flatRow(Code code, Index item, Index tile, Index piece, long pieces) {
      int full = plane.ow() / owt;
      int rest = plane.ow() % owt;
      if (full > 0) {
        code.loop(
            "x",
            piece.times((long) span * owt),
            piece.plus(1).times((long) span * owt).least(Index.of((long) full * owt)),
            owt,
            (inner, x) -> tile(inner, item, tile, Index.ZERO, x, owt, true));
      }
      if (rest > 0) {
        code.when(
            Condition.less(Index.of(pieces - 2), piece),
            last -> tile(last, item, tile, Index.ZERO, Index.of((long) full * owt), rest, true));
      }
    }

    private void row(Code code, Index item, Index tile, Index y) {
      for (Plane.Segment segment : plane.segments(owt)) {
        if (segment.tiles() > 1) {
          code.loop(
              "x",
              Index.of(segment.from()),
              Index.of(segment.from() + (long) segment.tiles() * segment.size()),
              segment.size(),
              (inner, x) -> tile(inner, item, tile, y, x, segment.size(), segment.interior()));
        } else {
          code.add(
              Code.block(
                  inner ->
                      tile(
                          inner,
                          item,
                          tile,
                          y,
                          Index.of(segment.from()),
                          segment.size(),
                          segment.interior())));
        }
      }
    }

    private void tile(
        Code code, Index item, Index tile, Index y, Index x, int columns, boolean interior) {
      RegisterTile sums = new RegisterTile(columns, RegisterTile.columns(ocb, lanes));
      sums.declare(code);
      Index first = code.define("first", firstBlock(tile, width));
      code.loop(
          "block",
          blocks,
          (inner, block) -> {
            boolean reachOut = plane.rowsReachOut();
            if (plane.r() == 1 && !reachOut) {
              channels(inner, sums, item, tile, first, block, y, Index.ZERO, x, interior);
            } else {
              inner.loop(
                  "r",
                  reachOut ? plane.firstRow(y) : Index.ZERO,
                  reachOut ? plane.endRow(y) : Index.of(plane.r()),
                  1,
                  (row, r) -> channels(row, sums, item, tile, first, block, y, r, x, interior));
            }
          });
      output.store(code, sums, item, tile.times(ocb), y.times(plane.ow()).plus(x));
    }

    private void channels(
        Code code,
        RegisterTile sums,
        Index item,
        Index tile,
        Index first,
        Index block,
        Index y,
        Index r,
        Index x,
        boolean interior) {
      Index row = y.times(plane.stride()).plus(r.times(plane.dilation())).plus(-plane.top());
      Index channelBlock = first.plus(block);
      long area = (long) plane.h() * plane.w();
      long column = blocked ? lanes : 1;
      long channel = blocked ? 1 : area;
      Place a =
          code.bind(
              "a",
              input,
              blocked
                  ? item.times(inBlocks)
                      .plus(channelBlock)
                      .times(area * lanes)
                      .plus(row.times((long) plane.w() * lanes))
                  : item.times(conv.c())
                      .plus(channelBlock.times(lanes))
                      .times(area)
                      .plus(row.times(plane.w())));
      Place b = code.bind("b", packed, weightIndex(tile, block, r, Index.ZERO, Index.ZERO));
      Index end =
          conv.c() % lanes == 0
              ? Index.of(lanes)
              : channelBlock.times(-lanes).plus(conv.c()).least(Index.of(lanes));
      code.loop(
          "c",
          Index.ZERO,
          end,
          unroll,
          (loop, c) ->
              loop.unrolled(
                  "u",
                  unroll,
                  (once, u) ->
                      once.unrolled(
                          "s",
                          plane.s(),
                          (step, s) ->
                              sums.step(
                                  step,
                                  j ->
                                      new Value.Load(
                                          b,
                                          c.plus(u)
                                              .times(plane.s())
                                              .plus(s)
                                              .times(width)
                                              .plus((long) j * lanes),
                                          lanes),
                                  i ->
                                      new Value.Load(
                                          a,
                                          plane
                                              .column(x.plus(i), s)
                                              .times(column)
                                              .plus(c.plus(u).times(channel)),
                                          1),
                                  i ->
                                      interior
                                          ? Condition.TRUE
                                          : Condition.within(
                                              0, plane.column(x.plus(i), s), plane.w())))));
    }
  }

  @Override
  public List<Trait.Reader> traits() {
    Trait.Table traits = new Trait.Table();
    double registers = task.target().vectorRegisters();
    double taps = (double) plane.r() * plane.s();
    double outputs = (double) conv.n() * plane.oh() * plane.ow();
    traits.add(Trait.ACCUMULATORS, DirectConv2d::sums, OWT, OCB);
    traits.add(Trait.TILE_ROWS, v -> v.number(OWT), OWT);
    traits.add(Trait.TILE_VECTORS, v -> v.number(OCB), OCB);
    traits.add(Trait.REGISTER_SHARE, v -> (sums(v) + v.number(OCB) + 1) / registers, OWT, OCB);
    traits.add(
        Trait.FMAS_PER_LOAD, v -> (double) sums(v) / (v.number(OWT) + v.number(OCB)), OWT, OCB);
    traits.add(Trait.BODY_FMAS, this::bodyFmas, UNROLL, OWT, OCB);
    traits.add(
        Trait.INNER_TRIPS, v -> Math.min(lanes, conv.c()) / (double) v.number(UNROLL), UNROLL);
    traits.add(
        Trait.REDUCTION_TRIPS, v -> channelsRead(v) * plane.r() / v.number(UNROLL), UNROLL, OCB);
    traits.add(Trait.CODE_FMAS, this::codeFmas, UNROLL, OWT, OCB);
    traits.add(Trait.EXECUTED_FMAS, v -> outputs * outBlocks * channelsRead(v) * taps, OCB);
    traits.add(
        Trait.USEFUL_SHARE,
        v -> conv.flops() / (2 * lanes * outputs * outBlocks * channelsRead(v) * taps),
        OCB);
    traits.add(
        Trait.ROW_PANEL_BYTES,
        v -> Float.BYTES * channelsRead(v) * plane.r() * plane.columnsRead(v.number(OWT)),
        OWT,
        OCB);
    traits.add(Trait.COLUMN_PANEL_BYTES, this::weightPanel, OCB);
    traits.add(Trait.REUSE_BYTES, this::reuseBytes, ORDER, SPAN, OWT, OCB);
    traits.add(
        Trait.INNER_TRAFFIC,
        v ->
            outputs / v.number(OWT) * channelTiles(v) * weightPanel(v)
                + outputs * channelTiles(v) * channelsRead(v) * taps * Float.BYTES,
        OWT,
        OCB);
    traits.add(Trait.OUTER_TRAFFIC, this::outerTraffic, ORDER, SPAN, OWT, OCB);
    traits.add(Trait.SCRATCH_TRAFFIC, v -> 0);
    traits.add(Trait.TRANSFORM_OPS, v -> outputs * outBlocks * (blocked ? 1 : 2 + lanes));
    traits.add(Trait.SCATTERED_STORES, v -> blocked ? 0 : outputs * conv.k());
    traits.add(
        Trait.ROW_STRIDE_BYTES, v -> (double) Float.BYTES * plane.stride() * (blocked ? lanes : 1));
    traits.add(Trait.UNITS, v -> (double) units(v), SPAN, OWT, OCB);
    traits.add(Trait.IMBALANCE, v -> Templates.imbalance(units(v), task.threads()), SPAN, OWT, OCB);
    traits.add(Trait.COLUMNS_STAY, v -> v.is(ORDER, CHANNELS_OUTSIDE) ? 1 : 0, ORDER);
    return traits.readers();
  }

  private long units(KnobValues v) {
    long extent = plane.flat() ? plane.tiles(v.number(OWT)) : plane.oh();
    return conv.n() * channelTiles(v) * ceil(extent, v.number(SPAN));
  }

  /** Returns the input channels that each register tile sums over. */
  private double channelsRead(KnobValues v) {
    return Math.min(conv.c(), (double) blocksRead(v.number(OCB) * lanes) * lanes);
  }

  private double weightPanel(KnobValues v) {
    return Float.BYTES * channelsRead(v) * plane.r() * plane.s() * v.number(OCB) * lanes;
  }

  /** Returns the bytes of input that the output rows, or the flat piece, of one unit read. */
  private double unitInput(KnobValues v) {
    double rows = plane.flat() ? 1 : Math.min(plane.h(), plane.rowsRead(v.number(SPAN)));
    double columns =
        plane.flat() ? Math.min(plane.w(), (double) v.number(SPAN) * v.number(OWT)) : plane.w();
    return Float.BYTES * channelsRead(v) * rows * columns;
  }

  private double reuseBytes(KnobValues v) {
    return v.is(ORDER, CHANNELS_OUTSIDE)
        ? weightPanel(v) + unitInput(v)
        : unitInput(v) + weightPanel(v) * channelTiles(v);
  }

  private double outerTraffic(KnobValues v) {
    double input = (double) Float.BYTES * conv.c() * plane.h() * plane.w();
    double weights = weightPanel(v) * channelTiles(v);
    double fits = 0.7 * task.target().l2Bytes();
    boolean outside = v.is(ORDER, CHANNELS_OUTSIDE);
    double sweeps = (double) units(v) / (conv.n() * channelTiles(v));
    return outside
        ? conv.n() * (weights + (input + weightPanel(v) <= fits ? input : input * channelTiles(v)))
        : conv.n() * (input + (weights + unitInput(v) <= fits ? weights : weights * sweeps));
  }
}
