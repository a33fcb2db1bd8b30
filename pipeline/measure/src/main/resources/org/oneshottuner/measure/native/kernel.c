/* Built kernels: their entry points and how their work is cut. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "runner.h"

bool kernel_parse(struct kernel *kernel, const char *line, char *detail) {
  char units[512];
  memset(kernel, 0, sizeof *kernel);
  field_text(line, "symbol", kernel->symbol, sizeof kernel->symbol);
  field_text(line, "path", kernel->path, sizeof kernel->path);
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

bool kernel_open(struct kernel *kernel, char *detail) {
  char name[sizeof kernel->symbol + 16];
  kernel->library = dlopen(kernel->path, RTLD_NOW | RTLD_LOCAL);
  if (kernel->library == NULL) {
    snprintf(detail, DETAIL_CHARS, "%s", dlerror());
    return false;
  }
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
