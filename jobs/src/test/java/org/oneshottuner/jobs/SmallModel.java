package org.oneshottuner.jobs;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.export.Freezer;
import org.oneshottuner.export.FrozenModelWriter;
import org.oneshottuner.export.Provenance;
import org.oneshottuner.feature.FeatureColumn;
import org.oneshottuner.feature.FeatureSchema;
import org.oneshottuner.feature.SpaceFeatures;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.predict.Calibration;
import org.oneshottuner.predict.Compatibility;
import org.oneshottuner.predict.Domain;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.space.SplitMix64;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/** Trains a small model of every operator kind, whose labels are a column of the features. */
public final class SmallModel {
  private static final int ROWS = 300;
  private static final List<String> WORKLOADS =
      List.of(
          "conv2d n=1 c=64 h=28 w=28 k=64 r=3 s=3 pad=1",
          "conv2d n=1 c=32 h=14 w=14 k=96 r=1 s=1 layout=nchw16c epilogue=bias+relu",
          "depthwise_conv2d n=1 c=96 h=28 w=28 r=3 s=3 stride=2 pad=1",
          "dense m=128 n=512 k=128",
          "batch_matmul b=2 m=64 n=64 k=64");

  private SmallModel() {}

  /** Trains a model for AVX-512 and freezes it. */
  public static FrozenModel frozen() throws XGBoostError {
    return frozen(OneShotTuner.served(), CpuTarget.AVX512);
  }

  /** Trains a model that says of itself what it is told, and freezes it. */
  public static FrozenModel frozen(Compatibility compatibility, CpuTarget target)
      throws XGBoostError {
    return Freezer.freeze(
        booster(),
        new Provenance(
            compatibility,
            new FrozenModel.TargetText(target.name(), target.text()),
            List.of(new FrozenModel.Property("labels", "roofline")),
            List.of(),
            Calibration.NONE,
            Domain.ANYTHING));
  }

  /** Trains a model for AVX-512 and writes it into a folder. */
  public static Path write(Path folder) throws XGBoostError {
    Path file = folder.resolve("small.model");
    FrozenModelWriter.write(frozen(), file);
    return file;
  }

  private static Booster booster() throws XGBoostError {
    int columns = FeatureSchema.CURRENT.columns().size();
    int label =
        FeatureSchema.CURRENT.columns().stream()
            .map(FeatureColumn::name)
            .toList()
            .indexOf("roofline");
    float[] rows = new float[WORKLOADS.size() * ROWS * columns];
    float[] labels = new float[WORKLOADS.size() * ROWS];
    float[] row = new float[columns];
    SplitMix64 draw = new SplitMix64(11);
    int at = 0;
    for (String workload : WORKLOADS) {
      TuningTask task = new TuningTask(Workload.parse(workload), CpuTarget.AVX512, 1);
      ScheduleSpace space = Templates.space(task);
      SpaceFeatures features = SpaceFeatures.of(task, space);
      for (int i = 0; i < ROWS; i++, at++) {
        features.fill(draw.nextLong(space.size()), 1, row);
        System.arraycopy(row, 0, rows, at * columns, columns);
        labels[at] = row[label];
      }
    }
    Map<String, Object> settings = new HashMap<>();
    settings.put("objective", "reg:squarederror");
    settings.put("max_depth", 5);
    settings.put("eta", 0.3);
    settings.put("tree_method", "hist");
    settings.put("nthread", 1);
    DMatrix matrix = new DMatrix(rows, at, columns, Float.NaN);
    try {
      matrix.setLabel(labels);
      return XGBoost.train(matrix, settings, 30, new HashMap<>(), null, null);
    } finally {
      matrix.dispose();
    }
  }
}
