package org.oneshottuner.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.oneshottuner.measure.Contender.Product;
import org.oneshottuner.measure.Outcome.Failed;
import org.oneshottuner.measure.Outcome.Kind;
import org.oneshottuner.workload.CpuTarget;
import org.oneshottuner.workload.TuningTask;

/** Contests with a peer written by hand: a dense product, with threads of its own if asked for. */
@Timeout(120)
class ContestTest {
  private static final String ADAPTER =
      """
      #include <pthread.h>
      #include <sched.h>
      #include <semaphore.h>
      #include <stdatomic.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <time.h>
      #include "library.h"
      #include "runner.h"

      struct state { const struct task *task; char variant[16]; int threads; const float *in; };

      static sem_t job;
      static _Atomic long done;
      static _Atomic int awake;
      static struct state *working;
      static const float *input;
      static float *output;

      static void rows(const struct state *state, long from, long to) {
        const struct task *task = state->task;
        for (long m = from; m < to; m++) {
          for (long n = 0; n < task->n; n++) {
            float sum = 0;
            for (long k = 0; k < task->k; k++) sum += input[m * task->k + k] * task->weight.floats[n * task->k + k];
            output[m * task->n + n] = strcmp(state->variant, "wrong") == 0 ? sum + 1 : sum;
          }
        }
      }

      /* As libraries do: it looks for more for 20 ms before it sleeps. */
      static void await_job(void) {
        struct timespec now, begin;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        do {
          awake = 1;
          if (sem_trywait(&job) == 0) return;
          clock_gettime(CLOCK_MONOTONIC, &now);
        } while ((now.tv_sec - begin.tv_sec) * 1000000000 + now.tv_nsec - begin.tv_nsec < 20000000);
        awake = 0;
        sem_wait(&job);
      }

      static void *work(void *argument) {
        (void)argument;
        for (;;) {
          await_job();
          rows(working, working->task->m / 2, working->task->m);
          atomic_fetch_add(&done, 1);
        }
        return NULL;
      }

      /* Many that do nothing; the last must have been given a processor before the second run. */
      static pthread_t last_of_many;

      static void *idle(void *argument) {
        (void)argument;
        sem_t never;
        sem_init(&never, 0, 0);
        for (;;) sem_wait(&never);
        return NULL;
      }

      static void start_many(void) {
        pthread_attr_t small;
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, 64 << 10);
        for (int i = 0; i < 1500; i++) {
          if (pthread_create(&last_of_many, &small, idle, NULL) != 0) abort();
        }
      }

      static void be_among_many(void) {
        static int runs;
        cpu_set_t set;
        if (runs++ == 0) return;
        if (pthread_getaffinity_np(last_of_many, sizeof set, &set) != 0 || CPU_COUNT(&set) != 1) __builtin_trap();
      }

      static void *open_state(const struct task *task, const char *variant, int threads, char *detail) {
        if (strcmp(variant, "cannot") == 0) {
          snprintf(detail, DETAIL_CHARS, "it cannot, and " PEER_LIBRARY " knows why");
          return NULL;
        }
        struct state *state = calloc(1, sizeof *state);
        state->task = task;
        state->threads = threads;
        snprintf(state->variant, sizeof state->variant, "%s", variant);
        static int started;
        pthread_t thread;
        if (strcmp(variant, "many") == 0) start_many();
        else if (threads > 1 && !started++) sem_init(&job, 0, 0), pthread_create(&thread, NULL, work, NULL);
        return state;
      }

      static void run(void *opaque, const float *const *in, float *out) {
        struct state *state = opaque;
        input = in[0];
        output = out;
        if (strcmp(state->variant, "crash") == 0) *(volatile int *)8 = 1;
        if (strcmp(state->variant, "part") == 0) return;
        if (strcmp(state->variant, "many") == 0) {
          be_among_many();
          return;
        }
        if (strcmp(state->variant, "alone") == 0 && awake && atomic_load(&done) > 0) __builtin_trap();
        if (state->threads < 2 || strcmp(state->variant, "alone") == 0) {
          rows(state, 0, state->task->m);
          return;
        }
        working = state;
        long before = atomic_load(&done);
        sem_post(&job);
        rows(state, 0, state->task->m / 2);
        while (atomic_load(&done) == before) {}
      }

      const struct peer oneshot_peer = {PEER_VERSION, open_state, run, free};
      """;

