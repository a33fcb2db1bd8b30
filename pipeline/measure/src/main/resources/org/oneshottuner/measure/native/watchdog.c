/*
 * A kernel may hang with every signal blocked, and whoever started us may be killed: a thread of its own ends the
 * process in both cases. It looks at the deadline four times a second, and sees the end of input at once. When it wakes
 * long after it meant to, the whole process was stopped, and the kernel with it: that time does not count.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "runner.h"

enum { STOPPED_NANOS = 1000000000 };

static _Atomic uint64_t deadline_nanos; /* 0: none */

static void *watch(void *argument) {
  if (argument != NULL) (void)make_this_thread_realtime(20);
  for (;;) {
    uint64_t before = system_nanos();
    struct pollfd input = {.fd = protocol_input(), .events = 0};
    int ready = poll(&input, 1, 250);
    if (ready > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) _exit(0);
    uint64_t asleep = system_nanos() - before;
    uint64_t deadline = atomic_load(&deadline_nanos);
    if (asleep > STOPPED_NANOS && deadline != 0) {
      /* lost if the measuring thread sets another deadline meanwhile, which is right */
      atomic_compare_exchange_strong(&deadline_nanos, &deadline, deadline + asleep);
      continue;
    }
    if (deadline != 0 && system_nanos() > deadline) _exit(TIMEOUT_STATUS);
  }
  return NULL;
}

void watchdog_start(bool realtime) {
  pthread_t thread;
  static int yes;
  if (pthread_create(&thread, NULL, watch, realtime ? &yes : NULL) != 0) die("Cannot start the watchdog");
}

void watchdog_limit(long milliseconds) {
  atomic_store(&deadline_nanos, milliseconds == 0 ? 0 : system_nanos() + (uint64_t)milliseconds * 1000000u);
}
