/* The modes of oneshot-runner; runner.h says what they are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner.h"

static void task_command(const char *line) {
  char detail[DETAIL_CHARS];
  const struct task *task = task_make(line, detail);
  if (task == NULL) die("%s", detail);
  protocol_reply("ok bytes=%zu", task_bytes(task));
}

static void forget_command(const char *line) {
  char id[64];
  if (!task_forget(field_text(line, "id", id, sizeof id))) die("Cannot forget task %s: there is none", id);
  protocol_reply("ok");
}

static bool starts(const char *line, const char *verb) {
  size_t length = strlen(verb);
  return strncmp(line, verb, length) == 0 && (line[length] == ' ' || line[length] == '\0');
}

static void serve(bool times) {
  for (char *line; (line = protocol_read()) != NULL;) {
    if (starts(line, "task")) {
      task_command(line);
    } else if (starts(line, "forget")) {
      forget_command(line);
    } else if (!times && starts(line, "check")) {
      check_command(line);
    } else if (times && starts(line, "load")) {
      watchdog_limit(field_long(line, "limit_ms", 10000));
      load_command(line);
    } else if (times && starts(line, "visit")) {
      watchdog_limit(field_long(line, "limit_ms", 10000));
      visit_command(line);
    } else if (times && starts(line, "unload")) {
      unload_command(line);
    } else if (times && starts(line, "canary")) {
      canary_command();
    } else if (times && starts(line, "peak")) {
      peak_command(line);
    } else {
      die("Cannot follow the command: %s", line);
    }
    watchdog_limit(0);
  }
}

static int serve_mode(bool times, int count, char **arguments) {
  long list[MAX_WORKERS];
  int cpus[MAX_WORKERS];
  int threads = 0;
  bool realtime = false;
  for (int i = 0; i < count; i++) {
    if (strcmp(arguments[i], "--realtime") == 0) realtime = true;
    else if (strcmp(arguments[i], "--cpus") == 0 && i + 1 < count) threads = split_longs(arguments[++i], list, MAX_WORKERS);
    else die("Cannot start: unknown argument %s", arguments[i]);
  }
  if (threads < 1) die("Cannot start: --cpus must list the processors to use");
  for (int i = 0; i < threads; i++) cpus[i] = (int)list[i];
  protocol_open();
  ignore_interrupts();
  bool filter = !times && check_can_filter();
  check_prepare(realtime);
  watchdog_start(realtime);
  if (times) workers_start(cpus, threads, realtime);
  if (times) adopt_prepare(cpus, threads, realtime);
  bool pinned = pin_this_thread(cpus[0]);
  realtime = realtime && make_this_thread_realtime(10);
  clock_calibrate();
  canary_prepare();
  protocol_reply("hello version=1 cpu=%d pinned=%s realtime=%s filter=%s ticks=%.0f", cpus[0], pinned ? "yes" : "no",
                 realtime ? "yes" : "no", filter ? "yes" : "no", clock_ticks_per_second());
  serve(times);
  _exit(0);
}

int main(int count, char **arguments) {
  leave_terminal();
  const char *mode = count > 1 ? arguments[1] : "";
  if (strcmp(mode, "time") == 0) return serve_mode(true, count - 2, arguments + 2);
  if (strcmp(mode, "check") == 0) return serve_mode(false, count - 2, arguments + 2);
  if (strcmp(mode, "pin") == 0 && count > 4 && strcmp(arguments[3], "--") == 0) return run_pinned(arguments[2], arguments + 4);
  if (strcmp(mode, "affinity") == 0 && count == 4) return move_process(arguments[2], arguments[3]);
  die("Cannot start: modes are time, check, pin and affinity");
}
