/*
 * A fixed kernel, measured before and after every visit: when it slows down, it was the machine and not the candidate.
 * Around a parallel kernel all its threads sing at once: two processors may be one core of the host for a while, and
 * each of them alone is then as quick as ever.
 */
#include <math.h>
#include <stdio.h>

#include "runner.h"

typedef float vector __attribute__((vector_size(32)));

enum { MEMORY_FLOATS = 1 << 20, TRIES = 3 }; /* 4 MiB: beyond second-level caches, within what is shared */

static struct arena memory;
static volatile float sinks[MAX_WORKERS];
static double fma_nanos[MAX_WORKERS];

void canary_prepare(void) { memory = arena_new(MEMORY_FLOATS, 0); }

/* Twelve independent chains keep two multiply-add units of latency four, and more, busy. */
__attribute__((noinline)) static float multiply_adds(long steps) {
  vector sums[12];
  for (int i = 0; i < 12; i++) sums[i] = (vector){1, 1, 1, 1, 1, 1, 1, 1};
  vector factor = {.5f, .5f, .5f, .5f, .5f, .5f, .5f, .5f};
  for (long step = 0; step < steps; step++) {
    for (int i = 0; i < 12; i++) sums[i] = sums[i] * factor + factor;
    __asm__ volatile("" : "+x"(factor));
  }
  vector sum = sums[0];
  for (int i = 1; i < 12; i++) sum += sums[i];
  return sum[0];
}

__attribute__((noinline)) static float sum_memory(void) {
  const vector *values = (const vector *)memory.floats;
  vector sums[8] = {0};
  for (long at = 0; at < MEMORY_FLOATS / 8; at += 8) {
    for (int i = 0; i < 8; i++) sums[i] += values[at + i];
  }
  vector sum = sums[0];
  for (int i = 1; i < 8; i++) sum += sums[i];
  return sum[0];
}

static void sing(void *unused, int slot) {
  (void)unused;
  uint64_t begin = ticks_begin();
  sinks[slot] = multiply_adds(10000);
  fma_nanos[slot] = ticks_to_nanos(ticks_end() - begin);
}

static double walk(void) {
  uint64_t begin = ticks_begin();
  sinks[0] = sum_memory();
  return ticks_to_nanos(ticks_end() - begin);
}

struct canary canary_measure(int threads) {
  double least_fma[MAX_WORKERS];
  struct canary canary = {0, 0};
  for (int attempt = 0; attempt < TRIES; attempt++) {
    if (threads > 1) {
      workers_run(sing, NULL);
    } else {
      sing(NULL, 0);
    }
    for (int slot = 0; slot < threads; slot++) {
      if (attempt == 0 || fma_nanos[slot] < least_fma[slot]) least_fma[slot] = fma_nanos[slot];
    }
    double memory_now = walk();
    if (attempt == 0 || memory_now < canary.memory_nanos) canary.memory_nanos = memory_now;
  }
  for (int slot = 0; slot < threads; slot++) canary.fma_nanos = fmax(canary.fma_nanos, least_fma[slot]);
  return canary;
}

void canary_command(void) {
  struct canary canary = canary_measure(1);
  protocol_reply("canary fma=%.0f memory=%.0f clock_ppm=%.0f", canary.fma_nanos, canary.memory_nanos, clock_drift_ppm());
}
