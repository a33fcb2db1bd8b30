package org.oneshottuner.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.measure.Outcome.Failed;
import org.oneshottuner.measure.Outcome.Kind;
import org.oneshottuner.measure.Outcome.Timed;
import org.oneshottuner.measure.TaskValues.Numbers;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.workload.CpuTarget;

@Timeout(120)
class LocalDeviceTest {
  private static final Draw DRAW = Draw.chosen("test");

  private final Path folder;

  LocalDeviceTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static Request request(String kernel, int number) {
    return new Request(HandKernels.candidate(kernel, number), DRAW);
  }

  private static List<Request> good(int from, int count) {
    return IntStream.range(from, from + count).mapToObj(number -> request("good", number)).toList();
  }

  private static Found measure(LocalDevice device, List<Request> requests)
      throws InterruptedException {
    Map<String, Measurement> found = new TreeMap<>();
    device.measure(
        requests.iterator(),
        measurement -> {
          Optional<Measurement> twice =
              Optional.ofNullable(found.put(name(measurement.candidate()), measurement));
          assertTrue(twice.isEmpty(), () -> "measured twice: " + twice);
        });
    return new Found(found);
  }

  /** Measurements by the kernel's name. */
  private record Found(Map<String, Measurement> byName) {
    Measurement of(String name) {
      return Optional.ofNullable(byName.get(name))
          .orElseThrow(() -> new AssertionError("no " + name + " in " + byName.keySet()));
    }
  }

  private static String name(Candidate candidate) {
    return candidate.schedule().template() + "_" + candidate.schedule().number("number");
  }

  private static Optional<Timed> timed(Outcome outcome) {
    return outcome.fold(Optional::of, failed -> Optional.empty());
  }

  private static Optional<Failed> failed(Outcome outcome) {
    return outcome.fold(timed -> Optional.empty(), Optional::of);
  }

  private static void assertTimed(Measurement measurement) {
    Outcome outcome = measurement.outcome();
    assertTrue(timed(outcome).isPresent(), outcome::toString);
  }

  /** The kinds of failure that each bad kernel must become, in one run with good ones around it. */
  private static final Map<String, Kind> BAD =
      Map.ofEntries(
          Map.entry("crashes", Kind.CRASHED),
          Map.entry("traps", Kind.CRASHED),
          Map.entry("hangs", Kind.TIMED_OUT),
          Map.entry("blocks_signals", Kind.TIMED_OUT),
          Map.entry("reads_after_input", Kind.OUT_OF_BOUNDS),
          Map.entry("reads_before_input", Kind.OUT_OF_BOUNDS),
          Map.entry("reads_far_after_packed", Kind.OUT_OF_BOUNDS),
          Map.entry("writes_after_output", Kind.OUT_OF_BOUNDS),
          Map.entry("writes_before_output", Kind.OUT_OF_BOUNDS),
          Map.entry("writes_after_workspace", Kind.OUT_OF_BOUNDS),
          Map.entry("writes_input", Kind.OUT_OF_BOUNDS),
          Map.entry("writes_packed", Kind.OUT_OF_BOUNDS),
          Map.entry("exits", Kind.CRASHED),
          Map.entry("closes", Kind.CRASHED),
          Map.entry("prints", Kind.CRASHED),
          Map.entry("overflows_stack", Kind.CRASHED),
          Map.entry("wrong", Kind.WRONG_OUTPUT),
          Map.entry("empty", Kind.WRONG_OUTPUT),
          Map.entry("wrong_when_cut", Kind.WRONG_OUTPUT),
          Map.entry("infinite", Kind.WRONG_OUTPUT),
          Map.entry("missing", Kind.LOAD_FAILED),
          Map.entry("fails_to_compile", Kind.BUILD_FAILED),
          Map.entry("compile_bomb", Kind.BUILD_FAILED),
          Map.entry("unknown_to_the_generator", Kind.BUILD_FAILED));

