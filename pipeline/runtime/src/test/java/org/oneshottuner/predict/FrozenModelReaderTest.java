package org.oneshottuner.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.predict.FrozenModel.Metric;
import org.oneshottuner.predict.FrozenModel.Property;
import org.oneshottuner.predict.ModelFormatException.Reason;
import org.oneshottuner.space.SplitMix64;

/** The golden file is written by the writer's test, run with {@code -Dgolden.rewrite=true}. */
class FrozenModelReaderTest {
  private static final Compatibility SERVED =
      new Compatibility("golden-1", List.of("tile_rows", "reuse", "β"), "cpu-golden");

  private static final byte[] GOLDEN = load();

  private static byte[] golden() {
    return GOLDEN.clone();
  }

  private static byte[] load() {
    try (InputStream in = FrozenModelReaderTest.class.getResourceAsStream("golden-v1.model")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ModelFormatException refusal(byte[] file) {
    ModelFormatException refusal =
        catchThrowableOfType(
            ModelFormatException.class, () -> FrozenModelReader.inspect(file, "the-file"));
    assertThat(refusal).isNotNull();
    assertThat(refusal).hasMessageStartingWith("Cannot load model the-file (" + refusal.reason());
    assertThat(refusal.offset()).isBetween(0L, (long) file.length);
    return refusal;
  }

  /** Returns the file with the digest that belongs to its content, as a forger would write it. */
  private static byte[] sealed(byte[] file) throws Exception {
    ByteBuffer.wrap(file).putInt(12, file.length);
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(file, 0, file.length - 32);
    System.arraycopy(digest.digest(), 0, file, file.length - 32, 32);
    return file;
  }

  @Test
  void readsVersion1() {
    FrozenModel model = FrozenModelReader.inspect(golden(), "golden");
    assertThat(model.compatibility()).isEqualTo(SERVED);
    assertThat(model.target().name()).isEqualTo("avx2");
    assertThat(model.manifest())
        .containsExactly(new Property("seed", "7"), new Property("commit", "0123abc"));
    assertThat(model.property("commit")).contains("0123abc");
    assertThat(model.property("device")).isEmpty();
    assertThat(model.evaluation().get(0).split()).isEqualTo("unseen network");
    assertThat(model.evaluation().get(0).metrics())
        .containsExactly(new Metric("geomean regret", 0.0625), new Metric("n", Double.NaN));
    Ensemble ensemble = model.ensemble();
    assertThat(ensemble.trees()).hasSize(3);
    assertThat(ensemble.score(new float[] {8, 2.5f, -1.5f}))
        .isEqualTo(0.1f + 0.5f + 0.2f + 0.0625f);
    assertThat(ensemble.score(new float[] {7, Float.NaN, 0}))
        .isEqualTo(0.1f - 0.25f - 0.125f + 0.0625f);
    assertThat(model.golden().count()).isEqualTo(5);
  }

  @Test
  void everyFlippedBitIsRefused() {
    byte[] file = golden();
    for (int i = 0; i < file.length; i++) {
      for (int bit = 0; bit < 8; bit++) {
        file[i] ^= (byte) (1 << bit);
        Reason reason = refusal(file).reason();
        assertThat(reason)
            .as("byte %s bit %s", i, bit)
            .isIn(
                i < 8
                    ? EnumSet.of(Reason.NOT_A_MODEL)
                    : i < 12
                        ? EnumSet.of(Reason.UNKNOWN_VERSION)
                        : EnumSet.of(Reason.ALTERED, Reason.TRUNCATED, Reason.TRAILING_BYTES));
        file[i] ^= (byte) (1 << bit);
      }
    }
  }

  @Test
  void everyTruncationAndAppendixIsRefused() {
    byte[] file = golden();
    for (int length = 0; length < file.length; length++) {
      assertThat(refusal(Arrays.copyOf(file, length)).reason())
          .isEqualTo(length < 8 ? Reason.NOT_A_MODEL : Reason.TRUNCATED);
    }
    for (int more = 1; more < 40; more++) {
      assertThat(refusal(Arrays.copyOf(file, file.length + more)).reason())
          .isEqualTo(Reason.TRAILING_BYTES);
    }
  }

  @Test
  void forgedContentIsRefusedOrHarmless() throws Exception {
    long seed = DrawnEnsembles.seed();
    SplitMix64 draw = new SplitMix64(seed);
    int refused = 0;
    for (int trial = 0; trial < 5_000; trial++) {
      byte[] file = golden();
      int content = file.length - 48;
      for (int change = (int) draw.nextLong(3); change >= 0; change--) {
        int at = 16 + (int) draw.nextLong(content);
        // often a count or an index at its extremes
        switch ((int) draw.nextLong(4)) {
          case 0 -> file[at] = (byte) 0xff;
          case 1 -> file[at] = 0x7f;
          case 2 -> file[at] = 0;
          default -> file[at] = (byte) draw.nextLong(256);
        }
      }
      if (draw.nextLong(4) == 0) {
        int cut = 17 + (int) draw.nextLong(content);
        file = Arrays.copyOf(file, cut + 32);
      }
      try {
        FrozenModel model = FrozenModelReader.inspect(sealed(file), "forged");
        assertThat(model.golden().firstDifference(model.ensemble()))
            .isEqualTo(model.golden().count());
      } catch (ModelFormatException e) {
        refused++;
        assertThat(e.reason())
            .as("trial %s, -Dtests.seed=%s", trial, seed)
            .isIn(Reason.MALFORMED, Reason.WRONG_SCORES);
      }
    }
    assertThat(refused).isGreaterThan(1250);
  }

  @Test
  void hugeCountsAreRefusedBeforeMemoryIsTaken() throws Exception {
    byte[] whole = golden();
    for (int at = 16; at < whole.length - 36; at++) {
      byte[] file = whole.clone();
      ByteBuffer.wrap(file).putInt(at, Integer.MAX_VALUE);
      try {
        FrozenModel harmless = FrozenModelReader.inspect(sealed(file), "forged");
        assertThat(harmless.ensemble().columns()).isEqualTo(3);
      } catch (ModelFormatException e) {
        assertThat(e.reason()).isIn(Reason.MALFORMED, Reason.WRONG_SCORES);
      }
    }
  }

  @Test
  void wrongScoresAreRefused() throws Exception {
    byte[] file = golden();
    // the last golden score, its last bit
    file[file.length - 33] ^= 1;
    assertThat(refusal(sealed(file)).reason()).isEqualTo(Reason.WRONG_SCORES);
  }

  @Test
  void servesOnlyWhatItWasTrainedOn(@TempDir Path folder) throws Exception {
    Path file = Files.write(folder.resolve("model"), golden());
    assertThat(FrozenModelReader.read(file, SERVED).compatibility()).isEqualTo(SERVED);
    assertThat(
            reasons(
                file,
                new Compatibility("golden-2", SERVED.columns(), "cpu-golden"),
                new Compatibility("golden-1", List.of("tile_rows", "β", "reuse"), "cpu-golden"),
                new Compatibility("golden-1", SERVED.columns(), "cpu-3")))
        .containsExactly(Reason.OTHER_SCHEMA, Reason.OTHER_SCHEMA, Reason.OTHER_SPACES);
    assertThatThrownBy(
            () -> FrozenModelReader.read(file, new Compatibility("x-2", List.of("a"), "s")))
        .hasMessageContaining("trained on features golden-1, this compiler reads x-2")
        .hasMessageContaining(file.toString());
  }

  private static List<Reason> reasons(Path file, Compatibility... served) {
    return Arrays.stream(served)
        .map(
            one ->
                catchThrowableOfType(
                        ModelFormatException.class, () -> FrozenModelReader.read(file, one))
                    .reason())
        .toList();
  }

  @Test
  void aFileThatIsNotThereIsUnreadable(@TempDir Path folder) {
    assertThatThrownBy(() -> FrozenModelReader.inspect(folder.resolve("absent")))
        .isInstanceOfSatisfying(
            ModelFormatException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNREADABLE))
        .hasMessageContaining("absent");
    assertThat(Set.of(Reason.values())).hasSize(Reason.values().length);
  }
}