  private static final List<String> PARTS = List.of("part", "many");

  private final Path folder;

  ContestTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Contest open() throws InterruptedException {
    return Contest.open(
        new LocalDevice.Settings(
            TestDevice.PROTOCOL, TestDevice.cache(), folder, Duration.ofSeconds(3), 256L << 20),
        new HandKernels(),
        Clock.fixed(TestDevice.NOW, ZoneOffset.UTC),
        System.getenv());
  }

  private static Peer peer(Contest contest) throws InterruptedException {
    return contest.peer(
        new Peer.Source("byhand", Map.of("byhand.c", ADAPTER), Path.of("/nowhere/lib\"x\".so")));
  }

  private static Contender own(String kernel, int number, int threads) {
    return new Contender.Own(kernel + number, HandKernels.candidate(kernel, number, threads));
  }

  private static Contender foreign(Peer peer, String variant, int threads) {
    TuningTask task = HandKernels.candidate("good", 0, threads).task();
    Product product = PARTS.contains(variant) ? Product.PART : Product.OUTPUT;
    return new Contender.Foreign(variant, task, peer, variant, product);
  }

  private static Optional<Failed> failed(Standing standing) {
    return standing.outcome().fold(timed -> Optional.empty(), Optional::of);
  }

  private static int visits(Standing standing) {
    return standing
        .outcome()
        .<Integer>fold(
            timed -> timed.visits().size(),
            failure -> {
              throw new AssertionError(standing.contender().name() + ": " + failure);
            });
  }

  @Test
  void everyContenderOfATaskIsTimedAsOftenAsTheOthers() throws InterruptedException {
    try (Contest contest = open()) {
      Peer peer = peer(contest);
      List<Contender> contenders =
          List.of(
              own("good", 0, 1),
              own("good", 1, 1),
              foreign(peer, "right", 1),
              foreign(peer, "part", 1));
      List<Standing> standings = contest.run(contenders);
      assertEquals(contenders, standings.stream().map(Standing::contender).toList());
      int most = standings.stream().mapToInt(ContestTest::visits).max().orElseThrow();
      int least = standings.stream().mapToInt(ContestTest::visits).min().orElseThrow();
      // a visit that found noise is made later than the others'
      assertTrue(most - least <= 1, () -> least + " to " + most + " visits");
      standings.forEach(
          standing ->
              assertEquals(
                  1,
                  standing
                      .outcome()
                      .<Integer>fold(
                          timed -> timed.visits().get(0).windowNanos().size(), failure -> 0)));
    }
  }

  @Test
  void whoeverFailsSpoilsNoOther() throws InterruptedException {
    try (Contest contest = open()) {
      Peer peer = peer(contest);
      List<Standing> standings =
          contest.run(
              List.of(
                  own("good", 0, 1),
                  own("wrong", 0, 1),
                  own("fails_to_compile", 0, 1),
                  foreign(peer, "wrong", 1),
                  foreign(peer, "cannot", 1),
                  foreign(peer, "crash", 1),
                  foreign(peer, "right", 1)));
      List<Optional<Kind>> kinds = new ArrayList<>();
      standings.forEach(standing -> kinds.add(failed(standing).map(Failed::kind)));
      assertEquals(
          List.of(
              Optional.empty(),
              Optional.of(Kind.WRONG_OUTPUT),
              Optional.of(Kind.BUILD_FAILED),
              Optional.of(Kind.WRONG_OUTPUT),
              Optional.of(Kind.LOAD_FAILED),
              Optional.of(Kind.CRASHED),
              Optional.empty()),
          kinds);
      assertEquals(
          "it cannot, and /nowhere/lib\"x\".so knows why",
          failed(standings.get(4)).orElseThrow().detail());
    }
  }

