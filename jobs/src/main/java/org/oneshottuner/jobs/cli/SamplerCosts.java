package org.oneshottuner.jobs.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.oneshottuner.jobs.stage.SampleFigures;
import org.oneshottuner.jobs.storage.AtomicFile;
import org.oneshottuner.report.Figures.SamplerCost;

/**
 * What the rounds of a run's sample cost, kept beside it for the report: a stage that comes later
 * cannot tell. Of a run that is not on this machine nothing is kept.
 */
final class SamplerCosts {
  private static final String FOLDER = "sample/costs";
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
    List<SamplerCost> costs = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(one -> one.toString().endsWith(".json")).sorted().toList()) {
        costs.add(
            MAPPER.readValue(Files.readString(file, StandardCharsets.UTF_8), Round.class).cost());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + folder + ": " + e.getMessage(), e);
    }
    return costs;
  }
}