  @Test
  void moreMemoryHoldsMoreKernels() {
    assertEquals(2L << 30, LocalDevice.Settings.memoryBytes(0));
    assertEquals(6L << 30, LocalDevice.Settings.memoryBytes(24L << 30));
    assertEquals(8L << 30, LocalDevice.Settings.memoryBytes(1L << 40));
    assertTrue(Host.memoryBytes() > 1L << 30);
  }

  @Test
  void thePeakIsThatOfTheTargetsVectors() throws InterruptedException {
    try (LocalDevice device = TestDevice.open(folder, new HandKernels())) {
      double narrow = device.peakFlopsPerSecond(CpuTarget.AVX2);
      // from one multiply-add of eight floats a nanosecond to two of sixteen at 8 GHz
      assertTrue(narrow > 16e9 && narrow < 512e9, () -> "peak is " + narrow);
      double wide = device.peakFlopsPerSecond(CpuTarget.AVX512);
      assertTrue(
          !Host.read().runs(CpuTarget.AVX512) || wide > 0.8 * narrow,
          () -> wide + " with 64 bytes, " + narrow + " with 32");
    }
  }

  @Test
  void badKernelsFailEachInTheirWayAndSpoilNoOther() throws InterruptedException {
    List<Request> requests = new ArrayList<>(good(0, 8));
    BAD.keySet().stream().sorted().forEach(kernel -> requests.add(request(kernel, 0)));
    requests.addAll(good(8, 8));
    try (LocalDevice device = TestDevice.open(folder, new HandKernels())) {
      Found found = measure(device, requests);
      Map<String, Kind> kinds = new TreeMap<>();
      List<String> details = new ArrayList<>();
      found
          .byName()
          .forEach(
              (name, measurement) ->
                  failed(measurement.outcome())
                      .ifPresent(
                          failure -> {
                            kinds.put(name.replaceAll("_0$", ""), failure.kind());
                            details.add("\n" + name + ": " + failure.detail());
                          }));
      assertEquals(new TreeMap<>(BAD), kinds, details::toString);
      assertEquals(requests.size(), found.byName().size());
      IntStream.range(0, 16).forEach(number -> assertTimed(found.of("good_" + number)));
    }
  }

  @Test
  void kernelsThatTurnBadWhileTheyAreTimedSpoilNoOther() throws InterruptedException {
    List<Request> requests = new ArrayList<>(good(0, 4));
    for (String kernel :
        List.of("crashes_later", "hangs_later", "exits_later", "closes_later", "prints_later")) {
      requests.add(request(kernel, 0));
    }
    requests.addAll(good(4, 4));
    try (LocalDevice device = TestDevice.open(folder, new HandKernels())) {
      Found found = measure(device, requests);
      Function<String, Optional<Kind>> kind =
          name -> failed(found.of(name + "_0").outcome()).map(Failed::kind);
      assertEquals(Optional.of(Kind.CRASHED), kind.apply("crashes_later"));
      assertEquals(Optional.of(Kind.TIMED_OUT), kind.apply("hangs_later"));
      assertEquals(Optional.of(Kind.CRASHED), kind.apply("exits_later"));
      assertFalse(kind.apply("closes_later").isEmpty());
      assertTimed(found.of("prints_later_0")); // nobody hears it
      IntStream.range(0, 8).forEach(number -> assertTimed(found.of("good_" + number)));
    }
  }

  @Test
  void aKernelThatDiesKeepsTheVisitsThatItHad() throws InterruptedException {
    Protocol apart =
        new Protocol(
            6,
            6,
            6,
            Duration.ofMillis(1),
            Duration.ofMillis(40),
            Duration.ofMillis(10),
            0.02,
            Duration.ofMillis(400));
    try (LocalDevice device = TestDevice.open(folder, new HandKernels(), apart, Numbers.UNIFORM)) {
      Outcome outcome =
          measure(device, List.of(request("crashes_in_a_later_visit", 0)))
              .of("crashes_in_a_later_visit_0")
              .outcome();
      assertEquals(Optional.of(Kind.CRASHED), failed(outcome).map(Failed::kind));
      List<Visit> visits = outcome.visits();
      assertTrue(visits.size() >= 1 && visits.size() < 6, outcome::toString);
      assertTrue(visits.stream().allMatch(visit -> visit.runs() > 0), outcome::toString);
    }
  }

