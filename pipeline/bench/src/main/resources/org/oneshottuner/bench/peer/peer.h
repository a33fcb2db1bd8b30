/* What the adapters of peers share: loading their library, buffers, and the way between a task's layout and a plain one. */
#ifndef ONESHOT_PEER_H
#define ONESHOT_PEER_H

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "library.h"
#include "runner.h"

enum { PEER_LINE = 64, PEER_HUGE_PAGE = 2 << 20 };

/* Libraries that lie beside a peer's, and that it may need where the system lacks them, in the order of who needs whom. */
static const char *const peer_beside[] = {"libquadmath.so.0", "libgfortran.so.5", "libgomp.so.1"};

/*
 * A library fixes its number of threads when it is loaded, and reads it from the environment. OpenBLAS' threads wait
 * awake for 2^28 ticks, a tenth of a second, unless told; 2^24 are as good between one call and the next.
 */
static inline void peer_set_threads(int threads) {
  char text[16];
  snprintf(text, sizeof text, "%d", threads);
  setenv("OMP_NUM_THREADS", text, 1);
  setenv("OPENBLAS_NUM_THREADS", text, 1);
  setenv("OPENBLAS_THREAD_TIMEOUT", "24", 1);
}

/*
 * Libraries take the longest vectors that the processor has. For a target with shorter ones they are held back to what
 * it has, before they are loaded: oneDNN by its dispatcher control (instruction sets up to AVX2, without its extensions
 * for whole numbers; up to SSE4.1), OpenBLAS by naming the processor whose kernels it takes (Haswell is its AVX2 and
 * FMA, Nehalem its SSE4.2). ONNX Runtime looks at the processor alone. One process serves targets of one length.
 */
struct peer_limit {
  const char *onednn;
  unsigned onednn_sets; /* of dnnl_cpu_isa_t, a bit a set */
  const char *openblas;
};

static inline struct peer_limit peer_limit(const struct task *task) {
  if (task->vector_bytes == 32) return (struct peer_limit){"AVX2", 0x7, "Haswell"};
  if (task->vector_bytes == 16) return (struct peer_limit){"SSE41", 0x1, "Nehalem"};
  return (struct peer_limit){NULL, ~0u, NULL};
}

static inline void peer_hold_back(const struct task *task) {
  struct peer_limit limit = peer_limit(task);
  if (limit.onednn != NULL) setenv("ONEDNN_MAX_CPU_ISA", limit.onednn, 1);
  if (limit.openblas != NULL) setenv("OPENBLAS_CORETYPE", limit.openblas, 1);
}

