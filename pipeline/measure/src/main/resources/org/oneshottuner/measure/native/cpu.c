/* Processors, priorities, and moving other programs out of the measuring core's way. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runner.h"

void leave_terminal(void) {
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  signal(SIGTSTP, SIG_IGN);
  (void)setsid(); /* fails for the leader of a group, which has left already */
}

bool pin_this_thread(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0;
}

void unpin_this_thread(void) {
  cpu_set_t set; /* the system takes out what this process may not use */
  memset(&set, 0xff, sizeof set);
  (void)pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

bool make_this_thread_realtime(int priority) {
  struct sched_param parameter = {.sched_priority = priority};
  /* Children, that is compilers and checked kernels, do not inherit the priority. */
  return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameter) == 0;
}

static bool parse_cpus(const char *cpus, cpu_set_t *set) {
  long list[CPU_SETSIZE];
  int count = split_longs(cpus, list, CPU_SETSIZE);
  CPU_ZERO(set);
  for (int i = 0; i < count; i++) {
    if (list[i] < 0 || list[i] >= CPU_SETSIZE) return false;
    CPU_SET((int)list[i], set);
  }
  return count > 0;
}

void ignore_interrupts(void) { signal(SIGINT, SIG_IGN); }

int run_pinned(const char *cpus, char **command) {
  cpu_set_t set;
  if (!parse_cpus(cpus, &set)) die("Cannot pin to processors: %s is not a list of numbers", cpus);
  /* A machine that forbids pinning still runs the command. */
  (void)sched_setaffinity(0, sizeof set, &set);
  /* Some sources make a compiler eat all memory, write without end, or outlive whoever waits for it. */
  const struct rlimit memory = {4ul << 30, 4ul << 30};
  const struct rlimit file = {256ul << 20, 256ul << 20};
  const struct rlimit seconds = {300, 310}; /* SIGXCPU comes first: a SIGKILL is somebody else's */
  setrlimit(RLIMIT_AS, &memory);
  setrlimit(RLIMIT_FSIZE, &file);
  setrlimit(RLIMIT_CPU, &seconds);
  ignore_interrupts();
  execvp(command[0], command);
  die("Cannot run %s: %s", command[0], strerror(errno));
}

/* Threads born while we walk inherit their parent's set, old or new: walk again until nothing changed. */
int move_process(const char *pid, const char *cpus) {
  cpu_set_t set;
  if (!parse_cpus(cpus, &set)) die("Cannot pin to processors: %s is not a list of numbers", cpus);
  char folder[64];
  snprintf(folder, sizeof folder, "/proc/%.20s/task", pid);
  for (int pass = 0; pass < 10; pass++) {
    bool changed = false;
    DIR *threads = opendir(folder);
    if (threads == NULL) die("Cannot move process %s: %s", pid, strerror(errno));
    for (struct dirent *entry; (entry = readdir(threads)) != NULL;) {
      pid_t thread = (pid_t)atol(entry->d_name);
      cpu_set_t now;
      if (thread <= 0 || sched_getaffinity(thread, sizeof now, &now) != 0 || CPU_EQUAL(&now, &set)) continue;
      if (sched_setaffinity(thread, sizeof set, &set) == 0) changed = true;
      else if (errno != ESRCH) die("Cannot move thread %d of process %s: %s", (int)thread, pid, strerror(errno));
    }
    closedir(threads);
    if (!changed) return 0;
  }
  return 0;
}
