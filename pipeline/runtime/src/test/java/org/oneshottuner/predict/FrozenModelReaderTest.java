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
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.oneshottuner.predict.FrozenModel.Metric;
import org.oneshottuner.predict.FrozenModel.Property;
import org.oneshottuner.predict.ModelFormatException.Reason;
import org.oneshottuner.space.SplitMix64;

/**
 * The golden file of the newest version is written by the writer's test, run with {@code
 * -Dgolden.rewrite=true}; those of older versions are what earlier writers wrote.
 */
class FrozenModelReaderTest {
  private static final String V1 = "golden-v1.model";
  private static final String V2 = "golden-v2.model";

  /** The keys whose seeds are 32 times 1, 2 and 3. The first two have signed the newest file. */
  private static final List<TrustedKey> KEYS =
      List.of(
          key("MCowBQYDK2VwAyEAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w="),
          key("MCowBQYDK2VwAyEAgTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q="),
          key("MCowBQYDK2VwAyEA7UkoxijRwsbq6QM4kFmVYSlZJzpcY/k2NsFGFKyHN9E="));

  private static final Instant EXPIRES = Instant.parse("2030-01-01T00:00:00Z");

  private static final Compatibility SERVED =
      new Compatibility("golden-1", List.of("tile_rows", "reuse", "β"), "cpu-golden");