  /** What one call leaves in the timing process must not be taken for a kernel of the next. */
  @Test
  void aCallMeasuresItsOwnKernelsAndNoneOfTheCallBefore() throws InterruptedException {
    try (LocalDevice device = TestDevice.open(folder, new HandKernels())) {
      assertTimed(measure(device, good(7, 1)).of("good_7"));
      Outcome later =
          measure(device, List.of(request("crashes_later", 0))).of("crashes_later_0").outcome();
      assertEquals(Optional.of(Kind.CRASHED), failed(later).map(Failed::kind), later::toString);
    }
  }

  @Test
  void everyVisitIsKeptAndTheRowIsComplete() throws InterruptedException {
    try (LocalDevice device = TestDevice.open(folder, new HandKernels())) {
      Measurement measurement = measure(device, good(7, 1)).of("good_7");
      assertEquals(HandKernels.candidate("good", 7), measurement.candidate());
      assertEquals(DRAW, measurement.draw());
      assertEquals(device.fingerprint().id(), measurement.device());
      assertEquals(TestDevice.PROTOCOL.id(), measurement.protocol());
      assertEquals("hand-1", measurement.build().codegenVersion());
      assertEquals(64, measurement.build().sourceSha256().length());
      assertTrue(measurement.build().toolchain().endsWith("-march=x86-64"));
      assertEquals(TestDevice.NOW, measurement.when());
      Timed timed = timed(measurement.outcome()).orElseThrow();
      assertTrue(timed.visits().size() >= 3, timed::toString);
      Label label = Label.of(timed);
      assertTrue(label.warmNanos() > 100 && label.warmNanos() < 1e6, label::toString);
      assertTrue(label.coldNanos().orElseThrow() > 100, label::toString);
    }
  }

  @Test
  void visitsKeepTheirDistanceWhereMemoryIsShort() throws InterruptedException {
    long room = 1 << 20; // for fewer kernels than there are
    try (LocalDevice device =
        TestDevice.open(folder, new HandKernels(), TestDevice.PROTOCOL, Numbers.UNIFORM, room)) {
      long spacing = TestDevice.PROTOCOL.spacing().toMillis();
      for (Measurement measurement : measure(device, good(0, 40)).byName().values()) {
        List<Visit> visits = timed(measurement.outcome()).orElseThrow().visits();
        for (int i = 1; i < visits.size(); i++) {
          long distance = visits.get(i).offsetMillis() - visits.get(i - 1).offsetMillis();
          assertTrue(distance >= spacing - 1, () -> "visits of " + measurement);
        }
      }
    }
  }

  @Test
  void parallelKernelsAreTimedWithAllTheirThreads() throws InterruptedException {
    try (LocalDevice device = TestDevice.open(folder, new HandKernels())) {
      int threads = Math.min(2, Host.read().cpus().size());
      Request parallel = new Request(HandKernels.candidate("good", 1, threads), DRAW);
      assertTimed(measure(device, List.of(parallel)).of("good_1"));
      assertTimed(measure(device, good(0, 1)).of("good_0"));
    }
  }

