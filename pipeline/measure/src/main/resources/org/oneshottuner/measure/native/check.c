/*
 * The trial of a kernel: it runs twice in a forked child, its buffers once ending at a guard page and once starting
 * behind one, the work once whole and once cut into shares. The child may do nothing but compute: after packing, every
 * system call is refused where the machine can filter them. What it did is told by a page shared with the parent.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner.h"

struct verdict {
  volatile int reached; /* a verdict was written */
  char kind[32];        /* "" is a pass */
  char detail[DETAIL_CHARS];
  char doing[128];
  double error;
};

enum { INPUT, RHS, PACKED, RESIDUAL, OUTPUT, WORKSPACE, BUFFERS };

struct trial {
  const struct task *task;
  struct kernel kernel;
  double tolerance;
  struct guarded weight[2], bias[2];
  struct guarded buffers[2][BUFFERS];
};

enum { TRIAL_PRIORITY = 5 };

static bool realtime_trials = false;
static struct verdict *verdict;
static struct trial *trial; /* of this child, for its signal handler */

/* Async-signal-safe enough: the child is single-threaded and ends here. */
_Noreturn static void conclude(const char *kind, const char *detail) {
  snprintf(verdict->kind, sizeof verdict->kind, "%s", kind);
  snprintf(verdict->detail, sizeof verdict->detail, "%s", detail);
  verdict->reached = 1;
  _exit(DONE_STATUS);
}

static bool fault_in(const struct guarded *buffer, const char *address, const char *verb, char *detail) {
  if (buffer->region == NULL || address < buffer->region || address >= buffer->region + buffer->region_bytes) return false;
  const char *start = (const char *)buffer->floats;
  const char *end = start + buffer->bytes;
  if (address < start) {
    snprintf(detail, DETAIL_CHARS, "%s %ld bytes before the start of %s", verb, (long)(start - address), buffer->name);
  } else if (address >= end) {
    snprintf(detail, DETAIL_CHARS, "%s %ld bytes past the end of %s", verb, (long)(address - end), buffer->name);
  } else {
    snprintf(detail, DETAIL_CHARS, "%s inside %s, which is constant", verb, buffer->name);
  }
  return true;
}

static void on_fault(int number, siginfo_t *info, void *context) {
  char found[DETAIL_CHARS];
  char detail[DETAIL_CHARS + 160];
  if (number == SIGSYS) {
    const char *call = info->si_syscall == SYS_exit_group ? "exit"
                       : info->si_syscall == SYS_write    ? "write"
                       : info->si_syscall == SYS_close    ? "close"
                                                          : "a system call";
    snprintf(detail, sizeof detail, "called %s (system call %d) in %s", call, info->si_syscall, verdict->doing);
    conclude("CRASHED", detail);
  }
  const char *verb = "touched memory";
#if defined(__x86_64__)
  verb = ((ucontext_t *)context)->uc_mcontext.gregs[REG_ERR] & 2 ? "wrote" : "read";
#else
  (void)context;
#endif
  if (number == SIGSEGV || number == SIGBUS) {
    for (int p = 0; p < 2; p++) {
      for (int i = 0; i < BUFFERS + 2; i++) {
        const struct guarded *buffer =
            i < BUFFERS ? &trial->buffers[p][i] : i == BUFFERS ? &trial->weight[p] : &trial->bias[p];
        if (!fault_in(buffer, info->si_addr, verb, found)) continue;
        snprintf(detail, sizeof detail, "%s in %s", found, verdict->doing);
        conclude("OUT_OF_BOUNDS", detail);
      }
    }
  }
  snprintf(detail, sizeof detail, "%s at address %p in %s", strsignal(number), info->si_addr, verdict->doing);
  conclude("CRASHED", detail);
}

