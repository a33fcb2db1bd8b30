/*
 * The threads of a parallel kernel. They are created before the first is pinned, sleep between visits, and spin within
 * one: a barrier of a few hundred nanoseconds is part of what a parallel kernel costs.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "runner.h"

static int workers = 1;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static _Atomic int engaged; /* threads in the current gang, the caller among them; 0 between visits */
static _Atomic int present; /* workers that noticed being engaged */
static _Atomic long job;
static _Atomic int arrived;
static _Atomic long episode;
static void (*job_work)(void *, int);
static void *job_argument;
static struct {
  int slot, cpu;
  bool realtime;
} places[MAX_WORKERS];

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

void workers_barrier(void) {
  long mine = atomic_load(&episode);
  if (atomic_fetch_add(&arrived, 1) + 1 == atomic_load(&engaged)) {
    atomic_store(&arrived, 0);
    atomic_store(&episode, mine + 1);
    return;
  }
  while (atomic_load_explicit(&episode, memory_order_acquire) == mine) relax();
}

static void *live(void *argument) {
  int slot = (int)(intptr_t)argument;
  if (places[slot].cpu >= 0) (void)pin_this_thread(places[slot].cpu);
  if (places[slot].realtime) (void)make_this_thread_realtime(10);
  long seen = 0;
  for (;;) {
    pthread_mutex_lock(&mutex);
    while (atomic_load(&engaged) <= slot) pthread_cond_wait(&changed, &mutex);
    seen = atomic_load(&job);
    pthread_mutex_unlock(&mutex);
    atomic_fetch_add(&present, 1);
    while (atomic_load(&engaged) > slot) {
      if (atomic_load_explicit(&job, memory_order_acquire) == seen) {
        relax();
        continue;
      }
      seen++;
      job_work(job_argument, slot);
      workers_barrier();
    }
    atomic_fetch_sub(&present, 1);
  }
  return NULL;
}

void workers_start(const int *cpus, int count, bool realtime) {
  workers = count;
  for (int slot = 1; slot < count; slot++) {
    places[slot].slot = slot;
    places[slot].cpu = cpus[slot];
    places[slot].realtime = realtime;
    pthread_t thread;
    if (pthread_create(&thread, NULL, live, (void *)(intptr_t)slot) != 0) die("Cannot start worker %d of %d", slot, count);
  }
}

int workers_count(void) { return workers; }

void workers_engage(int threads) {
  pthread_mutex_lock(&mutex);
  atomic_store(&engaged, threads);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
  while (atomic_load(&present) != threads - 1) relax();
}

void workers_disengage(void) {
  atomic_store(&engaged, 0);
  while (atomic_load(&present) != 0) relax();
}

void workers_run(void (*work)(void *argument, int slot), void *argument) {
  job_work = work;
  job_argument = argument;
  atomic_fetch_add(&job, 1);
  work(argument, 0);
  workers_barrier();
}
