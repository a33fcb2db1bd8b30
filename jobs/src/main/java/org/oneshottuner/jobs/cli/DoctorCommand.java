package org.oneshottuner.jobs.cli;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.oneshottuner.jobs.stage.Figures;
import org.oneshottuner.measure.HostCheck;
import org.oneshottuner.measure.LocalDevice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = "Says what this machine lacks for measuring, and what that costs.")
final class DoctorCommand implements Callable<Integer> {
  @Mixin CommonOptions common = new CommonOptions();

  /** What was found. */
  record Findings(boolean usable, List<HostCheck.Finding> findings) implements Figures {
    @Override
    public List<String> lines() {
      return findings.stream()
          .map(
              finding ->
                  String.format(
                      Locale.ROOT,
                      "%-8s %-20s %s%s",
                      finding.grade().name().toLowerCase(Locale.ROOT),
                      finding.want(),
                      finding.found(),
                      finding.cost().isEmpty() ? "" : " - " + finding.cost()))
          .toList();
    }
  }

  @Override
  public Integer call() throws InterruptedException {
    common.checkJson();
    HostCheck check =
        HostCheck.run(LocalDevice.Settings.defaults(System.getenv()), System.getenv());
    common.show(new Findings(check.usable(), check.findings()));
    return check.usable() ? 0 : Failure.FAILED;
  }
}
