/*
 * ONNX Runtime, end to end: from plain activations to plain activations, through whatever layout it likes in between. A
 * model of one operator and its epilogue is written for each task, with weights and bias as constants. Variants:
 *   conv, batch   the operator
 *   gemm          dense as Gemm, with the weights transposed by the operator
 *   matmul        dense as MatMul, with the weights transposed beforehand
 * Of the table of entry points only the first version is used, which no later one changes.
 */
#include "peer.h"

/* onnx.proto3, in the order of field numbers where a message is written whole. */
enum wire { VARINT = 0, BYTES = 2, FIXED32 = 5 };
enum { FLOAT_TYPE = 1, ATTRIBUTE_FLOAT = 1, ATTRIBUTE_INT = 2, ATTRIBUTE_INTS = 7, IR_VERSION = 8, OPSET = 17 };

struct text {
  unsigned char *bytes;
  size_t length, room;
};

static void put(struct text *text, const void *bytes, size_t length) {
  if (text->length + length > text->room) {
    text->room = 2 * (text->length + length) + 64;
    text->bytes = realloc(text->bytes, text->room);
    if (text->bytes == NULL) abort();
  }
  memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
}

static void put_varint(struct text *text, uint64_t value) {
  do {
    unsigned char byte = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    put(text, &byte, 1);
    value >>= 7;
  } while (value > 0);
}

static void put_key(struct text *text, int field, enum wire wire) { put_varint(text, (uint64_t)field << 3 | wire); }

static void put_number(struct text *text, int field, int64_t value) {
  put_key(text, field, VARINT);
  put_varint(text, (uint64_t)value);
}

static void put_bytes(struct text *text, int field, const void *bytes, size_t length) {
  put_key(text, field, BYTES);
  put_varint(text, length);
  put(text, bytes, length);
}

static void put_string(struct text *text, int field, const char *value) { put_bytes(text, field, value, strlen(value)); }

/* Writes a message into another, and empties it. */
static void put_message(struct text *text, int field, struct text *message) {
  put_bytes(text, field, message->bytes, message->length);
  free(message->bytes);
  *message = (struct text){NULL, 0, 0};
}

static void put_ints(struct text *node, const char *name, int count, const long *values) {
  struct text attribute = {0};
  put_string(&attribute, 1, name);
  for (int i = 0; i < count; i++) put_number(&attribute, 8, values[i]);
  put_number(&attribute, 20, ATTRIBUTE_INTS);
  put_message(node, 5, &attribute);
}

static void put_int(struct text *node, const char *name, long value) {
  struct text attribute = {0};
  put_string(&attribute, 1, name);
  put_number(&attribute, 3, value);
  put_number(&attribute, 20, ATTRIBUTE_INT);
  put_message(node, 5, &attribute);
}

static void put_constant(struct text *graph, const char *name, int count, const long *extents, const float *values) {
  struct text tensor = {0};
  size_t floats = 1;
  for (int i = 0; i < count; i++) {
    put_number(&tensor, 1, extents[i]);
    floats *= (size_t)extents[i];
  }
  put_number(&tensor, 2, FLOAT_TYPE);
  put_string(&tensor, 8, name);
  put_bytes(&tensor, 9, values, floats * sizeof *values);
  put_message(graph, 5, &tensor);
}

static void put_value(struct text *graph, int field, const char *name, int count, const int64_t *extents) {
  struct text shape = {0}, tensor = {0}, type = {0}, value = {0};
  for (int i = 0; i < count; i++) {
    struct text extent = {0};
    put_number(&extent, 1, extents[i]);
    put_message(&shape, 1, &extent);
  }
  put_number(&tensor, 1, FLOAT_TYPE);
  put_message(&tensor, 2, &shape);
  put_message(&type, 1, &tensor);
  put_string(&value, 1, name);
  put_message(&value, 2, &type);
  put_message(graph, field, &value);
}

/* Begins an operator on named values; the caller adds its attributes and ends it. */
static struct text begin_node(const char *type, const char *const *inputs, int count, const char *result) {
  struct text node = {0};
  for (int i = 0; i < count; i++) put_string(&node, 1, inputs[i]);
  put_string(&node, 2, result);
  put_string(&node, 4, type);
  return node;
}

static void end_node(struct text *graph, struct text *node, const char *domain) {
  if (domain[0] != '\0') put_string(node, 7, domain);
  put_message(graph, 1, node);
}

