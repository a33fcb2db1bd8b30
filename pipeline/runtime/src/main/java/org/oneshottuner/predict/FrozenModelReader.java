package org.oneshottuner.predict;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.oneshottuner.predict.FrozenModel.Metric;
import org.oneshottuner.predict.FrozenModel.Property;
import org.oneshottuner.predict.FrozenModel.SplitMetrics;
import org.oneshottuner.predict.FrozenModel.TargetText;
import org.oneshottuner.predict.ModelFormatException.Reason;

/**
 * Reads frozen model files of format version 1.
 *
 * <p>Numbers are big-endian. A <i>text</i> is its length in bytes (int32) and that many bytes of
 * UTF-8. A <i>plane</i> is one bit an item, the first item in the highest bit of the first byte,
 * the last byte filled up with zeros.
 *
 * <pre>
 * magic             8 bytes   89 31 53 54 0D 0A 1A 0A
 * version           int32     1
 * length            int32     bytes of the whole file, from the magic to the digest
 * schema id         text      the feature schema
 * columns           int32     their number, then a text each: the names
 * space family      text      version of the templates
 * target            text      name
 *                   text      every limit
 * manifest          int32     number of properties, then two texts each: key, value
 * evaluation        int32     number of splits, then of each:
 *                   text        name
 *                   int32       number of metrics, then of each: text name, float64 value
 * base score        float32
 * thresholds        of each column:
 *                   uint16      their number
 *                   float32     each, ascending, not NaN, not the negative zero
 * trees             int32     their number
 * nodes             int32     their number, all trees together
 * splits            plane     by node, all trees one after another, each in preorder: 1 for a split, 0 for a leaf
 * missing           uint8     0: missing values go right everywhere, 1: left everywhere, 2: see the plane
 *                   plane     only if 2: by split, 1 for left
 * split columns     by split: uint8, or uint16 if there are more than 256 columns
 * split thresholds  by split: its rank among the column's thresholds: uint8, or uint16 if the column has more than 256
 * leaves            float32   by leaf
 * golden rows       int32     their number, at least 1, then of each:
 *                   float32     by column
 *                   float32     the score
 * digest            32 bytes  SHA-256 of all bytes before it
 * </pre>
 *
 * <p>The digest is checked before anything behind the length is looked at. Then every count is
 * checked against the bytes that are left before anything is allocated for it, every index against
 * its bound, and the golden rows against the ensemble. What does not pass is refused with a {@link
 * ModelFormatException}; nothing is repaired.
 */
public final class FrozenModelReader {
  /** The version that this reader reads. */
  public static final int VERSION = 1;

  /** The most bytes that a model file may have. */
  public static final int MAX_BYTES = 1 << 28;

  // as PNG's: not text, and spoilt by every way of translating line ends
  private static final long MAGIC = 0x893153540D0A1A0AL;
  private static final int HEADER_BYTES = 16;
  private static final int DIGEST_BYTES = 32;

  private FrozenModelReader() {}

  /**
   * Reads a model that this compiler may serve.
   *
   * @throws ModelFormatException if the file cannot be read, is damaged, or was trained on other
   *     features or spaces
   */
  public static FrozenModel read(Path file, Compatibility served) {
    FrozenModel model = inspect(file);
    requireServed(model, file.toString(), served);
    return model;
  }

