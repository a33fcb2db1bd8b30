package org.oneshottuner.jobs.stage;

import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.oneshottuner.measure.Canary;
import org.oneshottuner.measure.DeviceFingerprint;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.MeasuringDevice;
import org.oneshottuner.measure.Outcome;
import org.oneshottuner.measure.Request;
import org.oneshottuner.measure.Visit;
import org.oneshottuner.workload.CpuTarget;

/** A {@link FakeDevice} on which all is timed, and takes as long as it is told to. */
final class SteadyDevice implements MeasuringDevice {
  private final FakeDevice other = new FakeDevice(() -> {});
  private final ToLongFunction<Request> nanos;

  SteadyDevice(ToLongFunction<Request> nanos) {
    this.nanos = nanos;
  }

  Measurement measurement(Request request) {
    Measurement usual = other.measurement(request);
    Visit visit =
        new Visit(
            0,
            OptionalLong.empty(),
            1,
            List.of(nanos.applyAsLong(request)),
            20,
            1,
            new Canary(100, 200));
    return new Measurement(
        usual.candidate(),
        usual.draw(),
        usual.device(),
        usual.protocol(),
        usual.build(),
        new Outcome.Timed(List.of(visit, visit), new Canary(100, 200)),
        usual.when());
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
  public void measure(Iterator<Request> requests, Consumer<Measurement> done)
      throws InterruptedException {
    while (requests.hasNext()) {
      done.accept(measurement(requests.next()));
    }
  }

  @Override
  public void close() {}
}
