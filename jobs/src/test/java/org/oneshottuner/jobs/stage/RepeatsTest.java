package org.oneshottuner.jobs.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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

  private static List<Request> all(Repeats repeats) {
    List<Request> all = new ArrayList<>();
    repeats.forEachRemaining(all::add);
    return all;
  }

  private static boolean again(Request request) {
    return request.draw().sampler().equals(MeasureJob.REPEAT);
  }

  @Test
  void repeatsAreSpreadAndComeLongAfterTheFirstTime() {
    List<Request> requests = requests(0, 400);
    List<Request> all = all(new Repeats(requests, List.of(), 5, Duration.ofHours(1), () -> 0));

    assertEquals(405, all.size());
    Set<String> repeated = new HashSet<>();
    List<Integer> places = new ArrayList<>();
    for (int place = 0; place < all.size(); place++) {
      if (again(all.get(place))) {
        places.add(place);
        String key = all.get(place).candidate().key();
        assertTrue(repeated.add(key), key + " is repeated twice");
        int first = all.stream().map(request -> request.candidate().key()).toList().indexOf(key);
        assertTrue(place - first >= 100, place + " repeats " + first);
      }
    }
    assertEquals(5, places.size());
    assertTrue(places.get(1) - places.get(0) > 30, () -> "repeats come at " + places);
    assertTrue(places.get(4) > 300, () -> "repeats come at " + places);
  }

  @Test
  void aBudgetThatEndsEarlyHasItsRepeatsToo() {
    long[] nanos = {0};
    Repeats repeats =
        new Repeats(requests(0, 1000), List.of(), 4, Duration.ofMinutes(5), () -> nanos[0]);
    int again = 0;
    for (; nanos[0] < 300_000_000_000L; nanos[0] += 1_000_000_000L) {
      again += again(repeats.next()) ? 1 : 0;
    }

    assertEquals(4, again);
  }

  @Test
  void whatIsKnownIsRepeatedWhereNothingIsLeftToMeasure() {
    List<Request> all =
        all(new Repeats(List.of(), requests(0, 3), 2, Duration.ofHours(1), () -> 0));

    assertEquals(2, all.stream().filter(RepeatsTest::again).count());
    assertEquals(2, all.size());
    assertTrue(all(new Repeats(List.of(), List.of(), 9, Duration.ofHours(1), () -> 0)).isEmpty());
  }
}
