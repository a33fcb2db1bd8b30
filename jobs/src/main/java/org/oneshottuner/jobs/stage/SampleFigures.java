package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What a sampling round did.
 *
 * @param location of the sample
 * @param sampler by name
 * @param round from 0
 * @param tasks that were sampled
 * @param candidates that were drawn
 * @param members of spaces that were looked at
 * @param seconds of wall-clock
 * @param coreSeconds of one core, over all executors
 * @param membersPerSecondAndCore enumerated, featurised and scored if the round is guided, and
 *     drawn from, counting all that is done for a task; empty if none was
 * @param scoredPerSecondAndCore enumerated, featurised and scored, counting the time of that alone;
 *     empty if none was scored
 */
public record SampleFigures(
    String location,
    String sampler,
    int round,
    long tasks,
    long candidates,
    long members,
    double seconds,
    double coreSeconds,
    OptionalDouble membersPerSecondAndCore,
    OptionalDouble scoredPerSecondAndCore)
    implements Figures {
  @Override
  public List<String> lines() {
    String first =
        String.format(
            Locale.ROOT,
            "round %d: %d candidates of %d tasks by %s, from %d members in %.1f s -> %s",
            round,
            candidates,
            tasks,
            sampler,
            members,
            seconds,
            location);
    if (members == 0) {
      return List.of(first + " (was there already)");
    }
    List<String> lines = new ArrayList<>(List.of(first));
    membersPerSecondAndCore.ifPresent(
        rate -> lines.add("a second and core: " + count(rate) + " members in all" + scored()));
    return lines;
  }

  private String scored() {
    return scoredPerSecondAndCore.isPresent()
        ? " (featurised and scored alone " + count(scoredPerSecondAndCore.getAsDouble()) + ")"
        : "";
  }

  private static String count(double rate) {
    return String.format(Locale.ROOT, "%,.0f", rate);
  }
}
