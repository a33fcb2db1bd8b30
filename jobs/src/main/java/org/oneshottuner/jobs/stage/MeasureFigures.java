package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What measuring gave.
 *
 * @param location of the table
 * @param device id of the fingerprint
 * @param protocol id
 * @param known candidates that were measured to be learnt from before, and are not again
 * @param labels new ones that can be learnt from
 * @param repeats labels of candidates that had one already; they are not learnt from
 * @param failures by kind
 * @param left candidates that there was no time for
 * @param labelSeconds wall-clock spent
 * @param labelsPerHour at that rate, repeats among them
 * @param canaryMultiplyAddDrift what the slowest canary around a visit took for its multiply-adds,
 *     over the least known, less one; empty without a visit
 * @param canaryMemoryDrift the same of its walk through memory
 * @param quietVisitShare of the visits that were made, of those that were put off none; empty
 *     without a visit
 * @param labelSdPercent standard deviation of a repeated label, from all that the table holds;
 *     empty if none was repeated
 * @param labelRepeats candidates that tell it, each with more than one label
 */
public record MeasureFigures(
    String location,
    String device,
    String protocol,
    long known,
    long labels,
    long repeats,
    Map<String, Long> failures,
    long left,
    double labelSeconds,
    double labelsPerHour,
    OptionalDouble canaryMultiplyAddDrift,
    OptionalDouble canaryMemoryDrift,
    OptionalDouble quietVisitShare,
    OptionalDouble labelSdPercent,
    long labelRepeats)
    implements Figures {
  /** Copies the map. */
  public MeasureFigures {
    failures = Map.copyOf(failures);
  }

  @Override
  public List<String> lines() {
    String first =
        String.format(
            Locale.ROOT,
            "%d labels and %d repeats in %.1f s (%,.0f an hour), %d known before, %d left -> %s",
            labels,
            repeats,
            labelSeconds,
            labelsPerHour,
            known,
            left,
            location);
    String second =
        "failures: " + (failures.isEmpty() ? "none" : new java.util.TreeMap<>(failures));
    List<String> lines =
        new ArrayList<>(List.of(first, second, "device " + device + ", protocol " + protocol));
    if (quietVisitShare.isPresent()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%.0f %% of visits found the machine quiet; canary: multiply-adds within %.1f %%, walk"
                  + " through memory within %.1f %%",
              100 * quietVisitShare.getAsDouble(),
              100 * canaryMultiplyAddDrift.orElseThrow(),
              100 * canaryMemoryDrift.orElseThrow()));
    }
    if (labelSdPercent.isPresent()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "standard deviation of a repeated label: %.2f %%, by %d candidates",
              labelSdPercent.getAsDouble(),
              labelRepeats));
    }
    return lines;
  }
}
