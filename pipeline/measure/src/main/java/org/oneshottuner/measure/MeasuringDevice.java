package org.oneshottuner.measure;

import java.util.Iterator;
import java.util.function.Consumer;
import org.oneshottuner.workload.CpuTarget;

/** Something that candidates can be measured on: this host, or a farm. */
public interface MeasuringDevice extends AutoCloseable {

  /** Returns what labels of this device depend on. */
  DeviceFingerprint fingerprint();

  /**
   * Measures every request and hands over each measurement as soon as it is known, in no particular
   * order.
   *
   * <p>Requests are pulled from another thread, only as fast as they are measured, and none before
   * the device is this caller's: it may have to wait for its turn first. A candidate that fails in
   * any way is a measurement with a {@link Outcome.Failed}; every request has exactly one
   * measurement unless this method throws.
   *
   * @param requests may be of many tasks, in any order; never asked again once it has thrown or
   *     ended
   * @param done is called from the calling thread; measuring waits for it
   * @throws InterruptedException if the thread was interrupted; what was finished before has been
   *     handed over, and the rest is given up
   * @throws DeviceException if the device itself fails
   * @throws IllegalArgumentException if a request is for a target that the device is not
   */
  void measure(Iterator<Request> requests, Consumer<Measurement> done) throws InterruptedException;

  /**
   * Returns what a kernel's rate is set against: the most floating-point operations a second that
   * one processor of the device does on vectors of the target's width, measured now. A multiply-add
   * is two.
   *
   * @throws InterruptedException if the thread was interrupted
   * @throws DeviceException if the device itself fails
   */
  double peakFlopsPerSecond(CpuTarget target) throws InterruptedException;

  /** Ends all processes of the device and removes what it built. */
  @Override
  void close();
}
