package org.oneshottuner.jobs.model;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.oneshottuner.compile.Choice;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.stage.Figures;
import org.oneshottuner.predict.FrozenModel;
import org.oneshottuner.predict.ServingPolicy;
import org.oneshottuner.predict.TrustedKey;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

/**
 * What a model file does on this machine: whole, allowed, equal on its golden rows, and how fast.
 *
 * @param file its name
 * @param release its number
 * @param expires ISO 8601, or "never"
 * @param trusted ids of the keys of which one had to sign it; none if nobody had to
 * @param goldenRows that this machine scored as the one that trained it, one by one and in bulk
 * @param loadMillis to read and check it, the first time in this process
 * @param picks a few, timed
 */
public record ModelCheck(
    String file,
    int release,
    String expires,
    List<String> trusted,
    int goldenRows,
    double loadMillis,
    List<Pick> picks)
    implements Figures {
  /** One of each kind that a model serves. */
  private static final List<String> WORKLOADS =
      List.of(
          "conv2d n=1 c=64 h=56 w=56 k=64 r=3 s=3 pad=1 layout=nchw16c epilogue=bias+relu",
          "depthwise_conv2d n=1 c=96 h=56 w=56 r=3 s=3 pad=1 layout=nchw16c epilogue=bias+relu",
          "dense m=128 n=768 k=768 epilogue=bias",
          "batch_matmul b=12 m=128 n=128 k=64");

  private static final int TIMES = 5;

  /**
   * A timed pick.
   *
   * @param workload canonical text
   * @param schedule that was picked, each time
   * @param candidates of the space
   * @param firstMillis to pick it the first time
   * @param millis the least of five picks
   */
  public record Pick(
      String workload, String schedule, long candidates, double firstMillis, double millis) {}

  /** Copies the lists. */
  public ModelCheck {
    trusted = List.copyOf(trusted);
    picks = List.copyOf(picks);
  }

  /**
   * Checks a file.
   *
   * @throws org.oneshottuner.predict.ModelFormatException if it is damaged, not allowed, not for
   *     this compiler, or scores its golden rows otherwise
   * @throws IllegalStateException if two picks for one task differ
   */
  public static ModelCheck of(Path file, ServingPolicy policy) {
    long begin = System.nanoTime();
    OneShotTuner tuner = OneShotTuner.load(file, policy);
    double loadMillis = (System.nanoTime() - begin) / 1e6;
    FrozenModel model = tuner.model();
    CpuTarget target = CpuTarget.parse(model.target().text());
    return new ModelCheck(
        file.toString(),
        model.release().number(),
        model.release().expires().map(Instant::toString).orElse(ModelContents.NEVER),
        policy.keys().stream().map(TrustedKey::id).toList(),
        model.golden().count(),
        loadMillis,
        WORKLOADS.stream()
            .map(text -> pick(tuner, new TuningTask(Workload.parse(text), target, 1)))
            .toList());
  }

  private static Pick pick(OneShotTuner tuner, TuningTask task) {
    long begin = System.nanoTime();
    Choice first = tuner.choose(task);
    double firstMillis = (System.nanoTime() - begin) / 1e6;
    double least = firstMillis;
    for (int time = 1; time < TIMES; time++) {
      begin = System.nanoTime();
      Choice again = tuner.choose(task);
      least = Math.min(least, (System.nanoTime() - begin) / 1e6);
      if (!again.equals(first)) {
        throw new IllegalStateException(
            "Cannot rely on this machine: for "
                + task.key()
                + " it picks now "
                + first.schedule().text()
                + ", now "
                + again.schedule().text());
      }
    }
    return new Pick(
        task.workload().text(), first.schedule().text(), first.candidates(), firstMillis, least);
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%s is whole, and scores its %d golden rows here to the last bit; loaded in %.1f ms",
            file,
            goldenRows,
            loadMillis));
    lines.add(
        (trusted.isEmpty()
                ? "no signature was asked for (--trust)"
                : "signed by one of " + trusted.stream().collect(Collectors.joining(", ")))
            + "; release "
            + (release == 0 ? "none" : release)
            + ", expires "
            + expires);
    for (Pick pick : picks) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%6.1f ms, first %6.1f ms, of %,7d  %s  <-  %s",
              pick.millis(),
              pick.firstMillis(),
              pick.candidates(),
              pick.workload(),
              pick.schedule()));
    }
    return lines;
  }
}
