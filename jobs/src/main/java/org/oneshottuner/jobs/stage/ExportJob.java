package org.oneshottuner.jobs.stage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.export.Freezer;
import org.oneshottuner.export.FrozenModelWriter;
import org.oneshottuner.export.ModelSigner;
import org.oneshottuner.export.Provenance;
import org.oneshottuner.jobs.storage.Digests;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.predict.FrozenModelReader;
import org.oneshottuner.predict.Release;

/** Hands a trained model out: frozen anew from its booster, and equal to it on every golden row. */
public final class ExportJob {
  private ExportJob() {}

  /**
   * What was written.
   *
   * @param file the frozen model
   * @param bytes its length
   * @param sha256 its digest
   * @param schema id of the feature schema
   * @param spaces version of the templates
   * @param target name of the target
   * @param trees of the ensemble
   * @param goldenRows that travel with it
   * @param probedRows on which it was compared with its booster
   * @param release its number; 0 if it was not released
   * @param signedBy ids of the keys that signed it
   */
  public record Exported(
      String file,
      long bytes,
      String sha256,
      String schema,
      String spaces,
      String target,
      int trees,
      int goldenRows,
      int probedRows,
      int release,
      List<String> signedBy)
      implements Figures {
    /** Copies the list. */
    public Exported {
      signedBy = List.copyOf(signedBy);
    }

    @Override
    public List<String> lines() {
      return List.of(
          String.format(
              Locale.ROOT,
              "%d trees for %s, schema %s, spaces %s; equal to XGBoost on %d rows, %d travel along",
              trees,
              target,
              schema,
              spaces,
              probedRows,
              goldenRows),
          String.format(
              Locale.ROOT,
              "release %s, signed by %s; %d bytes, sha256 %s -> %s",
              release == 0 ? "none" : release,
              signedBy.isEmpty() ? "nobody" : String.join(", ", signedBy),
              bytes,
              sha256,
              file));
    }
  }

  /**
   * Exports.
   *
   * @param trained a frozen model as {@code train} left it, with its booster beside it
   * @param release which one of its line it becomes
   * @param signers of different keys, at most two
   * @throws IllegalArgumentException if the model is refused, or its booster is not there
   */
  public static Exported run(
      Path trained, Path output, Release release, List<ModelSigner> signers) {
    FrozenModel model = FrozenModelReader.read(trained, OneShotTuner.served());
    Path booster = trained.resolveSibling(TrainJob.BOOSTER);
    FrozenModel frozen =
        Freezer.freeze(
            read(booster),
            new Provenance(
                model.compatibility(),
                model.target(),
                model.manifest(),
                model.evaluation(),
                model.calibration(),
                model.domain()));
    if (!Arrays.equals(FrozenModelWriter.bytes(frozen), read(trained))) {
      throw new IllegalArgumentException(
          "Cannot export "
              + trained
              + ": freezing "
              + booster
              + " gives another model, so one of the two is of another training; train again");
    }
    byte[] bytes = FrozenModelWriter.bytes(frozen.as(release));
    for (ModelSigner signer : signers) {
      bytes = signer.sign(bytes, output.toString());
    }
    FrozenModelWriter.write(bytes, output);
    return new Exported(
        output.toString(),
        bytes.length,
        Digests.of(bytes),
        model.compatibility().schemaId(),
        model.compatibility().spaceFamily(),
        model.target().name(),
        frozen.ensemble().trees().size(),
        frozen.golden().count(),
        Freezer.PROBES,
        release.number(),
        signers.stream().map(signer -> signer.trusted().id()).toList());
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("Cannot read " + file + ": it is not there", e);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }
}
