package org.oneshottuner.jobs.stage;

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
 * @param known candidates that were measured before, and are not again
 * @param labels new ones
 * @param failures by kind
 * @param left candidates that there was no time for
 * @param labelSeconds wall-clock spent
 * @param labelsPerHour at that rate
 * @param canaryDrift the slowest canary over the fastest, less one; empty without a label
 * @param labelSdPercent standard deviation of a repeated label; empty unless asked for
 */
public record MeasureFigures(
    String location,
    String device,
    String protocol,
    long known,
    long labels,
    Map<String, Long> failures,
    long left,
    double labelSeconds,
    double labelsPerHour,
    OptionalDouble canaryDrift,
    OptionalDouble labelSdPercent)
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
            "%d labels in %.1f s (%,.0f an hour), %d known before, %d left -> %s",
            labels,
            labelSeconds,
            labelsPerHour,
            known,
            left,
            location);
    String second =
        "failures: " + (failures.isEmpty() ? "none" : new java.util.TreeMap<>(failures));
    String third =
        "device "
            + device
            + ", protocol "
            + protocol
            + (canaryDrift.isPresent()
                ? String.format(
                    Locale.ROOT, ", canary within %.1f %%", 100 * canaryDrift.getAsDouble())
                : "");
    String fourth =
        labelSdPercent.isPresent()
            ? String.format(
                Locale.ROOT,
                "standard deviation of a repeated label: %.2f %%",
                labelSdPercent.getAsDouble())
            : "";
    return fourth.isEmpty() ? List.of(first, second, third) : List.of(first, second, third, fourth);
  }
}