  @Test
  void threadsThatAPeerStartsGetAProcessorOfTheirOwn() throws InterruptedException {
    Assumptions.assumeTrue(Host.read().cpus().size() > 1, "one processor");
    try (Contest contest = open()) {
      Peer peer = peer(contest);
      List<Standing> standings = contest.run(List.of(foreign(peer, "right", 2), own("good", 0, 2)));
      // were both of its threads on one processor, each call would wait out a turn of the system's
      double nanos =
          standings
              .get(0)
              .outcome()
              .<Double>fold(timed -> Label.of(timed).warmNanos(), failure -> Double.NaN);
      assertTrue(nanos < 1e6, () -> "a call takes " + nanos + " ns");
      assertTrue(failed(standings.get(1)).isEmpty(), standings::toString);
    }
  }

  @Test
  void everyThreadOfAPeerGetsAProcessorHoweverManyThereAre() throws InterruptedException {
    Assumptions.assumeTrue(Host.read().cpus().size() > 1, "one processor");
    try (Contest contest = open()) {
      List<Standing> standings = contest.run(List.of(foreign(peer(contest), "many", 2)));
      assertEquals(Optional.empty(), failed(standings.get(0)));
    }
  }

  @Test
  void nobodyIsTimedBesideThreadsThatStillLookForWork() throws InterruptedException {
    Assumptions.assumeTrue(Host.read().cpus().size() > 1, "one processor");
    try (Contest contest = open()) {
      Peer peer = peer(contest);
      List<Standing> standings =
          contest.run(List.of(foreign(peer, "right", 2), foreign(peer, "alone", 2)));
      assertEquals(
          List.of(Optional.empty(), Optional.empty()),
          standings.stream().map(ContestTest::failed).toList());
    }
  }

  @Test
  void contendersThatCannotBeComparedAreRefused() throws InterruptedException {
    try (Contest contest = open()) {
      assertTrue(
          assertThrows(
                  IllegalArgumentException.class,
                  () -> contest.run(List.of(own("good", 0, 1), own("good", 1, 2))))
              .getMessage()
              .startsWith("Cannot time kernels of "));
      TuningTask narrow = HandKernels.candidate("good", 0, 1).task();
      TuningTask wide = new TuningTask(narrow.workload(), CpuTarget.AVX2, 1);
      Peer peer = peer(contest);
      assertTrue(
          assertThrows(
                  IllegalArgumentException.class,
                  () ->
                      contest.run(
                          List.of(
                              new Contender.Foreign("right", narrow, peer, "right", Product.OUTPUT),
                              new Contender.Foreign("right", wide, peer, "right", Product.OUTPUT))))
              .getMessage()
              .startsWith("Cannot time kernels for vectors of [16, 32] bytes in one process"));
      assertTrue(
          assertThrows(
                  IllegalArgumentException.class,
                  () -> contest.run(List.of(own("good", 0, 1), own("good", 0, 1))))
              .getMessage()
              .startsWith("Cannot time two contenders called good0"));
    }
  }

  @Test
  void anAdapterThatDoesNotCompileIsToldWithTheCompilersWords() throws InterruptedException {
    try (Contest contest = open()) {
      Peer.Source source =
          new Peer.Source("broken", Map.of("broken.c", "this is no C;"), Path.of("/x.so"));
      String message = assertThrows(DeviceException.class, () -> contest.peer(source)).getMessage();
      assertTrue(message.startsWith("Cannot build oneshot-peer-broken with "), message);
      assertTrue(message.contains("error"), message);
    }
  }

  @Test
  void nothingIsLeftOnDisk() throws InterruptedException, IOException {
    try (Contest contest = open()) {
      assertTrue(failed(contest.run(List.of(own("good", 0, 1))).get(0)).isEmpty());
      try (Stream<Path> left = Files.walk(folder)) {
        assertEquals(List.of(), left.filter(Files::isRegularFile).toList());
      }
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(0, left.count());
    }
  }
}
