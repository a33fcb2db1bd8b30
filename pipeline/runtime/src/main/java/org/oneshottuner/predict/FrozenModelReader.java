package org.oneshottuner.predict;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.oneshottuner.predict.FrozenModel.Metric;
import org.oneshottuner.predict.FrozenModel.Property;
import org.oneshottuner.predict.FrozenModel.SplitMetrics;
import org.oneshottuner.predict.FrozenModel.TargetText;
import org.oneshottuner.predict.ModelFormatException.Reason;

/**
 * Reads frozen model files of format versions 1 and 2.
 *
 * <p>Numbers are big-endian. A <i>text</i> is its length in bytes (int32) and that many bytes of
 * UTF-8. A <i>plane</i> is one bit an item, the first item in the highest bit of the first byte,
 * the last byte filled up with zeros.
 *
 * <pre>
 * magic             8 bytes   89 31 53 54 0D 0A 1A 0A
 * version           int32     2
 * length            int32     bytes of the whole file, from the magic to the digest
 * release           int32     its number, 0 if it was not released
 * expires           int64     seconds since 1970, 0 if never
 * schema id         text      the feature schema
 * columns           int32     their number, then a text each: the names
 * space family      text      version of the templates
 * target            text      name
 *                   text      every limit
 * manifest          int32     number of properties, then two texts each: key, value
 * evaluation        int32     number of splits, then of each:
 *                   text        name
 *                   int32       number of metrics, then of each: text name, float64 value
 * calibration       int32     number of tasks, then of each, ascending:
 *                   float32     regret of the pick, 0 or more
 * domain            int32     number of columns with a range, then of each, ascending:
 *                   uint16      the column
 *                   float32     the least of its values over the tasks learnt from
 *                   float32     the most
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
 * signatures        of each, in the order in which they were made:
 *                   8 bytes     the key's id: the first of the SHA-256 of its X.509 form
 *                   64 bytes    Ed25519 (RFC 8032) of the text "one-shot tuner model", a zero byte, the version in one byte,
 *                               and all bytes from the release to the last golden score
 * signatures        uint8     their number, at most 2
 * digest            32 bytes  SHA-256 of all bytes before it
 * </pre>
 *
 * <p>Version 1 has no release, no expiry, no calibration, no domain and no signatures.
 *
 * <p>The digest is checked before anything behind the length is looked at, then signatures, where a
 * policy asks for one, then release and expiry. Then every count is checked against the bytes that
 * are left before anything is allocated for it, every index against its bound, and the golden rows
 * against the ensemble. What does not pass is refused with a {@link ModelFormatException}; nothing
 * is repaired.
 */
public final class FrozenModelReader {
  private FrozenModelReader() {}

  /**
   * Reads a model that this compiler may serve.
   *
   * @throws ModelFormatException if the file cannot be read, is damaged, was trained on other
   *     features or spaces, or the policy forbids it
   */
  public static FrozenModel read(Path file, Compatibility served, ServingPolicy policy) {
    FrozenModel model = inspect(bytes(file), file.toString(), policy);
    requireServed(model, file.toString(), served);
    return model;
  }

  /** As {@link #read(Path, Compatibility, ServingPolicy)} by {@link ServingPolicy#ANY}. */
  public static FrozenModel read(Path file, Compatibility served) {
    return read(file, served, ServingPolicy.ANY);
  }

  /**
   * Reads a model whether or not this compiler may serve it, to show what is in it.
   *
   * @throws ModelFormatException if the file cannot be read or is damaged
   */
  public static FrozenModel inspect(Path file) {
    return inspect(bytes(file), file.toString());
  }

