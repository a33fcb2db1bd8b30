/*
 * oneDNN 3. Variants:
 *   best      the layouts that the library asks for; inner product for dense
 *   plain     activations in plain layout, constant weights in the library's
 *   matmul    dense as a matrix product instead of an inner product, in the layouts that the library asks for
 *   reorders  what it takes to bring activations from plain layout to that of `best` and back; nothing, if that is plain
 * The few entry points used are declared here: the library's binary interface stays the same within version 3, and its
 * headers are not in every package. A residual is summed onto the output in place, as frameworks do it; so only the first
 * run on a buffer gives the right numbers, and all take the same time.
 */
#include "peer.h"

typedef int64_t dims[12];
typedef void *handle;

/* Of dnnl_types.h and dnnl_common_types.h. */
enum {
  CPU = 1,
  IN_ORDER = 1,
  FLOATS = 3,
  ANY = 1,
  INFERENCE = 96,
  CONVOLUTION_AUTO = 3,
  CLIP = 0x2e,
  GELU_BY_ERF = 0x31,
  LOGISTIC = 0x29,
  RECTIFIER = 0x20,
  SWISH_FUNCTION = 0x2c,
  SOURCE_MD = 129,
  WEIGHTS_MD = 131,
  DESTINATION_MD = 133,
  SOURCE = 1,
  DESTINATION = 17,
  WEIGHTS = 33,
  BIASES = 41
};

struct argument {
  int which;
  handle memory;
};

static struct {
  bool loaded;
  handle engine, stream;
  int (*get_effective_cpu_isa)(void);
  int (*engine_create)(handle *, int, size_t);
  int (*stream_create)(handle *, handle, unsigned);
  int (*stream_wait)(handle);
  int (*memory_desc_create_with_strides)(handle *, int, const dims, int, const dims);
  int (*memory_desc_create_with_tag)(handle *, int, const dims, int, int);
  int (*memory_desc_equal)(const void *, const void *);
  int (*memory_desc_destroy)(handle);
  size_t (*memory_desc_get_size)(const void *);
  int (*memory_create)(handle *, const void *, handle, void *);
  int (*memory_destroy)(handle);
  int (*memory_get_memory_desc)(const void *, const void **);
  int (*convolution)(handle *, handle, int, int, const void *, const void *, const void *, const void *, const dims,
                     const dims, const dims, const dims, const void *);
  int (*inner_product)(handle *, handle, int, const void *, const void *, const void *, const void *, const void *);
  int (*matmul)(handle *, handle, const void *, const void *, const void *, const void *, const void *);
  int (*reorder)(handle *, const void *, handle, const void *, handle, const void *);
  const void *(*query_md)(const void *, int, int);
  int (*primitive_desc_destroy)(handle);
  int (*primitive_create)(handle *, const void *);
  int (*primitive_destroy)(handle);
  int (*execute)(const void *, handle, int, const struct argument *);
  int (*attr_create)(handle *);
  int (*attr_set_post_ops)(handle, const void *);
  int (*attr_destroy)(handle);
  int (*post_ops_create)(handle *);
  int (*post_ops_append_eltwise)(handle, int, float, float);
  int (*post_ops_append_sum)(handle, float, int32_t, int);
  int (*post_ops_destroy)(handle);
} dnnl;

