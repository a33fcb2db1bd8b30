package org.oneshottuner.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import ml.dmlc.xgboost4j.java.Booster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.predict.Compatibility;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.predict.FrozenModel.Metric;
import org.oneshottuner.predict.FrozenModel.Property;
import org.oneshottuner.predict.FrozenModel.SplitMetrics;
import org.oneshottuner.predict.FrozenModel.TargetText;
import org.oneshottuner.predict.FrozenModelReader;
import org.oneshottuner.predict.GoldenRows;
import org.oneshottuner.predict.Tree;

class FrozenModelWriterTest {
  /** An old file that every later version must go on reading; the reader's tests have it too. */
  private static final Path GOLDEN =
      Path.of("../runtime/src/test/resources/org/oneshottuner/predict/golden-v1.model");

  /**
   * Returns the model in the golden file: three columns, a stump, a deeper tree and a leaf alone.
   */
  private static FrozenModel golden() {
    Tree stump =
        Tree.of(
            new int[] {1, -1, -1},
            new float[] {2.5f, -0.25f, 0.5f},
            new boolean[] {true, false, false});
    Tree deeper =
        Tree.of(
            new int[] {0, 1, -1, -1, 2, -1, 0, -1, -1},
            new float[] {8, 0.5f, 0.125f, -0.125f, -1.5f, 0.1f, 64, 0.2f, 0.3f},
            new boolean[9]);
    Tree leaf = Tree.of(new int[] {-1}, new float[] {0.0625f}, new boolean[1]);
    Ensemble ensemble = Ensemble.of("golden-1", 3, 0.1f, List.of(stump, deeper, leaf));
    float nan = Float.NaN;
    float[] rows = {
      nan,
      nan,
      nan,
      8,
      2.5f,
      -1.5f,
      7.9f,
      0.4f,
      0,
      100,
      -0.0f,
      Float.POSITIVE_INFINITY,
      1,
      0.5f,
      nan
    };
    float[] scores = new float[5];
    ensemble.score(rows, 5, scores);
    return new FrozenModel(
        new Compatibility("golden-1", List.of("tile_rows", "reuse", "β"), "cpu-golden"),
        new TargetText("avx2", "cpu name=avx2 march=haswell"),
        List.of(new Property("seed", "7"), new Property("commit", "0123abc")),
        List.of(
            new SplitMetrics(
                "unseen network",
                List.of(new Metric("geomean regret", 0.0625), new Metric("n", Double.NaN)))),
        ensemble,
        GoldenRows.of(3, rows, scores));
  }

  /**
   * Run with {@code -Dgolden.rewrite=true} to write the file anew; that is for a new format version
   * only.
   */
  @Test
  void writesTheBytesOfTheGoldenFile() throws Exception {
    byte[] bytes = FrozenModelWriter.bytes(golden());
    if (Boolean.getBoolean("golden.rewrite")) {
      Files.write(GOLDEN, bytes);
    }
    assertThat(bytes).isEqualTo(Files.readAllBytes(GOLDEN));
  }

  @Test
  void whatIsWrittenIsReadAgain(@TempDir Path folder) throws Exception {
    FrozenModel model = golden();
    Path file = folder.resolve("new/model");
    FrozenModelWriter.write(model, file);
    FrozenModelWriter.write(model, file);
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(Files.getPosixFilePermissions(Files.createFile(folder.resolve("plain"))));
    FrozenModel read = FrozenModelReader.read(file, model.compatibility());
    assertThat(read.target()).isEqualTo(model.target());
    assertThat(read.manifest()).isEqualTo(model.manifest());
    assertThat(read.evaluation()).isEqualTo(model.evaluation());
    assertThat(FrozenModelWriter.bytes(read)).isEqualTo(FrozenModelWriter.bytes(model));
  }

  @Test
  void aFailedWriteLeavesNothingBehind(@TempDir Path folder) throws Exception {
    Path taken = folder.resolve("model");
    Files.createDirectories(taken.resolve("not-empty"));
    assertThatThrownBy(() -> FrozenModelWriter.write(golden(), taken))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageStartingWith("Cannot write model " + taken);
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactly(taken);
    }
    Path file = Files.writeString(folder.resolve("file"), "x");
    assertThatThrownBy(() -> FrozenModelWriter.write(golden(), file.resolve("model")))
        .isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void aLargeModelTakesAtMostANinthOfXgboostsFile() throws Exception {
    Booster booster = Boosters.train("rank:pairwise", 96, 300, 8, 20_000, 11);
    byte[] frozen = FrozenModelWriter.bytes(Freezer.freeze(booster, FreezerTest.provenance(96)));
    byte[] ubj = booster.toByteArray("ubj");
    System.Logger log = System.getLogger("size");
    log.log(System.Logger.Level.INFO, "300x8: {0} bytes, {1} as UBJ", frozen.length, ubj.length);
    assertThat(frozen.length * 9L).isLessThanOrEqualTo(ubj.length);
  }
}
