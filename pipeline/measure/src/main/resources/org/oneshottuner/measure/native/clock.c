/* Nanoseconds from the time-stamp counter: 10 ns a reading, no system call. Elsewhere, the monotonic clock. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "runner.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

static bool use_counter = false;
static double nanos_per_tick = 1.0;
static uint64_t first_ticks;
static uint64_t first_nanos;

uint64_t system_nanos(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_RAW, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t ticks_begin(void) {
#if defined(__x86_64__)
  if (use_counter) {
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
  }
#endif
  return system_nanos();
}

uint64_t ticks_end(void) {
#if defined(__x86_64__)
  if (use_counter) {
    uint32_t low, high, processor;
    __asm__ volatile("rdtscp\n\tlfence" : "=a"(low), "=d"(high), "=c"(processor)::"memory");
    return (uint64_t)high << 32 | low;
  }
#endif
  return system_nanos();
}

/* The counter is a clock only where it ticks evenly, in every power state (CPUID 8000_0007h, EDX bit 8). */
static bool counter_is_invariant(void) {
#if defined(__x86_64__)
  unsigned a, b, c, d;
  return __get_cpuid(0x80000007u, &a, &b, &c, &d) && (d & 1u << 8) != 0;
#else
  return false;
#endif
}

void clock_calibrate(void) {
  use_counter = counter_is_invariant();
  first_nanos = system_nanos();
  first_ticks = ticks_begin();
  if (!use_counter) return;
  uint64_t nanos;
  do {
    nanos = system_nanos();
  } while (nanos - first_nanos < 20000000u);
  nanos_per_tick = (double)(nanos - first_nanos) / (double)(ticks_begin() - first_ticks);
}

double ticks_to_nanos(uint64_t ticks) { return (double)ticks * nanos_per_tick; }

double clock_ticks_per_second(void) { return 1e9 / nanos_per_tick; }

double clock_drift_ppm(void) {
  double system = (double)(system_nanos() - first_nanos);
  double counter = ticks_to_nanos(ticks_begin() - first_ticks);
  return system > 0 ? (counter / system - 1.0) * 1e6 : 0.0;
}
