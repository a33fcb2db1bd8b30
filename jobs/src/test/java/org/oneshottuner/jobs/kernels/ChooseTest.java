package org.oneshottuner.jobs.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.oneshottuner.compile.Choice;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.export.FrozenModelWriter;
import org.oneshottuner.jobs.Ran;
import org.oneshottuner.jobs.SmallModel;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.predict.Compatibility;
import org.oneshottuner.sample.WorkloadList;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

class ChooseTest {
  private static final String CONV = "conv2d n=1 c=32 h=14 w=14 k=64 r=3 s=3 pad=1";
  private static final String DENSE = "dense m=64 n=256 k=128";

  @TempDir static Path folder;
  private static Path model;

  @BeforeAll
  static void train() throws Exception {
    model = SmallModel.write(folder);
  }

  @Test
  void saysWhatIsChosenAndWhy() throws Exception {
    Path json = folder.resolve("choose.json");
    Ran ran = choose("--json", json.toString(), CONV, DENSE);
    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out().lines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
    assertThat(ran.out()).contains("  schedule   ", "1 of ", "default    rank ", "why        ");

    JsonNode figures = JsonMapper.builder().build().readTree(Files.readAllBytes(json));
    assertThat(names(figures))
        .containsExactly("model", "target", "threads", "calibratedBy", "regretAtMost", "choices");
    assertThat(figures.path("regretAtMost").isNull()).isTrue();
    assertThat(ran.out()).contains("cannot be bounded: 0 tasks");
    assertThat(names(figures.path("choices").get(0)))
        .containsExactly(
            "workload",
            "schedule",
            "template",
            "basis",
            "beyond",
            "score",
            "rank",
            "candidates",
            "gap",
            "chooseNanos",
            "defaultSchedule",
            "defaultScore",
            "defaultRank",
            "runnerUpSchedule",
            "runnerUpScore",
            "decisions",
            "contributions");
    OneShotTuner tuner = OneShotTuner.load(model);
    for (int i = 0; i < 2; i++) {
      JsonNode chosen = figures.path("choices").get(i);
      TuningTask task = new TuningTask(Workload.parse(i == 0 ? CONV : DENSE), CpuTarget.AVX512, 1);
      Choice choice = tuner.choose(task);
      assertThat(chosen.path("schedule").asText()).isEqualTo(choice.schedule().text());
      assertThat(chosen.path("candidates").asLong()).isEqualTo(Templates.space(task).size());
      assertThat(chosen.path("gap").asDouble()).isZero();
      assertThat(chosen.path("score").floatValue()).isEqualTo(choice.score());
      assertThat(chosen.path("defaultRank").asLong()).isBetween(1L, choice.candidates());
      assertThat(chosen.path("defaultScore").floatValue()).isLessThanOrEqualTo(choice.score());
      assertThat(chosen.path("decisions").size()).isEqualTo(choice.alternatives().size());
    }
  }

  @Test
  void explainsTheDifferenceFromTheDefault() throws Exception {
    Path json = folder.resolve("explain.json");
    Ran ran = choose("--explain", "--json", json.toString(), CONV);
    assertThat(ran.err()).isEmpty();
    assertThat(ran.out()).contains("  moved by   ").contains(", default ");
    JsonNode chosen =
        JsonMapper.builder().build().readTree(Files.readAllBytes(json)).path("choices").get(0);
    double moved = 0;
    for (JsonNode contribution : chosen.path("contributions")) {
      moved += contribution.path("moved").asDouble();
    }
    double difference = chosen.path("score").asDouble() - chosen.path("defaultScore").asDouble();
    assertThat(difference).isPositive();
    assertThat(moved).isCloseTo(difference, within(0.05 * difference));
    assertThat(choose(CONV).out()).doesNotContain("moved by");
  }

  @Test
  void ranksAreThoseOfTheWholeSpaceInOrder() {
    OneShotTuner tuner = OneShotTuner.load(model);
    TuningTask task =
        new TuningTask(Workload.parse("batch_matmul b=1 m=8 n=16 k=8"), CpuTarget.AVX512, 1);
    ScheduleSpace space = Templates.space(task);
    boolean[] seen = new boolean[(int) Math.min(space.size(), 200)];
    Choice choice = tuner.choose(task);
    assertThat(tuner.standing(task, choice.schedule()).rank()).isEqualTo(1);
    assertThat(tuner.standing(task, choice.runnerUp()).rank()).isEqualTo(2);
    for (int i = 0; i < seen.length; i++) {
      long rank = tuner.standing(task, space.at(i)).rank();
      assertThat(rank).isBetween(1L, space.size());
      if (rank <= seen.length) {
        assertThat(seen[(int) rank - 1]).as("rank %s", rank).isFalse();
        seen[(int) rank - 1] = true;
      }
    }
  }

