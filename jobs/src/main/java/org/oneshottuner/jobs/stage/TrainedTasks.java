package org.oneshottuner.jobs.stage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.oneshottuner.predict.FrozenModel;

/** Which tasks a model was trained on. */
public final class TrainedTasks {
  private TrainedTasks() {}

  /**
   * Reads the list that training leaves beside a model.
   *
   * @param file the model's
   * @return keys of tasks
   * @throws IllegalArgumentException if the list is missing, or is another model's
   */
  public static List<String> of(FrozenModel model, Path file) {
    Path list = file.resolveSibling(TrainJob.TASKS);
    String wanted = model.property(TrainJob.TASKS_DIGEST).orElse("");
    List<String> tasks = read(list, file);
    String digest = TrainJob.digest(tasks);
    if (!digest.equals(wanted)) {
      throw new IllegalArgumentException(
          "Cannot judge model "
              + file
              + ": "
              + list
              + " has digest "
              + digest
              + ", the model was trained on tasks of digest "
              + wanted);
    }
    return tasks;
  }

  private static List<String> read(Path list, Path model) {
    if (!Files.isReadable(list)) {
      throw new IllegalArgumentException(
          "Cannot judge model "
              + model
              + ": the tasks that it was trained on are not listed in "
              + list
              + ", so none can be told to be unseen");
    }
    try {
      return Files.readAllLines(list);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + list + ": " + e.getMessage(), e);
    }
  }
}
