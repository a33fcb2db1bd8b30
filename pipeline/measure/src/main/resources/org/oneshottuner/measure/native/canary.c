/* A fixed kernel, measured before and after every visit: when it slows down, it was the machine and not the candidate. */
#include <stdio.h>

#include "runner.h"

typedef float vector __attribute__((vector_size(32)));

enum { MEMORY_FLOATS = 1 << 20, TRIES = 3 }; /* 4 MiB: beyond second-level caches, within what is shared */

static struct arena memory;
static volatile float sink;

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

struct canary canary_measure(void) {
  struct canary least = {0, 0};
  for (int attempt = 0; attempt < TRIES; attempt++) {
    uint64_t begin = ticks_begin();
    sink = multiply_adds(10000);
    uint64_t middle = ticks_end();
    sink = sum_memory();
    uint64_t end = ticks_end();
    double fma_now = ticks_to_nanos(middle - begin);
    double read_now = ticks_to_nanos(end - middle);
    if (attempt == 0 || fma_now < least.fma_nanos) least.fma_nanos = fma_now;
    if (attempt == 0 || read_now < least.memory_nanos) least.memory_nanos = read_now;
  }
  return least;
}

void canary_command(void) {
  struct canary canary = canary_measure();
  protocol_reply("canary fma=%.0f memory=%.0f clock_ppm=%.0f", canary.fma_nanos, canary.memory_nanos, clock_drift_ppm());
}
