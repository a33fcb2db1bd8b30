/* The most that this core computes: multiply-adds on vectors of one width, in registers alone; with a canary, for the clock. */
#include <stdio.h>

#include "runner.h"

typedef float bytes32 __attribute__((vector_size(32)));
typedef float bytes64 __attribute__((vector_size(64)));

enum { CHAINS = 12, STEPS = 10000, TRIES = 200 };

static volatile float sink;

/* Twelve independent chains keep two multiply-add units of latency four, and more, busy. */
#define MULTIPLY_ADDS(vector)                                        \
  __attribute__((noinline)) static float multiply_adds_##vector(void) { \
    vector sums[CHAINS];                                             \
    vector factor = (vector){0} + .5f;                               \
    for (int i = 0; i < CHAINS; i++) sums[i] = factor + factor;      \
    for (int step = 0; step < STEPS; step++) {                       \
      for (int i = 0; i < CHAINS; i++) sums[i] = sums[i] * factor + factor; \
      __asm__ volatile("" : "+v"(factor));                           \
    }                                                                \
    vector sum = sums[0];                                            \
    for (int i = 1; i < CHAINS; i++) sum += sums[i];                 \
    return sum[0];                                                   \
  }
MULTIPLY_ADDS(bytes32)
MULTIPLY_ADDS(bytes64)

void peak_command(const char *line) {
  long bytes = field_long(line, "bytes", 0);
  if (bytes != 32 && bytes != 64) die("Cannot tell the peak of vectors of %ld bytes: 32 and 64 are known", bytes);
  double least = 0;
  for (int attempt = 0; attempt < TRIES; attempt++) {
    uint64_t begin = ticks_begin();
    sink = bytes == 64 ? multiply_adds_bytes64() : multiply_adds_bytes32();
    double nanos = ticks_to_nanos(ticks_end() - begin);
    if (attempt == 0 || nanos < least) least = nanos;
  }
  double flops = 2.0 * STEPS * CHAINS * (double)(bytes / (long)sizeof(float));
  struct canary canary = canary_measure(1);
  protocol_reply("peak flops_per_second=%.0f fma=%.0f memory=%.0f", flops / least * 1e9, canary.fma_nanos, canary.memory_nanos);
}
