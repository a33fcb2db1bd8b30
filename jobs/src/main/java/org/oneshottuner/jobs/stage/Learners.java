package org.oneshottuner.jobs.stage;

import static org.apache.spark.ml.functions.array_to_vector;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.isnan;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import ml.dmlc.xgboost4j.scala.spark.XGBoostModel;
import ml.dmlc.xgboost4j.scala.spark.XGBoostRanker;
import ml.dmlc.xgboost4j.scala.spark.XGBoostRegressor;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.regression.GBTRegressor;
import org.apache.spark.ml.regression.LinearRegression;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.train.Objective;
import org.oneshottuner.train.TrainSettings;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The predictors that are trained. Rows have the columns of {@link TrainingRows} and {@code group},
 * the number of their task.
 */
final class Learners {
  /** How many baselines of Spark's own library there are. */
  static final int MLLIB = 2;

  /** Second derivatives of pairs are small: one would forbid most splits. */
  private static final double RANKERS_CHILD_WEIGHT = 0.1;

  private static final String FEATURES = "features";
  private static final String VECTOR = "vector";
  private static final String LABEL = "relevance";
  private static final String RATE = "log_rate";
  private static final String GROUP = "group";

  private Learners() {}

  /**
   * Puts rows where a trainer's workers read them: all of a task in one partition, in one order.
   * XGBoost's own partitioning differs from run to run.
   */
  static Dataset<Row> arranged(Dataset<Row> rows, int workers) {
    return rows.repartition(workers, col(GROUP)).sortWithinPartitions(GROUP, "schedule");
  }

  /** Trains XGBoost; a ranker if the objective ranks. */
  static XGBoostModel<?> xgboost(
      Dataset<Row> arranged, TrainSettings settings, int workers, Progress progress) {
    XGBoostModel<?> model = fitted(arranged, settings, workers);
    progress.step(1);
    return model;
  }

  private static XGBoostModel<?> fitted(
      Dataset<Row> arranged, TrainSettings settings, int workers) {
    Map<String, Object> all = new LinkedHashMap<>(settings.xgboost(1));
    all.put("num_round", settings.rounds());
    all.put("num_workers", workers);
    all.put("missing", Float.NaN);
    scala.collection.immutable.Map<String, Object> given =
        scala.collection.immutable.Map$.MODULE$.from(CollectionConverters.asScala(all));
    if (settings.objective().ranks()) {
      XGBoostRanker ranker = new XGBoostRanker(given);
      ranker.setGroupCol(GROUP).setLabelCol(LABEL).setFeaturesCol(FEATURES);
      return ranker.fit(arranged);
    }
    XGBoostRegressor regressor = new XGBoostRegressor(given);
    regressor.setWeightCol("weight");
    regressor.setLabelCol(RATE).setFeaturesCol(FEATURES);
    return regressor.fit(arranged);
  }

  /** Returns the settings of the model that ships, then the same with the next seeds. */
  static List<TrainSettings> seeds(Settings settings) {
    TrainSettings first = settings.train();
    return LongStream.range(0, settings.evaluate().seeds())
        .mapToObj(further -> first.withSeed(first.seed() + further))
        .toList();
  }

  /** Returns what XGBoost's predictor is called in tables: it is named by what it minimises. */
  static String name(TrainSettings settings) {
    return "xgboost " + settings.objective().text();
  }

  /** Returns settings for a regressor beside a ranker, and for a ranker beside a regressor. */
  static TrainSettings other(TrainSettings settings) {
    Map<String, String> changes = new LinkedHashMap<>(settings.properties());
    Objective other = settings.objective().ranks() ? Objective.SQUARED_ERROR : Objective.PAIRWISE;
    changes.put("objective", other.text());
    changes.put("min-child-weight", Double.toString(other.ranks() ? RANKERS_CHILD_WEIGHT : 1));
    return TrainSettings.of(changes);
  }

  /** Trains the baselines of Spark's own library, by name; there are {@link #MLLIB}. */
  static Map<String, Transformer> mllib(
      Dataset<Row> rows, int trees, long seed, Progress progress) {
    Dataset<Row> vectors = vectors(rows).cache();
    try {
      Map<String, Transformer> models = new LinkedHashMap<>();
      models.put(
          "mllib gbt",
          new GBTRegressor()
              .setMaxIter(trees)
              .setMaxDepth(5)
              .setSeed(seed)
              .setLabelCol(RATE)
              .setFeaturesCol(VECTOR)
              .fit(vectors));
      progress.step(1);
      models.put(
          "mllib linear",
          new LinearRegression()
              .setRegParam(1e-4)
              .setSolver("normal")
              .setLabelCol(RATE)
              .setFeaturesCol(VECTOR)
              .fit(vectors));
      progress.step(1);
      return models;
    } finally {
      List<Dataset<Row>> cached = List.of(vectors);
      cached.forEach(Dataset::unpersist);
    }
  }

  /** Adds the features as a dense vector, which Spark's library wants without NaN. */
  static Dataset<Row> vectors(Dataset<Row> rows) {
    return rows.withColumn(
        VECTOR,
        array_to_vector(
            transform(
                col(FEATURES),
                value -> when(isnan(value), lit(-1.0)).otherwise(value.cast("double")))));
  }
}
