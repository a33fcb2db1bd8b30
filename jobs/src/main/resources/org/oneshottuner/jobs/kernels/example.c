/*
 * Runs every kernel of this folder: packs its weights once, runs it on one thread and on two, checks both
 * outputs against naive loops, and prints the largest error and the time of a run. Written by compile.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels.h"

#define THREADS 2

typedef struct {
  double flops;
  double tolerance; /* allowed error, as a share of the largest magnitude of the output */
  const char *epilogue;
  enum { CONVOLUTION, PRODUCT } kind;
  int n; /* batch */
  int c; /* channels of the input, or the length of a product's sums */
  int h; /* rows of the input */
  int w;
  int k; /* channels, or a product's columns, of the output */
  int r; /* rows of the convolution's kernel */
  int s;
  int stride, top, left, dilation, groups;
  int block; /* channels that lie side by side in memory: 1 in plain layout */
  int out_h, out_w;
} operator_t;

typedef struct {
  float *input, *rhs, *weight, *bias, *residual, *packed, *workspace, *out, *expected;
} buffers_t;

/* The kernels take buffers that are aligned to 64 bytes. */
static float *floats(long count) {
  float *buffer = NULL;
  if (count == 0) {
    return NULL;
  }
  if (posix_memalign((void **)&buffer, 64, (size_t)count * sizeof(float)) != 0) {
    fprintf(stderr, "Cannot allocate %ld floats\n", count);
    exit(1);
  }
  memset(buffer, 0, (size_t)count * sizeof(float));
  return buffer;
}

static unsigned long long state = 20220402;

/* Uniform from -1 to 1. */
static float number(void) {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (float)(state >> 40) / (float)(1 << 23) - 1.0f;
}

static void fill(float *buffer, long count) {
  for (long i = 0; i < count; i++) {
    buffer[i] = number();
  }
}

static long at(int block, int channels, int height, int width, int n, int c, int y, int x) {
  long blocks = (channels + block - 1) / block;
  return ((((long)n * blocks + c / block) * height + y) * width + x) * block + c % block;
}

/* Lanes beyond the last channel stay zero. */
static void fill_activation(float *buffer, int block, int n, int c, int h, int w) {
  for (int image = 0; image < n; image++) {
    for (int channel = 0; channel < c; channel++) {
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          buffer[at(block, c, h, w, image, channel, y, x)] = number();
        }
      }
    }
  }
}

/* Applies the steps, whose names are joined by +, in order. */
static float epilogue(const char *steps, double value, double bias, double residual) {
  char copy[128];
  char *rest = NULL;
  snprintf(copy, sizeof copy, "%s", steps);
  for (char *step = strtok_r(copy, "+", &rest); step != NULL; step = strtok_r(NULL, "+", &rest)) {
    if (strcmp(step, "bias") == 0) {
      value += bias;
    } else if (strcmp(step, "add") == 0) {
      value += residual;
    } else if (strcmp(step, "relu") == 0) {
      value = value > 0 ? value : 0;
    } else if (strcmp(step, "relu6") == 0) {
      value = value > 0 ? (value < 6 ? value : 6) : 0;
    } else if (strcmp(step, "gelu") == 0) {
      value = value / 2 * (1 + erf(value / sqrt(2)));
    } else if (strcmp(step, "sigmoid") == 0) {
      value = 1 / (1 + exp(-value));
    } else if (strcmp(step, "swish") == 0) {
      value = value / (1 + exp(-value));
    }
  }
  return (float)value;
}

static void naive_conv(const operator_t *op, const buffers_t *v) {
  int inputs = op->c / op->groups;
  int outputs = op->k / op->groups;
  for (int n = 0; n < op->n; n++) {
    for (int k = 0; k < op->k; k++) {
      for (int oy = 0; oy < op->out_h; oy++) {
        for (int ox = 0; ox < op->out_w; ox++) {
          double sum = 0;
          for (int c = 0; c < inputs; c++) {
            for (int r = 0; r < op->r; r++) {
              int y = oy * op->stride + r * op->dilation - op->top;
              for (int s = 0; s < op->s && y >= 0 && y < op->h; s++) {
                int x = ox * op->stride + s * op->dilation - op->left;
                if (x >= 0 && x < op->w) {
                  sum += (double)v->input[at(op->block, op->c, op->h, op->w, n, k / outputs * inputs + c, y, x)] *
                         v->weight[(((long)k * inputs + c) * op->r + r) * op->s + s];
                }
              }
            }
          }
          long place = at(op->block, op->k, op->out_h, op->out_w, n, k, oy, ox);
          v->expected[place] =
              epilogue(op->epilogue, sum, v->bias ? v->bias[k] : 0, v->residual ? v->residual[place] : 0);
        }
      }
    }
  }
}

