package org.oneshottuner.lower;

import static org.oneshottuner.lower.Choices.ceil;

import org.oneshottuner.space.KnobValues;
import org.oneshottuner.workload.Conv2d;
import org.oneshottuner.workload.Layout;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Window;

/**
 * The extents of the loops of a convolution by minimal filtering and the bytes that they touch, as
 * the knobs set them.
 */
final class WinogradShape {
  /** Output rows and columns of a tile. */
  static final String M = "m";

  /** Tiles of a block. */
  static final String TB = "tb";

  /** Tiles of a register tile. */
  static final String MR = "mr";

  /** Channel vectors of a register tile. */
  static final String NV = "nv";

  /** Input channels in the text of the innermost loop. */
  static final String UNROLL = "unroll";

  /** Input channels of a sum that is added up at once. */
  static final String KC = "kc";

  /** Parts of the output channels. */
  static final String PARTS = "parts";

  /** Whether a unit transforms its inputs itself. */
  static final String FUSED = "fused";

  static final String YES = "yes";
  static final String NO = "no";

  /** Which of blocks and parts is the outer loop. */
  static final String ORDER = "order";

  /** The loop over blocks is outermost. */
  static final String SPACE = "space";

  /** The loop over parts of the channels is outermost. */
  static final String CHANNELS = "channels";

  /** Where the loop over elements of the transform is, seen from the one over tiles of channels. */
  static final String ELEMENTS = "elements";

  static final String INSIDE = "inside";
  static final String OUTSIDE = "outside";

  private final TuningTask task;
  private final Conv2d conv;
  private final Window window;
  private final TileKnobs tile;
  private final int lanes;
  private final int inBlocks;
  private final int outBlocks;

  WinogradShape(TuningTask task, Conv2d conv) {
    this.task = task;
    this.conv = conv;
    this.window = conv.window();
    this.tile = new TileKnobs(MR, NV, task.target());
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

  /** Returns the register tile: tiles by vectors of output channels. */
  TileKnobs tile() {
    return tile;
  }

  /** Returns the multiply-adds in the text of the innermost loop. */
  long bodyFmas(KnobValues v) {
    return v.number(UNROLL) * tile.sums(v);
  }

  /** Returns the rows of tiles of a plane. */
  long rows(int m) {
    return ceil(window.outHeight(), m);
  }

  /** Returns the columns of tiles of a plane. */
  long columns(int m) {
    return ceil(window.outWidth(), m);
  }

  /** Returns the tiles of all planes of a channel. */
  long tiles(int m) {
    return conv.n() * rows(m) * columns(m);
  }

  /** Returns the blocks of tiles; the last may have idle ones. */
  long blocks(KnobValues v) {
    return ceil(tiles(v.number(M)), v.number(TB));
  }

  /** Returns the elements of a transformed tile. */
  static long elements(KnobValues v) {
    return (v.number(M) + 2L) * (v.number(M) + 2L);
  }

  /** Returns the tiles of channels in a part. */
  long channelTiles(KnobValues v) {
    return outBlocks / ((long) v.number(PARTS) * v.number(NV));
  }

  /** Returns the bytes of a block's transformed inputs. */
  long inputBytes(KnobValues v) {
    return elements(v) * v.number(TB) * inBlocks * lanes * Float.BYTES;
  }

  /** Returns the bytes of all blocks' transformed inputs. */
  long sharedBytes(KnobValues v) {
    return blocks(v) * inputBytes(v);
  }

  /** Returns the bytes of the products that a unit keeps until they are transformed. */
  long productBytes(KnobValues v) {
    long kept = v.is(ELEMENTS, OUTSIDE) ? channelTiles(v) : 1;
    return elements(v) * v.number(TB) * kept * v.number(NV) * lanes * Float.BYTES;
  }

  /** Returns the bytes of workspace that a unit goes through again and again. */
  long scratchBytes(KnobValues v) {
    return inputBytes(v) + productBytes(v);
  }

  /** Returns the bytes of the transformed weights of all channels. */
  double weightBytes(KnobValues v) {
    return (double) Float.BYTES * elements(v) * conv.c() * outBlocks * lanes;
  }

  /** Returns the vector multiply-adds of all element matrices, idle tiles included. */
  double products(KnobValues v) {
    return (double) elements(v) * blocks(v) * v.number(TB) * conv.c() * outBlocks;
  }

  /** Returns how often inputs are transformed. */
  static int transforms(KnobValues v) {
    return v.is(FUSED, YES) ? v.number(PARTS) : 1;
  }

  Units units(KnobValues v) {
    Code.Digit block = new Code.Digit("block", blocks(v));
    Code.Digit slice = new Code.Digit("slice", v.number(PARTS));
    return v.is(ORDER, SPACE)
        ? Units.of(task, v, 1, block, slice)
        : Units.of(task, v, 1, slice, block);
  }
}
