package org.oneshottuner.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import ml.dmlc.xgboost4j.java.Booster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.predict.Calibration;
import org.oneshottuner.predict.Compatibility;
import org.oneshottuner.predict.Domain;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.predict.FrozenModel.Metric;
import org.oneshottuner.predict.FrozenModel.Property;
import org.oneshottuner.predict.FrozenModel.SplitMetrics;
import org.oneshottuner.predict.FrozenModel.TargetText;
import org.oneshottuner.predict.FrozenModelReader;
import org.oneshottuner.predict.GoldenRows;
import org.oneshottuner.predict.ModelSeal;
import org.oneshottuner.predict.Release;
import org.oneshottuner.predict.Tree;
import org.oneshottuner.predict.TrustedKey;

class FrozenModelWriterTest {
  /** What every later version must go on reading; the reader's tests have it too. */
  private static final Path GOLDEN =
      Path.of("../runtime/src/test/resources/org/oneshottuner/predict/golden-v2.model");

  /** The public keys whose private ones' seeds are 32 times 1, 2 and 3. */
  private static final List<String> PUBLIC =
      List.of(
          "MCowBQYDK2VwAyEAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=",
          "MCowBQYDK2VwAyEAgTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=",
          "MCowBQYDK2VwAyEA7UkoxijRwsbq6QM4kFmVYSlZJzpcY/k2NsFGFKyHN9E=");

  /** Before the 32 bytes of a private key's seed. */
  private static final String PKCS8 = "302e020100300506032b657004220420";

  /** Returns the signer whose key's seed is 32 times a byte. */
  private static ModelSigner signer(int seed) {
    return signer(seed, seed);
  }

  private static ModelSigner signer(int seed, int other) {
    byte[] bytes = new byte[48];
    byte[] prefix = HexFormat.of().parseHex(PKCS8);
    System.arraycopy(prefix, 0, bytes, 0, prefix.length);
    Arrays.fill(bytes, prefix.length, bytes.length, (byte) seed);
    return ModelSigner.parse(
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getEncoder().encodeToString(bytes)
            + "\n-----END PRIVATE KEY-----\n",
        "test",
        TrustedKey.parse(
            "-----BEGIN PUBLIC KEY-----\n" + PUBLIC.get(other - 1) + "\n-----END PUBLIC KEY-----\n",
            "test"));
  }

  /** Returns the golden file: released, and signed by two. */
  private static byte[] signed() {
    Release release = new Release(7, Optional.of(Instant.parse("2030-01-01T00:00:00Z")));
    byte[] bytes = FrozenModelWriter.bytes(golden().as(release));
    return signer(2).sign(signer(1).sign(bytes, "golden"), "golden");
  }

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
        Release.NONE,
        new Compatibility("golden-1", List.of("tile_rows", "reuse", "β"), "cpu-golden"),
        new TargetText("avx2", "cpu name=avx2 march=haswell"),
        List.of(new Property("seed", "7"), new Property("commit", "0123abc")),
        List.of(
            new SplitMetrics(
                "unseen network",
                List.of(new Metric("geomean regret", 0.0625), new Metric("n", Double.NaN)))),
        Calibration.of(new float[] {0.25f, 0, 0.03125f}),
        new Domain(List.of(new Domain.Range(0, 1, 8), new Domain.Range(2, -0.5f, -0.5f))),
        ensemble,
        GoldenRows.of(3, rows, scores));
  }

  /**
   * Run with {@code -Dgolden.rewrite=true} to write the file anew; that is for a new format version
   * only.
   */
  @Test
  void writesTheBytesOfTheGoldenFile() throws Exception {
    byte[] bytes = signed();
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
  void aKeySignsOnceAndNoMoreThanTwoDo() {
    byte[] twice = signed();
    assertThat(ModelSeal.of(twice, "golden").keyIds())
        .containsExactly(signer(1).trusted().id(), signer(2).trusted().id());
    assertThatThrownBy(() -> signer(2).sign(twice, "golden"))
        .hasMessageStartingWith("Cannot sign golden: key " + signer(2).trusted().id());
    assertThatThrownBy(() -> signer(3).sign(twice, "golden"))
        .hasMessage("Cannot seal a model with 3 signatures: most is 2");
    assertThatThrownBy(() -> signer(1, 2))
        .hasMessage(
            "Cannot sign by key test: public key " + signer(2).trusted().id() + " is not its own");
    assertThatThrownBy(
            () -> ModelSigner.parse("-----BEGIN PRIVATE KEY-----", "file", signer(1).trusted()))
        .hasMessageStartingWith("Cannot sign by key file: expected one PEM block");
  }

  @Test
  void filesOfOldVersionsAreNotSigned() throws Exception {
    byte[] old = Files.readAllBytes(GOLDEN.resolveSibling("golden-v1.model"));
    assertThatThrownBy(() -> signer(1).sign(old, "old"))
        .hasMessage("Cannot sign old: it is of version 1, expected 2");
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
    forgedAtTheirEndTakeLittleMemory(frozen);
  }

  /** What is wrong in the last tree is found before any tree is made. */
  private static void forgedAtTheirEndTakeLittleMemory(byte[] file) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    byte[] content = ModelSeal.of(file, "whole").content();
    int leaf = content.length - Freezer.GOLDEN_ROWS * 97 * Float.BYTES - 2 * Float.BYTES;
    for (float value : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      byte[] forged = content.clone();
      ByteBuffer.wrap(forged).putFloat(leaf, value);
      byte[] sealed = ModelSeal.seal(forged, new byte[0]);
      long before = threads.getCurrentThreadAllocatedBytes();
      assertThatThrownBy(() -> FrozenModelReader.inspect(sealed, "forged"))
          .hasMessageContaining("has a leaf of " + value);
      assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(2L * sealed.length);
    }
  }
}
