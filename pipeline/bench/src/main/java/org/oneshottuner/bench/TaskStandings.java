package org.oneshottuner.bench;

import static java.util.Objects.requireNonNull;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.oneshottuner.measure.Contender;
import org.oneshottuner.measure.Contender.Product;
import org.oneshottuner.measure.Label;
import org.oneshottuner.measure.Standing;
import org.oneshottuner.report.KernelComparison;
import org.oneshottuner.workload.TuningTask;

/**
 * How the contenders of one task did, read as a row of the comparison.
 *
 * @param task what they compute
 * @param standings of all of them
 */
record TaskStandings(TuningTask task, List<Standing> standings) {
  /** Begins the names of our own kernels. */
  static final String OURS = "ours.";

  private static final double NANOS_A_MILLI = 1e6;
  private static final double PERCENT = 100;

  /** Below this, nothing is moved: it is what asking takes. */
  private static final double NO_REORDER_MILLIS = 1e-4;

  TaskStandings {
    requireNonNull(task, "task");
    standings = List.copyOf(standings);
  }

  /** A contender that was timed. */
  private record Timed(Contender contender, Label label) {
    static Stream<Timed> of(Standing standing) {
      return standing
          .outcome()
          .<Stream<Timed>>fold(
              timed -> Stream.of(new Timed(standing.contender(), Label.of(timed))),
              failed -> Stream.of());
    }

    double millis() {
      return label.warmNanos() / NANOS_A_MILLI;
    }

    /** Returns whether it computes the task, and not a part of what that takes. */
    boolean whole() {
      return contender.fold(own -> true, foreign -> foreign.product() == Product.OUTPUT);
    }

    String way() {
      return contender.fold(own -> own.candidate().schedule().text(), foreign -> foreign.variant());
    }
  }

  /** Returns the standings of each task, in the order in which tasks first occur. */
  static List<TaskStandings> of(List<Standing> standings) {
    Map<TuningTask, List<Standing>> byTask =
        standings.stream()
            .collect(
                Collectors.groupingBy(
                    standing -> standing.contender().task(),
                    LinkedHashMap::new,
                    Collectors.toList()));
    return byTask.entrySet().stream()
        .map(entry -> new TaskStandings(entry.getKey(), entry.getValue()))
        .toList();
  }

  /**
   * Returns the row: of us and of each rival the fastest way.
   *
   * @param origin of our schedules
   * @param longestVectorBytes of the processor's vectors
   */
  KernelComparison.Row row(String origin, int longestVectorBytes) {
    Optional<Timed> ours = fastest(OURS);
    Optional<Timed> onednn = fastest(Rival.ONEDNN.contender(""));
    Optional<Timed> ort = fastest(Rival.ONNX_RUNTIME.contender(""));
    Optional<Timed> blas = fastest(Rival.OPENBLAS.contender(""));
    return new KernelComparison.Row(
        task.workload().text(),
        task.threads(),
        millis(ours),
        ours.map(Timed::way).orElse("none"),
        origin,
        millis(onednn),
        millis(timed(Rival.ONEDNN.contender(Rival.PLAIN)).findFirst()),
        millis(
            timed(Rival.ONEDNN.contender(Rival.REORDERS))
                .filter(reorders -> reorders.millis() > NO_REORDER_MILLIS)
                .findFirst()),
        millis(ort),
        ortNote(longestVectorBytes),
        millis(blas),
        spreadPercent(Stream.of(ours, onednn, ort, blas)),
        notes());
  }

  /** Returns those that were timed among the contenders whose names begin so. */
  private Stream<Timed> timed(String prefix) {
    return standings.stream()
        .filter(standing -> standing.contender().name().startsWith(prefix))
        .flatMap(Timed::of);
  }

  private Optional<Timed> fastest(String prefix) {
    return timed(prefix).filter(Timed::whole).min(Comparator.comparingDouble(Timed::millis));
  }

  private static OptionalDouble millis(Optional<Timed> timed) {
    return timed.stream().mapToDouble(Timed::millis).findFirst();
  }

  /** Returns the largest spread of those that are compared, unless one of them has none. */
  private static OptionalDouble spreadPercent(Stream<Optional<Timed>> compared) {
    OptionalDouble largest =
        compared
            .flatMap(Optional::stream)
            .mapToDouble(timed -> PERCENT * timed.label().spread())
            .max();
    return Double.isFinite(largest.orElse(0)) ? largest : OptionalDouble.empty();
  }

  /** The others are held back to the target's vectors, or fail; see {@code peer.h}. */
  private String ortNote(int longestVectorBytes) {
    int bytes = task.target().vectorBytes();
    return longestVectorBytes <= bytes
        ? ""
        : "it cannot be held back to the target's vectors of "
            + bytes
            + " bytes, and uses those of "
            + longestVectorBytes
            + " that this processor has";
  }

  /** Returns who failed, and why. */
  private String notes() {
    return standings.stream().flatMap(TaskStandings::note).collect(Collectors.joining("; "));
  }

  private static Stream<String> note(Standing standing) {
    return standing
        .outcome()
        .<Stream<String>>fold(
            timed -> Stream.of(),
            failed -> Stream.of(standing.contender().name() + ": " + failed.detail()));
  }
}
