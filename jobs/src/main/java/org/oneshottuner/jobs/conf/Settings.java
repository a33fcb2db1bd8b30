package org.oneshottuner.jobs.conf;

import java.nio.file.Path;
import java.util.List;

/**
 * The settings of all jobs, a block of the conf file each. Every default stands here and in the
 * records below, and nowhere else.
 *
 * @param seed that every draw of a run comes from
 * @param campaign names a run's measurements
 * @param target what is compiled for: {@code host}, or a target known by name
 * @param threads that run a kernel
 * @param heldOut networks that no predictor is trained on
 * @param sample which candidates to label
 * @param measure how to label them
 * @param train how to learn from the labels
 * @param evaluate how to judge what was learnt
 */
public record Settings(
    long seed,
    String campaign,
    String target,
    int threads,
    List<String> heldOut,
    SampleSettings sample,
    MeasureSettings measure,
    TrainSettings train,
    EvaluateSettings evaluate) {
  /** What holds where no file says otherwise. */
  public static final Settings DEFAULTS =
      new Settings(
          1,
          "main",
          "host",
          1,
          List.of("resnet-18", "mobilenet-v2", "resnext-50-32x4d", "bert-tiny", "bert-base"),
          SampleSettings.DEFAULTS,
          MeasureSettings.DEFAULTS,
          TrainSettings.DEFAULTS,
          EvaluateSettings.DEFAULTS);

  /** Checks the bounds. */
  public Settings {
    Bounds.atLeast("threads", threads, 1);
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
}