static bool load(const struct task *task, int threads, char *detail) {
  if (dnnl.loaded) return true;
  void *library = peer_library(task, threads, detail);
  if (library == NULL) return false;
  const struct {
    const char *name;
    void *into;
  } entries[] = {
      {"dnnl_get_effective_cpu_isa", &dnnl.get_effective_cpu_isa},
      {"dnnl_engine_create", &dnnl.engine_create},
      {"dnnl_stream_create", &dnnl.stream_create},
      {"dnnl_stream_wait", &dnnl.stream_wait},
      {"dnnl_memory_desc_create_with_strides", &dnnl.memory_desc_create_with_strides},
      {"dnnl_memory_desc_create_with_tag", &dnnl.memory_desc_create_with_tag},
      {"dnnl_memory_desc_equal", &dnnl.memory_desc_equal},
      {"dnnl_memory_desc_destroy", &dnnl.memory_desc_destroy},
      {"dnnl_memory_desc_get_size", &dnnl.memory_desc_get_size},
      {"dnnl_memory_create", &dnnl.memory_create},
      {"dnnl_memory_destroy", &dnnl.memory_destroy},
      {"dnnl_memory_get_memory_desc", &dnnl.memory_get_memory_desc},
      {"dnnl_convolution_forward_primitive_desc_create", &dnnl.convolution},
      {"dnnl_inner_product_forward_primitive_desc_create", &dnnl.inner_product},
      {"dnnl_matmul_primitive_desc_create", &dnnl.matmul},
      {"dnnl_reorder_primitive_desc_create", &dnnl.reorder},
      {"dnnl_primitive_desc_query_md", &dnnl.query_md},
      {"dnnl_primitive_desc_destroy", &dnnl.primitive_desc_destroy},
      {"dnnl_primitive_create", &dnnl.primitive_create},
      {"dnnl_primitive_destroy", &dnnl.primitive_destroy},
      {"dnnl_primitive_execute", &dnnl.execute},
      {"dnnl_primitive_attr_create", &dnnl.attr_create},
      {"dnnl_primitive_attr_set_post_ops", &dnnl.attr_set_post_ops},
      {"dnnl_primitive_attr_destroy", &dnnl.attr_destroy},
      {"dnnl_post_ops_create", &dnnl.post_ops_create},
      {"dnnl_post_ops_append_eltwise", &dnnl.post_ops_append_eltwise},
      {"dnnl_post_ops_append_sum", &dnnl.post_ops_append_sum},
      {"dnnl_post_ops_destroy", &dnnl.post_ops_destroy},
  };
  for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
    if (!peer_entry(library, entries[i].name, entries[i].into, detail)) return false;
  }
  unsigned sets = (unsigned)dnnl.get_effective_cpu_isa();
  if ((sets & ~peer_limit(task).onednn_sets) != 0) {
    snprintf(detail, DETAIL_CHARS, "oneDNN uses instruction sets 0x%x, though held back to vectors of %ld bytes", sets,
             task->vector_bytes);
    return false;
  }
  if (dnnl.engine_create(&dnnl.engine, CPU, 0) != 0 || dnnl.stream_create(&dnnl.stream, dnnl.engine, IN_ORDER) != 0) {
    snprintf(detail, DETAIL_CHARS, "oneDNN has no engine for this processor");
    return false;
  }
  dnnl.loaded = true;
  return true;
}

/* A tensor in plain layout, and in the one that the primitive works on. */
struct tensor {
  int count;
  dims extents, strides;
  handle plain_md, wanted_md; /* wanted: plain, or any */
  handle plain_memory, memory;
  struct peer_buffer plain, own;
};

struct step {
  handle primitive;
  int arguments;
  struct argument argument[4];
};

struct state {
  const struct task *task;
  struct tensor source, right, bias, destination;
  handle attributes, post_ops;
  struct step steps[3]; /* the operator; or the reorders, one an activation */
  int step_count;
  bool reorders_only;
  struct peer_binding binding;
};

static void shape(struct tensor *tensor, int count, const int64_t *extents) {
  tensor->count = count;
  int64_t stride = 1;
  for (int i = count - 1; i >= 0; i--) {
    tensor->extents[i] = extents[i];
    tensor->strides[i] = stride;
    stride *= extents[i];
  }
}

static int64_t floats(const struct tensor *tensor) {
  int64_t product = 1;
  for (int i = 0; i < tensor->count; i++) product *= tensor->extents[i];
  return product;
}

/* Describes a tensor: as it is, or in any layout. */
static bool describe(struct tensor *tensor, bool any) {
  int status = dnnl.memory_desc_create_with_strides(&tensor->plain_md, tensor->count, tensor->extents, FLOATS, tensor->strides);
  if (status != 0) return false;
  if (!any) {
    tensor->wanted_md = tensor->plain_md;
    return true;
  }
  return dnnl.memory_desc_create_with_tag(&tensor->wanted_md, tensor->count, tensor->extents, FLOATS, ANY) == 0;
}

/* Makes the memory of a tensor in both layouts. */
static bool place(struct tensor *tensor, const void *md) {
  size_t bytes = dnnl.memory_desc_get_size(md);
  return peer_buffer_new(&tensor->plain, (size_t)floats(tensor) * sizeof(float)) && peer_buffer_new(&tensor->own, bytes) &&
         dnnl.memory_create(&tensor->plain_memory, tensor->plain_md, dnnl.engine, tensor->plain.floats) == 0 &&
         dnnl.memory_create(&tensor->memory, md, dnnl.engine, tensor->own.floats) == 0;
}

