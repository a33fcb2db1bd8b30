package org.oneshottuner.jobs.storage;

import java.util.List;
import java.util.Optional;

/**
 * The commits of a table at one moment, checked.
 *
 * @param location the table's place
 * @param commits in order of sequence
 */
public record Snapshot(String location, List<Commit> commits) {
  /** Copies the list. */
  public Snapshot {
    commits = List.copyOf(commits);
  }

  /**
   * Returns the digest of the last commit, which covers all before it; {@code empty} without any.
   */
  public String digest() {
    return commits.isEmpty() ? "empty" : commits.get(commits.size() - 1).digest();
  }

  /** Returns what was committed when the digest was another; empty if it never was that one. */
  public Optional<Snapshot> at(String digest) {
    for (int count = commits.size(); count > 0; count--) {
      if (commits.get(count - 1).digest().equals(digest)) {
        return Optional.of(new Snapshot(location, commits.subList(0, count)));
      }
    }
    return Optional.empty();
  }

  /** Returns the rows of all commits. */
  public long rows() {
    return commits.stream().mapToLong(Commit::rows).sum();
  }

  /** Returns the commit that appended a batch. */
  public Optional<Commit> batch(String name) {
    return commits.stream().filter(commit -> commit.batch().equals(name)).findFirst();
  }
}