  @Test
  void readsFilesOfOperators() throws Exception {
    Path tasks =
        Files.writeString(
            folder.resolve("tasks.txt"),
            "# two\n\n" + DENSE + "\nnet\t3\t" + DENSE + "\nnet\t1\t" + CONV + "\n");
    assertThat(WorkloadList.read(tasks).entries())
        .containsExactly(
            new WorkloadList.Entry(Workload.parse(DENSE), List.of(new WorkloadList.Use("net", 3))),
            new WorkloadList.Entry(Workload.parse(CONV), List.of(new WorkloadList.Use("net", 1))));
    Ran ran = choose("--file", tasks.toString());
    assertThat(ran.code()).isZero();
    assertThat(ran.out().lines().filter(line -> line.startsWith("  schedule"))).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "conv2d n=1 | Cannot read workload 'conv2d n=1'",
        "pool n=1 | unknown kind 'pool', known are conv2d",
        "conv2d n=1 c=3 h=4 w=4 k=8 r=7 s=7 | Cannot read workload 'conv2d n=1 c=3 h=4 w=4 k=8 r=7"
            + " s=7': r is 7",
        "dense m=0 n=1 k=1 | m is 0",
        "dense m=99999 n=99999 k=99999 | Cannot",
        "dense m=99999999999 n=9 k=9 | m",
      })
  void refusesWhatIsNoOperator(String workload, String message) {
    refused(choose(workload), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dense m=1|bad:1: Cannot read workload",
        "net\\t0\\tdense m=8 n=8 k=8|bad:1: count is '0'",
        "net\\tdense m=8 n=8 k=8|bad:1: found 2 fields",
        "# nothing|it lists no operator"
      })
  void refusesFilesThatAreNoListsOfOperators(String text, String message) throws Exception {
    Path tasks = Files.writeString(folder.resolve("bad"), text.replace("\\t", "\t") + "\n");
    refused(choose("--file", tasks.toString()), message);
  }

  @Test
  void refusesMissingAndForeignFiles() throws Exception {
    refused(choose("--file", folder.resolve("none").toString()), "there is no such file");
    refused(choose("--file", folder.toString()), "it is a folder");
    Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    refused(choose("--file", binary.toString()), "it is not UTF-8 text");
    refused(choose(), "Cannot choose for nothing");
    refused(Ran.oneshot("choose", CONV), "--model");
  }

  @Test
  void refusesTargetsThatTheModelDoesNotServe() {
    refused(
        choose("--target", "avx2", CONV),
        "Cannot choose for target avx2: model " + model + " was trained for avx512");
    refused(
        choose("--target", "sparc", CONV),
        "Cannot find target 'sparc': known are model, detect, avx512, avx2, neon");
    refused(choose("--threads", "0", CONV), "takes 1 to");
    refused(choose("--threads", "64", CONV), "takes 1 to");
  }

  @Test
  void refusesModelsThatAreDamagedOrForeign() throws Exception {
    byte[] bytes = Files.readAllBytes(model);
    refusedModel(Arrays.copyOf(bytes, bytes.length / 2), "TRUNCATED");
    byte[] altered = bytes.clone();
    altered[altered.length / 2] ^= 1;
    refusedModel(altered, "ALTERED");
    refusedModel("no model at all".getBytes(StandardCharsets.UTF_8), "NOT_A_MODEL");
    Compatibility served = OneShotTuner.served();
    refusedModel(
        FrozenModelWriter.bytes(
            SmallModel.frozen(
                new Compatibility("cpu-0", served.columns(), served.spaceFamily()),
                CpuTarget.AVX512)),
        "OTHER_SCHEMA");
    refusedModel(
        FrozenModelWriter.bytes(
            SmallModel.frozen(
                new Compatibility(served.schemaId(), served.columns(), "cpu-0"), CpuTarget.AVX512)),
        "OTHER_SPACES");
    refused(
        Ran.oneshot("choose", "--model", folder.resolve("none.model").toString(), CONV),
        "there is no such file");
  }

  private static void refusedModel(byte[] bytes, String reason) throws Exception {
    Path file = Files.write(folder.resolve("other.model"), bytes);
    refused(Ran.oneshot("choose", "--model", file.toString(), CONV), reason);
  }

  private static Ran choose(String... arguments) {
    List<String> all = new ArrayList<>(List.of("choose", "--model", model.toString()));
    all.addAll(List.of(arguments));
    return Ran.oneshot(all);
  }

  private static void refused(Ran ran, String message) {
    assertThat(ran.err()).startsWith("oneshot: Cannot ").contains(message);
    assertThat(ran.err()).doesNotContain("\tat ");
    assertThat(ran.err().lines().count()).isLessThanOrEqualTo(2);
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.out()).isEmpty();
  }

  private static List<String> names(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
