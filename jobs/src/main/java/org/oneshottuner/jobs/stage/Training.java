package org.oneshottuner.jobs.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.oneshottuner.compile.OneShotTuner;
import org.oneshottuner.jobs.storage.AtomicFile;
import org.oneshottuner.jobs.storage.Digests;
import org.oneshottuner.train.LearningCurve;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What training leaves beside a model for its evaluation.
 *
 * @param model digest of the model's file, so that none is taken for another's
 * @param seed that the model was trained with
 * @param others the same learner on the same labels with other seeds; they do not ship
 * @param curves how the score grew with labels
 */
public record Training(String model, long seed, List<Other> others, List<LearningCurve> curves) {
  private static final String FILE = "training.json";
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Logger LOG = LoggerFactory.getLogger(Training.class);

  /** Of a model of which nothing more is known. */
  private static final Training UNKNOWN = new Training("", 0, List.of(), List.of());

  /**
   * A model of another seed.
   *
   * @param seed of its training
   * @param file beside the model that ships
   * @param digest of that file
   */
  public record Other(long seed, String file, String digest) {}

  /** Copies the lists. */
  public Training {
    others = List.copyOf(others);
    curves = List.copyOf(curves);
  }

  /** Writes it beside a model. */
  void write(Path folder) {
    try {
      String text = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
      AtomicFile.write(folder.resolve(FILE), text.getBytes(StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write " + FILE + ": " + e.getOriginalMessage(), e);
    }
  }

  /**
   * Reads what lies beside a model; of a model that was moved away from it, or trained anew
   * elsewhere, nothing is known.
   *
   * @throws IllegalArgumentException if it is no such file
   */
  public static Training beside(Path model) {
    Path file = model.resolveSibling(FILE);
    if (!Files.isReadable(file)) {
      LOG.info("The learning curve of {} is not known: there is no {}", model, file);
      return UNKNOWN;
    }
    try {
      Training training = MAPPER.readValue(file.toFile(), Training.class);
      if (!training.model().equals(digest(model))) {
        LOG.info("The learning curve of {} is not known: {} is another model's", model, file);
        return UNKNOWN;
      }
      return training;
    } catch (IOException e) {
      throw new IllegalArgumentException("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Loads the models of other seeds.
   *
   * @param model the one that ships
   * @throws IllegalArgumentException if one is missing or altered
   */
  public List<Seeded> seeded(Path model) {
    List<Seeded> all = new ArrayList<>();
    for (Other other : others) {
      Path file = model.resolveSibling(other.file());
      if (!Files.isReadable(file) || !digest(file).equals(other.digest())) {
        throw new IllegalArgumentException(
            "Cannot judge seed "
                + other.seed()
                + ": "
                + file
                + " is not the model that was trained beside "
                + model
                + ", train again");
      }
      all.add(new Seeded(other.seed(), OneShotTuner.load(file)));
    }
    return all;
  }

  /**
   * A model.
   *
   * @param seed of its training
   * @param tuner that picks by it
   */
  public record Seeded(long seed, OneShotTuner tuner) {}

  private static String digest(Path file) {
    try {
      return Digests.of(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }
}
