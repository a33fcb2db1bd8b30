package org.oneshottuner.measure;

import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * When each of the kernels that are being visited has its next turn, and which turns are taken
 * however noisy the machine is. Used by one thread.
 */
final class Turns {
  /** Visits in a round, so that new kernels need not wait long. */
  private static final int ROUND = 64;

  /** After this share of the patience without a quiet moment, visits are made all the same. */
  private static final int LASTING = 4;

  private static final Duration IDLE = Duration.ofMillis(200);

  private static final class Turn {
    private int visits;
    private long firstNanos;
    private long dueNanos;
    private long putOffNanos;
    private OptionalLong putOffSince = OptionalLong.empty();

    /** For how long, in all, its visits have been put off. */
    private long putOff(long now) {
      return putOffNanos + (putOffSince.isPresent() ? now - putOffSince.getAsLong() : 0);
    }
  }

  private final Protocol protocol;
  private final LongSupplier nanoTime;
  private final Map<String, Turn> turns = new LinkedHashMap<>();

  /**
   * Plans turns.
   *
   * @param nanoTime a clock
   */
  Turns(Protocol protocol, LongSupplier nanoTime) {
    this.protocol = protocol;
    this.nanoTime = nanoTime;
  }

  /** Lets a kernel in; its first turn is due at once. */
  void enter(String id) {
    Turn turn = new Turn();
    turn.dueNanos = nanoTime.getAsLong();
    turns.put(id, turn);
  }

  /** Gives a kernel no more turns. */
  void leave(String id) {
    turns.remove(id);
  }

  /** Returns the kernels that are due, those that wait longest first; at most one round. */
  List<String> due() {
    long now = nanoTime.getAsLong();
    return turns.entrySet().stream()
        .filter(turn -> turn.getValue().dueNanos - now <= 0)
        .sorted(Comparator.comparingLong(turn -> turn.getValue().dueNanos - now))
        .limit(ROUND)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Returns how long to wait for a turn, if there is nothing else to do; a moment at most. */
  Duration untilDue() {
    long now = nanoTime.getAsLong();
    long nanos =
        turns.values().stream()
            .mapToLong(turn -> Math.max(0, turn.dueNanos - now))
            .min()
            .orElse(IDLE.toNanos());
    return Duration.ofNanos(Math.min(nanos, IDLE.toNanos()));
  }

  /**
   * Returns which kernels are to be visited however noisy the machine is: those that were put off
   * for as long as the protocol has patience; all, once the machine has been noisy for so long that
   * this is how it is now.
   *
   * @param noisy for how long it has been noisy
   */
  Set<String> forced(List<String> ids, Duration noisy) {
    boolean lasting = noisy.compareTo(protocol.patience().dividedBy(LASTING)) > 0;
    long now = nanoTime.getAsLong();
    return ids.stream()
        .filter(id -> lasting || find(id).putOff(now) >= protocol.patience().toNanos())
        .collect(Collectors.toSet());
  }

  /** Takes that a kernel was visited just now; returns the milliseconds since its first visit. */
  long visited(String id) {
    Turn turn = find(id);
    long now = nanoTime.getAsLong();
    if (turn.visits == 0) {
      turn.firstNanos = now;
    }
    turn.visits++;
    turn.putOffNanos = turn.putOff(now);
    turn.putOffSince = OptionalLong.empty();
    turn.dueNanos = now + protocol.spacingAfter(turn.visits).toNanos();
    return (now - turn.firstNanos) / 1_000_000;
  }

  /** Puts a kernel's turn off, as the machine was too noisy for it. */
  void postpone(String id) {
    Turn turn = find(id);
    long now = nanoTime.getAsLong();
    if (turn.putOffSince.isEmpty()) {
      turn.putOffSince = OptionalLong.of(now);
    }
    turn.dueNanos = now + protocol.postponement().toNanos();
  }

  private Turn find(String id) {
    Turn turn = turns.get(id);
    if (turn == null) {
      throw new IllegalStateException("Cannot find kernel " + id + ": it has no turns");
    }
    return turn;
  }
}
