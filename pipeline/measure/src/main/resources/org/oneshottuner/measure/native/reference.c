/*
 * The output by definition. Every operator is a sum of products over its reduction, so there is one loop,
 *     out[row][column] = sum over k of a[row][k] * panel[k][column],
 * and a function a kind that gathers the panel: input pixels for convolutions, columns of the second operand for
 * matrices. Columns lie side by side, which the compiler turns into vectors. Products are summed in float over at most
 * SPAN terms, and these sums in double: exact on small whole numbers, and otherwise nearer the truth than any kernel.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"

enum { COLUMNS = 64, ROWS = 4, SPAN = 64 };

typedef float vector __attribute__((vector_size(64)));
enum { VECTORS = COLUMNS / 16 };

static void sum_products(const float *const *rows, const float *panel, long terms, double out[ROWS][COLUMNS]) {
  memset(out, 0, sizeof(double[ROWS][COLUMNS]));
  for (long begin = 0; begin < terms; begin += SPAN) {
    long end = begin + SPAN < terms ? begin + SPAN : terms;
    vector sums[ROWS][VECTORS] = {0};
    for (long k = begin; k < end; k++) {
      const vector *values = (const vector *)(panel + k * COLUMNS);
      for (int row = 0; row < ROWS; row++) {
        for (int v = 0; v < VECTORS; v++) sums[row][v] += rows[row][k] * values[v];
      }
    }
    for (int row = 0; row < ROWS; row++) {
      const float *sum = (const float *)sums[row];
      for (int column = 0; column < COLUMNS; column++) out[row][column] += sum[column];
    }
  }
}

static double apply_epilogue(const struct task *task, double value, long channel, long at) {
  for (int i = 0; i < task->epilogues; i++) {
    switch (task->epilogue[i]) {
      case BIAS: value += task->bias.floats[channel]; break;
      case ADD: value += task->residual.floats[at]; break;
      case RELU: value = fmax(value, 0.0); break;
      case RELU6: value = fmin(fmax(value, 0.0), 6.0); break;
      case GELU: value = 0.5 * value * (1.0 + erf(value * M_SQRT1_2)); break;
      case SIGMOID: value = 1.0 / (1.0 + exp(-value)); break;
      case SWISH: value = value / (1.0 + exp(-value)); break;
    }
  }
  return value;
}

static void store(struct task *task, long at, long channel, double value) {
  value = apply_epilogue(task, value, channel, at);
  task->reference.floats[at] = (float)value;
  if (fabs(value) > task->reference_max) task->reference_max = fabs(value);
}

/* Where channel c of image n begins, and how far apart its pixels are. */
static long image_offset(const struct task *task, long channels, long pixels, long n, long c, long *step) {
  long lanes = task->lanes > 0 ? task->lanes : 1;
  long blocks = (channels + lanes - 1) / lanes;
  *step = lanes;
  return (n * blocks + c / lanes) * pixels * lanes + c % lanes;
}

/* The inputs that the outputs [first, first + COLUMNS) of one image see, zero in the padding and past the last output. */
static void gather_pixels(const struct task *task, long n, long group, long first, float *panel) {
  long channels = task->c / task->groups;
  long outputs = task->out_h * task->out_w;
  float *into = panel;
  for (long c = 0; c < channels; c++) {
    long step;
    const float *image =
        task->input.floats + image_offset(task, task->c, task->h * task->w, n, group * channels + c, &step);
    for (long r = 0; r < task->r; r++) {
      for (long s = 0; s < task->s; s++) {
        long out_y = first / task->out_w;
        long out_x = first % task->out_w;
        for (int column = 0; column < COLUMNS; column++) {
          long y = out_y * task->stride_h - task->pad_t + r * task->dilation_h;
          long x = out_x * task->stride_w - task->pad_l + s * task->dilation_w;
          bool inside = first + column < outputs && y >= 0 && y < task->h && x >= 0 && x < task->w;
          *into++ = inside ? image[(y * task->w + x) * step] : 0.0f;
          if (++out_x == task->out_w) {
            out_x = 0;
            out_y++;
          }
        }
      }
    }
  }
}

static void convolve(struct task *task, float *panel) {
  long outputs = task->out_h * task->out_w;
  long group_k = task->k / task->groups;
  long terms = task->c / task->groups * task->r * task->s;
  double sums[ROWS][COLUMNS];
  for (long n = 0; n < task->n; n++) {
    for (long group = 0; group < task->groups; group++) {
      for (long first = 0; first < outputs; first += COLUMNS) {
        gather_pixels(task, n, group, first, panel);
        for (long k = 0; k < group_k; k += ROWS) {
          const float *rows[ROWS];
          for (long row = 0; row < ROWS; row++) {
            long channel = group * group_k + (k + row < group_k ? k + row : group_k - 1);
            rows[row] = task->weight.floats + channel * terms;
          }
          sum_products(rows, panel, terms, sums);
          for (long row = 0; row < ROWS && k + row < group_k; row++) {
            long channel = group * group_k + k + row;
            long step;
            long at = image_offset(task, task->k, outputs, n, channel, &step);
            for (long column = 0; column < COLUMNS && first + column < outputs; column++) {
              store(task, at + (first + column) * step, channel, sums[row][column]);
            }
          }
        }
      }
    }
  }
}