static bool reorder_step(struct step *step, const void *from_md, handle from, const void *to_md, handle to) {
  handle desc = NULL;
  if (dnnl.reorder(&desc, from_md, dnnl.engine, to_md, dnnl.engine, NULL) != 0) return false;
  int status = dnnl.primitive_create(&step->primitive, desc);
  dnnl.primitive_desc_destroy(desc);
  step->arguments = 2;
  step->argument[0] = (struct argument){SOURCE, from};
  step->argument[1] = (struct argument){DESTINATION, to};
  return status == 0;
}

static bool execute(const struct step *step) {
  return dnnl.execute(step->primitive, dnnl.stream, step->arguments, step->argument) == 0;
}

static bool move(const void *from_md, handle from, const void *to_md, handle to) {
  struct step step = {0};
  bool moved = reorder_step(&step, from_md, from, to_md, to) && execute(&step) && dnnl.stream_wait(dnnl.stream) == 0;
  if (step.primitive != NULL) dnnl.primitive_destroy(step.primitive);
  return moved;
}

static bool append(handle post_ops, enum epilogue which) {
  switch (which) {
    case ADD: return dnnl.post_ops_append_sum(post_ops, 1.0f, 0, FLOATS) == 0;
    case RELU: return dnnl.post_ops_append_eltwise(post_ops, RECTIFIER, 0, 0) == 0;
    case RELU6: return dnnl.post_ops_append_eltwise(post_ops, CLIP, 0, 6) == 0;
    case GELU: return dnnl.post_ops_append_eltwise(post_ops, GELU_BY_ERF, 0, 0) == 0;
    case SIGMOID: return dnnl.post_ops_append_eltwise(post_ops, LOGISTIC, 0, 0) == 0;
    case SWISH: return dnnl.post_ops_append_eltwise(post_ops, SWISH_FUNCTION, 1, 0) == 0;
    case BIAS: return false;
  }
  return false;
}

/* A bias comes first, with the sums; the rest follows in its order. */
static bool fuse(struct state *state, char *detail) {
  const struct task *task = state->task;
  if (dnnl.attr_create(&state->attributes) != 0 || dnnl.post_ops_create(&state->post_ops) != 0) return false;
  for (int i = 0; i < task->epilogues; i++) {
    if (task->epilogue[i] == BIAS && i == 0) continue;
    if (!append(state->post_ops, task->epilogue[i])) {
      snprintf(detail, DETAIL_CHARS, "oneDNN cannot fuse step %d of the epilogue", i + 1);
      return false;
    }
  }
  return dnnl.attr_set_post_ops(state->attributes, state->post_ops) == 0;
}

static void shape_convolution(struct state *state) {
  const struct task *t = state->task;
  shape(&state->source, 4, (const int64_t[]){t->n, t->c, t->h, t->w});
  shape(&state->destination, 4, (const int64_t[]){t->n, t->k, t->out_h, t->out_w});
  shape(&state->bias, 1, (const int64_t[]){t->k});
  if (t->groups == 1) shape(&state->right, 4, (const int64_t[]){t->k, t->c, t->r, t->s});
  else shape(&state->right, 5, (const int64_t[]){t->groups, t->k / t->groups, t->c / t->groups, t->r, t->s});
}

/* The last two extents are those of what lies in memory, exchanged. */
static void transpose(struct tensor *tensor) {
  int last = tensor->count - 1;
  tensor->strides[last] = tensor->extents[last - 1];
  tensor->strides[last - 1] = 1;
}

static void shape_product(struct state *state, bool inner) {
  const struct task *t = state->task;
  if (t->kind == BATCH_MATMUL) {
    shape(&state->source, 3, (const int64_t[]){t->b, t->m, t->k});
    shape(&state->right, 3, (const int64_t[]){t->b, t->k, t->n});
    shape(&state->destination, 3, (const int64_t[]){t->b, t->m, t->n});
    shape(&state->bias, 3, (const int64_t[]){1, 1, t->n});
    if (t->lhs_transposed) transpose(&state->source);
    if (t->rhs_transposed) transpose(&state->right);
    return;
  }
  shape(&state->source, 2, (const int64_t[]){t->m, t->k});
  shape(&state->destination, 2, (const int64_t[]){t->m, t->n});
  if (inner) {
    shape(&state->right, 2, (const int64_t[]){t->n, t->k});
    shape(&state->bias, 1, (const int64_t[]){t->n});
  } else { /* the weights [n][k], seen as [k][n] */
    shape(&state->right, 2, (const int64_t[]){t->k, t->n});
    transpose(&state->right);
    shape(&state->bias, 2, (const int64_t[]){1, t->n});
  }
}

