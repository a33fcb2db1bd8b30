package org.oneshottuner.jobs.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.oneshottuner.jobs.conf.Settings;
import org.oneshottuner.jobs.stage.Measuring;
import org.oneshottuner.measure.MeasuringDevice;
import picocli.CommandLine.Option;

/** What all commands understand that have settings. */
final class CommonOptions extends SparkOptions {
  private static final String RUN = "--run";

  @Option(
      names = "--conf",
      paramLabel = "FILE",
      description = "Settings; what it leaves out keeps its default.")
  Optional<Path> conf = Optional.empty();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Overrides one setting; may be given several times.")
  List<String> overrides = new ArrayList<>();

  @Option(
      names = RUN,
      paramLabel = "DIR",
      description =
          "The run's folder, file: or hdfs:. By default quickstart begins a new one, data/runs/"
              + "CAMPAIGN-TIME; so does sample, unless the newest has no sample yet; the other"
              + " stages take the campaign's newest; tune keeps its labels in data/runs/tune.")
  Optional<String> run = Optional.empty();

  private Optional<RunFolder> settled = Optional.empty();

  /** Returns the settings in force. */
  Settings settings() {
    return Settings.read(conf.stream().toList(), overrides);
  }

  /** Makes this machine ready to measure for a run. */
  Measuring measuring(Settings settings, RunFolder run) throws InterruptedException {
    MeasuringDevice device = Measuring.host(settings, WallClock.utc(), System.getenv());
    boolean taken = false;
    try {
      Measuring measuring =
          new Measuring(spark(), settings, device, run.measurements(), WallClock.utc());
      taken = true;
      return measuring;
    } finally {
      if (!taken) {
        device.close();
      }
    }
  }

  /** Returns the run that is named, or else a new one, whose folder it makes. */
  RunFolder begin(Settings settings) {
    return settle(run.orElseGet(() -> runs(settings.campaign()).begin(WallClock.utc()).toString()));
  }

  /**
   * Returns the run that is named, or else the campaign's newest.
   *
   * @throws IllegalArgumentException if it is not there
   */
  RunFolder existing(Settings settings) {
    if (run.isPresent()) {
      RunFolder named = settle(run.get());
      named.mustBeThere("Cannot go on with run " + run.get());
      return named;
    }
    Path place = runs(settings.campaign()).place();
    return settle(
        newest(settings)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "Cannot find a run of campaign "
                            + settings.campaign()
                            + " in "
                            + shown(place.toString())
                            + ": sample begins one, "
                            + RUN
                            + " names one")));
  }

  /** Returns the run that was begun last, if any was. */
  Optional<String> newest(Settings settings) {
    return runs(settings.campaign()).newest().map(Path::toString);
  }

  /** Returns the run that is named, or else the one of this name, which many commands share. */
  RunFolder shared(String name) {
    return settle(run.orElseGet(() -> runs(name).place().resolve(name).toString()));
  }

  RunFolder settle(String location) {
    RunFolder folder = new RunFolder(location);
    settled = Optional.of(folder);
    return folder;
  }

  private static Runs runs(String campaign) {
    return new Runs(home().resolve("data/runs"), campaign);
  }

  /** Prints where the run lies. */
  void sayRun() {
    settled.ifPresent(folder -> out().println("run " + shown(folder.location())));
    out().flush();
  }

  /** Returns the command line that goes on with this run; empty if none is begun. */
  Optional<String> resumption() {
    return settled.map(
        folder -> {
          StringBuilder line = new StringBuilder(System.getProperty("oneshot.command", "oneshot"));
          for (String word : spec.root().commandLine().getParseResult().originalArgs()) {
            line.append(' ').append(quoted(word));
          }
          if (run.isEmpty()) {
            line.append(' ').append(RUN).append(' ').append(quoted(shown(folder.location())));
          }
          return line.toString();
        });
  }

  /** Returns a path as seen from the working folder, if it lies below it. */
  private static String shown(String location) {
    Path here = Path.of("").toAbsolutePath();
    return location.startsWith(here + "/")
        ? location.substring(here.toString().length() + 1)
        : location;
  }

  private static String quoted(String word) {
    return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  /** Returns the top of the repository: where the launcher says it is, or here. */
  static Path home() {
    return Path.of(System.getProperty("oneshot.home", ""));
  }
}