/* dense: weight[n][k]; batch_matmul: rhs[b][k][n], or rhs[b][n][k] where that is transposed. */
static void gather_columns(const struct task *task, long b, long first, float *panel) {
  const float *right = task->kind == DENSE ? task->weight.floats : task->rhs.floats + b * task->k * task->n;
  bool transposed = task->kind == DENSE || task->rhs_transposed;
  for (long k = 0; k < task->k; k++) {
    for (long column = 0; column < COLUMNS; column++) {
      long n = first + column;
      panel[k * COLUMNS + column] = n >= task->n ? 0.0f : right[transposed ? n * task->k + k : k * task->n + n];
    }
  }
}

/* Rows of the left side; those that lie transposed, lhs[b][k][m], are brought into `turned`. */
static void gather_rows(const struct task *task, long b, long first, float *turned, const float *rows[ROWS]) {
  for (long row = 0; row < ROWS; row++) {
    long m = first + row < task->m ? first + row : first;
    if (task->lhs_transposed) {
      for (long k = 0; k < task->k; k++) turned[row * task->k + k] = task->input.floats[(b * task->k + k) * task->m + m];
      rows[row] = turned + row * task->k;
    } else {
      rows[row] = task->input.floats + (b * task->m + m) * task->k;
    }
  }
}

static void multiply(struct task *task, float *panel) {
  double sums[ROWS][COLUMNS];
  struct arena turned = arena_new(task->k * ROWS, 0);
  for (long b = 0; b < task->b; b++) {
    for (long first = 0; first < task->n; first += COLUMNS) {
      gather_columns(task, b, first, panel);
      for (long m = 0; m < task->m; m += ROWS) {
        const float *rows[ROWS];
        gather_rows(task, b, m, turned.floats, rows);
        sum_products(rows, panel, task->k, sums);
        for (long row = 0; row < ROWS && m + row < task->m; row++) {
          for (long column = 0; column < COLUMNS && first + column < task->n; column++) {
            store(task, (b * task->m + m + row) * task->n + first + column, first + column, sums[row][column]);
          }
        }
      }
    }
  }
  arena_free(&turned);
}

void reference_compute(struct task *task) {
  long terms = task->kind == CONV2D ? task->c / task->groups * task->r * task->s : task->k;
  struct arena panel = arena_new(terms * COLUMNS, 0);
  task->reference = arena_new(task->output_floats, 0);
  if (task->kind == CONV2D) convolve(task, panel.floats);
  else multiply(task, panel.floats);
  arena_free(&panel);
  arena_protect(&task->reference);
}

/* Says which element of the output lies at an offset. */
static void describe(const struct task *task, long at, char *into, size_t size) {
  if (task->kind != CONV2D) {
    snprintf(into, size, "b=%ld m=%ld n=%ld", at / (task->m * task->n), at / task->n % task->m, at % task->n);
    return;
  }
  long lanes = task->lanes > 0 ? task->lanes : 1;
  long blocks = (task->k + lanes - 1) / lanes;
  long pixels = task->out_h * task->out_w;
  long pixel = at / lanes % pixels;
  long block = at / lanes / pixels;
  snprintf(into, size, "n=%ld k=%ld y=%ld x=%ld", block / blocks, block % blocks * lanes + at % lanes,
           pixel / task->out_w, pixel % task->out_w);
}

static bool is_padding_lane(const struct task *task, long at) {
  if (task->lanes == 0 || task->k % task->lanes == 0) return false;
  long blocks = (task->k + task->lanes - 1) / task->lanes;
  long block = at / task->lanes / (task->out_h * task->out_w) % blocks;
  return block * task->lanes + at % task->lanes >= task->k;
}

bool reference_matches(const struct task *task, const float *output, double tolerance, double *error, char *detail) {
  double scale = task->reference_max > 0 ? task->reference_max : 1.0;
  double worst = -1.0;
  long worst_at = -1;
  long wrong = 0;
  for (long at = 0; at < task->output_floats; at++) {
    double difference = fabs((double)output[at] - (double)task->reference.floats[at]) / scale;
    if (difference <= tolerance && difference <= worst) continue;
    if (isnan(difference)) difference = INFINITY;
    if (difference > tolerance) wrong++;
    if (difference > worst) {
      worst = difference;
      worst_at = at;
    }
  }
  *error = worst > 0 ? worst : 0.0;
  char place[128];
  for (long at = 0; task->lanes > 0 && wrong == 0 && at < task->output_floats; at++) {
    if (output[at] != 0.0f && is_padding_lane(task, at)) {
      describe(task, at, place, sizeof place);
      snprintf(detail, DETAIL_CHARS, "padding lane at %s is %g, must be 0", place, (double)output[at]);
      return false;
    }
  }
  if (wrong == 0) return true;
  describe(task, worst_at, place, sizeof place);
  snprintf(detail, DETAIL_CHARS, "%ld of %ld outputs are wrong; largest error at %s: %.9g, expected %.9g, tolerance %g of %g",
           wrong, task->output_floats, place, (double)output[worst_at], (double)task->reference.floats[worst_at], tolerance,
           scale);
  return false;
}