/* Of onnxruntime_c_api.h: a status is NULL where all went well. */
struct api_base {
  const void *const *(*get_api)(uint32_t version);
  const char *(*get_version)(void);
};
enum entry {
  GET_ERROR_MESSAGE = 2,
  CREATE_ENV = 3,
  CREATE_SESSION_FROM_ARRAY = 8,
  RUN = 9,
  CREATE_SESSION_OPTIONS = 10,
  SET_GRAPH_OPTIMIZATION_LEVEL = 23,
  SET_INTRA_OP_THREADS = 24,
  SET_INTER_OP_THREADS = 25,
  CREATE_TENSOR_WITH_DATA = 49,
  CREATE_CPU_MEMORY_INFO = 69,
  RELEASE_STATUS = 93,
  RELEASE_SESSION = 95,
  RELEASE_VALUE = 96,
  RELEASE_SESSION_OPTIONS = 100
};
enum { LOG_ERRORS = 3, ALL_OPTIMIZATIONS = 99, DEVICE_ALLOCATOR = 0, DEFAULT_MEMORY = 0 };

static struct {
  const void *const *api;
  void *env, *memory_info;
} ort;

#define ENTRY(number, result, ...) ((result(*)(__VA_ARGS__))(uintptr_t)ort.api[number])

/* Whether a call went well; says why not, and frees what it said. */
static bool good(void *status, char *detail) {
  if (status == NULL) return true;
  snprintf(detail, DETAIL_CHARS, "ONNX Runtime: %.300s", ENTRY(GET_ERROR_MESSAGE, const char *, const void *)(status));
  ENTRY(RELEASE_STATUS, void, void *)(status);
  return false;
}

static bool load(const struct task *task, int threads, char *detail) {
  if (ort.api != NULL) return true;
  void *library = peer_library(task, threads, detail);
  const struct api_base *(*get_base)(void);
  if (library == NULL || !peer_entry(library, "OrtGetApiBase", &get_base, detail)) return false;
  ort.api = get_base()->get_api(1);
  if (ort.api == NULL) {
    snprintf(detail, DETAIL_CHARS, "ONNX Runtime %.32s has no entry points of version 1", get_base()->get_version());
    return false;
  }
  return good(ENTRY(CREATE_ENV, void *, int, const char *, void **)(LOG_ERRORS, "oneshot", &ort.env), detail) &&
         good(ENTRY(CREATE_CPU_MEMORY_INFO, void *, int, int, void **)(DEVICE_ALLOCATOR, DEFAULT_MEMORY, &ort.memory_info),
              detail);
}

enum { MOST_EXTENTS = 4 };

struct shape {
  int count;
  int64_t extents[MOST_EXTENTS];
};

struct state {
  const struct task *task;
  struct shape input_shape, rhs_shape, output_shape;
  void *session;
  struct peer_buffer input, rhs, residual, output;
  void *values[3]; /* of the inputs, in the order of their names */
  const char *names[3];
  int inputs;
  void *result;
  struct peer_binding binding;
};

static void shapes(struct state *state) {
  const struct task *t = state->task;
  if (t->kind == CONV2D) {
    state->input_shape = (struct shape){4, {t->n, t->c, t->h, t->w}};
    state->output_shape = (struct shape){4, {t->n, t->k, t->out_h, t->out_w}};
  } else if (t->kind == DENSE) {
    state->input_shape = (struct shape){2, {t->m, t->k}};
    state->output_shape = (struct shape){2, {t->m, t->n}};
  } else {
    state->input_shape = (struct shape){3, {t->b, t->lhs_transposed ? t->k : t->m, t->lhs_transposed ? t->m : t->k}};
    state->rhs_shape = (struct shape){3, {t->b, t->rhs_transposed ? t->n : t->k, t->rhs_transposed ? t->k : t->n}};
    state->output_shape = (struct shape){3, {t->b, t->m, t->n}};
  }
}

static bool task_is_summed(const struct task *task) {
  for (int i = 0; i < task->epilogues; i++) {
    if (task->epilogue[i] == ADD) return true;
  }
  return false;
}

static bool starts_with_bias(const struct task *task) { return task->epilogues > 0 && task->epilogue[0] == BIAS; }

/* Exchanges the last two of three extents; the library makes one operator of this and the product behind it. */
static const char *put_transposed(struct text *graph, const char *from, const char *to) {
  struct text node = begin_node("Transpose", &from, 1, to);
  put_ints(&node, "perm", 3, (const long[]){0, 2, 1});
  end_node(graph, &node, "");
  return to;
}

