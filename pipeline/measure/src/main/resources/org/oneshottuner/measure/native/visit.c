/*
 * Timing. A kernel's run is cut into windows: shares of its phases of at least WINDOW_NANOS each, or, for a short or a
 * parallel kernel, several whole calls in one window. A visit times one run on cold caches, then runs until its budget
 * is spent, and tells the least time of each window. Windows in which the thread was preempted do not count. A canary
 * sings before and after; if it is hoarse before, the visit is put off. A peer is timed in whole calls only: its threads
 * and its shares are its own affair.
 *
 * The plan of windows is made when a kernel is first loaded, and given back to us if it is ever loaded again, so that
 * the windows of all visits can be compared.
 */
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "runner.h"

static const double WINDOW_NANOS = 20000;
static const double LONG_NANOS = 8e6; /* kernels that take longer are run as seldom as possible */
enum { COLD_TRIES = 3, MOST_CALLS = 10000, CANARY_AGAIN = 8, MANY_BYTES = 16 << 20 };

struct window {
  int phase;
  long begin, end;
};

struct loaded {
  char id[64];
  struct task *task;
  struct kernel kernel;
  struct arena packed;
  const float *in[4];
  long calls; /* whole calls in the one window, or 0 where windows are shares of one call */
  int windows;
  struct window window[MAX_WINDOWS];
  struct loaded *next;
};

static struct loaded *kernels = NULL;
/* Only one kernel runs at a time: all write to the same pages, which makes their times comparable and costs little. */
static struct arena output;
static struct arena workspace;

/* Whether our own workers run it. */
static bool is_parallel(const struct loaded *loaded) {
  return loaded->kernel.threads > 1 && !kernel_is_peer(&loaded->kernel);
}

static struct loaded *look_up(const char *id) {
  struct loaded *kernel = kernels;
  while (kernel != NULL && strcmp(kernel->id, id) != 0) kernel = kernel->next;
  return kernel;
}

static struct loaded *find(const char *line) {
  char id[64];
  field_text(line, "id", id, sizeof id);
  struct loaded *kernel = look_up(id);
  if (kernel == NULL) die("Cannot find kernel %s: it is not loaded", id);
  return kernel;
}

static void grow(struct arena *arena, long floats, int stagger) {
  if ((size_t)floats * sizeof(float) + 4096 <= arena->bytes) return;
  arena_free(arena);
  *arena = arena_new(floats + 1024, stagger);
}

