/* Tasks: what a kernel computes, and seeded values for it to compute on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"

static struct task *tasks = NULL;

static uint64_t next_random(uint64_t *state) { /* SplitMix64 */
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/* Whole numbers make every order of summing exact; otherwise uniform in (-scale, scale), never zero nor denormal. */
static float next_value(uint64_t *state, bool whole, float scale) {
  uint64_t bits = next_random(state);
  if (whole) {
    static const float values[6] = {-3, -2, -1, 1, 2, 3};
    return values[bits % 6];
  }
  return (((float)(bits >> 41) + 0.5f) * 0x1p-22f - 1.0f) * scale;
}

static void fill(struct arena *arena, long floats, uint64_t seed, bool whole, float scale) {
  *arena = arena_new(floats, 0);
  uint64_t state = seed;
  for (long i = 0; i < floats; i++) arena->floats[i] = next_value(&state, whole, scale);
}

/* An image tensor: drawn in logical nchw order, so that a task has the same values in every layout. */
static void fill_image(struct arena *arena, const struct task *task, long channels, long pixels, int stagger, uint64_t seed,
                       bool whole) {
  long lanes = task->lanes > 0 ? task->lanes : 1;
  long blocks = (channels + lanes - 1) / lanes;
  *arena = arena_new(task->n * blocks * pixels * lanes, stagger);
  uint64_t state = seed;
  for (long n = 0; n < task->n; n++) {
    for (long c = 0; c < channels; c++) {
      float *block = arena->floats + (n * blocks + c / lanes) * pixels * lanes;
      for (long p = 0; p < pixels; p++) block[p * lanes + c % lanes] = next_value(&state, whole, 1.0f);
    }
  }
}

static bool parse_epilogue(struct task *task, const char *line) {
  static const char *const names[] = {"bias", "add", "relu", "relu6", "gelu", "sigmoid", "swish"};
  char text[256];
  field_text(line, "epilogue", text, sizeof text);
  char *rest = text;
  for (char *step; (step = strtok_r(rest, "+", &rest)) != NULL;) {
    int found = -1;
    for (int i = 0; i < 7; i++) {
      if (strcmp(step, names[i]) == 0) found = i;
    }
    if (strcmp(step, "none") == 0) continue;
    if (found < 0 || task->epilogues == MAX_EPILOGUE) return false;
    task->epilogue[task->epilogues++] = (enum epilogue)found;
  }
  return true;
}

bool task_has(const struct task *task, enum epilogue step) {
  for (int i = 0; i < task->epilogues; i++) {
    if (task->epilogue[i] == step) return true;
  }
  return false;
}

static bool parse_extents(struct task *task, const char *line) {
  char kind[32];
  field_text(line, "kind", kind, sizeof kind);
  task->n = field_long(line, "n", 0);
  task->k = field_long(line, "k", 0);
  task->vector_bytes = field_long(line, "vector_bytes", 0);
  if (strcmp(kind, "conv2d") == 0) {
    task->kind = CONV2D;
    task->c = field_long(line, "c", 0);
    task->h = field_long(line, "h", 0);
    task->w = field_long(line, "w", 0);
    task->r = field_long(line, "r", 0);
    task->s = field_long(line, "s", 0);
    task->stride_h = field_long(line, "stride_h", 0);
    task->stride_w = field_long(line, "stride_w", 0);
    task->pad_t = field_long(line, "pad_t", 0);
    task->pad_l = field_long(line, "pad_l", 0);
    task->pad_b = field_long(line, "pad_b", 0);
    task->pad_r = field_long(line, "pad_r", 0);
    task->dilation_h = field_long(line, "dilation_h", 0);
    task->dilation_w = field_long(line, "dilation_w", 0);
    task->groups = field_long(line, "groups", 0);
    task->lanes = field_long(line, "lanes", 0);
    if (task->n < 1 || task->c < 1 || task->h < 1 || task->w < 1 || task->k < 1 || task->r < 1 || task->s < 1 ||
        task->stride_h < 1 || task->stride_w < 1 || task->dilation_h < 1 || task->dilation_w < 1 || task->groups < 1 ||
        task->c % task->groups != 0 || task->k % task->groups != 0 || task->lanes < 0 || task->lanes > 64) {
      return false;
    }
    long reach_h = task->h + task->pad_t + task->pad_b - (task->r - 1) * task->dilation_h - 1;
    long reach_w = task->w + task->pad_l + task->pad_r - (task->s - 1) * task->dilation_w - 1;
    if (reach_h < 0 || reach_w < 0) return false;
    task->out_h = reach_h / task->stride_h + 1;
    task->out_w = reach_w / task->stride_w + 1;
    return true;
  }
  task->m = field_long(line, "m", 0);
  if (strcmp(kind, "dense") == 0) {
    task->kind = DENSE;
    task->b = 1;
  } else if (strcmp(kind, "batch_matmul") == 0) {
    task->kind = BATCH_MATMUL;
    task->b = field_long(line, "b", 0);
    task->lhs_transposed = field_long(line, "lhs_transposed", 0) != 0;
    task->rhs_transposed = field_long(line, "rhs_transposed", 0) != 0;
  } else {
    return false;
  }
  return task->m >= 1 && task->n >= 1 && task->k >= 1 && task->b >= 1;
}