static bool task_has_bias_first(const struct task *task) { return task->epilogues > 0 && task->epilogue[0] == BIAS; }

static int operator_desc(struct state *state, bool inner, handle *desc) {
  const struct task *t = state->task;
  const void *source = state->source.wanted_md;
  const void *right = state->right.wanted_md;
  const void *destination = state->destination.wanted_md;
  const void *bias = task_has_bias_first(t) ? state->bias.wanted_md : NULL;
  if (t->kind == CONV2D) {
    const dims strides = {t->stride_h, t->stride_w};
    const dims dilations = {t->dilation_h - 1, t->dilation_w - 1};
    const dims before = {t->pad_t, t->pad_l};
    const dims behind = {t->pad_b, t->pad_r};
    return dnnl.convolution(desc, dnnl.engine, INFERENCE, CONVOLUTION_AUTO, source, right, bias, destination, strides,
                            dilations, before, behind, state->attributes);
  }
  if (inner) return dnnl.inner_product(desc, dnnl.engine, INFERENCE, source, right, bias, destination, state->attributes);
  return dnnl.matmul(desc, dnnl.engine, source, right, bias, destination, state->attributes);
}

/* What does not change from run to run is brought into the primitive's layout at once. */
static bool make_constants(struct state *state, const void *right_md) {
  const struct task *t = state->task;
  if (t->kind != BATCH_MATMUL) {
    memcpy(state->right.plain.floats, t->weight.floats, (size_t)floats(&state->right) * sizeof(float));
    if (!move(state->right.plain_md, state->right.plain_memory, right_md, state->right.memory)) return false;
  }
  if (!task_has_bias_first(t)) return true;
  if (!place(&state->bias, state->bias.plain_md)) return false;
  memcpy(state->bias.own.floats, t->bias.floats, (size_t)floats(&state->bias) * sizeof(float));
  return true;
}

static bool make_operator(struct state *state, handle desc) {
  struct step *step = &state->steps[state->step_count++];
  if (dnnl.primitive_create(&step->primitive, desc) != 0) return false;
  step->argument[step->arguments++] = (struct argument){SOURCE, state->source.memory};
  step->argument[step->arguments++] = (struct argument){WEIGHTS, state->right.memory};
  step->argument[step->arguments++] = (struct argument){DESTINATION, state->destination.memory};
  if (task_has_bias_first(state->task)) step->argument[step->arguments++] = (struct argument){BIASES, state->bias.memory};
  return true;
}

static bool make_reorders(struct state *state, handle desc) {
  const void *source = dnnl.query_md(desc, SOURCE_MD, 0);
  const void *right = dnnl.query_md(desc, WEIGHTS_MD, 0);
  const void *destination = dnnl.query_md(desc, DESTINATION_MD, 0);
  bool made = true;
  if (!dnnl.memory_desc_equal(source, state->source.plain_md)) {
    made = reorder_step(&state->steps[state->step_count++], state->source.plain_md, state->source.plain_memory, source,
                        state->source.memory);
  }
  if (made && state->task->kind == BATCH_MATMUL && !dnnl.memory_desc_equal(right, state->right.plain_md)) {
    made = reorder_step(&state->steps[state->step_count++], state->right.plain_md, state->right.plain_memory, right,
                        state->right.memory);
  }
  if (made && !dnnl.memory_desc_equal(destination, state->destination.plain_md)) {
    made = reorder_step(&state->steps[state->step_count++], destination, state->destination.memory,
                        state->destination.plain_md, state->destination.plain_memory);
  }
  return made;
}