static long involuntary_switches(const struct loaded *kernel) {
  struct rusage usage;
  getrusage(kernel->kernel.threads > 1 ? RUSAGE_SELF : RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

static void call_share(void *argument, int slot) {
  const struct loaded *loaded = argument;
  const struct kernel *kernel = &loaded->kernel;
  for (int phase = 0; phase < kernel->phases; phase++) {
    if (phase > 0) workers_barrier();
    long begin = share_begin(kernel->units[phase], slot, kernel->threads);
    long end = share_begin(kernel->units[phase], slot + 1, kernel->threads);
    if (begin < end) kernel->phase(phase, loaded->in, output.floats, workspace.floats, slot, begin, end);
  }
}

static void call_whole(struct loaded *loaded) {
  const struct kernel *kernel = &loaded->kernel;
  if (kernel_is_peer(kernel)) {
    kernel->peer->run(kernel->state, loaded->in, output.floats);
    return;
  }
  if (kernel->threads > 1) {
    workers_run(call_share, loaded);
    return;
  }
  for (int phase = 0; phase < kernel->phases; phase++) {
    kernel->phase(phase, loaded->in, output.floats, workspace.floats, 0, 0, kernel->units[phase]);
  }
}

static void call_window(struct loaded *loaded, const struct window *window) {
  if (loaded->calls > 0) {
    for (long call = 0; call < loaded->calls; call++) call_whole(loaded);
  } else {
    loaded->kernel.phase(window->phase, loaded->in, output.floats, workspace.floats, 0, window->begin, window->end);
  }
}

static void flush(const void *base, size_t bytes) {
#if defined(__x86_64__)
  static int optimised = -1; /* CLFLUSHOPT: CPUID 7, EBX bit 23; it does not wait for the flush before it */
  if (optimised < 0) {
    unsigned a, b = 0, c, d;
    optimised = __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & 1u << 23) != 0;
  }
  for (const char *line = base; line < (const char *)base + bytes; line += 64) {
    if (optimised) __asm__ volatile("clflushopt %0" ::"m"(*line) : "memory");
    else __builtin_ia32_clflush(line);
  }
  __asm__ volatile("mfence" ::: "memory");
#else
  (void)base;
  static volatile char other[64 << 20]; /* no portable flush: walk through more memory than caches hold */
  (void)bytes;
  for (size_t i = 0; i < sizeof other; i += 64) other[i]++;
#endif
}

static void make_cold(const struct loaded *loaded) {
  const struct task *task = loaded->task;
  const struct arena *read[] = {&task->input, &task->rhs, &task->residual, &loaded->packed};
  for (int i = 0; i < 4; i++) {
    if (read[i]->base != NULL) flush(read[i]->base, read[i]->bytes);
  }
  flush(output.floats, (size_t)task->output_floats * sizeof(float));
  flush(workspace.floats, (size_t)kernel_workspace_floats(&loaded->kernel) * sizeof(float));
}

/* The nanoseconds of a run on cold caches, or 0 if every try was disturbed. */
static double time_cold(struct loaded *loaded) {
  for (int attempt = 0; attempt < COLD_TRIES; attempt++) {
    make_cold(loaded);
    long before = involuntary_switches(loaded);
    uint64_t begin = ticks_begin();
    call_whole(loaded);
    uint64_t end = ticks_end();
    if (involuntary_switches(loaded) == before) return ticks_to_nanos(end - begin);
  }
  return 0;
}

static void cut(struct loaded *loaded, const long *shares) {
  loaded->windows = 0;
  for (int phase = 0; phase < loaded->kernel.phases; phase++) {
    for (long share = 0; share < shares[phase] && loaded->windows < MAX_WINDOWS; share++) {
      struct window *window = &loaded->window[loaded->windows++];
      window->phase = phase;
      window->begin = share_begin(loaded->kernel.units[phase], share, shares[phase]);
      window->end = share_begin(loaded->kernel.units[phase], share + 1, shares[phase]);
    }
  }
}

static void one_window(struct loaded *loaded, long calls) {
  loaded->calls = calls;
  loaded->windows = 1;
}

/* Takes the least of a few calls, phase by phase; the first is enough for a kernel of milliseconds. */
static double estimate(struct loaded *loaded, double *phase_nanos) {
  const struct kernel *kernel = &loaded->kernel;
  double total = 0;
  for (int pass = 0; pass < 4 && (pass == 0 || total < LONG_NANOS / 4); pass++) {
    double sum = 0;
    for (int phase = 0; phase < kernel->phases; phase++) {
      uint64_t begin = ticks_begin();
      if (kernel->threads == 1 && !kernel_is_peer(kernel)) {
        kernel->phase(phase, loaded->in, output.floats, workspace.floats, 0, 0, kernel->units[phase]);
      } else if (phase == 0) {
        call_whole(loaded);
      }
      double nanos = ticks_to_nanos(ticks_end() - begin);
      if (pass == 0 || nanos < phase_nanos[phase]) phase_nanos[phase] = nanos;
      sum += phase_nanos[phase];
    }
    total = sum;
  }
  return total;
}

static void plan_windows(struct loaded *loaded, bool whole) {
  double phase_nanos[MAX_PHASES];
  double total = estimate(loaded, phase_nanos);
  if (whole || loaded->kernel.threads > 1 || kernel_is_peer(&loaded->kernel) || total < 2 * WINDOW_NANOS) {
    double calls = WINDOW_NANOS / (total > 1 ? total : 1);
    one_window(loaded, calls < 1 ? 1 : calls > MOST_CALLS ? MOST_CALLS : (long)calls + 1);
    return;
  }
  long shares[MAX_PHASES];
  for (int phase = 0; phase < loaded->kernel.phases; phase++) {
    double most = phase_nanos[phase] / total * (MAX_WINDOWS - MAX_PHASES);
    double wanted = phase_nanos[phase] / WINDOW_NANOS;
    if (wanted > most) wanted = most;
    if (wanted > (double)loaded->kernel.units[phase]) wanted = (double)loaded->kernel.units[phase];
    shares[phase] = wanted < 1 ? 1 : (long)wanted;
  }
  loaded->calls = 0;
  cut(loaded, shares);
}

static bool use_plan(struct loaded *loaded, const char *plan) {
  long shares[MAX_PHASES];
  if (strncmp(plan, "calls:", 6) == 0) {
    long calls = strtol(plan + 6, NULL, 10);
    if (calls < 1 || calls > MOST_CALLS) return false;
    one_window(loaded, calls);
    return true;
  }
  if (strncmp(plan, "shares:", 7) != 0 || split_longs(plan + 7, shares, MAX_PHASES) != loaded->kernel.phases) return false;
  loaded->calls = 0;
  cut(loaded, shares);
  return true;
}

static void tell_plan(const struct loaded *loaded, char *into, size_t size) {
  if (loaded->calls > 0) {
    snprintf(into, size, "calls:%ld", loaded->calls);
    return;
  }
  size_t length = (size_t)snprintf(into, size, "shares:");
  for (int phase = 0; phase < loaded->kernel.phases; phase++) {
    int shares = 0;
    for (int i = 0; i < loaded->windows; i++) shares += loaded->window[i].phase == phase;
    length += (size_t)snprintf(into + length, size - length, "%s%d", phase > 0 ? "," : "", shares);
  }
}

/* A peer's threads look for more work for a while after each of its runs: nothing else is timed beside them. */
static void settle(const struct loaded *loaded) {
  if (kernel_is_peer(&loaded->kernel) && loaded->kernel.threads > 1) adopt_settle();
}

/* A peer starts its threads when it is opened, or when it first runs. */
static bool open_and_warm(struct loaded *loaded, char *detail) {
  if (!kernel_is_peer(&loaded->kernel)) return kernel_open(&loaded->kernel, loaded->task, detail);
  adopt_begin();
  bool opened = kernel_open(&loaded->kernel, loaded->task, detail);
  if (opened) call_whole(loaded);
  adopt_end(loaded->kernel.threads);
  return opened;
}

void load_command(const char *line) {
  char detail[DETAIL_CHARS];
  char text[256];
  struct loaded *loaded = calloc(1, sizeof *loaded);
  if (loaded == NULL) die("Cannot load a kernel: out of memory");
  field_text(line, "id", loaded->id, sizeof loaded->id);
  if (look_up(loaded->id) != NULL) die("Cannot load kernel %s: there is one of this name", loaded->id);
  loaded->task = task_find(field_text(line, "task", text, sizeof text));
  if (loaded->task == NULL) die("Cannot load kernel %s: there is no task %s", loaded->id, text);
  if (!kernel_parse(&loaded->kernel, line, detail)) die("%s", detail);
  if (loaded->kernel.threads > workers_count()) {
    protocol_reply("fail LOAD_FAILED it wants %d threads, the runner was given %d", loaded->kernel.threads, workers_count());
    free(loaded);
    return;
  }
  const struct task *task = loaded->task;
  grow(&output, task->output_floats, 3);
  loaded->in[0] = task->input.floats;
  loaded->in[1] = task->rhs.floats;
  loaded->in[3] = task->residual.floats;
  if (!open_and_warm(loaded, detail)) {
    protocol_reply("fail LOAD_FAILED %s", detail);
    free(loaded);
    return;
  }
  grow(&workspace, kernel_workspace_floats(&loaded->kernel), 4);
  loaded->packed = arena_new(loaded->kernel.packed_floats, 2);
  if (loaded->kernel.pack != NULL) {
    loaded->kernel.pack(task->weight.floats, task->bias.floats, loaded->packed.floats);
    arena_protect(&loaded->packed);
  }
  loaded->in[2] = loaded->packed.floats;
  field_text(line, "plan", text, sizeof text);
  if (is_parallel(loaded)) workers_engage(loaded->kernel.threads);
  if (!use_plan(loaded, text)) plan_windows(loaded, strcmp(text, "whole") == 0);
  if (is_parallel(loaded)) workers_disengage();
  settle(loaded);
  loaded->next = kernels;
  kernels = loaded;
  tell_plan(loaded, text, sizeof text);
  protocol_reply("ok plan=%s bytes=%zu", text, loaded->packed.bytes);
}

void unload_command(const char *line) {
  struct loaded *loaded = find(line);
  for (struct loaded **link = &kernels; *link != NULL; link = &(*link)->next) {
    if (*link != loaded) continue;
    *link = loaded->next;
    break;
  }
  if (kernel_is_peer(&loaded->kernel)) {
    loaded->kernel.peer->close(loaded->kernel.state);
  } else {
    dlclose(loaded->kernel.library);
  }
  arena_free(&loaded->packed);
  free(loaded);
  protocol_reply("ok");
}

struct tally {
  double least[MAX_WINDOWS]; /* 0: none yet */
  int missing;
  long runs, discarded;
};

static void time_run(struct loaded *loaded, struct tally *tally) {
  long before = involuntary_switches(loaded);
  for (int i = 0; i < loaded->windows; i++) {
    uint64_t begin = ticks_begin();
    call_window(loaded, &loaded->window[i]);
    double nanos = ticks_to_nanos(ticks_end() - begin);
    long after = involuntary_switches(loaded);
    if (after != before) {
      tally->discarded++;
    } else if (tally->least[i] == 0) {
      tally->least[i] = nanos;
      tally->missing--;
    } else if (nanos < tally->least[i]) {
      tally->least[i] = nanos;
    }
    before = after;
  }
  tally->runs++;
}

/* The canary around a visit. A peer's own threads run where ours would. */
static struct canary listen(const struct loaded *loaded) {
  int threads = loaded->kernel.threads;
  if (threads == 1) return canary_measure(1);
  workers_engage(threads);
  struct canary canary = canary_measure(threads);
  workers_disengage();
  return canary;
}

/*
 * The canary after a visit. A kernel that moved more than the processors' cache holds has left nothing there, and the
 * cache takes a while to keep what the canary walks through: it may try again.
 */
static struct canary listen_after(const struct loaded *loaded, double memory_most) {
  struct canary canary = listen(loaded);
  const struct task *task = loaded->task;
  size_t moved = task->input.bytes + task->rhs.bytes + task->residual.bytes + loaded->packed.bytes;
  for (int again = 0; again < CANARY_AGAIN && moved > MANY_BYTES && canary.memory_nanos > memory_most; again++) {
    canary.memory_nanos = fmin(canary.memory_nanos, canary_measure(1).memory_nanos);
  }
  return canary;
}

void visit_command(const char *line) {
  struct loaded *loaded = find(line);
  double memory_most = field_double(line, "memory_most", 1e18);
  struct canary before = listen(loaded);
  if (before.fma_nanos > field_double(line, "fma_most", 1e18) || before.memory_nanos > memory_most) {
    protocol_reply("noisy fma=%.0f memory=%.0f", before.fma_nanos, before.memory_nanos);
    return;
  }
  double budget_nanos = 1e3 * (double)field_long(line, "budget_us", 1250);
  long least_runs = field_long(line, "runs", 2);
  struct tally tally = {.missing = loaded->windows};
  if (is_parallel(loaded)) workers_engage(loaded->kernel.threads);
  double cold = time_cold(loaded);
  if (cold > LONG_NANOS) least_runs = 1;
  uint64_t begin = ticks_begin();
  double spent = 0;
  /* Where every run of a window was disturbed, a few more are tried. */
  while (spent < budget_nanos || tally.runs < least_runs || (tally.missing > 0 && tally.runs < 4 * least_runs)) {
    time_run(loaded, &tally);
    spent = ticks_to_nanos(ticks_end() - begin);
  }
  if (is_parallel(loaded)) workers_disengage();
  settle(loaded);
  struct canary after = listen_after(loaded, memory_most);
  char windows[MAX_WINDOWS * 16];
  size_t length = 0;
  for (int i = 0; i < loaded->windows; i++) {
    length += (size_t)snprintf(windows + length, sizeof windows - length, "%s%.0f", i > 0 ? "," : "", tally.least[i]);
  }
  if (kernel_is_peer(&loaded->kernel)) cold = 0; /* its own copies of the operands were warm */
  protocol_reply("visit cold=%.0f runs=%ld discarded=%ld fma=%.0f memory=%.0f windows=%s", cold, tally.runs, tally.discarded,
                 fmax(before.fma_nanos, after.fma_nanos), fmax(before.memory_nanos, after.memory_nanos),
                 tally.missing > 0 ? "" : windows);
}
