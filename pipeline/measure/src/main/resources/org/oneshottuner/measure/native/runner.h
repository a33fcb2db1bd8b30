/*
 * oneshot-runner: checks and times generated kernels on one core of a Linux machine.
 *
 * One program, four modes:
 *   oneshot-runner time  --cpus 1[,0...] [--realtime]   times loaded kernels; line protocol on stdin and stdout
 *   oneshot-runner check --cpus 1 [--realtime]          tries kernels in a guarded child process; same protocol
 *   oneshot-runner pin CPUS -- command...               runs a command on the given processors
 *   oneshot-runner affinity PID CPUS                    moves every thread of a process to the given processors
 *
 * The protocol: one command a line, answered by one line, in order. A line is a verb and `name=value` fields;
 * a field called `path` comes last and takes the rest of the line.
 *   task id=T values=uniform|whole seed=S reference=yes|no kind=... (see task.c)   ok bytes=N
 *   forget id=T                                                                    ok
 *   check  task=T limit_ms=N tolerance=X threads=N <kernel fields>                 ok error=X | fail KIND detail
 *   load   id=K task=T limit_ms=N threads=N plan=auto|... <kernel fields>          ok plan=... bytes=N | fail KIND detail
 *   visit  id=K limit_ms=N budget_us=N runs=N fma_most=N memory_most=N             visit cold=N runs=N discarded=N fma=N memory=N
 *                                                                                  windows=a,b,c | noisy fma=N memory=N
 *   unload id=K                                                                    ok
 *   canary                                                                         canary fma=N memory=N clock_ppm=N
 *   peak   bytes=32|64                                                             peak flops_per_second=N
 * Kernel fields: symbol=S units=a,b,c packed=N shared=N slot=N path=...
 * With variant=V the path is that of a peer's adapter, and symbol the name of its struct peer.
 * A plan is auto, whole (calls are not cut into shares), or what a load has told.
 * End of input ends the process, whatever it is doing (watchdog.c).
 */
#ifndef ONESHOT_RUNNER_H
#define ONESHOT_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  MAX_PHASES = 8,
  MAX_WINDOWS = 64,  /* windows timed in one run of a kernel */
  MAX_WORKERS = 64,
  MAX_EPILOGUE = 8,
  DETAIL_CHARS = 400,
  DONE_STATUS = 77,    /* a checking child that came to its verdict exits with this */
  TIMEOUT_STATUS = 124 /* a runner whose kernel ran past its limit exits with this */
};

/* protocol.c: commands in, answers out, out of reach of what kernels print. */
void protocol_open(void);
char *protocol_read(void); /* the next line, or NULL at the end of input */
void protocol_reply(const char *format, ...) __attribute__((format(printf, 1, 2)));
int protocol_input(void);
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The text of a field, "" where the line lacks it. Valid until the next call with the same line. */
const char *field_text(const char *line, const char *name, char *into, size_t size);
long field_long(const char *line, const char *name, long otherwise);
double field_double(const char *line, const char *name, double otherwise);
int split_longs(const char *text, long *into, int most); /* "3,1,4" -> 3 numbers; -1 if malformed */

/* cpu.c: where things run. */
/* Out of reach of Ctrl-C and Ctrl-Z, which are for the program that started us: it decides what becomes of our work. */
void leave_terminal(void);
bool pin_this_thread(int cpu);
void unpin_this_thread(void);
bool make_this_thread_realtime(int priority);
/* Ctrl-C in a terminal reaches every process of the job. Whoever started us sees to the end of us, and of what we run. */
void ignore_interrupts(void);
int run_pinned(const char *cpus, char **command);
int move_process(const char *pid, const char *cpus);

/* clock.c: nanoseconds from the time-stamp counter, where it ticks evenly. */
void clock_calibrate(void);
uint64_t ticks_begin(void); /* nothing that follows has started */
uint64_t ticks_end(void);   /* everything before has ended */
double ticks_to_nanos(uint64_t ticks);
double clock_ticks_per_second(void);
double clock_drift_ppm(void); /* against the system's clock, since calibration */
uint64_t system_nanos(void);

/* memory.c: huge-page arenas for timing, guarded buffers for checking. */
struct arena {
  float *floats; /* 64-byte aligned, zero-filled, or NULL where nothing was asked for */
  void *base;
  size_t bytes;
};
struct arena arena_new(long floats, int stagger); /* stagger 0..7 keeps buffers off each other's cache sets */
void arena_protect(const struct arena *arena);
void arena_free(struct arena *arena);

enum placement { ENDS_AT_GUARD, STARTS_AT_GUARD };
struct guarded {
  const char *name;
  char *region;
  size_t region_bytes;
  char *pages;
  size_t page_bytes;
  float *floats;
  size_t bytes;
  bool read_only;
};
struct guarded guarded_new(const char *name, long floats, enum placement placement);
void guarded_protect(struct guarded *buffer);
bool guarded_intact(const struct guarded *buffer, char *detail); /* false, and what is damaged */

