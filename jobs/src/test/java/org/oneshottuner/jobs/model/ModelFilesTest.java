package org.oneshottuner.jobs.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.export.FrozenModelWriter;
import org.oneshottuner.export.ModelSigner;
import org.oneshottuner.feature.FeatureColumn;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.jobs.Keys;
import org.oneshottuner.jobs.Ran;
import org.oneshottuner.jobs.SmallModel;
import org.oneshottuner.predict.Calibration;
import org.oneshottuner.predict.Domain;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.predict.GoldenRows;
import org.oneshottuner.predict.Release;
import org.oneshottuner.predict.Tree;
import org.oneshottuner.predict.TrustedKey;
import org.oneshottuner.workload.CpuTarget;

/** The commands that look at model files, as a release engineer runs them. */
class ModelFilesTest {
  @TempDir static Path folder;
  private static Keys keys;
  private static Keys others;
  private static Path signed;
  private static Path plain;

  @BeforeAll
  static void release() throws Exception {
    keys = Keys.in(folder, "release");
    others = Keys.in(folder, "others");
    FrozenModel model = SmallModel.frozen();
    plain = folder.resolve("plain.ost");
    FrozenModelWriter.write(model, plain);
    signed = folder.resolve("signed.ost");
    Release seventh = new Release(7, Optional.of(Instant.parse("2020-01-01T00:00:00Z")));
    ModelSigner signer =
        ModelSigner.parse(
            Files.readString(keys.secret()),
            "release",
            TrustedKey.parse(Files.readString(keys.open()), "release"));
    FrozenModelWriter.write(
        signer.sign(FrozenModelWriter.bytes(model.as(seventh)), "signed"), signed);
  }

  private static JsonNode json(Path file) throws Exception {
    return JsonMapper.builder().build().readTree(Files.readAllBytes(file));
  }

  @Test
  void showsWhatIsInAFile() throws Exception {
    Path json = folder.resolve("show.json");
    Ran ran = Ran.oneshot("model", "show", signed.toString(), "--json", json.toString());
    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .contains("release    7, expires 2020-01-01T00:00:00Z")
        .contains("format     version 2", "(not verified)", "labels = roofline");
    JsonNode figures = json(json);
    assertThat(figures.path("release").asInt()).isEqualTo(7);
    assertThat(figures.path("signedBy")).hasSize(1);
    assertThat(figures.path("trees").asInt()).isEqualTo(30);
    assertThat(figures.path("thresholds").asInt()).isPositive();
    assertThat(figures.path("goldenRows").asInt()).isEqualTo(24);
    assertThat(figures.path("bytes").asLong()).isEqualTo(Files.size(signed));
    assertThat(Ran.oneshot("model", "show", plain.toString()).out())
        .contains("release    none, expires never", "signed by  nobody");
  }

  @Test
  void verifiesAgainstTheKeysThatAreTrusted() throws Exception {
    Path json = folder.resolve("verify.json");
    Ran ran =
        Ran.oneshot(
            "model",
            "verify",
            signed.toString(),
            "--trust",
            others.open().toString(),
            "--trust",
            keys.open().toString(),
            "--least-release",
            "7",
            "--json",
            json.toString());
    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).contains("to the last bit", "signed by one of ", "release 7");
    assertThat(json(json).path("picks")).hasSize(4);
    refused("UNKNOWN_KEY", signed, "--trust", others.open().toString());
    refused("UNSIGNED", plain, "--trust", keys.open().toString());
    refused("ROLLED_BACK", signed, "--least-release", "8");
    refused("EXPIRED", signed, "--refuse-expired");
    assertThat(Ran.oneshot("model", "verify", plain.toString()).code()).isZero();
  }

  private static void refused(String reason, Path file, String... policy) {
    String[] words = new String[3 + policy.length];
    words[0] = "model";
    words[1] = "verify";
    words[2] = file.toString();
    System.arraycopy(policy, 0, words, 3, policy.length);
    Ran ran = Ran.oneshot(words);
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).startsWith("oneshot: Cannot load model " + file + " (" + reason);
    assertThat(ran.out()).isEmpty();
  }

  @Test
  void choosesByTrustedModelsAlone() {
    String workload = "dense m=64 n=256 k=128";
    Ran ran =
        Ran.oneshot(
            "choose", "--model", signed.toString(), "--trust", keys.open().toString(), workload);
    assertThat(ran.code()).isZero();
    Ran refused =
        Ran.oneshot(
            "choose", "--model", plain.toString(), "--trust", keys.open().toString(), workload);
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains("UNSIGNED");
  }

  /** Returns a model that scores tiles of 8 to 11 sums and of more, and says what scores are. */
  private static Path stump(String name, float few, float many) throws Exception {
    FeatureSchema schema = FeatureSchema.CURRENT;
    List<String> columns = schema.columns().stream().map(FeatureColumn::name).toList();
    Tree tree =
        Tree.of(
            new int[] {columns.indexOf("accumulators"), Tree.LEAF, Tree.LEAF},
            new float[] {3.5f, few, many},
            new boolean[3]);
    Ensemble ensemble = Ensemble.of(schema.id(), columns.size(), 0, List.of(tree));
    float[] row = new float[columns.size()];
    Path file = folder.resolve(name);
    FrozenModelWriter.write(
        new FrozenModel(
            Release.NONE,
            OneShotTuner.served(),
            new FrozenModel.TargetText(CpuTarget.AVX2.name(), CpuTarget.AVX2.text()),
            List.of(new FrozenModel.Property("train.objective", "squared_error")),
            List.of(),
            Calibration.NONE,
            Domain.ANYTHING,
            ensemble,
            GoldenRows.of(columns.size(), row, new float[] {ensemble.score(row)})),
        file);
    return file;
  }

  @Test
  void tellsWhichDecisionsChangeAndWhatThatGains() throws Exception {
    Path before = stump("few.ost", 1, 0);
    Path after = stump("many.ost", 0, 0.5f);
    Path json = folder.resolve("changes.json");
    Path workloads = Files.writeString(folder.resolve("one.txt"), "dense m=64 n=256 k=128\n");
    Ran ran =
        Ran.oneshot(
            "model",
            "diff",
            before.toString(),
            after.toString(),
            "--workloads",
            workloads.toString(),
            "--json",
            json.toString());
    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .contains("dense m=64 n=256 k=128: predicted 41.4% faster\n  - dense.gemm ")
        .contains("1 of 1 decisions change; all together predicted 41.42% faster");
    JsonNode decision = json(json).path("decisions").get(0);
    assertThat(decision.path("scoreGained").asDouble()).isEqualTo(0.5);
    assertThat(decision.path("scoreLost").asDouble()).isEqualTo(1);
    Ran other =
        Ran.oneshot(
            "model",
            "diff",
            before.toString(),
            plain.toString(),
            "--workloads",
            workloads.toString());
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("Cannot compare models for different targets: " + before);
  }

  @Test
  void tellsNoDifferenceWhereThereIsNone() throws Exception {
    Path json = folder.resolve("diff.json");
    Path workloads =
        Files.writeString(
            folder.resolve("some.txt"),
            "dense m=64 n=256 k=128\nbatch_matmul b=2 m=64 n=64 k=64\n");
    Ran ran =
        Ran.oneshot(
            "model",
            "diff",
            plain.toString(),
            signed.toString(),
            "--workloads",
            workloads.toString(),
            "--json",
            json.toString());
    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).isEqualTo("0 of 2 decisions change\n");
    assertThat(json(json).path("decisions").get(0).path("scoreGained").asDouble()).isZero();
  }
}