  /**
   * Reads a model whether or not this compiler may serve it, to show what is in it.
   *
   * @throws ModelFormatException if the file cannot be read or is damaged
   */
  public static FrozenModel inspect(Path file) {
    String source = file.toString();
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new ModelFormatException(
            Reason.NOT_A_MODEL, source, 0, "it has " + size + " bytes, most is " + MAX_BYTES);
      }
      return inspect(Files.readAllBytes(file), source);
    } catch (IOException e) {
      throw new ModelFormatException(Reason.UNREADABLE, source, 0, e);
    }
  }

  /**
   * Reads a model from memory.
   *
   * @param source what to call it in messages
   * @throws ModelFormatException if it is damaged
   */
  public static FrozenModel inspect(byte[] file, String source) {
    verify(file, source);
    ByteCursor in = new ByteCursor(source, file, HEADER_BYTES, file.length - DIGEST_BYTES);
    String schemaId = in.text("schema id");
    List<String> columns = columns(in);
    String spaceFamily = in.text("space family");
    Compatibility compatibility = new Compatibility(schemaId, columns, spaceFamily);
    TargetText target = new TargetText(in.text("target name"), in.text("target"));
    List<Property> manifest = manifest(in);
    List<SplitMetrics> evaluation = evaluation(in);
    try {
      Ensemble ensemble = ensemble(in, schemaId, columns.size());
      GoldenRows golden = golden(in, columns.size());
      in.finish();
      int different = golden.firstDifference(ensemble);
      if (different < golden.count()) {
        throw new ModelFormatException(
            Reason.WRONG_SCORES,
            source,
            in.offset(),
            "golden row "
                + different
                + " scores "
                + ensemble.score(golden.row(different))
                + ", expected "
                + golden.score(different));
      }
      return new FrozenModel(compatibility, target, manifest, evaluation, ensemble, golden);
    } catch (ModelFormatException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw in.refuse(Reason.MALFORMED, e);
    }
  }

  /** Checks all that can be told without understanding the content. */
  private static void verify(byte[] file, String source) {
    ByteBuffer header = ByteBuffer.wrap(file);
    if (file.length < 8 || header.getLong() != MAGIC) {
      throw new ModelFormatException(
          Reason.NOT_A_MODEL, source, 0, "it does not begin with a model's 8 bytes");
    }
    if (file.length < HEADER_BYTES) {
      throw new ModelFormatException(
          Reason.TRUNCATED, source, file.length, "its header has " + HEADER_BYTES + " bytes");
    }
    int version = header.getInt();
    if (version != VERSION) {
      throw new ModelFormatException(
          Reason.UNKNOWN_VERSION,
          source,
          8,
          "it is of version " + version + ", this reader reads version " + VERSION);
    }
    int length = header.getInt();
    if (length < HEADER_BYTES + DIGEST_BYTES || length > MAX_BYTES) {
      throw new ModelFormatException(
          Reason.ALTERED, source, 12, "it says that it has " + length + " bytes");
    }
    if (length != file.length) {
      throw new ModelFormatException(
          length > file.length ? Reason.TRUNCATED : Reason.TRAILING_BYTES,
          source,
          Math.min(length, file.length),
          "it has " + file.length + " bytes, and says that it has " + length);
    }
    int signed = file.length - DIGEST_BYTES;
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Cannot verify models: this Java has no SHA-256", e);
    }
    digest.update(file, 0, signed);
    if (!Arrays.equals(digest.digest(), Arrays.copyOfRange(file, signed, file.length))) {
      throw new ModelFormatException(
          Reason.ALTERED, source, signed, "its bytes do not have the digest that ends it");
    }
  }

  private static void requireServed(FrozenModel model, String source, Compatibility served) {
    Compatibility trained = model.compatibility();
    if (!trained.schemaId().equals(served.schemaId())) {
      throw new ModelFormatException(
          Reason.OTHER_SCHEMA,
          source,
          HEADER_BYTES,
          "it was trained on features "
              + trained.schemaId()
              + ", this compiler reads "
              + served.schemaId());
    }
    if (!trained.columns().equals(served.columns())) {
      throw new ModelFormatException(
          Reason.OTHER_SCHEMA,
          source,
          HEADER_BYTES,
          "its columns of "
              + trained.schemaId()
              + " are "
              + trained.columns()
              + ", this compiler's are "
              + served.columns());
    }
    if (!trained.spaceFamily().equals(served.spaceFamily())) {
      throw new ModelFormatException(
          Reason.OTHER_SPACES,
          source,
          HEADER_BYTES,
          "it was trained on spaces "
              + trained.spaceFamily()
              + ", this compiler has "
              + served.spaceFamily());
    }
  }

  private static List<String> columns(ByteCursor in) {
    int count = in.count(4, "columns");
    if (count < 1 || count > Ensemble.MAX_COLUMNS) {
      throw in.refuse(4, count + " columns, expected 1 to " + Ensemble.MAX_COLUMNS);
    }
    List<String> columns = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      columns.add(in.text("column name"));
    }
    return columns;
  }

  private static List<Property> manifest(ByteCursor in) {
    int count = in.count(8, "properties");
    List<Property> manifest = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      manifest.add(new Property(in.text("property key"), in.text("property value")));
    }
    return manifest;
  }

  private static List<SplitMetrics> evaluation(ByteCursor in) {
    int splits = in.count(8, "splits");
    List<SplitMetrics> evaluation = new ArrayList<>();
    for (int s = 0; s < splits; s++) {
      String split = in.text("split name");
      int count = in.count(12, "metrics");
      List<Metric> metrics = new ArrayList<>();
      for (int m = 0; m < count; m++) {
        metrics.add(new Metric(in.text("metric name"), in.doubleFloating("metric")));
      }
      evaluation.add(new SplitMetrics(split, metrics));
    }
    return evaluation;
  }

  private static Ensemble ensemble(ByteCursor in, String schemaId, int columns) {
    float base = in.floating("base score");
    float[][] thresholds = new float[columns][];
    for (int c = 0; c < columns; c++) {
      thresholds[c] = thresholds(in);
    }
    int treeCount = in.count(4, "trees");
    int nodes = in.count(2, "nodes");
    int splits = (nodes - treeCount) / 2;
    if (nodes < treeCount || nodes != treeCount + 2 * splits) {
      throw in.refuse(8, treeCount + " trees cannot have " + nodes + " nodes");
    }
    boolean[] isSplit = plane(in, nodes, "plane of splits");
    boolean[] missingLeft = missing(in, splits);
    int[] splitColumns = splitColumns(in, splits, columns);
    float[] splitValues = new float[splits];
    for (int s = 0; s < splits; s++) {
      float[] known = thresholds[splitColumns[s]];
      boolean wide = known.length > 256;
      int rank = wide ? in.unsignedShort("threshold rank") : in.unsignedByte("threshold rank");
      if (rank >= known.length) {
        throw in.refuse(
            wide ? 2 : 1,
            "split "
                + s
                + " has threshold "
                + rank
                + " of column "
                + splitColumns[s]
                + ", which has "
                + known.length);
      }
      splitValues[s] = known[rank];
    }
    float[] leaves = in.floats(nodes - splits, "leaves");
    List<Tree> trees =
        new Forest(isSplit, splitColumns, splitValues, missingLeft, leaves).trees(treeCount);
    return Ensemble.of(schemaId, columns, base, trees);
  }

  private static float[] thresholds(ByteCursor in) {
    float[] thresholds = in.floats(in.unsignedShort("thresholds"), "thresholds");
    for (int i = 0; i < thresholds.length; i++) {
      float threshold = thresholds[i];
      boolean ascends = i == 0 || threshold > thresholds[i - 1];
      if (Float.isNaN(threshold) || !ascends || Float.floatToRawIntBits(threshold) == 1 << 31) {
        throw in.refuse(
            4 * (thresholds.length - i),
            "threshold " + i + " is " + threshold + ", expected them to ascend");
      }
    }
    return thresholds;
  }

  private static boolean[] missing(ByteCursor in, int splits) {
    int form = in.unsignedByte("missing values' form");
    boolean[] missingLeft = new boolean[splits];
    switch (form) {
      case 0 -> {}
      case 1 -> Arrays.fill(missingLeft, true);
      case 2 -> missingLeft = plane(in, splits, "plane of missing values");
      default -> throw in.refuse(1, "missing values' form is " + form + ", expected 0, 1 or 2");
    }
    return missingLeft;
  }

  private static int[] splitColumns(ByteCursor in, int splits, int columns) {
    boolean wide = columns > 256;
    int[] splitColumns = new int[splits];
    for (int s = 0; s < splits; s++) {
      int column = wide ? in.unsignedShort("split column") : in.unsignedByte("split column");
      if (column >= columns) {
        throw in.refuse(
            wide ? 2 : 1, "split " + s + " reads column " + column + ", last is " + (columns - 1));
      }
      splitColumns[s] = column;
    }
    return splitColumns;
  }

  private static boolean[] plane(ByteCursor in, int items, String what) {
    byte[] bytes = in.block((int) ((items + 7L) / 8), what);
    boolean[] plane = new boolean[items];
    for (int i = 0; i < items; i++) {
      plane[i] = ((bytes[i >> 3] >> (7 - (i & 7))) & 1) != 0;
    }
    int used = items & 7;
    if (used != 0 && (bytes[bytes.length - 1] & (0xff >> used)) != 0) {
      throw in.refuse(1, what + " does not end in zeros");
    }
    return plane;
  }

  private static GoldenRows golden(ByteCursor in, int columns) {
    int count = in.count(4 * (columns + 1), "golden rows");
    float[] rows = new float[count * columns];
    float[] scores = new float[count];
    for (int i = 0; i < count; i++) {
      for (int c = 0; c < columns; c++) {
        rows[i * columns + c] = in.floating("golden row");
      }
      scores[i] = in.floating("golden score");
    }
    return GoldenRows.of(columns, rows, scores);
  }
}
