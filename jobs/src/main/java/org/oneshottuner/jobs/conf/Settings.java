package org.oneshottuner.jobs.conf;

import java.nio.file.Path;
import java.util.List;
import org.oneshottuner.train.TrainSettings;

/**
 * The settings of all jobs, a block of the conf file each. Every default stands here and in the
 * records below, and nowhere else.
 *
 * @param seed that every draw of a run comes from
 * @param campaign names a run's measurements
 * @param target what is compiled for: {@code host}, or a target known by name
 * @param threads that run a kernel
 * @param device whose labels are learnt from, by its id; empty for the only one
 * @param rounds of sampling, measuring and training in the main job; those after the first are
 *     guided by the model before, if the sampler is one that a model guides
 * @param heldOut networks that no predictor is trained on
 * @param sample which candidates to label
 * @param measure how to label them
 * @param workers that train together; their number changes the model
 * @param mllibTrees of the gradient-boosted trees that Spark's own library trains to compare with;
 *     0 leaves its baselines out
 * @param train how to learn from the labels
 * @param evaluate how to judge what was learnt
 */
public record Settings(
    long seed,
    String campaign,
    String target,
    int threads,
    String device,
    int rounds,
    List<String> heldOut,
    SampleSettings sample,
    MeasureSettings measure,
    int workers,
    int mllibTrees,
    TrainSettings train,
    EvaluateSettings evaluate) {
  /** What holds where no file says otherwise. */
  public static final Settings DEFAULTS =
      new Settings(
          1,
          "main",
          "host",
          1,
          "",
          1,
          List.of("resnet-18", "mobilenet-v2", "resnext-50-32x4d", "bert-tiny", "bert-base"),
          SampleSettings.DEFAULTS,
          MeasureSettings.DEFAULTS,
          1,
          20,
          TrainSettings.DEFAULTS,
          EvaluateSettings.DEFAULTS);

  /** Checks the bounds. */
  public Settings {
    Bounds.atLeast("threads", threads, 1);
    Bounds.atLeast("rounds", rounds, 1);
    Bounds.atLeast("workers", workers, 1);
    Bounds.atLeast("mllibTrees", mllibTrees, 0);
    heldOut = List.copyOf(heldOut);
    if (!campaign.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw new IllegalArgumentException(
          "Cannot set campaign to '" + campaign + "': letters, digits, ., _ and - only");
    }
  }

  /** Reads a file, then overrides {@code key=value}. */
  public static Settings read(List<Path> file, List<String> overrides) {
    return ConfReader.read(DEFAULTS, file, overrides);
  }

  /** Returns these settings with no training but that of the model itself. */
  public Settings judgingNothing() {
    return with("mllibTrees=0", "evaluate.splits=[]", "evaluate.seeds=1");
  }

  /**
   * Returns these settings with some of them overridden.
   *
   * @param overrides texts {@code key=value}
   */
  public Settings with(String... overrides) {
    return ConfReader.read(this, List.of(), List.of(overrides));
  }
}
