package org.oneshottuner.export;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.oneshottuner.predict.Domain;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.predict.FrozenModel.Metric;
import org.oneshottuner.predict.FrozenModel.Property;
import org.oneshottuner.predict.FrozenModel.SplitMetrics;
import org.oneshottuner.predict.FrozenModelReader;
import org.oneshottuner.predict.GoldenRows;
import org.oneshottuner.predict.ModelSeal;
import org.oneshottuner.predict.Tree;

/**
 * Writes frozen model files of the newest format version, as {@link FrozenModelReader} lays it out
 * field by field. The same model always becomes the same bytes, which nobody has signed.
 */
public final class FrozenModelWriter {
  private static final int MOST_THRESHOLDS = 65535;

  private FrozenModelWriter() {}

  /**
   * Writes a model beside its place, reads it back, and only then moves it there.
   *
   * @throws UncheckedIOException if it cannot be written; then nothing is left behind, and what was
   *     there stays
   */
  public static void write(FrozenModel model, Path file) {
    write(bytes(model), file);
  }

  /**
   * Writes a model's bytes, which may be signed, beside their place, reads them back, and only then
   * moves them there.
   *
   * @throws UncheckedIOException if they cannot be written; then nothing is left behind, and what
   *     was there stays
   * @throws org.oneshottuner.predict.ModelFormatException if they are no model
   */
  public static void write(byte[] bytes, Path file) {
    FrozenModel model = FrozenModelReader.inspect(bytes, file.toString());
    try {
      Path place = file.toAbsolutePath();
      Files.createDirectories(place.getParent());
      // not a temporary file of Java's, which no other user could read
      Path unfinished =
          place.resolveSibling(place.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
      try {
        Files.write(unfinished, bytes);
        if (!FrozenModelReader.inspect(unfinished).compatibility().equals(model.compatibility())) {
          throw new IOException("it reads back otherwise");
        }
        Files.move(
            unfinished, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(unfinished);
      }
    } catch (IOException e) {
      // of a file system's failure, the message names the unfinished file
      String reason =
          e instanceof FileSystemException refused
              ? Objects.requireNonNullElse(refused.getReason(), "the file system refuses it")
              : e.getMessage();
      throw new UncheckedIOException("Cannot write model " + file + ": " + reason, e);
    }
  }

  /**
   * Returns the file's bytes.
   *
   * @throws IllegalArgumentException if the format cannot hold the model: more than 65535
   *     thresholds on a column, or a file of more than {@link ModelSeal#MAX_BYTES}
   */
  public static byte[] bytes(FrozenModel model) {
    ByteArrayOutputStream buffer = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(buffer)) {
      out.writeInt(model.release().number());
      out.writeLong(model.release().expires().map(Instant::getEpochSecond).orElse(0L));
      text(out, model.compatibility().schemaId());
      out.writeInt(model.compatibility().columns().size());
      for (String column : model.compatibility().columns()) {
        text(out, column);
      }
      text(out, model.compatibility().spaceFamily());
      text(out, model.target().name());
      text(out, model.target().text());
      out.writeInt(model.manifest().size());
      for (Property property : model.manifest()) {
        text(out, property.key());
        text(out, property.value());
      }
      evaluation(out, model.evaluation());
      float[] regrets = model.calibration().regrets();
      out.writeInt(regrets.length);
      for (float regret : regrets) {
        out.writeFloat(regret);
      }
      out.writeInt(model.domain().ranges().size());
      for (Domain.Range range : model.domain().ranges()) {
        out.writeShort(range.column());
        out.writeFloat(range.least());
        out.writeFloat(range.most());
      }
      ensemble(out, model.ensemble());
      golden(out, model.golden());
    } catch (IOException e) {
      throw new IllegalStateException("Cannot write to memory", e);
    }
    return ModelSeal.seal(buffer.toByteArray(), new byte[0]);
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static void evaluation(DataOutputStream out, List<SplitMetrics> evaluation)
      throws IOException {
    out.writeInt(evaluation.size());
    for (SplitMetrics split : evaluation) {
      text(out, split.split());
      out.writeInt(split.metrics().size());
      for (Metric metric : split.metrics()) {
        text(out, metric.name());
        out.writeDouble(metric.value());
      }
    }
  }

  private static void ensemble(DataOutputStream out, Ensemble ensemble) throws IOException {
    out.writeFloat(ensemble.base());
    float[][] thresholds = Thresholds.of(ensemble);
    for (int c = 0; c < thresholds.length; c++) {
      if (thresholds[c].length > MOST_THRESHOLDS) {
        throw new IllegalArgumentException(
            "Cannot freeze a model with "
                + thresholds[c].length
                + " thresholds on column "
                + c
                + ": most is "
                + MOST_THRESHOLDS);
      }
    }
    for (float[] column : thresholds) {
      out.writeShort(column.length);
      for (float threshold : column) {
        out.writeFloat(threshold);
      }
    }
    List<Boolean> isSplit = new ArrayList<>();
    List<Boolean> missingLeft = new ArrayList<>();
    ByteArrayOutputStream columns = new ByteArrayOutputStream();
    ByteArrayOutputStream ranks = new ByteArrayOutputStream();
    ByteArrayOutputStream leaves = new ByteArrayOutputStream();
    try (DataOutputStream columnsOut = new DataOutputStream(columns);
        DataOutputStream ranksOut = new DataOutputStream(ranks);
        DataOutputStream leavesOut = new DataOutputStream(leaves)) {
      for (Tree tree : ensemble.trees()) {
        for (int node = 0; node < tree.nodes(); node++) {
          isSplit.add(!tree.isLeaf(node));
          if (tree.isLeaf(node)) {
            leavesOut.writeFloat(tree.value(node));
          } else {
            int column = tree.column(node);
            float[] known = thresholds[column];
            missingLeft.add(tree.missingLeft(node));
            narrow(columnsOut, column, ensemble.columns());
            narrow(
                ranksOut,
                Arrays.binarySearch(known, Thresholds.canonical(tree.value(node))),
                known.length);
          }
        }
      }
    }
    out.writeInt(ensemble.trees().size());
    out.writeInt(isSplit.size());
    out.write(plane(isSplit));
    missing(out, missingLeft);
    columns.writeTo(out);
    ranks.writeTo(out);
    leaves.writeTo(out);
  }

  /** Writes a number below {@code bound} in one byte if all such fit, else in two. */
  private static void narrow(DataOutputStream out, int number, int bound) throws IOException {
    if (bound > 256) {
      out.writeShort(number);
    } else {
      out.writeByte(number);
    }
  }

  private static void missing(DataOutputStream out, List<Boolean> missingLeft) throws IOException {
    boolean someLeft = missingLeft.contains(true);
    if (someLeft && missingLeft.contains(false)) {
      out.writeByte(2);
      out.write(plane(missingLeft));
    } else {
      out.writeByte(someLeft ? 1 : 0);
    }
  }

  private static byte[] plane(List<Boolean> items) {
    byte[] plane = new byte[(items.size() + 7) / 8];
    for (int i = 0; i < items.size(); i++) {
      if (items.get(i)) {
        plane[i >> 3] |= (byte) (0x80 >> (i & 7));
      }
    }
    return plane;
  }

  private static void golden(DataOutputStream out, GoldenRows golden) throws IOException {
    out.writeInt(golden.count());
    for (int i = 0; i < golden.count(); i++) {
      for (float value : golden.row(i)) {
        out.writeInt(Float.floatToRawIntBits(value));
      }
      out.writeInt(Float.floatToRawIntBits(golden.score(i)));
    }
  }
}