  private static byte[] golden(String name) {
    try (InputStream in = FrozenModelReaderTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static TrustedKey key(String base64) {
    return TrustedKey.parse(
        "-----BEGIN PUBLIC KEY-----\n" + base64 + "\n-----END PUBLIC KEY-----\n", "test");
  }

  private static ServingPolicy trusting(int... keys) {
    return new ServingPolicy(Arrays.stream(keys).mapToObj(KEYS::get).toList(), 0, Optional.empty());
  }

  private static Optional<Reason> refusal(byte[] file, Path folder, ServingPolicy policy)
      throws IOException {
    Path place = Files.write(folder.resolve("some.model"), file);
    try {
      FrozenModelReader.read(place, SERVED, policy);
      return Optional.empty();
    } catch (ModelFormatException e) {
      assertThat(e).hasMessageStartingWith("Cannot load model " + place + " (" + e.reason());
      return Optional.of(e.reason());
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

  @ParameterizedTest
  @ValueSource(strings = {V1, V2})
  void readsEveryVersion(String version) {
    FrozenModel model = FrozenModelReader.inspect(golden(version), "golden");
    assertThat(model.release())
        .isEqualTo(version.equals(V1) ? Release.NONE : new Release(7, Optional.of(EXPIRES)));
    assertThat(model.calibration().regrets())
        .isEqualTo(version.equals(V1) ? new float[0] : new float[] {0, 0.03125f, 0.25f});
    assertThat(model.domain())
        .isEqualTo(
            version.equals(V1)
                ? Domain.ANYTHING
                : new Domain(
                    List.of(new Domain.Range(0, 1, 8), new Domain.Range(2, -0.5f, -0.5f))));
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

  @ParameterizedTest
  @ValueSource(strings = {V1, V2})
  void everyFlippedBitIsRefused(String version) {
    byte[] file = golden(version);
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

  @ParameterizedTest
  @ValueSource(strings = {V1, V2})
  void everyTruncationAndAppendixIsRefused(String version) {
    byte[] file = golden(version);
    for (int length = 0; length < file.length; length++) {
      assertThat(refusal(Arrays.copyOf(file, length)).reason())
          .isEqualTo(length < 8 ? Reason.NOT_A_MODEL : Reason.TRUNCATED);
    }
    for (int more = 1; more < 40; more++) {
      assertThat(refusal(Arrays.copyOf(file, file.length + more)).reason())
          .isEqualTo(Reason.TRAILING_BYTES);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {V1, V2})
  void forgedContentIsRefusedOrHarmless(String version) throws Exception {
    long seed = DrawnEnsembles.seed();
    SplitMix64 draw = new SplitMix64(seed);
    int refused = 0;
    for (int trial = 0; trial < 5_000; trial++) {
      byte[] file = golden(version);
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

  @ParameterizedTest
  @ValueSource(strings = {V1, V2})
  void hugeCountsAreRefusedBeforeMemoryIsTaken(String version) throws Exception {
    byte[] whole = golden(version);
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

  @ParameterizedTest
  @ValueSource(strings = {V1, V2})
  void wrongScoresAreRefused(String version) throws Exception {
    byte[] file = golden(version);
    // the last golden score, its last bit
    file[ModelSeal.of(file, "golden").end() - 1] ^= 1;
    assertThat(refusal(sealed(file)).reason()).isEqualTo(Reason.WRONG_SCORES);
  }

  @Test
  void servesOnlyWhatItWasTrainedOn(@TempDir Path folder) throws Exception {
    Path file = Files.write(folder.resolve("model"), golden(V2));
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
  void servesWhatATrustedKeyHasSigned(@TempDir Path folder) throws Exception {
    byte[] file = golden(V2);
    assertThat(ModelSeal.of(file, "golden").keyIds())
        .containsExactly(KEYS.get(0).id(), KEYS.get(1).id());
    for (ServingPolicy policy :
        List.of(trusting(), trusting(0), trusting(1), trusting(0, 1), trusting(2, 0))) {
      assertThat(refusal(file, folder, policy)).isEmpty();
    }
    assertThat(refusal(file, folder, trusting(2))).contains(Reason.UNKNOWN_KEY);
    assertThat(refusal(golden(V1), folder, trusting(0))).contains(Reason.UNSIGNED);
    byte[] bare = ModelSeal.seal(ModelSeal.of(file, "golden").content(), new byte[0]);
    assertThat(refusal(bare, folder, trusting())).isEmpty();
    assertThat(refusal(bare, folder, trusting(0, 1))).contains(Reason.UNSIGNED);
  }

  @Test
  void noForgedByteServesWhereAKeyIsTrusted(@TempDir Path folder) throws Exception {
    byte[] file = golden(V2);
    int end = ModelSeal.of(file, "golden").end();
    for (int at = 16; at < end; at++) {
      byte[] forged = file.clone();
      forged[at] ^= 1;
      assertThat(refusal(sealed(forged), folder, trusting(0)))
          .as("byte %s", at)
          .contains(Reason.FORGED);
    }
    for (int at = end; at < end + 2 * ModelSeal.MARK_BYTES; at++) {
      int mark = (at - end) / ModelSeal.MARK_BYTES;
      boolean inId = (at - end) % ModelSeal.MARK_BYTES < 8;
      byte[] forged = file.clone();
      forged[at] ^= 0x10;
      assertThat(refusal(sealed(forged), folder, trusting(mark)))
          .as("byte %s", at)
          .contains(inId ? Reason.UNKNOWN_KEY : Reason.FORGED);
      // a good signature beside it does not make up for a forged one of a trusted key
      assertThat(refusal(sealed(forged), folder, trusting(0, 1)))
          .as("byte %s", at)
          .isEqualTo(inId ? Optional.empty() : Optional.of(Reason.FORGED));
    }
  }

  @Test
  void aSignatureIsOfItsOwnVersionAlone(@TempDir Path folder) throws Exception {
    byte[] file = golden(V2);
    ModelSeal seal = ModelSeal.of(file, "golden");
    byte[] marks = seal.marks();
    // the second key's signature under the first one's name
    byte[] swapped = marks.clone();
    System.arraycopy(marks, ModelSeal.MARK_BYTES + 8, swapped, 8, 64);
    assertThat(refusal(ModelSeal.seal(seal.content(), swapped), folder, trusting(0)))
        .contains(Reason.FORGED);
    assertThatThrownBy(() -> ModelSeal.seal(new byte[1], new byte[3 * ModelSeal.MARK_BYTES]))
        .hasMessage("Cannot seal a model with 3 signatures: most is 2");
    for (int count : new int[] {3, 0x7f, 0xff}) {
      byte[] forged = file.clone();
      forged[file.length - 33] = (byte) count;
      assertThat(refusal(sealed(forged), folder, trusting())).contains(Reason.MALFORMED);
    }
  }

  @Test
  void refusesWhatIsRolledBackOrExpired(@TempDir Path folder) throws Exception {
    byte[] file = golden(V2);
    for (int least : List.of(0, 6, 7)) {
      assertThat(refusal(file, folder, new ServingPolicy(List.of(), least, Optional.empty())))
          .isEmpty();
    }
    assertThat(refusal(file, folder, new ServingPolicy(List.of(), 8, Optional.empty())))
        .contains(Reason.ROLLED_BACK);
    assertThat(refusal(golden(V1), folder, new ServingPolicy(List.of(), 1, Optional.empty())))
        .contains(Reason.ROLLED_BACK);
    assertThat(refusal(file, folder, at(EXPIRES.minusNanos(1)))).isEmpty();
    assertThat(refusal(file, folder, at(EXPIRES))).contains(Reason.EXPIRED);
    assertThat(refusal(golden(V1), folder, at(Instant.MAX))).isEmpty();
    for (long[] forged : new long[][] {{-1, 0}, {1, -1}, {1, Long.MAX_VALUE}}) {
      byte[] copy = file.clone();
      ByteBuffer.wrap(copy).putInt(16, (int) forged[0]).putLong(20, forged[1]);
      assertThat(refusal(sealed(copy), folder, trusting())).contains(Reason.MALFORMED);
    }
  }

  private static ServingPolicy at(Instant now) {
    return new ServingPolicy(List.of(), 0, Optional.of(now));
  }

  @Test
  void trustsTwoDifferentKeysAtMost() {
    assertThatThrownBy(() -> trusting(0, 1, 2)).hasMessageStartingWith("Cannot trust 3 keys");
    assertThatThrownBy(() -> trusting(0, 0))
        .hasMessage("Cannot trust 2 keys, 1 of them different: expected at most 2, all different");
    assertThatThrownBy(() -> TrustedKey.parse("MCowBQYDK2VwAyEA", "file"))
        .hasMessageStartingWith("Cannot trust key file: expected one PEM block");
    assertThatThrownBy(() -> key("MCowBQYDK2VwAyEA"))
        .hasMessageStartingWith("Cannot trust key test: it is no Ed25519 key");
    assertThat(KEYS.stream().map(TrustedKey::id))
        .doesNotHaveDuplicates()
        .allMatch(id -> id.matches("[0-9a-f]{16}"));
  }

  @Test
  void keysOfOtherAlgorithmsAreNotTrusted() throws Exception {
    for (String algorithm : List.of("Ed448", "X25519", "RSA")) {
      assertThatThrownBy(
              () ->
                  TrustedKey.of(
                      KeyPairGenerator.getInstance(algorithm).generateKeyPair().getPublic()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Cannot trust a key of ");
    }
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
