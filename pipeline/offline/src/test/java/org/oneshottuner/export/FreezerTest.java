package org.oneshottuner.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.oneshottuner.predict.Calibration;
import org.oneshottuner.predict.Compatibility;
import org.oneshottuner.predict.Domain;
import org.oneshottuner.predict.Ensemble;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.predict.FrozenModel.Property;
import org.oneshottuner.predict.FrozenModel.TargetText;
import org.oneshottuner.predict.FrozenModelReader;
import org.oneshottuner.predict.Tree;

class FreezerTest {
  static Provenance provenance(int columns) {
    List<String> names =
        IntStream.range(0, columns).mapToObj(c -> "column_" + c).collect(Collectors.toList());
    return new Provenance(
        new Compatibility("test-1", names, "cpu-test"),
        new TargetText("avx2", "cpu name=avx2"),
        List.of(new Property("seed", "7")),
        List.of(),
        Calibration.of(new float[] {0.5f}),
        Domain.ANYTHING);
  }

  @ParameterizedTest
  @CsvSource({
    "reg:squarederror, 1",
    "reg:squarederror, 6",
    "reg:squarederror, 10",
    "rank:pairwise, 2",
    "rank:pairwise, 5",
    "rank:pairwise, 8",
    "rank:pairwise, 10",
    "rank:ndcg, 3",
    "rank:ndcg, 4",
    "rank:ndcg, 7",
    "rank:ndcg, 9"
  })
  void scoresHaveTheBitsOfXgboost(String objective, int depth) throws Exception {
    Booster booster = Boosters.train(objective, 13, 40, depth, 4000, 100 + depth);
    Ensemble ensemble = Freezer.ensemble(booster, "test-1");
    assertThat(ensemble.trees()).hasSize(40);
    // 20,000 rows for each of eleven boosters, in place and through a matrix
    float[] rows = ProbeRows.draw(ensemble, 20_000, 3 + depth);
    float[] scores = Freezer.verify(ensemble, booster, rows);
    float[] finite = rows.clone();
    for (int i = 0; i < finite.length; i++) {
      finite[i] =
          Float.isInfinite(finite[i]) ? Math.copySign(Float.MAX_VALUE, finite[i]) : finite[i];
    }
    DMatrix matrix = new DMatrix(finite, 20_000, 13, Float.NaN);
    float[][] expected = booster.predict(matrix);
    for (int i = 0; i < scores.length; i++) {
      assertThat(Float.floatToRawIntBits(expected[i][0]))
          .as("row %s", i)
          .isEqualTo(Float.floatToRawIntBits(scores[i]));
    }
    FrozenModel model = Freezer.freeze(booster, provenance(13));
    FrozenModel read = FrozenModelReader.inspect(FrozenModelWriter.bytes(model), "memory");
    assertThat(Freezer.verify(read.ensemble(), booster, rows)).isEqualTo(scores);
  }

  @Test
  void savedModelsOfBothFormatsFreezeToTheSameBytes() throws Exception {
    Booster booster = Boosters.train("rank:pairwise", 9, 10, 4, 1000, 1);
    byte[] memory = FrozenModelWriter.bytes(Freezer.freeze(booster, provenance(9)));
    byte[] json = booster.toByteArray("json");
    byte[] ubj = booster.toByteArray("ubj");
    assertThat(FrozenModelWriter.bytes(Freezer.freeze(json, provenance(9)))).isEqualTo(memory);
    assertThat(FrozenModelWriter.bytes(Freezer.freeze(ubj, provenance(9)))).isEqualTo(memory);
  }

  @Test
  void wideModelsKeepTheirBits() throws Exception {
    Booster booster = Boosters.train("reg:squarederror", 300, 20, 6, 2000, 5);
    FrozenModel model = Freezer.freeze(booster, provenance(300));
    FrozenModel read = FrozenModelReader.inspect(FrozenModelWriter.bytes(model), "memory");
    float[] rows = ProbeRows.draw(read.ensemble(), 2000, 1);
    assertThat(Freezer.verify(read.ensemble(), booster, rows)).hasSize(2000);
  }

  @Test
  void oneDifferentBitIsRefused() throws Exception {
    Booster booster = Boosters.train("reg:squarederror", 5, 8, 4, 1000, 2);
    Ensemble right = Freezer.ensemble(booster, "test-1");
    float[] rows = ProbeRows.draw(right, 4000, 1);
    assertThat(Freezer.verify(right, booster, rows)).hasSize(4000);
    List<Tree> trees = new ArrayList<>(right.trees());
    trees.set(3, nudge(trees.get(3)));
    Ensemble wrong = Ensemble.of("test-1", 5, right.base(), trees);
    assertThatThrownBy(() -> Freezer.verify(wrong, booster, rows))
        .isInstanceOf(ParityException.class)
        .hasMessageStartingWith("Cannot freeze booster: the frozen ensemble scores");
  }

  /** Returns the tree with every threshold one bit larger. */
  private static Tree nudge(Tree tree) {
    int[] columns = new int[tree.nodes()];
    float[] values = new float[tree.nodes()];
    boolean[] defaults = new boolean[tree.nodes()];
    for (int i = 0; i < tree.nodes(); i++) {
      columns[i] = tree.column(i);
      values[i] = tree.isLeaf(i) ? tree.value(i) : Math.nextUp(tree.value(i));
      defaults[i] = tree.missingLeft(i);
    }
    return Tree.of(columns, values, defaults);
  }

  @Test
  void refusesWhatItCannotHold() throws Exception {
    Booster logistic = Boosters.train("reg:logistic", 4, 2, 2, 200, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Freezer.freeze(logistic, provenance(4)))
        .withMessageContaining("reg:logistic");
    Booster deep = Boosters.train("reg:squarederror", 4, 2, 13, 4000, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Freezer.freeze(deep, provenance(4)))
        .withMessageContaining("depth 10");
    Booster narrow = Boosters.train("reg:squarederror", 4, 2, 2, 200, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Freezer.freeze(narrow, provenance(5)))
        .withMessageContaining("schema test-1 has 5");
  }

  @Test
  void refusesDamagedJson() throws Exception {
    byte[] json = Boosters.train("reg:squarederror", 3, 2, 2, 200, 1).toByteArray("json");
    assertThat(BoosterJson.read(json, "test-1").trees()).hasSize(2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BoosterJson.read(Arrays.copyOf(json, json.length / 2), "test-1"))
        .withMessageStartingWith("Cannot read XGBoost model");
    String text = new String(json, StandardCharsets.UTF_8);
    String cyclic = text.replaceFirst("\"left_children\":\\[1,", "\"left_children\":[0,");
    assertThat(cyclic).isNotEqualTo(text);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BoosterJson.read(cyclic.getBytes(StandardCharsets.UTF_8), "t"))
        .withMessageContaining("tree 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BoosterJson.read("[]".getBytes(StandardCharsets.UTF_8), "t"));
  }
}
