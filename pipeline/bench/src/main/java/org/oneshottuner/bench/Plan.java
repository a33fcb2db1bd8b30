package org.oneshottuner.bench;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.TuningTask;

/**
 * Which tasks are compared, and by which of our schedules.
 *
 * <p>As a file: a line a schedule; the task's key, a tab, where its schedules come from, a tab and
 * the schedule's text.
 *
 * @param schedules of each task, at least one
 * @param origins of each task's schedules
 */
record Plan(Map<TuningTask, List<Candidate>> schedules, Map<TuningTask, String> origins) {
  private static final int FIELDS = 3;

  Plan {
    schedules =
        Collections.unmodifiableMap(new LinkedHashMap<>(requireNonNull(schedules, "schedules")));
    origins = Map.copyOf(origins);
    if (schedules.isEmpty()) {
      throw new IllegalArgumentException("Cannot compare kernels of no task");
    }
  }

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException if a line is of another form, or its schedule is none of the
   *     task's space; the message names file and line
   * @throws UncheckedIOException if it cannot be read
   */
  static Plan read(Path file) {
    Map<TuningTask, List<Candidate>> schedules = new LinkedHashMap<>();
    Map<TuningTask, String> origins = new LinkedHashMap<>();
    try {
      int number = 0;
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        number++;
        if (!line.isBlank()) {
          String[] fields = line.split("\t", FIELDS);
          if (fields.length < FIELDS) {
            throw new IllegalArgumentException(
                "Cannot read " + file + ":" + number + ": expected TASK<TAB>ORIGIN<TAB>SCHEDULE");
          }
          Candidate candidate = candidate(fields[0], fields[2]);
          origins.put(candidate.task(), fields[1]);
          schedules.computeIfAbsent(candidate.task(), task -> new ArrayList<>()).add(candidate);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read plan " + file + ": " + e, e);
    }
    return new Plan(schedules, origins);
  }

  private static Candidate candidate(String key, String schedule) {
    TuningTask task = TuningTask.parse(key);
    ScheduleSpace space = Templates.space(task);
    return new Candidate(task, space.at(space.indexOfText(schedule)));
  }

  /** Returns where a task's schedules come from. */
  String origin(TuningTask task) {
    return origins.getOrDefault(task, "");
  }

  /** Returns the tasks of each number of threads, in the order in which they are named. */
  Map<Integer, List<TuningTask>> byThreads() {
    Map<Integer, List<TuningTask>> byThreads = new LinkedHashMap<>();
    schedules
        .keySet()
        .forEach(
            task ->
                byThreads.computeIfAbsent(task.threads(), count -> new ArrayList<>()).add(task));
    return byThreads;
  }
}