/* Writes the operator itself, with a bias that comes at once; its result is named. Returns the steps of the epilogue done. */
static int put_operator(struct text *graph, const struct task *t, const char *variant, const char *result) {
  bool biased = starts_with_bias(t);
  if (t->kind == CONV2D) {
    put_constant(graph, "weight", 4, (const long[]){t->k, t->c / t->groups, t->r, t->s}, t->weight.floats);
    if (biased) put_constant(graph, "bias", 1, (const long[]){t->k}, t->bias.floats);
    struct text node = begin_node("Conv", (const char *[]){"input", "weight", "bias"}, biased ? 3 : 2, result);
    put_ints(&node, "kernel_shape", 2, (const long[]){t->r, t->s});
    put_ints(&node, "strides", 2, (const long[]){t->stride_h, t->stride_w});
    put_ints(&node, "dilations", 2, (const long[]){t->dilation_h, t->dilation_w});
    put_ints(&node, "pads", 4, (const long[]){t->pad_t, t->pad_l, t->pad_b, t->pad_r});
    put_int(&node, "group", t->groups);
    end_node(graph, &node, "");
    return biased ? 1 : 0;
  }
  if (t->kind == DENSE && strcmp(variant, "gemm") == 0) {
    put_constant(graph, "weight", 2, (const long[]){t->n, t->k}, t->weight.floats);
    if (biased) put_constant(graph, "bias", 1, (const long[]){t->n}, t->bias.floats);
    struct text node = begin_node("Gemm", (const char *[]){"input", "weight", "bias"}, biased ? 3 : 2, result);
    put_int(&node, "transB", 1);
    end_node(graph, &node, "");
    return biased ? 1 : 0;
  }
  if (t->kind == DENSE) {
    float *turned = malloc((size_t)(t->n * t->k) * sizeof *turned);
    if (turned == NULL) abort();
    for (long n = 0; n < t->n; n++) {
      for (long k = 0; k < t->k; k++) turned[k * t->n + n] = t->weight.floats[n * t->k + k];
    }
    put_constant(graph, "weight", 2, (const long[]){t->k, t->n}, turned);
    free(turned);
  }
  const char *sides[] = {"input", t->kind == DENSE ? "weight" : "rhs"};
  if (t->lhs_transposed) sides[0] = put_transposed(graph, sides[0], "input_turned");
  if (t->rhs_transposed) sides[1] = put_transposed(graph, sides[1], "rhs_turned");
  struct text node = begin_node("MatMul", sides, 2, result);
  end_node(graph, &node, "");
  return 0;
}

/* Writes one step of the epilogue, from one named value to the next. */
static void put_step(struct text *graph, const struct task *t, enum epilogue step, const char *from, const char *to) {
  static const float bounds[] = {0.0f, 6.0f};
  struct text node = {0};
  const char *domain = "";
  switch (step) {
    case BIAS:
      put_constant(graph, "bias", 1, (const long[]){t->n}, t->bias.floats);
      node = begin_node("Add", (const char *[]){from, "bias"}, 2, to);
      break;
    case ADD: node = begin_node("Add", (const char *[]){from, "residual"}, 2, to); break;
    case RELU: node = begin_node("Relu", (const char *[]){from}, 1, to); break;
    case RELU6:
      put_constant(graph, "least", 0, NULL, &bounds[0]);
      put_constant(graph, "most", 0, NULL, &bounds[1]);
      node = begin_node("Clip", (const char *[]){from, "least", "most"}, 3, to);
      break;
    case GELU:
      node = begin_node("Gelu", (const char *[]){from}, 1, to);
      domain = "com.microsoft";
      break;
    case SIGMOID: node = begin_node("Sigmoid", (const char *[]){from}, 1, to); break;
    case SWISH: {
      struct text gate = begin_node("Sigmoid", (const char *[]){from}, 1, "gate");
      end_node(graph, &gate, "");
      node = begin_node("Mul", (const char *[]){from, "gate"}, 2, to);
      break;
    }
  }
  end_node(graph, &node, domain);
}

static struct text model(const struct state *state, const char *variant) {
  const struct task *task = state->task;
  struct text graph = {0}, whole = {0};
  char from[16] = "step0";
  bool bare = task->epilogues == 0 || (task->epilogues == 1 && starts_with_bias(task) && strcmp(variant, "matmul") != 0 &&
                                       strcmp(variant, "batch") != 0);
  int done = put_operator(&graph, task, variant, bare ? "output" : from);
  for (int i = done; i < task->epilogues; i++) {
    char to[16];
    if (i + 1 == task->epilogues) snprintf(to, sizeof to, "output");
    else snprintf(to, sizeof to, "step%d", i + 1);
    put_step(&graph, task, task->epilogue[i], from, to);
    snprintf(from, sizeof from, "%s", to);
  }
  put_string(&graph, 2, "task");
  put_value(&graph, 11, "input", state->input_shape.count, state->input_shape.extents);
  if (task->kind == BATCH_MATMUL) put_value(&graph, 11, "rhs", state->rhs_shape.count, state->rhs_shape.extents);
  if (task_is_summed(task)) put_value(&graph, 11, "residual", state->output_shape.count, state->output_shape.extents);
  put_value(&graph, 12, "output", state->output_shape.count, state->output_shape.extents);
  put_number(&whole, 1, IR_VERSION);
  put_message(&whole, 7, &graph);
  struct text standard = {0}, extended = {0};
  put_string(&standard, 1, "");
  put_number(&standard, 2, OPSET);
  put_message(&whole, 8, &standard);
  put_string(&extended, 1, "com.microsoft");
  put_number(&extended, 2, 1);
  put_message(&whole, 8, &extended);
  return whole;
}