/* What the system has is better than what lies beside: another library of this process may need the newer one. */
static inline void *peer_library(const struct task *task, int threads, char *detail) {
  peer_set_threads(threads);
  peer_hold_back(task);
  void *library = dlopen(PEER_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (library != NULL) return library;
  snprintf(detail, DETAIL_CHARS, "%s", dlerror());
  for (size_t i = 0; i < sizeof peer_beside / sizeof peer_beside[0]; i++) {
    char path[4096];
    snprintf(path, sizeof path, "%s", PEER_LIBRARY);
    char *name = strrchr(path, '/');
    if (name == NULL) break;
    snprintf(name + 1, sizeof path - (size_t)(name + 1 - path), "%s", peer_beside[i]);
    (void)dlopen(path, RTLD_NOW | RTLD_LOCAL);
  }
  return dlopen(PEER_LIBRARY, RTLD_NOW | RTLD_LOCAL);
}

/* Takes an entry point, or says in detail that there is none. */
static inline bool peer_entry(void *library, const char *name, void *into, char *detail) {
  void *entry = dlsym(library, name);
  memcpy(into, &entry, sizeof entry);
  if (entry == NULL) snprintf(detail, DETAIL_CHARS, "%.300s defines no %.64s", PEER_LIBRARY, name);
  return entry != NULL;
}

/* In huge pages, and each at another offset of a page, as the runner's own arenas are. */
struct peer_buffer {
  float *floats;
  void *base;
  size_t bytes;
};

static inline bool peer_buffer_new(struct peer_buffer *buffer, size_t bytes) {
  static size_t stagger;
  size_t offset = stagger++ % 8 * 8 * PEER_LINE;
  size_t rounded = (bytes + offset + PEER_HUGE_PAGE - 1) / PEER_HUGE_PAGE * PEER_HUGE_PAGE;
  char *reserved = mmap(NULL, rounded + PEER_HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (reserved == MAP_FAILED) return false;
  char *aligned = (char *)(((uintptr_t)reserved + PEER_HUGE_PAGE - 1) / PEER_HUGE_PAGE * PEER_HUGE_PAGE);
  if (aligned > reserved) munmap(reserved, (size_t)(aligned - reserved));
  size_t behind = (size_t)(reserved + PEER_HUGE_PAGE - aligned);
  if (behind > 0) munmap(aligned + rounded, behind);
  (void)madvise(aligned, rounded, MADV_HUGEPAGE);
  memset(aligned, 0, rounded);
  *buffer = (struct peer_buffer){(float *)(aligned + offset), aligned, rounded};
  return true;
}

static inline void peer_buffer_free(struct peer_buffer *buffer) {
  if (buffer->base != NULL) munmap(buffer->base, buffer->bytes);
  *buffer = (struct peer_buffer){NULL, NULL, 0};
}

/* Sizes of a task's tensors in plain layout, in floats. */
static inline long peer_input_floats(const struct task *task) {
  return task->kind == CONV2D ? task->n * task->c * task->h * task->w : task->b * task->m * task->k;
}

static inline long peer_output_floats(const struct task *task) {
  return task->kind == CONV2D ? task->n * task->k * task->out_h * task->out_w : task->b * task->m * task->n;
}

/* An image: blocked by channels in the task's layout, if that is blocked, and plain on the other side. */
static inline void peer_image(const struct task *task, long channels, long pixels, const float *from, float *to,
                              bool to_plain) {
  long lanes = task->lanes;
  long blocks = (channels + lanes - 1) / lanes;
  if (!to_plain) memset(to, 0, (size_t)(task->n * blocks * pixels * lanes) * sizeof *to);
  for (long n = 0; n < task->n; n++) {
    for (long c = 0; c < channels; c++) {
      long block = ((n * blocks + c / lanes) * pixels) * lanes + c % lanes;
      long plane = (n * channels + c) * pixels;
      for (long p = 0; p < pixels; p++) {
        if (to_plain) to[plane + p] = from[block + p * lanes];
        else to[block + p * lanes] = from[plane + p];
      }
    }
  }
}

static inline void peer_input_to_plain(const struct task *task, const float *from, float *to) {
  if (task->kind == CONV2D && task->lanes > 0) peer_image(task, task->c, task->h * task->w, from, to, true);
  else memcpy(to, from, (size_t)peer_input_floats(task) * sizeof *to);
}

static inline void peer_residual_to_plain(const struct task *task, const float *from, float *to) {
  if (task->kind == CONV2D && task->lanes > 0) peer_image(task, task->k, task->out_h * task->out_w, from, to, true);
  else memcpy(to, from, (size_t)peer_output_floats(task) * sizeof *to);
}

static inline void peer_output_from_plain(const struct task *task, const float *from, float *to) {
  if (task->kind == CONV2D && task->lanes > 0) peer_image(task, task->k, task->out_h * task->out_w, from, to, false);
  else memcpy(to, from, (size_t)peer_output_floats(task) * sizeof *to);
}

/* Whether a run is the first from or to these buffers. */
struct peer_binding {
  const float *in[4];
  float *out;
};

static inline bool peer_rebind(struct peer_binding *binding, const float *const *in, float *out) {
  bool same = binding->out == out && binding->in[0] == in[0] && binding->in[1] == in[1] && binding->in[3] == in[3];
  for (int i = 0; i < 4; i++) binding->in[i] = in[i];
  binding->out = out;
  return !same;
}

#endif