static void catch_faults(void) {
  static char stack[64 << 10];
  stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternative, NULL);
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigfillset(&action.sa_mask);
  const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) sigaction(numbers[i], &action, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

#if defined(__x86_64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* Lets the child end with DONE_STATUS and return from a handler; any other call traps. */
static bool refuse_system_calls(void) {
#if defined(THIS_ARCHITECTURE)
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCHITECTURE, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_rt_sigreturn, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_exit_group, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DONE_STATUS, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
  };
  struct sock_fprog filter = {.len = sizeof program / sizeof program[0], .filter = program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
#else
  return false;
#endif
}

void check_prepare(bool realtime) { realtime_trials = realtime; }

bool check_can_filter(void) {
  pid_t child = fork();
  if (child == 0) _exit(refuse_system_calls() ? DONE_STATUS : 1);
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == DONE_STATUS;
}

static void place(enum placement placement) {
  const struct task *task = trial->task;
  const struct kernel *kernel = &trial->kernel;
  struct guarded *buffers = trial->buffers[placement];
  long input = task->kind == CONV2D
                   ? task->n * (task->lanes > 0 ? (task->c + task->lanes - 1) / task->lanes * task->lanes : task->c) *
                         task->h * task->w
                   : task->b * task->m * task->k;
  long weight = task->kind == CONV2D ? task->k * (task->c / task->groups) * task->r * task->s
                : task->kind == DENSE ? task->n * task->k
                                      : 0;
  const struct {
    struct guarded *into;
    const char *name;
    const struct arena *from;
    long floats;
  } constants[] = {
      {&buffers[INPUT], "the input", &task->input, input},
      {&buffers[RHS], "the right-hand side", &task->rhs, task->rhs.base ? task->b * task->k * task->n : 0},
      {&buffers[RESIDUAL], "the residual", &task->residual, task->residual.base ? task->output_floats : 0},
      {&trial->weight[placement], "the weights", &task->weight, kernel->packed_floats > 0 ? weight : 0},
      {&trial->bias[placement], "the bias", &task->bias,
       kernel->packed_floats > 0 && task->bias.base ? (task->kind == CONV2D ? task->k : task->n) : 0},
  };
  for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
    *constants[i].into = guarded_new(constants[i].name, constants[i].floats, placement);
    if (constants[i].floats <= 0) continue;
    memcpy(constants[i].into->floats, constants[i].from->floats, constants[i].into->bytes);
    guarded_protect(constants[i].into);
  }
  buffers[PACKED] = guarded_new("the packed constants", kernel->packed_floats, placement);
  buffers[OUTPUT] = guarded_new("the output", task->output_floats, placement);
  buffers[WORKSPACE] = guarded_new("the workspace", kernel_workspace_floats(kernel), placement);
  uint32_t *garbage = (uint32_t *)buffers[WORKSPACE].floats; /* signalling NaNs: a kernel may not rely on zeros */
  for (size_t i = 0; i < buffers[WORKSPACE].bytes / 4; i++) garbage[i] = 0x7fa00001u;
}

static void pack(enum placement placement) {
  struct guarded *buffers = trial->buffers[placement];
  if (trial->kernel.packed_floats == 0) return;
  snprintf(verdict->doing, sizeof verdict->doing, "pack");
  trial->kernel.pack(trial->weight[placement].floats, trial->bias[placement].floats, buffers[PACKED].floats);
  char detail[DETAIL_CHARS];
  if (!guarded_intact(&buffers[PACKED], detail)) conclude("OUT_OF_BOUNDS", detail);
  guarded_protect(&buffers[PACKED]);
}

/* Cut, the shares are uneven and go around the slots, the last share first. */
static void run_kernel(const struct guarded *buffers, const float *const *in, bool cut) {
  for (int phase = 0; phase < trial->kernel.phases; phase++) {
    long units = trial->kernel.units[phase];
    long shares = !cut ? 1 : units < 3 ? units : 3;
    for (long share = shares - 1; share >= 0; share--) {
      long begin = share_begin(units, share, shares);
      long end = share_begin(units, share + 1, shares);
      long slot = share % trial->kernel.threads;
      snprintf(verdict->doing, sizeof verdict->doing, "phase %d, units %ld to %ld of %ld", phase, begin, end, units);
      trial->kernel.phase(phase, in, buffers[OUTPUT].floats, buffers[WORKSPACE].floats, slot, begin, end);
    }
  }
}

static void run(enum placement placement, bool cut) {
  struct guarded *buffers = trial->buffers[placement];
  const float *in[4];
  for (int i = 0; i < 4; i++) in[i] = buffers[i].floats;
  if (kernel_is_peer(&trial->kernel)) {
    snprintf(verdict->doing, sizeof verdict->doing, "a run of the peer");
    trial->kernel.peer->run(trial->kernel.state, in, buffers[OUTPUT].floats);
  } else {
    run_kernel(buffers, in, cut);
  }
  char detail[DETAIL_CHARS];
  if (!guarded_intact(&buffers[OUTPUT], detail) || !guarded_intact(&buffers[WORKSPACE], detail)) {
    conclude("OUT_OF_BOUNDS", detail);
  }
  double error = 0;
  bool matches = reference_matches(trial->task, buffers[OUTPUT].floats, trial->tolerance, &error, detail);
  if (error > verdict->error) verdict->error = error;
  if (!matches) conclude("WRONG_OUTPUT", detail);
}

