/* Built kernels: their entry points and how their work is cut. And peers, which are opened instead. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "runner.h"

bool kernel_parse(struct kernel *kernel, const char *line, char *detail) {
  char units[512];
  memset(kernel, 0, sizeof *kernel);
  field_text(line, "symbol", kernel->symbol, sizeof kernel->symbol);
  field_text(line, "path", kernel->path, sizeof kernel->path);
  field_text(line, "variant", kernel->variant, sizeof kernel->variant);
  kernel->phases = split_longs(field_text(line, "units", units, sizeof units), kernel->units, MAX_PHASES);
  kernel->packed_floats = field_long(line, "packed", 0);
  kernel->shared_floats = field_long(line, "shared", 0);
  kernel->slot_floats = field_long(line, "slot", 0);
  kernel->threads = (int)field_long(line, "threads", 1);
  bool valid = kernel->symbol[0] != '\0' && kernel->path[0] != '\0' && kernel->phases >= 1 && kernel->packed_floats >= 0 &&
               kernel->shared_floats >= 0 && kernel->slot_floats >= 0 && kernel->threads >= 1 &&
               kernel->threads <= MAX_WORKERS;
  for (int phase = 0; phase < kernel->phases; phase++) valid = valid && kernel->units[phase] >= 1;
  if (!valid) snprintf(detail, DETAIL_CHARS, "Cannot read the kernel in %s", line);
  return valid;
}

bool kernel_is_peer(const struct kernel *kernel) { return kernel->variant[0] != '\0'; }

/* An adapter stays loaded: threads of its library may be running. */
static bool open_peer(struct kernel *kernel, const struct task *task, char *detail) {
  kernel->peer = dlsym(kernel->library, kernel->symbol);
  if (kernel->peer == NULL || kernel->peer->version != PEER_VERSION) {
    snprintf(detail, DETAIL_CHARS, "%.200s defines no %.100s of version %d", kernel->path, kernel->symbol, PEER_VERSION);
    return false;
  }
  snprintf(detail, DETAIL_CHARS, "%.100s cannot be opened", kernel->symbol);
  kernel->state = kernel->peer->open(task, kernel->variant, kernel->threads, detail);
  return kernel->state != NULL;
}

bool kernel_open(struct kernel *kernel, const struct task *task, char *detail) {
  char name[sizeof kernel->symbol + 16];
  kernel->library = dlopen(kernel->path, RTLD_NOW | RTLD_LOCAL);
  if (kernel->library == NULL) {
    snprintf(detail, DETAIL_CHARS, "%s", dlerror());
    return false;
  }
  if (kernel_is_peer(kernel)) return open_peer(kernel, task, detail);
  snprintf(name, sizeof name, "%s_phase", kernel->symbol);
  kernel->phase = (phase_function *)dlsym(kernel->library, name);
  if (kernel->phase != NULL && kernel->packed_floats > 0) {
    snprintf(name, sizeof name, "%s_pack", kernel->symbol);
    kernel->pack = (pack_function *)dlsym(kernel->library, name);
  }
  if (kernel->phase != NULL && (kernel->packed_floats == 0 || kernel->pack != NULL)) return true;
  snprintf(detail, DETAIL_CHARS, "the library defines no %.300s", name);
  dlclose(kernel->library);
  kernel->library = NULL;
  return false;
}

long kernel_workspace_floats(const struct kernel *kernel) {
  return kernel->shared_floats + kernel->threads * kernel->slot_floats;
}
