package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.oneshottuner.export.ModelSigner;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.stage.ExportJob;
import org.oneshottuner.jobs.storage.Place;
import org.oneshottuner.predict.Release;
import org.oneshottuner.predict.TrustedKey;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = "Freezes a trained booster anew, proves both equal to the bit, and writes it.")
final class ExportCommand implements Callable<Integer> {
  @Mixin CommonOptions common = new CommonOptions();
  @Mixin ModelOptions model = new ModelOptions();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "The frozen model to write.")
  Path output = Path.of("");

  @Option(
      names = "--release",
      paramLabel = "N",
      defaultValue = "0",
      description = "Its number, greater than that of every model released before; default: none.")
  int release;

  @Option(
      names = "--expires",
      paramLabel = "DATE",
      description = "The day (UTC) from which on policies may refuse it, such as 2027-06-30.")
  Optional<String> expires = Optional.empty();

  @Option(
      names = "--sign",
      paramLabel = "KEY",
      arity = "2",
      description =
          "Signs it by a private Ed25519 key and its public one (PEM); twice for two pairs, while"
              + " keys change.")
  List<Path> keys = new ArrayList<>();

  @Override
  public Integer call() {
    Settings settings = common.settings();
    common.checkJson();
    Place.mustTakeFile(output, "Cannot write the model to " + output);
    Release as = new Release(release, expires.map(ExportCommand::begin));
    List<ModelSigner> signers = signers();
    common.show(ExportJob.run(model.file(common, settings), output, as, signers));
    return 0;
  }

  private List<ModelSigner> signers() {
    List<ModelSigner> signers = new ArrayList<>();
    for (int i = 0; i + 1 < keys.size(); i += 2) {
      Path secret = keys.get(i);
      Path open = keys.get(i + 1);
      signers.add(
          ModelSigner.parse(
              PolicyOptions.pem(secret),
              secret.toString(),
              TrustedKey.parse(PolicyOptions.pem(open), open.toString())));
    }
    return signers;
  }

  /** Returns when a day begins. */
  private static Instant begin(String day) {
    try {
      return LocalDate.parse(day).atStartOfDay(ZoneOffset.UTC).toInstant();
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "Cannot release a model until '" + day + "': expected a day such as 2027-06-30", e);
    }
  }
}
