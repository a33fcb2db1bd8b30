package org.oneshottuner.lower;

import java.util.Arrays;
import java.util.List;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.Epilogue.Step;

/** Compares what a kernel wrote with the reference. */
final class OutputCheck {
  private static final List<Step> EXACT = List.of(Step.BIAS, Step.ADD, Step.RELU, Step.RELU6);

  private OutputCheck() {}

  /**
   * Fails at the first element that is further off than the candidate's tolerance allows; nothing
   * is allowed where every step is exact on whole numbers.
   */
  static void check(String place, Candidate candidate, float[] output, Reference reference) {
    double[] expected = reference.output();
    double largest = Arrays.stream(expected).map(StrictMath::abs).max().orElseThrow();
    double allowed = exact(candidate) ? 0 : Templates.tolerance(candidate) * largest;
    for (int i = 0; i < expected.length; i++) {
      if (!(StrictMath.abs(output[i] - expected[i]) <= allowed)) {
        throw new AssertionError(
            String.format(
                "%s: out[%d] is %s, expected %s within %s",
                place, i, output[i], expected[i], allowed));
      }
    }
  }

  private static boolean exact(Candidate candidate) {
    return Templates.tolerance(candidate) <= Templates.DIRECT_TOLERANCE
        && EXACT.containsAll(candidate.task().workload().epilogue().steps());
  }
}