static bool open_session(struct state *state, const char *variant, int threads, char *detail) {
  void *options = NULL;
  struct text text = model(state, variant);
  bool opened =
      good(ENTRY(CREATE_SESSION_OPTIONS, void *, void **)(&options), detail) &&
      good(ENTRY(SET_GRAPH_OPTIMIZATION_LEVEL, void *, void *, int)(options, ALL_OPTIMIZATIONS), detail) &&
      good(ENTRY(SET_INTRA_OP_THREADS, void *, void *, int)(options, threads), detail) &&
      good(ENTRY(SET_INTER_OP_THREADS, void *, void *, int)(options, 1), detail) &&
      good(ENTRY(CREATE_SESSION_FROM_ARRAY, void *, const void *, const void *, size_t, const void *, void **)(
               ort.env, text.bytes, text.length, options, &state->session),
           detail);
  if (options != NULL) ENTRY(RELEASE_SESSION_OPTIONS, void, void *)(options);
  free(text.bytes);
  return opened;
}

static size_t bytes_of(const struct shape *shape) {
  size_t bytes = sizeof(float);
  for (int i = 0; i < shape->count; i++) bytes *= (size_t)shape->extents[i];
  return bytes;
}

static bool make_value(struct peer_buffer *buffer, const struct shape *shape, void **value, char *detail) {
  size_t bytes = bytes_of(shape);
  if (!peer_buffer_new(buffer, bytes)) {
    snprintf(detail, DETAIL_CHARS, "no memory for copies of the operands");
    return false;
  }
  return good(ENTRY(CREATE_TENSOR_WITH_DATA, void *, const void *, void *, size_t, const int64_t *, size_t, int, void **)(
                  ort.memory_info, buffer->floats, bytes, shape->extents, (size_t)shape->count, FLOAT_TYPE, value),
              detail);
}

static bool add_input(struct state *state, const char *name, struct peer_buffer *buffer, const struct shape *shape,
                      char *detail) {
  state->names[state->inputs] = name;
  return make_value(buffer, shape, &state->values[state->inputs++], detail);
}

static bool make_values(struct state *state, char *detail) {
  const struct task *task = state->task;
  return add_input(state, "input", &state->input, &state->input_shape, detail) &&
         (task->kind != BATCH_MATMUL || add_input(state, "rhs", &state->rhs, &state->rhs_shape, detail)) &&
         (!task_is_summed(task) || add_input(state, "residual", &state->residual, &state->output_shape, detail)) &&
         make_value(&state->output, &state->output_shape, &state->result, detail);
}

static void close_state(void *opaque) {
  struct state *state = opaque;
  for (int i = 0; i < state->inputs; i++) {
    if (state->values[i] != NULL) ENTRY(RELEASE_VALUE, void, void *)(state->values[i]);
  }
  if (state->result != NULL) ENTRY(RELEASE_VALUE, void, void *)(state->result);
  if (state->session != NULL) ENTRY(RELEASE_SESSION, void, void *)(state->session);
  peer_buffer_free(&state->input);
  peer_buffer_free(&state->rhs);
  peer_buffer_free(&state->residual);
  peer_buffer_free(&state->output);
  free(state);
}

static void *open_state(const struct task *task, const char *variant, int threads, char *detail) {
  if (!load(task, threads, detail)) return NULL;
  struct state *state = calloc(1, sizeof *state);
  if (state == NULL) return NULL;
  state->task = task;
  shapes(state);
  if (open_session(state, variant, threads, detail) && make_values(state, detail)) return state;
  close_state(state);
  return NULL;
}

static void run(void *opaque, const float *const *in, float *out) {
  static const char *const outputs[] = {"output"};
  struct state *state = opaque;
  bool fresh = peer_rebind(&state->binding, in, out);
  if (fresh) {
    peer_input_to_plain(state->task, in[0], state->input.floats);
    if (state->rhs.floats != NULL) memcpy(state->rhs.floats, in[1], bytes_of(&state->rhs_shape));
    if (state->residual.floats != NULL) peer_residual_to_plain(state->task, in[3], state->residual.floats);
  }
  void *status = ENTRY(RUN, void *, void *, const void *, const char *const *, void *const *, size_t, const char *const *,
                       size_t, void **)(state->session, NULL, state->names, state->values, (size_t)state->inputs, outputs, 1,
                                        &state->result);
  if (status != NULL) abort();
  if (fresh) peer_output_from_plain(state->task, state->output.floats, out);
}

const struct peer oneshot_peer = {PEER_VERSION, open_state, run, close_state};