static void make_operands(struct task *task, uint64_t seed, bool whole) {
  uint64_t seeds[5];
  for (int i = 0; i < 5; i++) seeds[i] = next_random(&seed);
  long terms = task->kind == CONV2D ? task->c / task->groups * task->r * task->s : task->k;
  /* Outputs of a standard deviation of about 2 keep relu6, gelu and sigmoid away from where they are flat. */
  float scale = fminf(1.0f, 6.0f / sqrtf((float)terms));
  long outputs;
  if (task->kind == CONV2D) {
    long lanes = task->lanes > 0 ? task->lanes : 1;
    outputs = task->k;
    task->output_floats = task->n * ((task->k + lanes - 1) / lanes) * task->out_h * task->out_w * lanes;
    fill_image(&task->input, task, task->c, task->h * task->w, 0, seeds[0], whole);
    fill(&task->weight, task->k * terms, seeds[1], whole, scale);
    if (task_has(task, ADD)) fill_image(&task->residual, task, task->k, task->out_h * task->out_w, 5, seeds[3], whole);
  } else {
    outputs = task->n;
    task->output_floats = task->b * task->m * task->n;
    fill(&task->input, task->b * task->m * task->k, seeds[0], whole, 1.0f);
    fill(task->kind == DENSE ? &task->weight : &task->rhs, task->b * task->n * task->k, seeds[1], whole, scale);
    if (task_has(task, ADD)) fill(&task->residual, task->output_floats, seeds[3], whole, 1.0f);
  }
  if (task_has(task, BIAS)) fill(&task->bias, outputs, seeds[2], whole, 1.0f);
  const struct arena *constant[] = {&task->input, &task->rhs, &task->weight, &task->bias, &task->residual};
  for (int i = 0; i < 5; i++) arena_protect(constant[i]);
}

struct task *task_make(const char *line, char *detail) {
  struct task *task = calloc(1, sizeof *task);
  if (task == NULL) die("Cannot make a task: out of memory");
  field_text(line, "id", task->id, sizeof task->id);
  if (!parse_extents(task, line) || !parse_epilogue(task, line)) {
    snprintf(detail, DETAIL_CHARS, "Cannot make a task of %s", line);
    free(task);
    return NULL;
  }
  char text[16];
  bool whole = strcmp(field_text(line, "values", text, sizeof text), "whole") == 0;
  make_operands(task, (uint64_t)field_long(line, "seed", 0), whole);
  if (strcmp(field_text(line, "reference", text, sizeof text), "yes") == 0) reference_compute(task);
  task_forget(task->id);
  task->next = tasks;
  tasks = task;
  return task;
}

struct task *task_find(const char *id) {
  for (struct task *task = tasks; task != NULL; task = task->next) {
    if (strcmp(task->id, id) == 0) return task;
  }
  return NULL;
}

bool task_forget(const char *id) {
  for (struct task **link = &tasks; *link != NULL; link = &(*link)->next) {
    struct task *task = *link;
    if (strcmp(task->id, id) != 0) continue;
    *link = task->next;
    struct arena *owned[] = {&task->input, &task->rhs, &task->weight, &task->bias, &task->residual, &task->reference};
    for (int i = 0; i < 6; i++) arena_free(owned[i]);
    free(task);
    return true;
  }
  return false;
}

size_t task_bytes(const struct task *task) {
  return task->input.bytes + task->rhs.bytes + task->weight.bytes + task->bias.bytes + task->residual.bytes +
         task->reference.bytes;
}