/* n products of [h][c] by [c][k], the right side given as [k][c] if constant. */
static void naive_product(const operator_t *op, const buffers_t *v) {
  for (int n = 0; n < op->n; n++) {
    for (int row = 0; row < op->h; row++) {
      for (int column = 0; column < op->k; column++) {
        double sum = 0;
        for (int i = 0; i < op->c; i++) {
          float right = v->weight ? v->weight[(long)column * op->c + i] : v->rhs[((long)n * op->c + i) * op->k + column];
          sum += (double)v->input[((long)n * op->h + row) * op->c + i] * right;
        }
        long place = ((long)n * op->h + row) * op->k + column;
        v->expected[place] =
            epilogue(op->epilogue, sum, v->bias ? v->bias[column] : 0, v->residual ? v->residual[place] : 0);
      }
    }
  }
}

/* Fills what the operator reads, and tells what it should write. */
static void prepare(const operator_t *op, const buffers_t *v, long weight, long bias) {
  fill(v->weight, weight);
  fill(v->bias, bias);
  if (op->kind == CONVOLUTION) {
    fill_activation(v->input, op->block, op->n, op->c, op->h, op->w);
    if (v->residual) {
      fill_activation(v->residual, op->block, op->n, op->k, op->out_h, op->out_w);
    }
    naive_conv(op, v);
  } else {
    fill(v->input, (long)op->n * op->h * op->c);
    if (v->rhs) {
      fill(v->rhs, (long)op->n * op->c * op->k);
    }
    if (v->residual) {
      fill(v->residual, (long)op->n * op->h * op->k);
    }
    naive_product(op, v);
  }
}

/* Makes sure that a kernel writes all of its output, and reads no more of its workspace than it wrote. */
static void spoil(const buffers_t *v, long out, long workspace) {
  memset(v->out, 0xff, (size_t)out * sizeof(float));
  if (workspace > 0) {
    memset(v->workspace, 0xff, (size_t)workspace * sizeof(float));
  }
}

static void release(const buffers_t *v) {
  float *all[] = {v->input, v->rhs, v->weight, v->bias, v->residual, v->packed, v->workspace, v->out, v->expected};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    free(all[i]);
  }
}

/* Returns the largest error over the largest magnitude; infinite where an output is no number. */
static double error(const float *out, const float *expected, long count) {
  double largest = 0;
  double magnitude = 0;
  for (long i = 0; i < count; i++) {
    double difference = fabs((double)out[i] - expected[i]);
    if (!(difference <= largest)) {
      largest = isnan(difference) ? INFINITY : difference;
    }
    magnitude = fmax(magnitude, fabs(expected[i]));
  }
  return magnitude > 0 ? largest / magnitude : largest;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A barrier: no thread may begin a phase before all have ended the one before. */
typedef struct {
  pthread_mutex_t lock;
  pthread_cond_t opened;
  int waiting;
  unsigned long round;
} barrier_t;

static barrier_t barrier = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};

static void wait_for_all(void) {
  pthread_mutex_lock(&barrier.lock);
  unsigned long round = barrier.round;
  if (++barrier.waiting == THREADS) {
    barrier.waiting = 0;
    barrier.round++;
    pthread_cond_broadcast(&barrier.opened);
  } else {
    while (round == barrier.round) {
      pthread_cond_wait(&barrier.opened, &barrier.lock);
    }
  }
  pthread_mutex_unlock(&barrier.lock);
}

typedef void share_t(const buffers_t *buffers, int phase, long thread);

typedef struct {
  share_t *share;
  const buffers_t *buffers;
  int phases;
  long thread;
} worker_t;

static void *work(void *argument) {
  const worker_t *worker = argument;
  for (int phase = 0; phase < worker->phases; phase++) {
    worker->share(worker->buffers, phase, worker->thread);
    wait_for_all();
  }
  return NULL;
}

/* Runs an operator once, on several threads. */
static void run_on_threads(share_t *share, const buffers_t *buffers, int phases) {
  pthread_t threads[THREADS];
  worker_t workers[THREADS];
  for (long i = 0; i < THREADS; i++) {
    workers[i] = (worker_t){share, buffers, phases, i};
    if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0) {
      fprintf(stderr, "Cannot start thread %ld\n", i);
      exit(1);
    }
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
}

/* Returns 0 if both errors are small enough. */
static int report(const operator_t *op, const char *name, double one, double several, double best) {
  int good = one <= op->tolerance && several <= op->tolerance;
  printf("%-29s %10.3f ms %7.1f GFLOP/s  error %.0e, on %d threads %.0e  %s\n", name, best * 1e3,
         op->flops / best * 1e-9, one, THREADS, several, good ? "ok" : "WRONG");
  fflush(stdout);
  return good ? 0 : 1;
}
