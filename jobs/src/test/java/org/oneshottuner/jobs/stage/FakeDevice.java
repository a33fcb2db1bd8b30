package org.oneshottuner.jobs.stage;

import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Canary;
import org.oneshottuner.measure.DeviceFingerprint;
import org.oneshottuner.measure.Measurement;
import org.oneshottuner.measure.MeasuringDevice;
import org.oneshottuner.measure.Outcome;
import org.oneshottuner.measure.Protocol;
import org.oneshottuner.measure.Request;
import org.oneshottuner.measure.Visit;
import org.oneshottuner.space.Seeds;
import org.oneshottuner.workload.CpuTarget;

/**
 * A device whose labels are a function of the candidate; one in sixteen fails to build. A second
 * passes with each.
 */
final class FakeDevice implements MeasuringDevice {
  private final AtomicInteger measured = new AtomicInteger();
  private final Runnable eachTime;

  FakeDevice(Runnable eachTime) {
    this.eachTime = eachTime;
  }

  int measured() {
    return measured.get();
  }

  @Override
  public DeviceFingerprint fingerprint() {
    return new DeviceFingerprint("fake", List.of("avx2"), 2, List.of(), "Linux", "gcc");
  }

  @Override
  public void measure(Iterator<Request> requests, Consumer<Measurement> done)
      throws InterruptedException {
    while (requests.hasNext()) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
      Request request = requests.next();
      done.accept(measurement(request));
      measured.incrementAndGet();
      eachTime.run();
    }
  }

  Measurement measurement(Request request) {
    long bits = Seeds.derive(1, request.candidate().key());
    Outcome outcome =
        (bits & 15) == 0
            ? new Outcome.Failed(Outcome.Kind.BUILD_FAILED, "no reason")
            : new Outcome.Timed(
                List.of(
                    new Visit(
                        0,
                        OptionalLong.of(9_000),
                        1,
                        List.of(1_000 + (bits >>> 54), 500L),
                        20,
                        1,
                        new Canary(100, 200)),
                    new Visit(
                        7,
                        OptionalLong.empty(),
                        1,
                        List.of(1_010 + (bits >>> 54), 500L),
                        20,
                        0,
                        new Canary(101, 200))),
                new Canary(100, 200));
    return new Measurement(
        request.candidate(),
        request.draw(),
        fingerprint().id(),
        Protocol.CAREFUL.id(),
        new Measurement.Build(Templates.VERSION, "00", "gcc -O2"),
        outcome,
        Instant.parse("2026-01-01T00:00:00Z").plusSeconds(measured.get()));
  }

  @Override
  public double peakFlopsPerSecond(CpuTarget target) {
    return 1e11;
  }

  @Override
  public void close() {}
}
