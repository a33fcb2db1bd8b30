package org.oneshottuner.jobs.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.oneshottuner.lower.Templates;
import org.oneshottuner.measure.Draw;
import org.oneshottuner.measure.Request;
import org.oneshottuner.space.Candidate;
import org.oneshottuner.space.ScheduleSpace;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;
import org.oneshottuner.workload.Workload;

final class RepeatsTest {
  private static final TuningTask TASK =
      new TuningTask(
          Workload.parse("conv2d n=1 c=64 h=28 w=28 k=64 r=3 s=3 pad=1 layout=nchw16c"),
          CpuTarget.AVX512,
          1);

  private static List<Request> requests(int from, int count) {
    ScheduleSpace space = Templates.space(TASK);
    return IntStream.range(from, from + count)
        .mapToObj(
            member ->
                new Request(new Candidate(TASK, space.at(member)), new Draw("uniform", 0, 1, 1, 1)))
        .toList();
  }

  /** What a device is given that takes some requests ahead of its measurements. */
  private static List<Request> all(Repeats repeats, int ahead, Predicate<Request> fails) {
    List<Request> all = new ArrayList<>();
    while (repeats.hasNext()) {
      all.add(repeats.next());
      if (all.size() > ahead) {
        measured(repeats, all.get(all.size() - 1 - ahead), fails);
      }
    }
    all.subList(Math.max(0, all.size() - ahead), all.size())
        .forEach(request -> measured(repeats, request, fails));
    all.addAll(repeats.rest());
    return all;
  }

  private static void measured(Repeats repeats, Request request, Predicate<Request> fails) {
    if (!again(request) && !fails.test(request)) {
      repeats.timed(request.candidate());
    }
  }

  private static boolean again(Request request) {
    return request.draw().sampler().equals(MeasureJob.REPEAT);
  }

  /** Returns where requests are repeated; each once, and later than it came first by so many. */
  private static List<Integer> places(List<Request> all, int apart) {
    Set<String> repeated = new HashSet<>();
    List<Integer> places = new ArrayList<>();
    List<String> keys = all.stream().map(request -> request.candidate().key()).toList();
    for (int place = 0; place < all.size(); place++) {
      if (again(all.get(place))) {
        places.add(place);
        String key = keys.get(place);
        assertTrue(repeated.add(key), key + " is repeated twice");
        assertTrue(place - keys.indexOf(key) >= apart, place + " repeats " + keys.indexOf(key));
      }
    }
    return places;
  }

  @Test
  void repeatsAreSpreadAndComeLongAfterTheFirstTime() {
    List<Request> requests = requests(0, 400);
    Repeats repeats = new Repeats(requests, List.of(), 5, Duration.ofHours(1), () -> 0);
    List<Request> all = all(repeats, 64, request -> false);

    assertEquals(405, all.size());
    List<Integer> places = places(all, 100);
    assertEquals(5, places.size());
    assertTrue(places.get(1) - places.get(0) > 30, () -> "repeats come at " + places);
    assertTrue(places.get(4) > 300, () -> "repeats come at " + places);
  }

  @Test
  void fewRequestsHaveTheirRepeatsSpreadToo() {
    Repeats repeats = new Repeats(requests(0, 40), List.of(), 8, Duration.ofHours(1), () -> 0);
    List<Integer> places = places(all(repeats, 4, request -> false), 10);

    assertEquals(8, places.size());
    assertTrue(places.get(0) < 20, () -> "repeats come at " + places);
    assertTrue(places.get(4) < 35, () -> "repeats come at " + places);
  }

  @Test
  void requestsThatAreTakenAllAtOnceHaveTheirRepeatsInTheEnd() {
    Repeats repeats = new Repeats(requests(0, 40), List.of(), 3, Duration.ofHours(1), () -> 0);
    List<Integer> places = places(all(repeats, 64, request -> false), 1);

    assertEquals(List.of(40, 41, 42), places);
  }

  @Test
  void whatFailedIsNotRepeated() {
    List<Request> requests = requests(0, 300);
    Set<Request> good = Set.copyOf(requests.subList(7, 10));
    Repeats repeats = new Repeats(requests, List.of(), 9, Duration.ofHours(1), () -> 0);
    List<Request> again =
        all(repeats, 16, request -> !good.contains(request)).stream()
            .filter(RepeatsTest::again)
            .toList();

    assertEquals(
        good.stream().map(Request::candidate).collect(Collectors.toSet()),
        again.stream().map(Request::candidate).collect(Collectors.toSet()));
    assertEquals(3, again.size());
  }

  @Test
  void aBudgetThatEndsEarlyHasItsRepeatsToo() {
    long[] nanos = {0};
    Repeats repeats =
        new Repeats(requests(0, 1000), List.of(), 4, Duration.ofMinutes(5), () -> nanos[0]);
    int again = 0;
    for (; nanos[0] < 300_000_000_000L; nanos[0] += 1_000_000_000L) {
      Request request = repeats.next();
      measured(repeats, request, other -> false);
      again += again(request) ? 1 : 0;
    }

    assertEquals(4, again);
  }

  @Test
  void whatIsKnownIsRepeatedWhereNothingIsLeftToMeasure() {
    Repeats known = new Repeats(List.of(), requests(0, 3), 2, Duration.ofHours(1), () -> 0);
    List<Request> all = all(known, 0, request -> false);

    assertEquals(2, all.stream().filter(RepeatsTest::again).count());
    assertEquals(2, all.size());
    Repeats nothing = new Repeats(List.of(), List.of(), 9, Duration.ofHours(1), () -> 0);
    assertTrue(all(nothing, 0, request -> false).isEmpty());
  }
}