static void close_state(void *opaque) {
  struct state *state = opaque;
  for (int i = 0; i < state->step_count; i++) {
    if (state->steps[i].primitive != NULL) dnnl.primitive_destroy(state->steps[i].primitive);
  }
  struct tensor *tensors[] = {&state->source, &state->right, &state->bias, &state->destination};
  for (int i = 0; i < 4; i++) {
    struct tensor *tensor = tensors[i];
    if (tensor->memory != NULL) dnnl.memory_destroy(tensor->memory);
    if (tensor->plain_memory != NULL) dnnl.memory_destroy(tensor->plain_memory);
    if (tensor->wanted_md != NULL && tensor->wanted_md != tensor->plain_md) dnnl.memory_desc_destroy(tensor->wanted_md);
    if (tensor->plain_md != NULL) dnnl.memory_desc_destroy(tensor->plain_md);
    peer_buffer_free(&tensor->plain);
    peer_buffer_free(&tensor->own);
  }
  if (state->post_ops != NULL) dnnl.post_ops_destroy(state->post_ops);
  if (state->attributes != NULL) dnnl.attr_destroy(state->attributes);
  free(state);
}

static bool prepare(struct state *state, const char *variant, char *detail) {
  const struct task *task = state->task;
  bool any = strcmp(variant, "plain") != 0;
  bool inner = task->kind == DENSE && strcmp(variant, "matmul") != 0;
  bool constant = task->kind != BATCH_MATMUL;
  state->reorders_only = strcmp(variant, "reorders") == 0;
  snprintf(detail, DETAIL_CHARS, "oneDNN cannot compute it as '%.32s'", variant);
  if (task->kind == CONV2D) shape_convolution(state);
  else shape_product(state, inner);
  if (!describe(&state->source, any) || !describe(&state->right, any || constant) || !describe(&state->destination, any) ||
      !describe(&state->bias, false) || !fuse(state, detail)) {
    return false;
  }
  handle desc = NULL;
  if (operator_desc(state, inner, &desc) != 0) return false;
  const void *right_md = dnnl.query_md(desc, WEIGHTS_MD, 0);
  bool prepared = place(&state->source, dnnl.query_md(desc, SOURCE_MD, 0)) && place(&state->right, right_md) &&
                  place(&state->destination, dnnl.query_md(desc, DESTINATION_MD, 0)) && make_constants(state, right_md) &&
                  (state->reorders_only ? make_reorders(state, desc) : make_operator(state, desc));
  dnnl.primitive_desc_destroy(desc);
  return prepared;
}

static void *open_state(const struct task *task, const char *variant, int threads, char *detail) {
  if (!load(task, threads, detail)) return NULL;
  struct state *state = calloc(1, sizeof *state);
  if (state == NULL) return NULL;
  state->task = task;
  if (prepare(state, variant, detail)) return state;
  close_state(state);
  return NULL;
}

static const void *md_of(handle memory) {
  const void *md = NULL;
  (void)dnnl.memory_get_memory_desc(memory, &md);
  return md;
}

static void take_in(struct state *state, const float *const *in) {
  const struct task *task = state->task;
  peer_input_to_plain(task, in[0], state->source.plain.floats);
  bool moved = move(state->source.plain_md, state->source.plain_memory, md_of(state->source.memory), state->source.memory);
  if (task->kind == BATCH_MATMUL) {
    memcpy(state->right.plain.floats, in[1], (size_t)floats(&state->right) * sizeof(float));
    moved = moved && move(state->right.plain_md, state->right.plain_memory, md_of(state->right.memory), state->right.memory);
  }
  if (in[3] != NULL) {
    peer_residual_to_plain(task, in[3], state->destination.plain.floats);
    moved = moved && move(state->destination.plain_md, state->destination.plain_memory, md_of(state->destination.memory),
                          state->destination.memory);
  }
  if (!moved) abort();
}

static void give_out(struct state *state, float *out) {
  if (!move(md_of(state->destination.memory), state->destination.memory, state->destination.plain_md,
            state->destination.plain_memory)) {
    abort();
  }
  peer_output_from_plain(state->task, state->destination.plain.floats, out);
}

static void run(void *opaque, const float *const *in, float *out) {
  struct state *state = opaque;
  bool fresh = peer_rebind(&state->binding, in, out) && !state->reorders_only;
  if (fresh) take_in(state, in);
  for (int i = 0; i < state->step_count; i++) {
    if (!execute(&state->steps[i])) abort();
  }
  (void)dnnl.stream_wait(dnnl.stream);
  if (fresh) give_out(state, out);
}

const struct peer oneshot_peer = {PEER_VERSION, open_state, run, close_state};
