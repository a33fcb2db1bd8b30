/*
 * OpenBLAS: matrix products only, nothing fused but a bias, which the output starts from; one row is a product of a
 * matrix with a vector. Variants:
 *   gemm    the right-hand side as it comes: transposed for dense
 *   turned  dense with weights that were transposed beforehand
 */
#include "peer.h"

enum { ROW_MAJOR = 101, AS_IT_IS = 111, TRANSPOSED = 112 }; /* of cblas.h */

static struct {
  bool loaded;
  void (*sgemm)(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
  void (*sgemv)(int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
  void (*set_num_threads)(int);
  char *(*get_corename)(void);
} blas;

struct state {
  const struct task *task;
  struct peer_buffer left, right, out;
  struct peer_binding binding;
  bool biased, transposed; /* transposed: the right-hand side lies as [n][k] */
};

static bool load(const struct task *task, int threads, char *detail) {
  if (!blas.loaded) {
    void *library = peer_library(task, threads, detail);
    if (library == NULL || !peer_entry(library, "cblas_sgemm", &blas.sgemm, detail) ||
        !peer_entry(library, "cblas_sgemv", &blas.sgemv, detail) ||
        !peer_entry(library, "openblas_set_num_threads", &blas.set_num_threads, detail) ||
        !peer_entry(library, "openblas_get_corename", &blas.get_corename, detail)) {
      return false;
    }
    const char *wanted = peer_limit(task).openblas;
    if (wanted != NULL && strcmp(blas.get_corename(), wanted) != 0) {
      snprintf(detail, DETAIL_CHARS, "OpenBLAS takes kernels for %.64s, though held back to vectors of %ld bytes",
               blas.get_corename(), task->vector_bytes);
      return false;
    }
    blas.set_num_threads(threads);
    blas.loaded = true;
  }
  return true;
}

static void close_state(void *opaque) {
  struct state *state = opaque;
  peer_buffer_free(&state->left);
  peer_buffer_free(&state->right);
  peer_buffer_free(&state->out);
  free(state);
}

static void make_weights(struct state *state) {
  long n = state->task->n, k = state->task->k;
  for (long row = 0; row < n; row++) {
    for (long i = 0; i < k; i++) {
      state->right.floats[state->transposed ? row * k + i : i * n + row] = state->task->weight.floats[row * k + i];
    }
  }
}

static void *open_state(const struct task *task, const char *variant, int threads, char *detail) {
  if (!load(task, threads, detail)) return NULL;
  bool biased = task->epilogues == 1 && task->epilogue[0] == BIAS;
  if (task->kind == CONV2D || (task->epilogues > 0 && !biased)) {
    snprintf(detail, DETAIL_CHARS, "BLAS computes matrix products without an epilogue");
    return NULL;
  }
  struct state *state = calloc(1, sizeof *state);
  if (state == NULL) return NULL;
  state->task = task;
  state->biased = biased;
  state->transposed = task->kind == DENSE ? strcmp(variant, "turned") != 0 : task->rhs_transposed;
  size_t right = (size_t)(task->b * task->n * task->k) * sizeof(float);
  if (!peer_buffer_new(&state->left, (size_t)peer_input_floats(task) * sizeof(float)) ||
      !peer_buffer_new(&state->right, right) ||
      !peer_buffer_new(&state->out, (size_t)peer_output_floats(task) * sizeof(float))) {
    snprintf(detail, DETAIL_CHARS, "no memory for copies of the operands");
    close_state(state);
    return NULL;
  }
  if (task->kind == DENSE) make_weights(state);
  return state;
}

static void multiply(const struct state *state, long item) {
  const struct task *task = state->task;
  int m = (int)task->m, n = (int)task->n, k = (int)task->k;
  const float *left = state->left.floats + item * task->m * task->k;
  const float *right = state->right.floats + item * task->n * task->k;
  float *out = state->out.floats + item * task->m * task->n;
  float beta = state->biased ? 1.0f : 0.0f;
  if (state->biased) {
    for (long row = 0; row < task->m; row++) memcpy(out + row * task->n, task->bias.floats, (size_t)task->n * sizeof *out);
  }
  bool transposed = state->transposed;
  if (m > 1) {
    bool left_transposed = task->lhs_transposed;
    blas.sgemm(ROW_MAJOR, left_transposed ? TRANSPOSED : AS_IT_IS, transposed ? TRANSPOSED : AS_IT_IS, m, n, k, 1.0f, left,
               left_transposed ? m : k, right, transposed ? k : n, beta, out, n);
  } else if (transposed) {
    blas.sgemv(ROW_MAJOR, AS_IT_IS, n, k, 1.0f, right, k, left, 1, beta, out, 1);
  } else {
    blas.sgemv(ROW_MAJOR, TRANSPOSED, k, n, 1.0f, right, n, left, 1, beta, out, 1);
  }
}

static void run(void *opaque, const float *const *in, float *out) {
  struct state *state = opaque;
  const struct task *task = state->task;
  bool fresh = peer_rebind(&state->binding, in, out);
  if (fresh) {
    memcpy(state->left.floats, in[0], (size_t)peer_input_floats(task) * sizeof(float));
    if (task->kind == BATCH_MATMUL) {
      memcpy(state->right.floats, in[1], (size_t)(task->b * task->n * task->k) * sizeof(float));
    }
  }
  for (long item = 0; item < task->b; item++) multiply(state, item);
  if (fresh) memcpy(out, state->out.floats, (size_t)peer_output_floats(task) * sizeof(float));
}

const struct peer oneshot_peer = {PEER_VERSION, open_state, run, close_state};
