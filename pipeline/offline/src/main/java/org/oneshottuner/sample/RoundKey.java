package org.oneshottuner.sample;

import static java.util.Objects.requireNonNull;

import org.oneshottuner.space.Seeds;

/**
 * What the noise behind a round's draws is made from. Together with a member's number it decides
 * the draw, and nothing else does.
 *
 * @param seed the run's seed
 * @param taskKey canonical text of the task
 * @param round number of the round, from 0
 */
public record RoundKey(long seed, String taskKey, int round) {
  /** Checks the round's number. */
  public RoundKey {
    requireNonNull(taskKey, "taskKey");
    if (round < 0) {
      throw new IllegalArgumentException(
          "Cannot draw round " + round + " of " + taskKey + ": the first is 0");
    }
  }

  /** Returns the seed of one sequence of noise. */
  long stream(String purpose) {
    return Seeds.derive(Seeds.derive(seed, taskKey, "schedules", purpose), round);
  }
}
