/*
 * Threads that a peer starts. They inherit the processor and lose the priority of the thread that starts them: left so,
 * they would wait behind our own, which spins for them. While a peer is opened and first run, this thread may therefore
 * use every processor at an ordinary priority; then each thread that is new gets a processor and the priority of a worker
 * of ours, and this thread goes back to its own.
 */
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include "runner.h"

enum { WORKER_PRIORITY = 10, SETTLE_TRIES = 600, SETTLE_SLEEP_NANOS = 500000 };

struct threads {
  pid_t *ids;
  size_t count, room;
};

static int processors[MAX_WORKERS];
static int processor_count;
static bool with_priority;
static struct threads known, adopted;

void adopt_prepare(const int *cpus, int count, bool realtime) {
  for (int i = 0; i < count; i++) processors[i] = cpus[i];
  processor_count = count;
  with_priority = realtime;
}

static void add_thread(struct threads *threads, pid_t thread) {
  if (threads->count == threads->room) {
    threads->room = 2 * threads->room + 64;
    threads->ids = realloc(threads->ids, threads->room * sizeof *threads->ids);
    if (threads->ids == NULL) die("Cannot keep the threads of a peer: out of memory");
  }
  threads->ids[threads->count++] = thread;
}

static void list_threads(struct threads *into) {
  DIR *listed = opendir("/proc/self/task");
  if (listed == NULL) die("Cannot list the threads of this process");
  into->count = 0;
  for (struct dirent *entry; (entry = readdir(listed)) != NULL;) {
    pid_t thread = (pid_t)atol(entry->d_name);
    if (thread > 0) add_thread(into, thread);
  }
  closedir(listed);
}

static int by_id(const void *one, const void *other) {
  pid_t a = *(const pid_t *)one, b = *(const pid_t *)other;
  return (a > b) - (a < b);
}

static void move_thread(pid_t thread, const int *cpus, int count) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int i = 0; i < count; i++) CPU_SET(cpus[i], &set);
  (void)sched_setaffinity(thread, sizeof set, &set); /* a machine that forbids it still runs the peer */
}

static void give_priority(pid_t thread, int policy, int priority) {
  struct sched_param parameter = {.sched_priority = priority};
  (void)sched_setscheduler(thread, policy | SCHED_RESET_ON_FORK, &parameter);
}

void adopt_begin(void) {
  list_threads(&known);
  qsort(known.ids, known.count, sizeof *known.ids, by_id);
  if (with_priority) give_priority(0, SCHED_OTHER, 0);
  move_thread(0, processors, processor_count);
}

void adopt_end(int threads) {
  static struct threads now;
  list_threads(&now);
  int others = (threads < processor_count ? threads : processor_count) - 1;
  int fresh = 0;
  for (size_t i = 0; i < now.count && others > 0; i++) {
    pid_t thread = now.ids[i];
    if (bsearch(&thread, known.ids, known.count, sizeof thread, by_id) != NULL) continue;
    move_thread(thread, &processors[1 + fresh++ % others], 1);
    if (with_priority) give_priority(thread, SCHED_FIFO, WORKER_PRIORITY);
    add_thread(&adopted, thread);
  }
  (void)pin_this_thread(processors[0]);
  if (with_priority) (void)make_this_thread_realtime(WORKER_PRIORITY);
  if (threads > 1) adopt_settle();
}

/* Whether it waits for nothing: that is the letter behind the last parenthesis, of which its name may hold some. */
static bool is_running(pid_t thread) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
  FILE *file = fopen(path, "r");
  if (file == NULL) return false; /* it has ended */
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  const char *name_end = strrchr(text, ')');
  return name_end != NULL && name_end[1] == ' ' && name_end[2] == 'R';
}

static bool any_runs(void) {
  for (size_t i = 0; i < adopted.count; i++) {
    if (is_running(adopted.ids[i])) return true;
  }
  return false;
}

/*
 * Peers' threads look for more work for a while before they sleep: what comes next must not be timed beside them. The
 * system tells the time that a thread has used only at its next tick, so that is no way to see it.
 */
void adopt_settle(void) {
  const struct timespec moment = {.tv_sec = 0, .tv_nsec = SETTLE_SLEEP_NANOS};
  for (int attempt = 0; attempt < SETTLE_TRIES && any_runs(); attempt++) nanosleep(&moment, NULL);
}
