package org.oneshottuner.jobs.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.oneshottuner.jobs.stage.SampleFigures;
import org.oneshottuner.jobs.storage.AtomicFile;
import org.oneshottuner.jobs.storage.Place;
import org.oneshottuner.report.Figures.SamplerCost;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the rounds of a run's sample cost, kept beside it for the report: a stage that comes later
 * cannot tell. Of a run that is not on this machine nothing is kept.
 */
final class SamplerCosts {
  private static final String FOLDER = "sample/costs";
  private static final Logger LOG = LoggerFactory.getLogger(SamplerCosts.class);
  private static final JsonMapper MAPPER = new JsonMapper();

  private SamplerCosts() {}

  /**
   * A round.
   *
   * @param sampler its name
   * @param round its number
   * @param members that were looked at
   * @param coreSeconds that took
   * @param scoreSeconds of featurising and scoring, of those; 0 if nothing was scored
   */
  record Round(String sampler, int round, long members, double coreSeconds, double scoreSeconds) {
    private SamplerCost cost() {
      return new SamplerCost(
          sampler + " " + round,
          members,
          coreSeconds,
          scoreSeconds > 0 ? OptionalDouble.of(members / scoreSeconds) : OptionalDouble.empty());
    }
  }

  /** Keeps what a round cost, unless it was there already. */
  static void keep(RunFolder run, SampleFigures sampled) {
    if (run.remote() || sampled.members() == 0) {
      return;
    }
    OptionalDouble rate = sampled.scoredPerSecondAndCore();
    Round round =
        new Round(
            sampled.sampler(),
            sampled.round(),
            sampled.members(),
            sampled.coreSeconds(),
            rate.isPresent() ? sampled.members() / rate.getAsDouble() : 0);
    Path file =
        run.local(FOLDER, "--run")
            .resolve(String.format(Locale.ROOT, "round-%04d.json", sampled.round()));
    AtomicFile.write(file, FiguresJson.bytes(round));
  }

  /** Returns what the rounds cost, as far as that was kept, in their order. */
  static List<SamplerCost> of(RunFolder run) {
    if (run.remote() || !Files.isDirectory(run.local(FOLDER, "--run"))) {
      return List.of();
    }
    Path folder = run.local(FOLDER, "--run");
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".json"))
          .sorted()
          .flatMap(file -> read(file).stream())
          .map(Round::cost)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + folder + ": " + Place.reason(e), e);
    }
  }

  /** Returns a round; none if its file is damaged, for the sake of which no report is held up. */
  private static Optional<Round> read(Path file) {
    try {
      return Optional.of(MAPPER.readValue(file.toFile(), Round.class));
    } catch (IOException e) {
      LOG.warn("The report leaves out what a round of sampling cost: {} is damaged", file);
      return Optional.empty();
    }
  }
}