/* task.c: what a kernel computes, and the values it computes on. */
enum kind { CONV2D, DENSE, BATCH_MATMUL };
enum epilogue { BIAS, ADD, RELU, RELU6, GELU, SIGMOID, SWISH };
struct task {
  char id[64];
  enum kind kind;
  /* conv2d, where depthwise is groups = c = k; dense and batch_matmul use n, m, k and b */
  long n, c, h, w, k, r, s, stride_h, stride_w, pad_t, pad_l, pad_b, pad_r, dilation_h, dilation_w, groups;
  long m, b;
  bool lhs_transposed, rhs_transposed; /* of batch_matmul: lhs[b][k][m], rhs[b][n][k] */
  long out_h, out_w;
  long lanes; /* channels a block holds in a blocked layout; 0 for plain nchw and for matrices */
  long vector_bytes; /* of the target: peers may use no longer vectors; 0 where that does not matter */
  enum epilogue epilogue[MAX_EPILOGUE];
  int epilogues;
  struct arena input, rhs, weight, bias, residual; /* physical layout; weight and bias are logical */
  long output_floats;
  struct arena reference; /* physical layout */
  double reference_max;
  struct task *next;
};
struct task *task_make(const char *line, char *detail); /* NULL, and why */
struct task *task_find(const char *id);
bool task_forget(const char *id);
size_t task_bytes(const struct task *task);
bool task_has(const struct task *task, enum epilogue step);

/* A library of others that computes tasks, behind an adapter: a shared library that defines a struct peer. */
enum { PEER_VERSION = 1 };
struct peer {
  int version; /* PEER_VERSION of the runner.h that the adapter was built with */
  /* Prepares a task, whose weights and bias are constant; NULL, and why. The task outlives what is returned. */
  void *(*open)(const struct task *task, const char *variant, int threads, char *detail);
  /*
   * Computes the task once, from the same operands as a kernel's, without packed constants. The first run from or to
   * other buffers takes the input in and gives the output out in the task's layout; those after it need not move
   * either into or out of the library's own layout.
   */
  void (*run)(void *state, const float *const *in, float *out);
  void (*close)(void *state);
};

/* reference.c: the output by definition, slowly and surely. */
void reference_compute(struct task *task);
/* True if every element is within tolerance * max|reference| and padding lanes are zero. */
bool reference_matches(const struct task *task, const float *output, double tolerance, double *error, char *detail);

/* kernel.c: a loaded kernel and its shares of work, or a peer, which has one share. */
typedef void phase_function(int phase, const float *const *in, float *out, float *workspace, long slot, long begin,
                            long end);
typedef void pack_function(const float *weight, const float *bias, float *packed);
struct kernel {
  char symbol[256];
  char path[4096];
  int phases;
  long units[MAX_PHASES];
  long packed_floats, shared_floats, slot_floats;
  int threads;
  void *library;
  phase_function *phase;
  pack_function *pack;
  char variant[64]; /* which of a peer's ways; "" for a kernel */
  const struct peer *peer;
  void *state;
};
bool kernel_parse(struct kernel *kernel, const char *line, char *detail);
bool kernel_is_peer(const struct kernel *kernel);
bool kernel_open(struct kernel *kernel, const struct task *task, char *detail);
long kernel_workspace_floats(const struct kernel *kernel);
static inline long share_begin(long units, long share, long shares) {
  return (long)((__int128)units * share / shares);
}

/* check.c, visit.c, canary.c, peak.c: the work. */
void check_prepare(bool realtime);
void check_command(const char *line);
void load_command(const char *line);
void visit_command(const char *line);
void unload_command(const char *line);
bool check_can_filter(void); /* whether system calls of a checked kernel can be refused */
struct canary {
  double fma_nanos, memory_nanos;
};
void canary_prepare(void);
/* The multiply-adds in so many threads at once, which are engaged if they are several: those of the slowest count. */
struct canary canary_measure(int threads);
void canary_command(void);
void peak_command(const char *line);

/* workers.c: the threads of a parallel kernel. */
void workers_start(const int *cpus, int count, bool realtime);
int workers_count(void);
void workers_engage(int threads);
void workers_disengage(void);
/* Calls work(argument, slot) once in each of the engaged threads, the caller being slot 0, and waits for all. */
void workers_run(void (*work)(void *argument, int slot), void *argument);
void workers_barrier(void); /* inside work: waits for the other threads */

/* adopt.c: the threads of peers. */
void adopt_prepare(const int *cpus, int count, bool realtime);
void adopt_begin(void);
void adopt_end(int threads);
void adopt_settle(void);

/* watchdog.c: ends the process when its input ends or a kernel runs past its limit. */
void watchdog_start(bool realtime);
void watchdog_limit(long milliseconds); /* from now; 0 lifts it */

#endif