  @Test
  void runnersKilledFromOutsideAreReplacedAndNoKernelIsBlamed() throws InterruptedException {
    AtomicInteger kills = new AtomicInteger();
    try (LocalDevice device = TestDevice.open(folder, new HandKernels())) {
      List<Request> requests = good(0, 64);
      Iterator<Request> killing =
          new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
              return next < requests.size();
            }

            @Override
            public Request next() {
              if (next % 24 == 23) {
                for (long pid : device.runnerPids()) {
                  ProcessHandle.of(pid)
                      .ifPresent(process -> kills.addAndGet(process.destroyForcibly() ? 1 : 0));
                }
              }
              return requests.get(next++);
            }
          };
      List<Measurement> found = new ArrayList<>();
      device.measure(killing, found::add);
      assertTrue(kills.get() > 0);
      assertEquals(64, found.size());
      found.forEach(LocalDeviceTest::assertTimed);
    }
  }

  @Test
  void anInterruptStopsQuicklyAndKeepsWhatIsFinished() throws InterruptedException {
    List<Measurement> found = new ArrayList<>();
    Iterator<Request> endless =
        Stream.iterate(0, number -> number + 1).map(number -> request("good", number)).iterator();
    try (LocalDevice device = TestDevice.open(folder, new HandKernels())) {
      assertThrows(
          InterruptedException.class,
          () ->
              device.measure(
                  endless,
                  measurement -> {
                    found.add(measurement);
                    if (found.size() == 3) {
                      Thread.currentThread().interrupt();
                    }
                  }));
      assertFalse(Thread.interrupted());
      assertTrue(found.size() >= 3);
      found.forEach(LocalDeviceTest::assertTimed);
      assertEquals(List.of(), device.runnerPids());
      assertTimed(measure(device, good(0, 1)).of("good_0")); // and the device is as good as new
    }
  }

  @Test
  void anInterruptReachesADeviceThatWaitsForRequests() throws InterruptedException {
    CountDownLatch asked = new CountDownLatch(1);
    Iterator<Request> stuck =
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            asked.countDown();
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return false;
          }

          @Override
          public Request next() {
            throw new java.util.NoSuchElementException();
          }
        };
    List<Exception> thrown = Collections.synchronizedList(new ArrayList<>());
    try (LocalDevice device = TestDevice.open(folder, new HandKernels())) {
      Thread measuring =
          new Thread(
              () -> {
                try {
                  device.measure(stuck, measurement -> {});
                } catch (InterruptedException e) {
                  thrown.add(e);
                }
              });
      measuring.start();
      assertTrue(asked.await(20, TimeUnit.SECONDS));
      measuring.interrupt();
      measuring.join(20_000);
      assertFalse(measuring.isAlive());
      assertEquals(1, thrown.size());
    }
  }

  @Test
  void whatTheRequestsThrowIsThrown() throws InterruptedException {
    Iterator<Request> broken =
        Stream.of(0)
            .<Request>map(
                number -> {
                  throw new IllegalStateException("no more");
                })
            .iterator();
    try (LocalDevice device = TestDevice.open(folder, new HandKernels())) {
      Exception e =
          assertThrows(
              IllegalStateException.class, () -> device.measure(broken, measurement -> {}));
      assertEquals("no more", e.getMessage());
    }
  }

  @Test
  void thisProgramMayUseAllProcessorsAgainAfterwards() throws InterruptedException {
    List<Integer> before = Host.read().cpus();
    List<List<Integer>> during = Collections.synchronizedList(new ArrayList<>());
    try (LocalDevice device = TestDevice.open(folder, new HandKernels())) {
      device.measure(good(0, 1).iterator(), measurement -> during.add(Host.read().cpus()));
    }
    assertEquals(before, Host.read().cpus());
    if (before.size() > 1) {
      assertEquals(before.subList(0, before.size() - 1), during.get(0));
    }
  }

  @Test
  void nothingIsLeftOnDisk() throws InterruptedException, IOException {
    try (LocalDevice device = TestDevice.open(folder, new HandKernels())) {
      assertEquals(
          3,
          measure(
                  device,
                  List.of(request("good", 0), request("wrong", 0), request("fails_to_compile", 0)))
              .byName()
              .size());
      try (Stream<Path> left = Files.walk(folder)) {
        assertEquals(List.of(), left.filter(Files::isRegularFile).toList());
      }
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(0, left.count());
    }
  }
}