/* A peer is trusted: it may call the system, and start threads, which need processors and room to run on them. */
_Noreturn static void try_kernel(pid_t parent, bool filter) {
  bool trusted = kernel_is_peer(&trial->kernel);
  if (trusted) unpin_this_thread();
  else if (realtime_trials) (void)make_this_thread_realtime(TRIAL_PRIORITY); /* below that of timing */
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* the parent has one thread that matters, and it is waiting for us */
  if (getppid() != parent) _exit(1);
  struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  char detail[DETAIL_CHARS];
  snprintf(verdict->doing, sizeof verdict->doing, "loading");
  place(ENDS_AT_GUARD);
  place(STARTS_AT_GUARD);
  catch_faults();
  if (!kernel_open(&trial->kernel, trial->task, detail)) conclude("LOAD_FAILED", detail);
  pack(ENDS_AT_GUARD);
  pack(STARTS_AT_GUARD);
  if (filter && !trusted && !refuse_system_calls()) conclude("LOAD_FAILED", "Cannot filter the kernel's system calls");
  run(ENDS_AT_GUARD, false);
  run(STARTS_AT_GUARD, true);
  conclude("", "");
}

/* Processor time, so that a kernel is not late because the machine is busy. */
static uint64_t processor_nanos(pid_t child) {
  clockid_t clock;
  struct timespec used = {0, 0};
  if (clock_getcpuclockid(child, &clock) == 0) clock_gettime(clock, &used);
  return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

/*
 * Waits for a child until it has used its limit, or ten times that has passed by the wall's clock; false if it had to be
 * killed. SIGCHLD is blocked, so that none is missed before the wait.
 */
static bool wait_for(pid_t child, long limit_ms, int *status) {
  sigset_t ended;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  uint64_t limit = (uint64_t)limit_ms * 1000000u;
  uint64_t deadline = system_nanos() + 10 * limit;
  for (;;) {
    if (waitpid(child, status, WNOHANG) == child) return true;
    uint64_t used = processor_nanos(child);
    if (used >= limit || system_nanos() >= deadline) break;
    uint64_t wait = limit - used + 1000000u;
    struct timespec left = {.tv_sec = (time_t)(wait / 1000000000u), .tv_nsec = (long)(wait % 1000000000u)};
    (void)sigtimedwait(&ended, NULL, &left);
  }
  kill(child, SIGKILL);
  waitpid(child, status, 0);
  return false;
}

/* A kernel that may call nothing cannot send itself these. */
static bool from_outside(int number) {
  return number == SIGHUP || number == SIGINT || number == SIGQUIT || number == SIGTERM || number == SIGKILL;
}

void check_command(const char *line) {
  static int filter = -1;
  static struct trial next;
  char id[64];
  char detail[DETAIL_CHARS];
  if (filter < 0) filter = check_can_filter();
  if (verdict == NULL) {
    verdict = mmap(NULL, sizeof *verdict, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (verdict == MAP_FAILED) die("Cannot share a page with a child");
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
  }
  memset(&next, 0, sizeof next);
  next.task = task_find(field_text(line, "task", id, sizeof id));
  next.tolerance = field_double(line, "tolerance", 1e-5);
  if (next.task == NULL || next.task->reference.base == NULL) die("Cannot check against task %s: it has no reference", id);
  if (!kernel_parse(&next.kernel, line, detail)) die("%s", detail);
  memset(verdict, 0, sizeof *verdict);
  trial = &next;
  long limit_ms = field_long(line, "limit_ms", 10000);
  pid_t parent = getpid();
  pid_t child = fork();
  if (child < 0) die("Cannot fork: %s", strerror(errno));
  if (child == 0) try_kernel(parent, filter == 1);
  int status = 0;
  if (!wait_for(child, limit_ms, &status)) {
    protocol_reply("fail TIMED_OUT ran past %ld ms in %s", limit_ms, verdict->doing);
  } else if (WIFSIGNALED(status) && from_outside(WTERMSIG(status))) {
    (void)kill(parent, SIGKILL); /* whoever did this, the kernel did not: let it be tried again */
  } else if (WIFSIGNALED(status)) {
    protocol_reply("fail CRASHED %s in %s", strsignal(WTERMSIG(status)), verdict->doing);
  } else if (!verdict->reached) {
    protocol_reply("fail CRASHED ended the process with status %d in %s", WEXITSTATUS(status), verdict->doing);
  } else if (verdict->kind[0] != '\0') {
    protocol_reply("fail %s %s", verdict->kind, verdict->detail);
  } else {
    protocol_reply("ok error=%.3g", verdict->error);
  }
}