  /**
   * Returns the bytes of a file that may be a model's.
   *
   * @throws ModelFormatException if it cannot be read, or is larger than any model file
   */
  public static byte[] bytes(Path file) {
    String source = file.toString();
    try {
      long size = Files.size(file);
      if (size > ModelSeal.MAX_BYTES) {
        throw new ModelFormatException(
            Reason.NOT_A_MODEL,
            source,
            0,
            "it has " + size + " bytes, most is " + ModelSeal.MAX_BYTES);
      }
      return Files.readAllBytes(file);
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
    return inspect(file, source, ServingPolicy.ANY);
  }

  private static FrozenModel inspect(byte[] file, String source, ServingPolicy policy) {
    ModelSeal seal = ModelSeal.of(file, source);
    seal.mustBeTrusted(policy, source);
    ByteCursor in = new ByteCursor(source, file, ModelSeal.HEADER_BYTES, seal.end());
    Release release = seal.version() == ModelSeal.OLDEST ? Release.NONE : release(in);
    requireInForce(release, source, policy);
    String schemaId = in.text("schema id");
    List<String> columns = columns(in);
    String spaceFamily = in.text("space family");
    Compatibility compatibility = new Compatibility(schemaId, columns, spaceFamily);
    TargetText target = new TargetText(in.text("target name"), in.text("target"));
    List<Property> manifest = manifest(in);
    List<SplitMetrics> evaluation = evaluation(in);
    Calibration calibration =
        seal.version() == ModelSeal.OLDEST ? Calibration.NONE : calibration(in);
    try {
      Domain domain = seal.version() == ModelSeal.OLDEST ? Domain.ANYTHING : domain(in);
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
      return new FrozenModel(
          release,
          compatibility,
          target,
          manifest,
          evaluation,
          calibration,
          domain,
          ensemble,
          golden);
    } catch (ModelFormatException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw in.refuse(Reason.MALFORMED, e);
    }
  }

  private static Release release(ByteCursor in) {
    int number = in.integer("release");
    if (number < 0) {
      throw in.refuse(4, "release " + number + ", least is 0");
    }
    long expires = in.longInteger("expiry");
    if (expires < 0 || expires > Instant.MAX.getEpochSecond()) {
      throw in.refuse(8, "it expires " + expires + " s after 1970");
    }
    return new Release(
        number, expires == 0 ? Optional.empty() : Optional.of(Instant.ofEpochSecond(expires)));
  }

  private static void requireInForce(Release release, String source, ServingPolicy policy) {
    if (release.number() < policy.leastRelease()) {
      throw new ModelFormatException(
          Reason.ROLLED_BACK,
          source,
          ModelSeal.HEADER_BYTES,
          "it is release " + release.number() + ", the least served is " + policy.leastRelease());
    }
    if (release.expires().isPresent() && policy.now().isPresent()) {
      Instant expires = release.expires().get();
      Instant now = policy.now().get();
      if (!now.isBefore(expires)) {
        throw new ModelFormatException(
            Reason.EXPIRED,
            source,
            ModelSeal.HEADER_BYTES + 4,
            "it expired at " + expires + ", and it is " + now);
      }
    }
  }

  private static void requireServed(FrozenModel model, String source, Compatibility served) {
    Compatibility trained = model.compatibility();
    if (!trained.schemaId().equals(served.schemaId())) {
      throw new ModelFormatException(
          Reason.OTHER_SCHEMA,
          source,
          ModelSeal.HEADER_BYTES,
          "it was trained on features "
              + trained.schemaId()
              + ", this compiler reads "
              + served.schemaId());
    }
    if (!trained.columns().equals(served.columns())) {
      throw new ModelFormatException(
          Reason.OTHER_SCHEMA,
          source,
          ModelSeal.HEADER_BYTES,
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
          ModelSeal.HEADER_BYTES,
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

  private static Calibration calibration(ByteCursor in) {
    float[] regrets = in.floats(in.count(Float.BYTES, "regrets"), "regrets");
    for (int i = 0; i < regrets.length; i++) {
      if (!(regrets[i] >= (i == 0 ? 0 : regrets[i - 1])) || Float.isInfinite(regrets[i])) {
        throw in.refuse(
            Float.BYTES * (regrets.length - i),
            "regret " + i + " is " + regrets[i] + ", expected them to ascend from 0");
      }
    }
    return Calibration.of(regrets);
  }

  private static Domain domain(ByteCursor in) {
    int count = in.count(10, "ranges");
    List<Domain.Range> ranges = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ranges.add(
          new Domain.Range(
              in.unsignedShort("range's column"),
              in.floating("least value"),
              in.floating("most value")));
    }
    return new Domain(ranges);
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
    Plane isSplit = plane(in, nodes, "plane of splits");
    Plane missingLeft = missing(in, splits);
    ByteBuffer splitColumns = splitColumns(in, splits, columns);
    ByteBuffer ranks = in.rest();
    Forest.Nodes found =
        new Forest.Nodes(
            isSplit,
            splitColumns,
            ranks,
            missingLeft,
            leaves(in, splitColumns, thresholds, nodes - splits),
            List.of(thresholds));
    return Ensemble.of(schemaId, columns, base, new Forest(found).trees(treeCount));
  }

  /** Goes through the ranks of splits, and returns the leaves behind them. */
  private static ByteBuffer leaves(
      ByteCursor in, ByteBuffer splitColumns, float[][] thresholds, int count) {
    boolean wideColumns = thresholds.length > 256;
    int splits = splitColumns.limit() / (wideColumns ? 2 : 1);
    for (int s = 0; s < splits; s++) {
      int column = wideColumns ? splitColumns.getShort(2 * s) & 0xffff : splitColumns.get(s) & 0xff;
      int known = thresholds[column].length;
      boolean wide = known > 256;
      int rank = wide ? in.unsignedShort("threshold rank") : in.unsignedByte("threshold rank");
      if (rank >= known) {
        throw in.refuse(
            wide ? 2 : 1,
            "split "
                + s
                + " has threshold "
                + rank
                + " of column "
                + column
                + ", which has "
                + known);
      }
    }
    return in.view(Math.multiplyExact(Float.BYTES, count), "leaves");
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

  private static Plane missing(ByteCursor in, int splits) {
    int form = in.unsignedByte("missing values' form");
    return switch (form) {
      case 0 -> Plane.of(splits, false);
      case 1 -> Plane.of(splits, true);
      case 2 -> plane(in, splits, "plane of missing values");
      default -> throw in.refuse(1, "missing values' form is " + form + ", expected 0, 1 or 2");
    };
  }

  private static ByteBuffer splitColumns(ByteCursor in, int splits, int columns) {
    boolean wide = columns > 256;
    ByteBuffer view = in.rest();
    for (int s = 0; s < splits; s++) {
      int column = wide ? in.unsignedShort("split column") : in.unsignedByte("split column");
      if (column >= columns) {
        throw in.refuse(
            wide ? 2 : 1, "split " + s + " reads column " + column + ", last is " + (columns - 1));
      }
    }
    return view.limit(splits * (wide ? 2 : 1));
  }

  private static Plane plane(ByteCursor in, int items, String what) {
    Plane plane = new Plane(in.view(Plane.bytes(items), what), items, false);
    if (!plane.endsInZeros()) {
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
