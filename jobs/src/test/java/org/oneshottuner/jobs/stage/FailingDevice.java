package org.oneshottuner.jobs.stage;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.oneshottuner.measure.DeviceFingerprint;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.MeasuringDevice;
import org.oneshottuner.measure.Outcome;
import org.oneshottuner.measure.Request;
import org.oneshottuner.workload.CpuTarget;

/** A {@link FakeDevice} on which a request fails as it is told to. */
final class FailingDevice implements MeasuringDevice {
  private final FakeDevice other = new FakeDevice(() -> {});
  private final List<Request> asked = new ArrayList<>();
  private final Function<Request, Optional<Outcome.Failed>> failures;

  FailingDevice(Function<Request, Optional<Outcome.Failed>> failures) {
    this.failures = failures;
  }

  /** Returns all requests so far, in their order. */
  List<Request> asked() {
    return List.copyOf(asked);
  }

  @Override
  public DeviceFingerprint fingerprint() {
    return other.fingerprint();
  }

  @Override
  public double peakFlopsPerSecond(CpuTarget target) {
    return other.peakFlopsPerSecond(target);
  }

  @Override
  public void measure(Iterator<Request> requests, Consumer<Measurement> done) {
    while (requests.hasNext()) {
      Request request = requests.next();
      Measurement usual = other.measurement(request);
      Optional<Outcome.Failed> failure = failures.apply(request);
      asked.add(request);
      done.accept(
          new Measurement(
              usual.candidate(),
              usual.draw(),
              usual.device(),
              usual.protocol(),
              usual.build(),
              failure.isPresent() ? failure.get() : usual.outcome(),
              usual.when()));
    }
  }

  @Override
  public void close() {}
}
